"""From packages to a corpus, the whole way, on packages made here; and what a user sees of it."""

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

import corpora
from corpora import fetching, library, measure
from corpora.artifacts import Artifact
from corpora.cards import card
from corpora.errors import CorpusError

Make = Callable[..., Artifact]
HELP = "usr/share/libreoffice/help"
FOLDERS = {"en": "en-US", "ru": "ru", "zh": "zh-CN"}
WORDS = {"en": "The sentence", "ru": "Предложение", "zh": "句子文字"}


def spelled(number: int) -> str:
    return "".join(chr(ord("a") + int(one)) for one in str(number))


def help_package(artifact: Make, language: str, pages: int = 400) -> Artifact:
    """Pages of three paragraphs; one page in ten still English, one unit broken, some repeated."""
    files = {}
    for page in range(pages):
        said = WORDS["en" if page % 10 == 9 else language]
        texts = [f"{said} {spelled(page)}x{spelled(n)}" for n in range(3)]
        if page % 50 == 1:
            texts[1] = f"{WORDS[language]} repeated"
        if page == 2 and language == "ru":
            texts[2] = "Испор\ufffdено"
        body = "".join(f'<p id="par_id{n}">{text}</p>' for n, text in enumerate(texts))
        files[f"{HELP}/{FOLDERS[language]}/text/{page:03}.html"] = f"<body>{body}</body>".encode()
    return artifact(f"libreoffice-help-{language}", files)


@pytest.fixture
def packages(artifact: Make, monkeypatch: pytest.MonkeyPatch) -> tuple[Artifact, ...]:
    made = tuple(help_package(artifact, language) for language in WORDS)
    monkeypatch.setattr(library, "fetch", lambda name, cache=None: made)
    return made


def test_every_unit_is_accounted_for(packages: tuple[Artifact, ...]) -> None:
    corpus = corpora.build("libreoffice-help", packages)
    assert corpus.counts["aligned"] == 1200
    assert corpus.drops["untranslated"] == 120
    assert corpus.drops["duplicate"] == 7
    assert corpus.drops["replacement"] == 1
    assert corpus.counts["aligned"] - sum(corpus.drops.values()) == len(corpus)
    assert corpus.sources == {f"libreoffice-help-{one}": "1" for one in WORDS}
    assert corpus.trainable


def test_units_of_a_document_stand_together_in_their_order(packages: tuple[Artifact, ...]) -> None:
    corpus = corpora.build("libreoffice-help", packages)
    codes = corpus.documents().tolist()
    assert codes == sorted(codes)
    for unit_id, document_id in zip(
        *(corpus.table[one].to_pylist() for one in ("unit_id", "document_id")), strict=True
    ):
        assert unit_id.startswith(f"{document_id}#")
    places = [int(one.rpartition("par_id")[2]) for one in corpus.table["unit_id"].to_pylist()]
    pairs = zip(pairwise(codes), pairwise(places), strict=True)
    assert all(before < after for (one, other), (before, after) in pairs if one == other)


def test_build_is_pure_and_load_keeps_it(packages: tuple[Artifact, ...], own_cache: Path) -> None:
    built = corpora.build("libreoffice-help", packages)
    first = corpora.load("libreoffice-help")
    (kept,) = (own_cache / "corpora").iterdir()
    bytes_kept = kept.read_bytes()
    kept.unlink()
    second = corpora.load("libreoffice-help")
    assert kept.read_bytes() == bytes_kept
    assert built.content_hash == first.content_hash == second.content_hash
    assert first.describe() == built.describe()


def test_a_new_package_is_a_new_corpus(packages: tuple[Artifact, ...]) -> None:
    about = card("libreoffice-help")
    other = (*packages[:2], Artifact(packages[2].path, "libreoffice-help-zh", "2", "1" * 64))
    assert library._key(about, packages) != library._key(about, other)


def test_a_catalog_corpus_is_shuffled(artifact: Make) -> None:
    from conftest_packages import compiled

    keys = [f"Key {spelled(n)}" for n in range(50)]
    files = {
        f"p/locale/{locale}/LC_MESSAGES/d.mo": compiled({one: f"{word} {one}" for one in keys})
        for locale, word in {"ru": "Ключ к", "zh_CN": "钥匙是这个的"}.items()
    }
    corpus = corpora.build("interface-strings", [artifact("program", files, "wheel")])
    texts = corpus.texts("en")
    assert sorted(texts) == sorted(keys)
    assert texts != sorted(texts)
    assert corpus.order == "none"
    assert not corpus.trainable


def test_pooled_is_its_parts(artifact: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from corpora.cards import Card
    from corpora.library import _pooled

    parts = [help_package(artifact, language) for language in WORDS]
    about = card("pooled")
    pooled = Card(**{**vars(about), "parts": ("libreoffice-help",)})
    one = corpora.build("libreoffice-help", parts)
    all_of = _pooled(pooled, parts)
    assert sorted(all_of.texts("ru")) == sorted(one.texts("ru"))
    assert set(all_of.select("test").texts("ru")) == set(one.select("test").texts("ru"))


def test_packages_without_text_say_so(artifact: Make) -> None:
    empty = [
        artifact(f"empty-{one}", {f"{HELP}/{folder}/text/a.html": b"<p>nothing</p>"})
        for one, folder in FOLDERS.items()
    ]
    with pytest.raises(CorpusError, match="hold no aligned text"):
        corpora.build("libreoffice-help", empty)


def test_measured_counts_are_toml(packages: tuple[Artifact, ...]) -> None:
    import tomllib

    corpus = corpora.load("libreoffice-help")
    found = measure.counts(corpus)
    assert tomllib.loads(measure._toml("counts", found)) == {"counts": found}


def test_importing_the_package_is_light() -> None:
    code = "import sys, corpora; corpora.names(); corpora.card('quran').rows(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {"numpy", "pyarrow", "datasets", "pandas", "torch", "pydantic", "typer"}
    assert not heavy & set(loaded.stdout.split())


@pytest.fixture
def run() -> Callable[..., str]:
    from bench.cli.corpora import app

    def invoke(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return invoke


def test_list_says_what_is_there(run: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    head, *rows = (line.split("\t") for line in run("list").splitlines())
    assert head == ["corpus", "units", "documents", "K_eff", "order", "languages", "genre", "here"]
    packaged = [row for row in rows if not row[0].startswith("hub:")]
    assert [row[0] for row in packaged] == list(corpora.names())
    assert next(r for r in rows if "opus" in r[0])[:5] == ["hub:opus-100", "", "", "", "none"]
    here = {row[0]: row[-1] for row in rows}
    assert here["wesnoth"].startswith("needs apt-get")
    assert here["interface-strings"] == (corpora.availability("interface-strings") or "yes")


def test_show_with_samples(run: Callable[..., str], packages: tuple[Artifact, ...]) -> None:
    shown = run("show", "libreoffice-help", "--samples", "3")
    assert "known fault\thalf of the shared paragraphs are still English" in shown
    assert "content hash" in shown
    samples = shown.partition("unit\tlanguage\ttext\n")[2].splitlines()
    assert [line.split("\t")[1] for line in samples] == ["en", "ru", "zh"] * 3


def test_fetch(
    run: Callable[..., str], packages: tuple[Artifact, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "fetch", lambda name, progress: packages)
    assert "libreoffice-help: 3 packages" in run("fetch", "libreoffice-help")
    with pytest.raises(CorpusError, match="there is no corpus 'nothing'"):
        run("fetch", "libreoffice-help", "nothing")
