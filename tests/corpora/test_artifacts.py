"""Fetching: cached, verified, atomic, and one line when it cannot be done."""

import hashlib
import json
import stat
import sys
from pathlib import Path

import pytest
from conftest_packages import deb, npm, wheel

from corpora import clients
from corpora.artifacts import Package, cached, fetch
from corpora.cache import cache_dir, replacing
from corpora.cards import card, names, parse
from corpora.errors import CorpusError
from corpora.fetching import availability

LISTS = """
if 'update' in sys.argv:
    lists = next(one.partition('=')[2] for one in sys.argv if one.startswith('Dir::State::Lists='))
    open(lists + '/debian_Packages', 'w').close()
"""


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of stand-in clients, the only one on PATH, and what they hand out."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def client(shelf: Path, name: str, script: str) -> None:
    path = shelf / name
    path.write_text(f"#!{sys.executable}\nimport os, shutil, sys\n{script}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def hand_out(shelf: Path, client_name: str, package: Path) -> None:
    """A client that copies one package to where the real one would put it, and counts its calls."""
    calls = shelf / "calls"
    script = f"open({str(calls)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
    script += (
        "into = sys.argv[sys.argv.index('--pack-destination') + 1] if 'pack' in sys.argv else '.'\n"
    )
    script += LISTS + f"if 'update' not in sys.argv: shutil.copy({str(package)!r}, into)\n"
    client(shelf, client_name, script)


def test_npm_is_fetched_once_and_verified(tmp_path: Path, shelf: Path, own_cache: Path) -> None:
    tarball = npm(tmp_path / "thing-1.0.tgz", {"package/a": b"a"})
    digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
    hand_out(shelf, "npm", tarball)
    package = Package("npm", "thing", "1.0", digest)
    said: list[str] = []
    first = fetch(package, progress=said.append)
    second = fetch(package, progress=said.append)
    assert first == second
    assert (first.package, first.version, first.sha256) == ("thing", "1.0", digest)
    assert first.path == own_cache / "packages/npm/thing/1.0/thing-1.0.tgz"
    assert said == ["fetching thing 1.0"]
    assert len((shelf / "calls").read_text().splitlines()) == 1


def test_a_cached_package_needs_neither_client_nor_network(tmp_path: Path, shelf: Path) -> None:
    tarball = npm(tmp_path / "thing-1.0.tgz", {"package/a": b"a"})
    hand_out(shelf, "npm", tarball)
    fetch(Package("npm", "thing", "1.0"))
    (shelf / "npm").unlink()
    assert fetch(Package("npm", "thing", "1.0")).path.exists()
    with pytest.raises(CorpusError, match=r"other needs npm: install Node\.js"):
        fetch(Package("npm", "other", "1.0"))


def test_another_hash_is_refused_and_nothing_is_left(
    tmp_path: Path, shelf: Path, own_cache: Path
) -> None:
    hand_out(shelf, "npm", npm(tmp_path / "thing-1.0.tgz", {"package/a": b"a"}))
    with pytest.raises(CorpusError, match=r"has SHA-256 .* pinned is 0000.*fetch again"):
        fetch(Package("npm", "thing", "1.0", "0" * 64))
    assert not [one for one in own_cache.rglob("*") if one.is_file()]


def test_a_cached_package_that_changed_is_refused(tmp_path: Path, shelf: Path) -> None:
    tarball = npm(tmp_path / "thing-1.0.tgz", {"package/a": b"a"})
    package = Package("npm", "thing", "1.0", hashlib.sha256(tarball.read_bytes()).hexdigest())
    hand_out(shelf, "npm", tarball)
    path = fetch(package).path
    path.write_bytes(path.read_bytes() + b"!")
    with pytest.raises(CorpusError, match="pinned"):
        fetch(package)


def test_debian_packages_get_private_folders_and_alternative_names(
    tmp_path: Path, shelf: Path, own_cache: Path
) -> None:
    package = deb(tmp_path / "help-2_1%3a2.0-1_all.deb", {"a": b"a"})
    hand_out(shelf, "apt-get", package)
    client(shelf, "apt-cache", "sys.exit(0 if sys.argv[-1] == 'help-2' else 100)\n")
    found = fetch(Package("deb", "help-1", alternatives=("help-2",)))
    assert (found.package, found.version) == ("help-2", "1:2.0-1")
    calls = (shelf / "calls").read_text().splitlines()
    assert [call.split()[-1] for call in calls] == ["update", "help-2"]
    assert all(f"Dir::State::Lists={own_cache}/apt/lists" in call for call in calls)
    assert fetch(Package("deb", "help-1", alternatives=("help-2",))) == found


def test_a_distribution_without_the_package(shelf: Path) -> None:
    client(shelf, "apt-get", LISTS)
    client(shelf, "apt-cache", "sys.exit(100)\n")
    with pytest.raises(CorpusError, match="offers no package help-1 or help-2"):
        fetch(Package("deb", "help-1", alternatives=("help-2",)))


def test_the_clients_last_words_are_passed_on(shelf: Path, own_cache: Path) -> None:
    failure = "sys.stderr.write('W: odd\\nE: Could not resolve host\\n'); sys.exit(100)\n"
    client(shelf, "apt-get", LISTS + f"if 'download' in sys.argv:\n    {failure}")
    with pytest.raises(CorpusError) as told:
        fetch(Package("deb", "help"))
    assert "E: Could not resolve host" in str(told.value)
    assert "\n" not in str(told.value)
    assert not (own_cache / "apt" / "updated").exists(), "the next try renews the lists"


def test_an_update_without_lists_is_no_success(shelf: Path, own_cache: Path) -> None:
    """Without a network apt-get update only warns, and exits with 0."""
    client(shelf, "apt-get", "sys.stderr.write('W: Failed to fetch\\n')\n")
    with pytest.raises(CorpusError, match="brought no package lists; is the network there"):
        fetch(Package("deb", "help"))
    assert not (own_cache / "apt" / "updated").exists()


def test_pip_command_installs_nothing_and_runs_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[list[str]] = []

    def run(command: list[str], folder: Path, what: str) -> None:
        seen.append(list(command))
        wheel(folder / "thing-1.0-py3-none-any.whl", {"a": b"a"})

    monkeypatch.setattr(clients, "_run", run)
    assert fetch(Package("wheel", "thing", "1.0")).version == "1.0"
    assert {"download", "--no-deps", "--only-binary=:all:"} <= set(seen[0])
    assert seen[0][-1] == "thing==1.0"


def test_no_space_left_is_one_line(own_cache: Path) -> None:
    with pytest.raises(CorpusError, match=r"no space left .* set BABELTOLL_CACHE"):  # noqa: SIM117
        with replacing(own_cache / "x") as temporary:
            temporary.write_bytes(b"half")
            raise OSError(28, "No space left on device")
    assert list(own_cache.iterdir()) == []


def test_a_cache_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shelf: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BABELTOLL_CACHE", str(tmp_path / "file" / "cache"))
    client(shelf, "npm", "")
    with pytest.raises(CorpusError, match="set BABELTOLL_CACHE to a folder of yours"):
        fetch(Package("npm", "thing", "1.0"))


def test_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_dir() == tmp_path / "cache"
    monkeypatch.delenv("BABELTOLL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "babeltoll"
    assert cached(Package("npm", "thing", "1.0")) is None


def test_availability_is_a_reason(shelf: Path) -> None:
    reason = availability("libreoffice-help")
    assert reason == "needs apt-get, which only Debian and its relatives have"
    assert availability("pooled") == f"debian-handbook {reason}"
    client(shelf, "apt-get", "")
    assert availability("libreoffice-help") is None


def test_cards_are_complete() -> None:
    for name in names():
        about = card(name)
        assert about.languages[0] == "en"
        assert about.order in ("natural", "none")
        assert about.counts["units"] > 0, f"run python -m corpora.measure {name}"
        assert about.faults
        pinned = [one for one in about.packages if one.manager != "deb"]
        assert all(one.version and len(one.sha256 or "") == 64 for one in pinned)
        assert json.dumps(about.rows())


def test_malformed_card_and_unknown_name() -> None:
    with pytest.raises(CorpusError, match=r"data card x\.toml is malformed"):
        parse("title = 3\nsurplus = 1", "x")
    with pytest.raises(CorpusError, match="there is no corpus 'help'; choose from debian-handbook"):
        card("help")
