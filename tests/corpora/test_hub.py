"""Hub sets, against local Parquet files of the same layout; errors name the remedy."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import corpora
from corpora import hub
from corpora.errors import CorpusError
from corpora.hub_errors import explained, remedy
from corpora.hub_sets import SETS
from corpora.joining import Sentence, join_on_reference


def repository(folder: Path, configs: dict[str, dict[str, list[dict[str, object]]]]) -> str:
    """{config: {split: rows}} as a folder laid out as on the hub, with the card that says so."""
    lines = ["---", "configs:"]
    for config, splits in configs.items():
        lines += [f"- config_name: {config}", "  data_files:"]
        for split, rows in splits.items():
            path = folder / config / f"{split}-00000-of-00001.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(rows), path)
            lines += [f"  - split: {split}", f"    path: {config}/{split}-*.parquet"]
    (folder / "README.md").write_text("\n".join([*lines, "---", ""]))
    return str(folder)


def spelled(number: int) -> str:
    return "".join(chr(ord("a") + int(one)) for one in str(number))


def pairs(folder: Path) -> str:
    """English-Russian and English-Chinese, out of step, with repeats and gaps."""

    def of(language: str, numbers: list[int]) -> list[dict[str, object]]:
        words = {"ru": "Предложение", "zh": "句子"}
        return [
            {
                "translation": {
                    "en": f"Sentence {spelled(n)}",
                    language: f"{words[language]} {spelled(n)}",
                }
            }
            for n in numbers
        ]

    russian = of("ru", [*range(3000), 5, 6])
    chinese = of("zh", [n for n in reversed(range(3100)) if n % 3])
    return repository(folder, {"en-ru": {"train": russian}, "en-zh": {"train": chinese}})


@pytest.mark.parametrize("name", ["news-commentary", "un-parallel", "opus-100"])
def test_pairs_are_joined_on_english(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "BLOCK", 10)
    corpus = hub.load(name, source=pairs(tmp_path))
    assert corpus.counts["aligned"] == 2000
    for english, russian, chinese in zip(
        *(corpus.texts(one) for one in ("en", "ru", "zh")), strict=True
    ):
        assert english.split()[1] == russian.split()[1] == chinese.split()[1]
    assert corpus.order == "none"
    assert corpus.trainable
    train = corpus.select("train").table["document_id"].to_pylist()
    assert not set(train) & set(corpus.select("test").table["document_id"].to_pylist())


def test_only_so_many_rows_are_read(tmp_path: Path) -> None:
    source = pairs(tmp_path)
    assert hub.load("un-parallel", source, ("en", "ru"), rows=1000).counts["aligned"] == 1000
    with pytest.raises(CorpusError, match="gives no unit in en, ru, zh"):
        hub.load(
            "un-parallel", source, rows=1000
        )  # the first rows of the pairs have none in common


def test_two_languages(tmp_path: Path) -> None:
    corpus = hub.load("opus-100", source=pairs(tmp_path), languages=("en", "ru"))
    assert corpus.languages == ("en", "ru")
    assert corpus.counts["aligned"] == 3000, "a repeated English sentence counts once"


def flores(folder: Path, **extra: object) -> str:
    def rows(language: str, size: int) -> list[dict[str, object]]:
        return [
            {"id": n, "text": f"{language} {n}", "url": f"https://example.org/{n // 3}", **extra}
            for n in range(size)
        ]

    codes = {"en": "eng_Latn", "ru": "rus_Cyrl", "zh": "cmn_Hans"}
    return repository(
        folder,
        {code: {"dev": rows(one, 9), "devtest": rows(one, 6)} for one, code in codes.items()},
    )


def test_one_config_a_language(tmp_path: Path) -> None:
    corpus = hub.load("flores-plus", source=flores(tmp_path))
    assert len(corpus) == 15
    assert corpus.texts("zh")[9:11] == ["zh 0", "zh 1"]
    assert (corpus.order, corpus.n_documents) == ("natural", 3)
    assert corpus.no_training == "it is an evaluation set"


def test_one_column_a_language(tmp_path: Path) -> None:
    row = {"eng_Latn": "One", "rus_Cyrl": "Один", "zho_Hans": "一"}
    source = repository(tmp_path, {"default": {"test": [row] * 4}})
    corpus = hub.load("ntrex", source=source)
    assert corpus.texts("ru") == ["Один"] * 4
    with pytest.raises(CorpusError, match="no known Parquet copy; name a repository or folder"):
        hub.load("ntrex")


def test_a_cell_that_is_null_drops_its_unit_and_is_counted(tmp_path: Path) -> None:
    row = {"eng_Latn": "One", "rus_Cyrl": "Один", "zho_Hans": "一"}
    source = repository(tmp_path, {"default": {"test": [row, row | {"zho_Hans": None}, row]}})
    corpus = hub.load("ntrex", source=source)
    assert corpus.texts("zh") == ["一"] * 2 and corpus.drops == {"absent": 1}


def test_a_missing_config_names_those_that_are_there(tmp_path: Path) -> None:
    rows = [{"translation": {"en": "a", "ru": "б"}}]
    source = repository(tmp_path, {"en-ru": {"train": rows}})
    with pytest.raises(CorpusError, match=r"has not the expected config .*en-zh.*en-ru") as told:
        hub.load("opus-100", source=source)
    assert "\n" not in str(told.value)


def test_another_layout_is_told(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"sentence": "a"}]
    codes = ("eng_Latn", "rus_Cyrl", "cmn_Hans")
    source = repository(tmp_path, {code: {"dev": rows, "devtest": rows} for code in codes})
    with pytest.raises(CorpusError, match=r"has no column 'text' \(it has sentence\)"):
        hub.load("flores-plus", source=source)


def test_a_set_is_fetched_once_under_its_hub_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    about = replace(SETS["flores-plus"], repository=flores(tmp_path / "there"))
    monkeypatch.setitem(SETS, "flores-plus", about)
    (artifact,) = corpora.fetch("hub:flores-plus")
    assert artifact.path.is_relative_to(own_cache)
    monkeypatch.setattr(hub, "load", None)  # from here on the cache must do
    corpus = corpora.load("hub:flores-plus")
    assert corpus.content_hash == corpora.build("hub:flores-plus", [artifact]).content_hash
    assert corpus.name == "flores-plus"
    assert corpora.card("hub:flores-plus").title == "FLORES+"


def test_an_unreachable_hub_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object) -> None:
        raise OSError("Name or service not known")

    for proxy in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.setattr("socket.getaddrinfo", nowhere)
    with pytest.raises(CorpusError, match=r"opus-100 cannot be reached .* name a local copy"):
        hub.load("opus-100")


def test_unknown_names(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CorpusError, match="no hub set 'flores'; choose from flores-plus"):
        hub.load("flores")
    with pytest.raises(CorpusError, match="is not set up for de; it has en, ru, zh"):
        hub.load("opus-100", languages=("en", "de"))
    monkeypatch.setattr("corpora.hub.check_reachable", lambda repository: None)
    with pytest.raises(CorpusError, match=r"nowhere was not found"):
        hub.load("opus-100", source="/nonexistent/nowhere")


def gated() -> Exception:
    from datasets.exceptions import DatasetNotFoundError

    return DatasetNotFoundError(
        "Dataset 'x/y' is a gated dataset on the Hub. You must be authenticated to access it."
    )


@pytest.mark.parametrize(
    ("problem", "advice"),
    [
        (gated(), "accept its terms on its hub page and log in with `hf auth login`"),
        (PermissionError("401 Client Error: Unauthorized for url"), "is gated"),
        (
            ValueError("BuilderConfig 'en-xx' not found. Available: ['en-ru']"),
            "Available: ['en-ru']",
        ),
        (
            ConnectionError("Couldn't reach 'x/y' on the Hub (LocalEntryNotFoundError)"),
            "check the network",
        ),
        (OSError("Name or service not known: cannot resolve host"), "name a local copy as source"),
        (FileNotFoundError("Dataset x/y doesn't exist on the Hub"), "check the name"),
        (RuntimeError("odd"), "cannot be read: odd"),
    ],
)
def test_every_failure_has_a_remedy(problem: Exception, advice: str) -> None:
    assert advice in remedy(problem)
    with pytest.raises(CorpusError, match=r"^owner/name ") as told, explained("owner/name"):
        raise problem
    assert "\n" not in str(told.value)


def test_programming_errors_are_not_disguised() -> None:
    with pytest.raises(KeyError), explained("owner/name"):
        raise KeyError("a bug of ours")


def test_join_is_sorted_by_row_and_first_wins() -> None:
    first = [Sentence(row, text, f"r{row}") for row, text in enumerate(["b", "a", "b", "c", "d"])]
    second = [Sentence(row, text, f"z{row}") for row, text in enumerate(["d", "b", "a", "a"])]
    assert list(join_on_reference([first, second])) == [
        (0, ("b", "r0", "z1")), (1, ("a", "r1", "z2")), (4, ("d", "r4", "z0")),
    ]  # fmt: skip
