import importlib.util
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def tiny():
    return load(HERE.parent / "bench" / "tiny.py")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A controller and two node daemons on this machine, for the whole suite."""
    if not os.environ.get("BABELTOLL_CLUSTER"):
        pytest.skip("a cluster is started by `make test-cluster` only (root, slurm-wlm, munge)")
    module = load(HERE / "cluster.py")
    if reason := module.missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("slurm")
    folder.chmod(0o755)
    with module.Cluster(folder) as running:
        os.environ.update(running.environment)
        yield running
        del os.environ["SLURM_CONF"]


@pytest.fixture
def summary(request):
    """Says lines that are shown though pytest captures what a test prints."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(line):
        with capture.global_and_fixture_disabled():
            print(line, flush=True)

    return say
