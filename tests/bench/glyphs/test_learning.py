"""Tables: exactly the size, the same every time, and better than what they were pruned from."""

import subprocess
import sys
from collections import Counter
from time import process_time

import numpy as np
import pytest

from bench.errors import InputError
from bench.vocabularies.glyphs.alphabet import HAN, PRIVATE
from bench.vocabularies.glyphs.atoms import ENDINGS, GAP, Atoms
from bench.vocabularies.glyphs.codec import Codec
from bench.vocabularies.glyphs.coverage import coverage
from bench.vocabularies.glyphs.gains import GAINS, bits, signs, tokens
from bench.vocabularies.glyphs.learning import learn, tables
from bench.vocabularies.glyphs.runs import Limits, repeated
from bench.vocabularies.glyphs.table import GlyphTable


def atoms_of(text):
    atoms = Atoms.of([text])
    return [atoms.spelled(n, 1) for n in range(len(atoms) - 1)]


def test_atoms_are_stems_with_their_space_endings_and_single_signs():
    text = "Two keepers counted, и столами о 灯塔 don't"
    atoms = [
        "Two",
        " keeper",
        "s",
        " count",
        "ed",
        ",",
        " и",
        " стол",
        "ами",
        " о",
        " ",
        "灯",
        "塔",
    ]
    assert atoms_of(text) == [*atoms, " don", "'", "t"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_ending_is_cut_where_three_letters_are_left(ending):
    assert atoms_of(f" 灯ййй{ending}.") == [" ", "灯", "ййй", ending, "."]
    assert atoms_of(f" йй{ending}")[0] != " йй"


@pytest.mark.parametrize("gain", GAINS)
def test_a_larger_table_saves_more(gain, story):
    made = list(tables([story], [4, 8, 16], gains=GAINS[gain]))
    assert [len(table) for table in made] == [16, 8, 4]
    signs = [len(Codec(table).encode(story)) for table in made]
    assert signs == sorted(signs) and signs[-1] < len(story)


def test_counts_are_the_uses_where_the_table_was_learnt(story):
    table = learn([story], 16)
    coded = Codec(table).encode(story)
    assert [coded.count(glyph) for glyph in table.glyphs] == list(table.counts)
    assert list(table.counts) == sorted(table.counts, reverse=True) and min(table.counts) > 0


@pytest.mark.parametrize("codec", ["private"], indirect=True)
def test_every_glyph_pays(codec, story):
    """Without any one of them the glyph text is longer: the loss that pruning computes."""
    table, whole = codec.table, len(codec.encode(story))
    for place in range(len(table)):
        rest = tuple(one for n, one in enumerate(table.phrases) if n != place)
        without = Codec(GlyphTable(rest, (1,) * len(rest)))
        assert len(without.encode(story)) > whole


def test_runs_are_counted_as_a_plain_count_does(story):
    atoms = Atoms.of(story.split("\n"))
    spelled = ["\n" if gap else atoms.spelled(n, 1) for n, gap in enumerate(gaps(atoms))]
    for length, places, counts in repeated(atoms, ~gaps(atoms), Limits(longest=3, lines=False)):
        runs = [tuple(spelled[n : n + length]) for n in range(len(spelled) - length + 1)]
        plain = {run: n for run, n in Counter(runs).items() if n > 1 and "\n" not in run}
        found = [tuple(spelled[n : n + length]) for n in places.tolist()]
        assert dict(zip(found, counts.tolist(), strict=True)) == plain


def gaps(atoms):
    return atoms.points[atoms.starts[:-1]] == GAP


def test_limits(story):
    short = learn([story], 12, limits=Limits(longest=1, lines=False))
    assert all(len(atoms_of(phrase)) == 1 for phrase in short.phrases)
    with pytest.raises(InputError, match="at least 1 atom"):
        Limits(longest=0)


def test_a_long_line_of_repetitions_is_learnt_in_time():
    """A run longer than any phrase is not looked for: 60,000 atoms, quadratic without that."""
    started = process_time()
    assert len(learn(["ab " * 30_000], 1)) == 1
    assert process_time() - started < 20


@pytest.mark.parametrize("gain", [signs, bits])
def test_a_nul_in_the_text_changes_no_phrase(gain, story):
    """A gap between lines is spelled as NUL is, and costs nothing."""
    plain = learn([story, "z"], 12, gains=gain).phrases
    assert learn([story, "\0"], 12, gains=gain).phrases == plain


def test_line_ends_of_another_system_change_no_phrase(story):
    scene = "Then the long night was over, and all the ships could see the harbour again.\n"
    text = story + scene * 9
    here, there = (learn([one], 16, limits=Limits(longest=2))
                   for one in (text, text.replace("\n", "\r\n")))  # fmt: skip
    assert here.phrases == there.phrases and scene.strip() in here.phrases


def test_a_repeated_line_becomes_one_sign_whatever_its_length(story):
    scene = "Then the long night was over, and all the ships could see the harbour again."
    text = story + f"{scene}\n" * 9
    assert scene in learn([text], 16, limits=Limits(longest=2)).phrases
    assert scene not in learn([text], 16, limits=Limits(longest=2, lines=False)).phrases
    found = coverage(Codec(learn([text], 10)), [scene, "the night", scene])
    assert (found.units, found.units_in_one_sign) == (3, 2)
    assert found.by_length[-1] == pytest.approx(2 * len(scene) / (2 * len(scene) + 9))
    assert found.plain.signs == 2 * len(scene) + 9 and found.coded.signs <= 2 + 9


def test_bits_are_shannon_s():
    """Of "aaab", `a` costs log2(4/3) and `b` 2 bits; sixteenths."""
    gain = bits({"aaab": 1})
    assert gain.spelling(["a", "b", "ab"]).tolist() == [7, 32, 39]
    assert gain.price(np.array([1, 2, 4, 0])).tolist() == [32, 16, 0, 32]


def test_tokens_of_a_vocabulary_are_saved(story):
    """Where Latin letters cost nothing, no glyph is spent on English."""

    def count(atoms):
        return np.array([0 if atom.isascii() else len(atom) for atom in atoms])

    table = learn([story], 8, gains=tokens(count))
    assert not any(phrase.isascii() for phrase in table.phrases)


def test_same_table_in_another_process(story, tmp_path):
    (tmp_path / "story").write_text(story, encoding="utf-8")
    script = (
        "import sys, pathlib; from bench.vocabularies.glyphs.learning import learn;"
        "sys.stdout.buffer.write(learn([pathlib.Path(sys.argv[1]).read_text('utf-8')], 16)"
        ".to_tsv().encode())"
    )
    made = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "story")], capture_output=True, check=True
    ).stdout.decode()
    assert made == learn([story], 16).to_tsv()


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        (100_000, r"the alphabet han has 20,991 glyphs, 100,000 were asked for"),
        (10_000, r"the text supports about [\d,]+ useful glyphs, 10,000 were asked for"),
        (0, "at least one"),
    ],
)
def test_a_size_that_cannot_be_had_is_refused(size, reason, story):
    with pytest.raises(InputError, match=reason):
        learn([story], size, alphabet=HAN)


def test_private_use_has_137_467_glyphs():
    """6,400 + 2 · 65,534 private code points (Unicode 15, section 23.5), less the escape sign."""
    assert PRIVATE.capacity == 6_400 + 2 * 65_534 - 1
    assert len(set(PRIVATE.glyphs(PRIVATE.capacity))) == PRIVATE.capacity
