"""Slurm's commands, which are shell scripts here: what they say, and how they fail."""

import pytest

from bench.errors import InputError
from bench.executors import queue
from bench.executors.outcomes import Ask
from bench.executors.queue import JobState, SilentError
from bench.executors.slurm import SubmititCluster
from bench.slurm import Resources, Slurm
from bench.store import Store

AWAY = "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Makes a command of that name; each writes its arguments into `log`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")

    def make(name, script):
        path = folder / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/log\n{script}\n')
        path.chmod(0o755)
        return tmp_path / "log"

    return make


def test_what_squeue_does_not_list_is_asked_of_accounting(commands):
    commands("squeue", "echo '7_0|RUNNING|None|n1'")
    log = commands("sacct", "echo '7_1|CANCELLED by 0|None|n2'")
    found = queue.states(["7_0", "7_1", "8"])
    assert found == {
        "7_0": JobState("RUNNING", "None", "n1"),
        "7_1": JobState("CANCELLED", "None", "n2"),
        "8": JobState(queue.UNKNOWN),
    }
    assert "--jobs=7_1,8" in log.read_text()


@pytest.mark.parametrize("script", [f"echo '{AWAY}' >&2; exit 1", "exit 1"])
def test_where_squeue_fails_nothing_is_known(commands, script):
    commands("squeue", script)
    log = commands("sacct", "")
    with pytest.raises(SilentError, match=r"connect failure|squeue fails"):
        queue.states(["7"])
    assert "sacct" not in log.read_text()


def test_a_job_that_slurm_has_forgotten_is_unknown(commands):
    """Asked for one job alone, squeue fails where it is gone; without accounting so does sacct."""
    commands("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1")
    commands("sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1")
    assert queue.states(["7"]) == {"7": JobState(queue.UNKNOWN)}


@pytest.mark.parametrize("reason", ["launch failed requeued held", "(launch_failed_requeued_held)"])
def test_a_job_that_waits_for_an_administrator_could_not_be_launched(commands, reason):
    """As squeue tells it where two nodes claim one job after the controller's death."""
    commands("squeue", f"echo '7|PENDING|{reason}|'")
    assert queue.states(["7"])["7"].doubtful


def test_of_an_array_those_tasks_alone_are_cancelled(commands):
    log = commands("scancel", "")
    queue.cancel(["7_1"])
    queue.cancel(["7_0", "9", "7_2", "8_3"])
    queue.cancel([])
    assert log.read_text().splitlines() == ["scancel 7_1", "scancel 7_[0,2] 9 8_3"]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("Unable to contact slurm controller (connect failure)", SilentError),
        ("Socket timed out on send/recv operation", SilentError),
        ("Invalid partition name specified", InputError),
    ],
)
def test_only_a_controller_that_is_away_is_waited_for(commands, tmp_path, capsys, said, error):
    pytest.importorskip("submitit", reason="pip install 'babeltoll[slurm]'")
    commands("srun", "")
    commands("sbatch", f"echo 'sbatch: error: Batch job submission failed: {said}' >&2; exit 1")
    cluster = SubmititCluster(Store(tmp_path / "store"), Slurm())
    with pytest.raises(error, match=said.split(" (")[0]):
        cluster.submit(Resources(), [Ask((), Resources())] * 2)
    assert not capsys.readouterr().err  # the reason is told once, by whoever catches it
