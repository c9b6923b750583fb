"""A Slurm cluster of one machine: a controller and node daemons in a folder of their own.

Needs root and Debian's slurm-wlm and munge; touches no file outside its folder. The nodes share
the machine's memory and processors, so it shows that jobs run, die and come back, not speed.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

CONF = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerNode=500
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
ReturnToService=2
SlurmdTimeout=10
KillWait=5
MpiDefault=none
SchedulerParameters=sched_interval=2,batch_sched_delay=1
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/ctld.log
SlurmdLogFile={folder}/slurmd.%n.log
{nodes}
PartitionName=two Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
NODE = "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 RealMemory={mb}"
NEEDED = ("slurmctld", "slurmd", "munged", "sbatch", "squeue", "scontrol")


def missing() -> str | None:
    """Why no cluster can be started here, or None."""
    if os.geteuid() != 0:
        return "a cluster of one machine is started by root"
    absent = [name for name in NEEDED if not shutil.which(name)]
    return f"no {', '.join(absent)} (apt-get install slurm-wlm munge)" if absent else None


class Cluster:
    """Starts with `with Cluster(folder):`; its commands find it by SLURM_CONF."""

    def __init__(self, folder: Path, nodes: tuple[str, ...] = ("n1", "n2"), mb: int = 6000) -> None:
        self.folder, self.nodes, self.mb = folder, nodes, mb
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf")}

    def __enter__(self) -> "Cluster":
        self._configure()
        munge = self.folder / "munge"
        files = [f"--{name}-file={munge / name}" for name in ("key", "pid", "log", "seed")]
        self._run("munged", "--force", f"--socket={munge / 'socket'}", *files)
        self.start_controller()
        for name in self.nodes:
            self.start(name)
        self.wait_for(self.nodes)
        return self

    def __exit__(self, *_: object) -> None:
        self._run("scancel", "--user=root", check=False)
        time.sleep(1)
        for name in self.nodes:
            self.kill(name)
        for path in (self.folder / "ctld.pid", self.folder / "munge" / "pid"):
            _kill(path, signal.SIGTERM)

    def start_controller(self) -> None:
        """Start what squeue and sbatch talk to."""
        self._run("slurmctld")

    def stop_controller(self) -> None:
        """Stop it, as for an update; jobs go on."""
        _kill(self.folder / "ctld.pid", signal.SIGTERM)

    def start(self, node: str) -> None:
        """Start a node's daemon."""
        self._run("slurmd", "-N", node)

    def kill(self, node: str) -> list[int]:
        """Lose a node: its daemon and every process of its jobs, at once; their ids."""
        doomed = [pid for step in self.steps(node) for pid in (step, *_descendants(step))]
        _kill(self.folder / f"slurmd.{node}.pid", signal.SIGKILL)
        for pid in doomed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return doomed

    def steps(self, node: str) -> list[int]:
        """Ids of the processes there that each hold a step of a job."""
        found = [pid for pid in _processes() if "slurmstepd: [" in _command(pid)]
        return [pid for pid in found if self._spool(pid) == node]

    def running_on(self, node: str) -> list[str]:
        """Ids of the jobs running there."""
        said = self._run("squeue", "-h", "-t", "RUNNING", "-w", node, "-o", "%i")
        return said.split()

    def submit_array(self, folder: Path, tasks: int) -> str:
        """Submit tasks that sleep; the job's id."""
        wanted = ("--parsable", f"--array=0-{tasks - 1}", f"--output={folder}/%a", "--mem=100")
        return self._run("sbatch", *wanted, "--wrap", "sleep 60").strip()

    def wait_for(self, nodes: tuple[str, ...], seconds: float = 30) -> None:
        """Wait until the nodes can take jobs."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            said = self._run("sinfo", "-h", "-N", "-o", "%N %T", check=False).split("\n")
            ready = {line.split()[0] for line in said if line.endswith(("idle", "mixed"))}
            if ready >= set(nodes):
                return
            time.sleep(0.5)
        raise TimeoutError(f"{nodes} did not come up: see the logs in {self.folder}")

    def _configure(self) -> None:
        for name in ("state", "munge"):
            (self.folder / name).mkdir(parents=True, mode=0o755)
        key = self.folder / "munge" / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        host = socket.gethostname().split(".")[0]
        ports = [_free_port() for _ in (*self.nodes, "controller")]
        nodes = [
            NODE.format(name=name, host=host, port=port, mb=self.mb)
            for name, port in zip(self.nodes, ports, strict=False)
        ]
        text = CONF.format(host=host, folder=self.folder, port=ports[-1], nodes="\n".join(nodes))
        (self.folder / "slurm.conf").write_text(text)

    def _run(self, *command: str, check: bool = True) -> str:
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, **self.environment}
        )
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr or done.stdout}")
        return done.stdout

    def _spool(self, step: int) -> str | None:
        """The node that a job step's supervisor belongs to, by the socket it listens on."""
        for name in self.nodes:
            for link in Path(f"/proc/{step}/fd").glob("*"):
                with contextlib.suppress(OSError):
                    if f"/slurmd.{name}.log" in str(link.readlink()):
                        return name
        return None


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text().split():
                found += [int(child), *_descendants(int(child))]
    return found


def _kill(pid_file: Path, number: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        os.kill(int(pid_file.read_text()), number)
