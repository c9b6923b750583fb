"""ParallelCorpus: splits by document, overlap, hash, sizes, saving; properties of all of them."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora import spool
from corpora.errors import CorpusError
from corpora.folding import fingerprints, fold
from corpora.library import split_table, table_of, with_splits
from corpora.overlap import leaking
from corpora.parallel import ParallelCorpus, concatenate, document_sizes, k_eff_of_sizes
from corpora.readers import Unit
from corpora.splits import SPLITS, split_of

LANGUAGES = ("en", "ru", "zh")
PINNED = [
    "validation",
    "validation",
    "train",
    "test",
    "train",
    "train",
    "train",
    "train",
    "train",
    "train",
    "train",
    "train",
]


def letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def units(documents: int, size: int, prefix: str = "d") -> list[Unit]:
    return [
        Unit(
            f"{prefix}{d}#{n}",
            f"{prefix}{d}",
            tuple(f"{one} {letters(d)}q{letters(n)}" for one in LANGUAGES),
        )
        for d in range(documents)
        for n in range(size)
    ]


def corpus(found: list[Unit], name: str = "made", order: str = "natural") -> ParallelCorpus:
    return ParallelCorpus(name, order, LANGUAGES, table_of(found, LANGUAGES))  # type: ignore[arg-type]


def divided(documents: int = 300, size: int = 4) -> ParallelCorpus:
    return with_splits(corpus(units(documents, size)))


def test_the_split_of_a_document_never_changes() -> None:
    """These assignments are in published results: a change here is a change of every corpus."""
    found = [split_of(f"libreoffice-help/text/{n}") for n in range(12)]
    assert found == PINNED
    shares = Counter(split_of(str(n)) for n in range(20_000))
    assert shares["train"] == pytest.approx(16_000, rel=0.03)
    assert shares["test"] == pytest.approx(2_000, rel=0.08)


def test_splits_are_by_document_and_zero_copy() -> None:
    made = divided()
    parts = {one: made.select(one) for one in SPLITS}
    assert sum(map(len, parts.values())) == len(made) == 1200
    documents = {one: set(part.table["document_id"].to_pylist()) for one, part in parts.items()}
    assert not documents["train"] & documents["test"]
    assert not documents["train"] & documents["validation"]
    assert all(split_of(one) == split for split, ids in documents.items() for one in ids)
    address = made.table["en"].chunk(0).buffers()[2].address
    assert parts["test"].table["en"].chunk(0).buffers()[2].address == address


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.text(max_size=6), st.integers(0, 40)), min_size=1, max_size=80))
def test_no_document_straddles_a_split_and_nothing_overlaps(rows: list[tuple[str, int]]) -> None:
    found = [
        Unit(str(place), f"doc {document}", (f"{text}{place}", f"{text} РУ", text))
        for place, (text, document) in enumerate(rows)
    ]
    table, leaked = split_table(table_of(found, LANGUAGES), LANGUAGES)
    assert len(table) + leaked == len(found)
    of_document: dict[str, set[str]] = {}
    for document, split in zip(
        table["document_id"].to_pylist(), table["split"].to_pylist(), strict=True
    ):
        of_document.setdefault(document, set()).add(split)
    assert all(len(one) == 1 for one in of_document.values())
    held = np.array([one != "train" for one in table["split"].to_pylist()])
    for language in LANGUAGES:
        prints = fingerprints(table[language])
        assert not set(prints[held].tolist()) & set(prints[~held].tolist())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=60), st.integers(1, 7))
def test_document_sizes_do_not_depend_on_chunks_or_order(documents: list[int], chunk: int) -> None:
    ids = [f"d{one}" for one in documents]
    pieces = [pa.array(ids[at : at + chunk], pa.string()) for at in range(0, len(ids), chunk)]
    found = document_sizes(pa.chunked_array(pieces, pa.string()))
    assert sorted(found.tolist()) == sorted(Counter(ids).values())


def test_k_eff() -> None:
    assert k_eff_of_sizes(np.array([5, 5, 5, 5])) == 4.0
    assert k_eff_of_sizes(
        np.array([6162, 3629, 3200, 2138, 1184, 1103, 1024, 717, 607])
    ) == pytest.approx(5.54, abs=0.01)
    assert k_eff_of_sizes(np.array([], np.int64)) == 0.0
    assert divided().k_eff == 300.0


def test_too_few_documents_offer_no_training() -> None:
    made = divided(documents=40)
    assert not made.trainable
    assert made.no_training is not None
    assert "K_eff" in made.no_training
    assert set(made.table["split"].to_pylist()) == {"all"}
    assert made.select("all") is made
    with pytest.raises(CorpusError, match="has no split 'train': its test split would have K_eff"):
        made.select("train")


def test_a_corpus_without_order_offers_no_training() -> None:
    made = with_splits(corpus(units(300, 4), order="none"))
    assert made.no_training == "its units have no natural order"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_train_unit_that_repeats_a_test_text_in_one_language_only_goes(language: str) -> None:
    found = units(300, 4)
    train = next(one for one in found if split_of(one.document_id) == "train")
    test = next(one for one in found if split_of(one.document_id) == "test")
    place = LANGUAGES.index(language)
    texts = list(train.texts)
    texts[place] = f"  {test.texts[place].upper()}!! "  # the same up to case and punctuation
    found[found.index(train)] = train._replace(texts=tuple(texts))
    made = with_splits(corpus(found))
    assert made.drops["overlap"] == 1
    assert train.unit_id not in made.table["unit_id"].to_pylist()
    assert test.unit_id in made.table["unit_id"].to_pylist()


def test_overlap_does_not_depend_on_the_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    texts = [letters(one) for one in generator.integers(0, 400, 1000)]
    table = pa.table({"en": pa.array(texts, pa.large_string())})
    train = generator.random(1000) < 0.6
    expected = [
        t and x in {y for y, u in zip(texts, train, strict=True) if not u}
        for x, t in zip(texts, train, strict=True)
    ]
    assert leaking(table, train, ["en"]).tolist() == expected
    monkeypatch.setattr("corpora.overlap.HELD", 37)
    monkeypatch.setattr(spool, "ENTRIES", 10)
    assert leaking(table, train, ["en"]).tolist() == expected


def test_folding() -> None:
    texts = [
        "Step 12: Ёлка!",
        "STEP 3 —  ёлка",
        "Ｓｔｅｐ ４ ёлка",
        "step елка",
        "第12章。",
        "第3章",
    ]
    folded = fold(pa.array(texts, pa.large_string())).to_pylist()
    assert folded[0] == folded[1] == folded[2] == "step 0 ёлка"
    assert folded[3] != folded[0]
    assert folded[4] == folded[5]


def test_large_tables_are_spooled_and_equal(
    monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    small = divided()
    monkeypatch.setattr("corpora.library.BATCH", 64)
    monkeypatch.setattr(spool, "IN_MEMORY", 2)
    monkeypatch.setattr(spool, "BATCH", 64)
    spooled = divided()
    assert spooled.table["en"].num_chunks > 2
    assert spooled.content_hash == small.content_hash
    assert spooled.documents().tolist() == small.documents().tolist()
    assert spooled.k_eff == small.k_eff
    assert not [one for one in own_cache.rglob("*") if one.is_file()], (
        "spool files have no name left"
    )


def test_content_hash_is_of_content() -> None:
    made = divided()
    rechunked = pa.concat_tables([made.table.slice(0, 7), made.table.slice(7)])
    assert replace(made, table=rechunked).content_hash == made.content_hash
    assert made.select("test").content_hash != made.content_hash
    column = made.table.column_names.index("zh")
    texts = made.texts("zh")
    texts[5] += "."
    changed = made.table.set_column(column, "zh", pa.array(texts, pa.large_string()))
    assert replace(made, table=changed).content_hash != made.content_hash
    moved = texts[:]
    moved[0], moved[1] = texts[0] + texts[1][:1], texts[1][1:]  # the same bytes, cut elsewhere
    shifted = made.table.set_column(column, "zh", pa.array(moved, pa.large_string()))
    assert replace(made, table=shifted).content_hash != replace(made, table=changed).content_hash


def test_documents_are_codes_by_first_appearance() -> None:
    found = units(3, 2)
    made = corpus([found[4], found[5], found[0], found[1], found[2]])
    assert made.documents().tolist() == [0, 0, 1, 1, 2]
    assert made.documents().dtype == np.int64
    assert (made.n_units, made.n_documents, len(made)) == (5, 3, 5)
    assert made.slice_documents(1, 2).table["unit_id"].to_pylist() == ["d0#0", "d0#1"]
    assert corpus(found).slice_documents(2).n_documents == 1


def test_save_and_open(tmp_path: Path) -> None:
    made = replace(divided(), sources={"package": "1.0"}, counts={"aligned": 1200})
    path = tmp_path / "new" / "made.arrow"
    made.save(path)
    opened = ParallelCorpus.open(path)
    assert opened.describe() == made.describe()
    assert opened.texts("ru") == made.texts("ru")
    assert opened.table.schema == made.table.schema
    assert (opened.sources, opened.no_training, opened.drops) == (made.sources, None, made.drops)
    first = path.read_bytes()
    made.save(path)
    assert path.read_bytes() == first, "the same corpus gives the same file"
    assert list(path.parent.iterdir()) == [path]


def test_offsets_that_lead_out_of_the_data_are_refused(tmp_path: Path) -> None:
    """Arrow follows them; a process that reads such a text dies."""
    divided().save(tmp_path / "a.arrow")
    whole = (tmp_path / "a.arrow").read_bytes()
    ends = np.cumsum([len(text.encode()) for text in divided().texts("en")[:60]]).astype("<i8")
    some = ends[50:52].tobytes()
    assert some in whole
    for wrong in (2**40, -1):
        other = some[:8] + wrong.to_bytes(8, "little", signed=True)
        (tmp_path / "a.arrow").write_bytes(whole.replace(some, other, 1))
        with pytest.raises(CorpusError, match="is not a saved corpus"):
            ParallelCorpus.open(tmp_path / "a.arrow")


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    corpus = divided()
    corpus.save(tmp_path / "a.arrow")
    word = corpus.texts("ru")[0].encode()
    whole = (tmp_path / "a.arrow").read_bytes()
    (tmp_path / "a.arrow").write_bytes(whole.replace(word, b"\xff" + word[1:]))
    with pytest.raises(CorpusError, match="is not a saved corpus"):
        ParallelCorpus.open(tmp_path / "a.arrow")


def test_what_is_no_corpus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.arrow").write_bytes(b"odd")
    with pytest.raises(CorpusError, match="is not a saved corpus"):
        ParallelCorpus.open(tmp_path / "odd.arrow")
    with pytest.raises(CorpusError, match="does not exist"):
        ParallelCorpus.open(tmp_path / "none.arrow")
    with pytest.raises(CorpusError, match="has no language 'de'; it has en, ru, zh"):
        divided().texts("de")
    with pytest.raises(CorpusError, match="is no split"):
        divided().select("dev")


def test_dataset_shares_the_table() -> None:
    made = divided()
    dataset = made.dataset()
    assert dataset.num_rows == len(made)
    assert dataset[3]["ru"] == made.texts("ru")[3]


def test_concatenation() -> None:
    joined = concatenate(
        [divided(), with_splits(corpus(units(2, 2, "e"), "other", "none"))], "joined"
    )
    assert len(joined) == 1204
    assert joined.order == "none"
    with pytest.raises(CorpusError, match="share unit ids"):
        concatenate([divided(), divided()], "twice")


def test_samples_are_aligned_and_repeat() -> None:
    made = divided()
    found = made.samples(5)
    assert found == made.samples(5)
    assert all(one["ru"].removeprefix("ru") == one["zh"].removeprefix("zh") for one in found)
    assert len(made.samples(10_000)) == len(made)


def test_an_empty_corpus_describes_itself() -> None:
    empty = corpus([])
    assert (len(empty), empty.k_eff, empty.documents().tolist()) == (0, 0.0, [])
    assert len(empty.content_hash) == 64
