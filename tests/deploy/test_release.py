"""A release is the same twice, says what it is made of and whose that is, and is verified by one command."""

import hashlib
import json
import os
import re
import subprocess
import tarfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from deploy.release import __main__ as release
from deploy.release.archive import pack
from deploy.release.locked import CARRIED
from deploy.release.networks import UnknownNetwork, carried
from deploy.release.signing import VERIFY, allowed_signers, sign
from tests.deploy.rendered import ROOT

MOMENT = 1_790_000_000


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "made up", "-f", str(path)]
    subprocess.run(command, check=True)
    return path


def release_in(folder: Path, key: Path) -> Path:
    """Make one; its folder has the file that says whose key it is as well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(MOMENT))
        made = release.make(folder, key, anew=False)
    public = key.with_suffix(".pub").read_text(encoding="ascii")
    (made / "allowed_signers").write_text(allowed_signers(public), encoding="ascii")
    return made


@pytest.fixture(scope="module")
def made(key: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release_in(tmp_path_factory.mktemp("release"), key)


def verified(folder: Path) -> bool:
    done = subprocess.run(["bash", "-c", VERIFY], cwd=folder, capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.whole
@pytest.mark.needs("models", "tracking", "comparing")
def test_the_same_commit_gives_the_same_bytes(made: Path, key: Path, tmp_path: Path) -> None:
    folders = (made, release_in(tmp_path, key))
    first, second = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert set(first) == {
        "SHA256SUMS",
        "SHA256SUMS.sig",
        "allowed_signers",
        "visor-0.1.0-notices.txt",
        "visor-0.1.0.cdx.json",
        "visor-0.1.0.tar.gz",
    }
    assert [name for name in first if first[name] != second[name]] == []


def test_an_archive_does_not_depend_on_who_packs_it_and_when(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    (root / "tests").mkdir(parents=True)
    for name in ("b", "a", "run", "tests/left_out"):
        (root / name).write_text(name, encoding="ascii")
    (root / "run").chmod(0o755)
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=root, check=True)
    pack(root, "visor", tmp_path / "first", MOMENT)
    for path in root.glob("*"):
        path.chmod(path.stat().st_mode & 0o700 | 0o004)
        os.utime(path, (1, 1))
    pack(root, "visor", tmp_path / "second", MOMENT)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    with tarfile.open(tmp_path / "first") as archive:
        assert archive.getnames() == ["visor/a", "visor/b", "visor/run"]


@pytest.mark.needs("models", "tracking", "comparing")
def test_one_command_verifies_it_and_finds_a_change(made: Path, key: Path) -> None:
    folder = made
    assert verified(folder)
    notices = next(folder.glob("*notices.txt"))
    before = notices.read_text(encoding="utf-8")
    notices.write_text(before + " ", encoding="utf-8")
    assert not verified(folder)
    notices.write_text(before, encoding="utf-8")
    assert verified(folder)
    other = folder.parent / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    sign(folder / "SHA256SUMS", other)
    assert not verified(folder)
    sign(folder / "SHA256SUMS", key)


@pytest.mark.needs("models", "tracking", "comparing")
def test_the_bill_lists_every_locked_package_with_its_hashes(made: Path) -> None:
    bill = json.loads(next(made.glob("*.cdx.json")).read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    listed = {one.get("purl", one["name"]): one for one in bill["components"]}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    python = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", lock, re.MULTILINE)
    assert len(python) > 100
    for name, version in python:
        assert listed[f"pkg:pypi/{name.lower()}@{version}"]["hashes"]
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for path, one in locked.items():
        name = path.rpartition("node_modules/")[2].replace("@", "%40")
        assert not path or listed[f"pkg:npm/{name}@{one['version']}"]["hashes"]
    assert {one.path for one in carried()} <= set(listed)
    # What is not installed here is for other systems, and says nothing of itself.
    unsaid = {
        one["name"] for one in listed.values() if one["scope"] == "required" and not one.get("licenses")
    }
    assert [name for name in unsaid if find_spec(name.replace("-", "_"))] == []


@pytest.mark.needs("models", "tracking", "comparing")
def test_the_notices_name_everything_that_production_has(made: Path) -> None:
    notices = next(made.glob("*notices.txt")).read_text(encoding="utf-8")
    for group in CARRIED:
        lock = (ROOT / "requirements" / f"{group}.lock").read_text(encoding="utf-8")
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", lock, re.MULTILINE):
            assert f"\n{name} {version} (pypi)" in f"\n{notices}"
    for name in ("jose", "onnxruntime-web"):
        assert f"\n{name} " in notices
    for network in carried():
        assert f"{network.path}\nmade by {network.made_by}" in notices


@pytest.mark.needs("models", "tracking", "comparing")
def test_the_archive_is_installed_as_it_is(made: Path) -> None:
    with tarfile.open(next(made.glob("*.tar.gz"))) as archive:
        members = {member.name.removeprefix("visor-0.1.0/"): member for member in archive.getmembers()}
    for needed in (
        "manage.py",
        "config/wsgi.py",
        "locale/de/LC_MESSAGES/django.mo",
        "build/collected/css/visor.css",
        "build/models/face_landmark.tflite",
        "deploy/systemd/visor-web.service",
        "deploy/setup/role.sh",
        "requirements/worker.lock",
    ):
        assert needed in members
    assert members["deploy/systemd/run"].mode == 0o755
    assert {member.mtime for member in members.values()} == {MOMENT}
    assert {(member.uid, member.gid) for member in members.values()} == {(0, 0)}
    assert not any(name.startswith(("tests/", ".git", "var/", "benchmarks/")) for name in members)


def test_the_papers_name_the_command_that_verifies() -> None:
    assert VERIFY in (ROOT / "docs" / "upgrading.md").read_text(encoding="utf-8")


def test_a_network_of_which_nobody_said_whose_it_is_is_not_released(tmp_path: Path) -> None:
    folder = tmp_path / "build" / "models"
    folder.mkdir(parents=True)
    (folder / "found.onnx").write_bytes(b"x")
    with pytest.raises(UnknownNetwork, match=r"found\.onnx"):
        list(carried(tmp_path))
    (folder / "found.onnx").rename(folder / "facemesh.onnx")
    assert [one.sha256 for one in carried(tmp_path)] == [hashlib.sha256(b"x").hexdigest()]


def test_a_tree_that_has_changes_or_a_version_without_a_name_is_none() -> None:
    named = f"# Changelog\n\n## {release.version()} (2026-12-01)\n"
    release.refuse_unready(named, "")
    release.refuse_unready(named.replace("## ", "## [").replace(" (", "] ("), "")
    with pytest.raises(release.NotReady, match="not committed"):
        release.refuse_unready(named, " M manage.py")
    with pytest.raises(release.NotReady, match="Unreleased"):
        release.refuse_unready("## Unreleased\n", "")
