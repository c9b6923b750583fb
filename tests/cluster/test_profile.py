"""A whole profile on the cluster, with a node lost in the middle: the files of the local executor.

The profile is `quick`; BABELTOLL_CLUSTER_PROFILE names another.
"""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import corpora

PROFILE = os.environ.get("BABELTOLL_CLUSTER_PROFILE", "quick")
SLURM = {"minutes": 60, "memory_gb": 2.0, "poll_seconds": 1.0, "retries": 2}
LONGEST = 4 * 3600  # seconds of a whole run; `quick` takes minutes on a machine of its own
CLOCKED = ("timings.csv", "manifest.json", "environment.json")  # and what says where it ran


def fresh_cache(folder):
    """A cache of its own with an empty store, on what this user has downloaded already."""
    folder.mkdir()
    for name in ("packages", "corpora", "apt", "spool", "rates.json"):
        if (there := corpora.cache_dir() / name).exists():
            (folder / name).symlink_to(there)
    return folder


def with_slurm(profile, path):
    """The profile's text, and what its jobs ask for."""
    from importlib import resources

    packaged = resources.files("bench") / "profiles" / f"{profile}.toml"
    text = Path(profile).read_text() if profile.endswith(".toml") else packaged.read_text()
    lines = "\n".join(f"{name} = {value!r}" for name, value in SLURM.items())
    path.write_text(f"{text}\n[slurm]\n{lines}\n")
    return str(path)


def bench(cache, results, *more):
    command = [sys.executable, "-m", "bench", "run", "--results", str(results), *more]
    environment = {**os.environ, "BABELTOLL_CACHE": str(cache)}
    log = (results.parent / f"{results.name}.log").open("w")
    return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def digests(folder):
    files = [path for path in folder.rglob("*.csv") if path.name not in CLOCKED]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files}  # fmt: skip


def until(ready, run, seconds=1800):
    """Wait for `ready()` while the run goes on; its log where it ends or time is up."""
    end = time.monotonic() + seconds
    while not ready():
        log = Path(run.args[run.args.index("--results") + 1] + ".log")
        assert run.poll() is None and time.monotonic() < end, log.read_text()
        time.sleep(0.5)


def test_a_profile_with_a_node_lost(cluster, tmp_path, summary):
    beside = Path(PROFILE).parent if PROFILE.endswith(".toml") else tmp_path
    profile = with_slurm(PROFILE, beside / "over-slurm.toml")
    store = fresh_cache(tmp_path / "shared")
    over_slurm = bench(store, tmp_path / "slurm", "--profile", profile, "--executor", "slurm")
    lost = []

    def some_are_done_and_n2_works():
        lost[:] = cluster.running_on("n2")
        at_work = lost and cluster.steps("n2")
        return at_work and len(list(store.glob("store/cells/*/*/record.json"))) >= 8

    until(some_are_done_and_n2_works, over_slurm)
    killed = cluster.kill("n2")
    assert lost and len(killed) >= 2  # a job's step and the process in it
    time.sleep(15)
    cluster.start("n2")
    assert over_slurm.wait(LONGEST) == 0, (tmp_path / "slurm.log").read_text()
    local = bench(fresh_cache(tmp_path / "own"), tmp_path / "local", "--profile", profile)
    assert local.wait(LONGEST) == 0, (tmp_path / "local.log").read_text()
    found, expected = digests(tmp_path / "slurm"), digests(tmp_path / "local")
    assert expected and found == expected
    told = [line for line in (tmp_path / "slurm.log").read_text().splitlines() if "again:" in line]
    summary(
        f"\n{PROFILE}: n2 lost with {len(killed)} processes of job {', '.join(lost)}; "
        f"{len(found)} files are those of the local executor: {', '.join(sorted(found))}"
    )
    for line in told:
        summary(line)
