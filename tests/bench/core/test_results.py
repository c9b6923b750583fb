"""The writer and reader of the result files."""

import pytest

from bench.errors import InputError
from bench.results import data_package, read_table, refuse_unwritable, write_table
from bench.schema import TABLES


def row(**values):
    named = {"run_id": "a", "step": 1, "annealed": False}
    return {**named, **values}


def test_values_survive_and_missing_stays_missing(tmp_path):
    write_table(tmp_path, "curves", [row(bits_per_unit=107.4, epoch=None)])
    (read,) = read_table(tmp_path, "curves")
    assert read["bits_per_unit"] == 107.4
    assert read["epoch"] is None
    assert read["annealed"] is False


def test_twelve_digits_lf_and_sorted(tmp_path):
    path = write_table(tmp_path, "curves", [row(step=10, epoch=1 / 3), row(step=2)])
    lines = path.read_bytes().split(b"\n")
    assert b"\r" not in path.read_bytes()
    assert lines[1].startswith(b"a,2,") and lines[2].startswith(b"a,10,0.333333333333,")


def test_order_of_rows_does_not_matter(tmp_path):
    rows = [row(step=step) for step in (3, 1, 2)]
    first = write_table(tmp_path / "a", "curves", rows).read_bytes()
    assert write_table(tmp_path / "b", "curves", rows[::-1]).read_bytes() == first


def test_two_rows_of_one_key_are_refused(tmp_path):
    with pytest.raises(ValueError, match="two rows of one key"):
        write_table(tmp_path, "curves", [row(), row(bits_per_unit=1.0)])
    assert not (tmp_path / "curves.csv").exists()


def test_unknown_column_and_nan_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no column"):
        write_table(tmp_path, "curves", [row(loss=1.0)])
    with pytest.raises(ValueError, match="not a result"):
        write_table(tmp_path, "curves", [row(bits_per_unit=float("nan"))])


@pytest.mark.parametrize("edited", ["a,one,", ",1,", "a,1,nan", "a,1,inf", "a\n"])
def test_edited_file_is_named_with_its_line(tmp_path, edited):
    """A word, a row without its key, numbers that are none, a line that is cut short."""
    path = write_table(tmp_path, "curves", [row()])
    path.write_text(path.read_text().replace("a,1,", edited))
    with pytest.raises(InputError, match=r"curves\.csv line 2"):
        read_table(tmp_path, "curves")


def test_missing_file_and_missing_column_say_what_to_do(tmp_path):
    with pytest.raises(InputError, match="bench run"):
        read_table(tmp_path, "curves")
    (tmp_path / "curves.csv").write_text("run_id,step\n")
    with pytest.raises(InputError, match="lacks the column"):
        read_table(tmp_path, "curves")


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_describes_its_columns_and_key(table):
    assert len(set(table.names)) == len(table.names)
    assert set(table.key) <= set(table.names)
    assert all(column.description for column in table.columns)
    (resource,) = data_package("x", [table.file])["resources"]
    assert resource["schema"]["primaryKey"] == list(table.key)


# The columns fixed by the design. They may be added to, never renamed or removed.
FIXED = {
    "tokenization": "corpus split vocabulary vocabulary_family language reference mode metric "
    "variant value ci_low ci_high ci_method unit aggregation n_units n_documents k_eff comparable "
    "signature",
    "costs": "corpus split vocabulary vocabulary_family language reference model context cost "
    "convention value ci_low ci_high ci_method unit n_units n_documents k_eff signature",
    "memory": "corpus split vocabulary language model batch_units layout precision part bytes_mean "
    "ci_low ci_high bytes_max n_batches signature",
    "training": "run_id arm stage corpus vocabulary vocabulary_family language model seed lr "
    "epochs context_units parameters_body parameters_embedding units tokens flops_useful "
    "flops_spent bits_per_unit bits_ci_low bits_ci_high bits_per_byte bits_per_english_character "
    "n_units n_documents k_eff status precision threads signature",
    "curves": "run_id step epoch annealed units_seen tokens_seen flops_useful flops_spent "
    "bits_per_unit",
    "convergence": "arm language reference axis budget measure target value ci_low ci_high "
    "ci_method censored n_seeds k_eff signature",
    "claims": "claim family corpus vocabulary model statistic value ci_low ci_high threshold "
    "p_support p_refute verdict reason n_units n_documents k_eff n_seeds signature",
    "timings": "cell phase seconds tokens_per_second mfu peak_memory_bytes memory_source "
    "energy_joules device threads",
}


@pytest.mark.parametrize("name", FIXED)
def test_fixed_columns_are_there_in_order(name):
    fixed = FIXED[name].split()
    assert [column for column in TABLES[name].names if column in fixed] == fixed


@pytest.mark.parametrize("name", FIXED)
def test_every_other_column_may_be_missing_from_an_older_file(name):
    later = {one.name for one in TABLES[name].columns if not one.added} - set(FIXED[name].split())
    assert later == set(), "mark them as added in bench/schema.py"


def test_a_table_that_lost_its_end_is_not_read_as_a_shorter_one(tmp_path):
    path = write_table(tmp_path, "curves", [row(step=1), row(step=2)])
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match=r"curves\.csv is cut short"):
        read_table(tmp_path, "curves")


def test_asking_whether_a_folder_can_be_written_makes_none(tmp_path):
    """Another process may have made it at the same moment, and needs it to stay."""
    refuse_unwritable(tmp_path / "new" / "deep")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        refuse_unwritable(tmp_path / "file" / "out")
