"""Members of packages: found, bounded, and nothing unsafe."""

import random
import shutil
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest_packages import deb, npm, wheel

from corpora.archives import glob_expression, members, read_member
from corpora.errors import CorpusError

FILES = {"usr/a/one.html": b"one", "usr/a/b/two.html": b"two", "usr/a/three.txt": b"three"}


@pytest.mark.parametrize("kind", ["xz", "gz", "bz2"])
def test_debian_package(tmp_path: Path, kind: str) -> None:
    path = deb(tmp_path / "p.deb", FILES, {"./usr/a/link.html": "/etc/passwd"}, kind)
    assert dict(members(path, "usr/a/**/*.html")) == {
        "usr/a/one.html": b"one", "usr/a/b/two.html": b"two",
    }  # fmt: skip
    assert read_member(path, "usr/a/three.txt") == b"three"


def test_zstd_debian_package_as_ubuntu_makes_them(tmp_path: Path) -> None:
    import pyarrow as pa
    from conftest_packages import ar, tar

    data = tar({"./a.txt": b"text" * 5000}, "w:", {})
    path = ar(tmp_path / "p.deb", {"data.tar.zst": pa.compress(data, "zstd", asbytes=True)})
    assert dict(members(path, "*.txt")) == {"a.txt": b"text" * 5000}


def test_wheel_and_tarball(tmp_path: Path) -> None:
    for path in (wheel(tmp_path / "p.whl", FILES), npm(tmp_path / "p.tgz", FILES)):
        assert read_member(path, "usr/a/b/two.html") == b"two"
        assert [name for name, _ in members(path, ("**/*.txt", "usr/?/one.html"))] == [
            "usr/a/one.html", "usr/a/three.txt",
        ]  # fmt: skip


@pytest.mark.parametrize(
    "make", [lambda p, f: wheel(p / "p.whl", f), lambda p, f: deb(p / "p.deb", f)]
)
@pytest.mark.parametrize("name", ["../../etc/passwd", "a/../../b"])
def test_names_that_climb_out_are_refused(tmp_path: Path, make, name: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(CorpusError, match="unsafe file name"):
        list(members(make(tmp_path, {name: b"x"}), "**"))


def test_links_in_a_zip_are_skipped(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.whl", "w") as archive:
        info = zipfile.ZipInfo("link.txt")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("real.txt", "x")
    assert [name for name, _ in members(tmp_path / "p.whl", "*.txt")] == ["real.txt"]


def test_size_limit(tmp_path: Path) -> None:
    path = wheel(tmp_path / "p.whl", {"big": b"0" * 1001})
    assert len(read_member(path, "big", limit=1001)) == 1001
    with pytest.raises(CorpusError, match="over the limit of 1,000"):
        read_member(path, "big", limit=1000)


def test_missing_member_and_damage_are_told_in_one_line(tmp_path: Path) -> None:
    path = deb(tmp_path / "p.deb", FILES)
    with pytest.raises(CorpusError, match=r"does not contain usr/nothing") as told:
        read_member(path, "usr/nothing")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("kind", ["deb", "whl", "tgz"])
def test_cut_off_packages_are_noticed(tmp_path: Path, kind: str) -> None:
    make = {"deb": deb, "whl": wheel, "tgz": npm}[kind]
    path = make(tmp_path / f"p.{kind}", {"a": random.Random(0).randbytes(20_000), "b": b"x"})
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(CorpusError, match="delete it and fetch again"):
        list(members(path, "**"))
    path.write_bytes(b"no package")
    with pytest.raises(CorpusError, match="delete it and fetch again"):
        list(members(path, "**"))


def test_glob() -> None:
    import re

    def matches(pattern: str, name: str) -> bool:
        return re.fullmatch(glob_expression(pattern), name) is not None

    assert matches("**/{ru,ru_RU}/LC_MESSAGES/*.mo", "p/locale/ru_RU/LC_MESSAGES/x.mo")
    assert matches("**/*.mo", "x.mo")
    assert not matches("*.mo", "a/x.mo")
    assert not matches("a.mo", "axmo")
    assert matches("a,b/*", "a,b/c")


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb (any Debian)")
def test_agrees_with_dpkg(tmp_path: Path) -> None:
    """A package built by Debian's own tool gives the files that its own tool lists."""
    (tmp_path / "tree/DEBIAN").mkdir(parents=True)
    (tmp_path / "tree/DEBIAN/control").write_text(
        "Package: p\nVersion: 1\nArchitecture: all\nMaintainer: t <t@t>\nDescription: t\n"
    )
    (tmp_path / "tree/usr").mkdir()
    (tmp_path / "tree/usr/файл.txt").write_bytes(b"text")
    built = tmp_path / "p_1_all.deb"
    subprocess.run(["dpkg-deb", "-b", tmp_path / "tree", built], check=True, capture_output=True)
    assert dict(members(built, "**")) == {"usr/файл.txt": b"text"}


def test_tar_reads_only_regular_files(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "p.tgz", "w:gz") as archive:
        device = tarfile.TarInfo("device")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
    assert list(members(tmp_path / "p.tgz", "**")) == []
