"""The benchmark suite itself: turns, ratios, verdicts, its table, and what becomes of trouble."""

import csv
import importlib
import inspect
import time
from pathlib import Path

import pytest

from bench.errors import InputError
from bench.perf import __main__ as command_line
from bench.perf import registry, stopwatch, table, text
from bench.perf.subject import Gate, Subject, in_turn, python


def busy(seconds: float):
    def act() -> None:
        until = time.process_time() + seconds
        while time.process_time() < until:
            pass

    return act


def test_contestants_take_turns() -> None:
    order: list[str] = []
    names = ("a", "b", "c")
    subject = Subject({n: lambda n=n: order.append(n) for n in names}, rounds=4, warmup=1)
    found = stopwatch.measure(subject)
    assert order == list("abc") * 5  # one round of warm-up
    assert {len(found[clock][name]) for clock in found for name in names} == {4}


def test_rounds_end_when_time_is_up_but_not_before_three() -> None:
    subject = Subject({"a": busy(0.02)}, rounds=50, warmup=0, seconds=0.01)
    assert len(stopwatch.measure(subject)["wall"]["a"]) == 3


def test_a_ratio_is_the_median_of_ratios_within_rounds() -> None:
    times = {"a": [2.0, 20.0, 3.0], "b": [1.0, 10.0, 1.0]}
    assert stopwatch.ratio(times, Gate("a/b", "a", "b")).value == 2.0
    assert stopwatch.ratio(times, Gate("half a/b", "a", "b", scale=0.5)).value == 1.0
    assert stopwatch.ratio(times, Gate("a, seconds", "a")).value == 3.0


@pytest.mark.parametrize(
    ("gate", "value", "said"),
    [
        (Gate("", "a", "b", 1.1), 1.1, "holds"),
        (Gate("", "a", "b", 1.1), 1.11, "missed"),
        (Gate("", "a", "b", 1.6, least=True), 1.6, "holds"),
        (Gate("", "a", "b", 1.6, least=True), 1.59, "missed"),
        (Gate("", "a", "b"), 100.0, ""),
    ],
)
def test_verdicts(gate: Gate, value: float, said: str) -> None:
    assert stopwatch.verdict(gate, value) == said


def test_a_process_is_timed_by_what_it_and_its_children_work() -> None:
    run = python("-c", "sum(range(3_000_000))")
    seconds = stopwatch.timed(run)
    assert 0.02 < seconds["cpu"] < 5
    idle = stopwatch.timed(lambda: time.sleep(0.2))
    assert idle["wall"] >= 0.2
    assert idle["cpu"] < 0.1


def test_a_process_that_fails_is_reported_by_its_last_words() -> None:
    with pytest.raises(InputError, match="no such thing"):
        python("-c", "raise SystemExit('no such thing')")()


def test_a_list_of_work_is_done_in_turn() -> None:
    done: list[int] = []
    act = in_turn([lambda n=n: done.append(n) for n in range(3)])
    for _ in range(4):
        act()
    assert done == [0, 1, 2, 0]


def made() -> list[dict[str, object]]:
    gates = [Gate("slow/quick", "slow", "quick", 1.5, 1.2),
             Gate("a gate on a contestant that is not here", "slow", "nobody"),
             Gate("a name that is far too long for its column", "slow", "quick")]  # fmt: skip
    contestants = {"slow": busy(0.01), "quick": busy(0.002)}
    subject = Subject(
        contestants, gates, clock="cpu", rounds=3, work={"slow": 1e12}, unit="tokens/s"
    )
    return stopwatch.rows("a-subject", subject, stopwatch.measure(subject))


def test_the_table_fits_a_terminal_and_says_what_is_missed() -> None:
    lines = list(table.lines("a-subject", made()))
    assert max(map(len, lines)) <= 80
    assert "MISSED" in "\n".join(lines)
    assert "nobody" not in "\n".join(lines)


def test_perf_csv_holds_times_by_both_clocks_and_ratios(tmp_path: Path) -> None:
    table.write(tmp_path / "new" / "perf.csv", made())
    with (tmp_path / "new" / "perf.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert tuple(rows[0]) == table.COLUMNS
    assert [row["clock"] for row in rows] == ["wall", "cpu"] * 2 + ["cpu"] * 2
    assert [row["verdict"] for row in rows if row["measure"] == "ratio"] == ["missed", ""]
    assert float(rows[0]["rate"]) == pytest.approx(1e12 / float(rows[0]["value"]), rel=1e-4)


def test_every_subject_is_a_module_that_takes_a_folder() -> None:
    folder = Path(registry.__file__).parent / "subjects"
    modules = {path.stem.replace("_", "-") for path in folder.glob("[a-z]*.py")}
    assert modules == set(registry.SUBJECTS)
    for name in registry.SUBJECTS:
        module = importlib.import_module(f"bench.perf.subjects.{name.replace('-', '_')}")
        assert list(inspect.signature(module.subject).parameters) == ["folder"]


def test_the_whole_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "perf.csv"
    code = command_line.main(["start-up", "--out", str(out)])
    said = capsys.readouterr().out
    assert code in (0, 1)
    assert (code == 1) == ("MISSED" in said)
    assert "bench --help" in said
    *lines, last = said.splitlines()
    assert max(map(len, lines)) <= 80
    assert last.endswith(str(out))
    assert out.read_text().count("start-up,ratio") == 3


def test_trouble_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command_line.main(["nonesuch"]) == 2
    assert "no subject 'nonesuch': choose from" in capsys.readouterr().err
    monkeypatch.setitem(registry.SUBJECTS, "start-up-of-nothing", "a subject without a module")
    code = command_line.main(["start-up-of-nothing", "--out", str(tmp_path / "perf.csv")])
    assert code == 0  # this process knows the name, the one that measures does not
    assert "not measured: no subject 'start-up-of-nothing'" in capsys.readouterr().out


def test_made_up_text_is_aligned_and_the_same_each_time(tmp_path: Path) -> None:
    first, again = (text.write(tmp_path / name, 50) for name in ("one", "two"))
    contents = [{name: path.read_text() for name, path in of.items()} for of in (first, again)]
    assert contents[0] == contents[1]
    assert {len(one.splitlines()) for one in contents[0].values()} == {50}
