"""A container of an image that buildah has made, without an engine.

Its files are read only but for its volumes and /tmp; it runs as the user that compose.yaml says, with the
capabilities that it says and no new privileges, and its program is the first of its processes, of which there
are as many as it says. Its network is this machine's.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.rendered import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
_CHOSEN = re.compile(r"\$\{(\w+):([-?])([^}]*)\}")
# Where the kernel counts processes and threads together, as engines let it (cgroups, version 1).
_COUNTING = Path("/sys/fs/cgroup/pids")
_COUNT_ME = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
# The mounts go to the namespace's end; the folders that they need an engine makes, too. Other containers of
# the image see the same: a file that they have mounted something on stays, or theirs would be gone with it.
_ENTER = """
set -eu
root=$1 volumes=$2
shift 2
mount --bind "$root" "$root"
while IFS== read -r target source; do
  if [ -n "$target" ]; then
    if [ -d "$source" ]; then mkdir --parents "$root$target"; else
      mkdir --parents "$root${target%/*}"
      touch "$root$target"
    fi
  fi
done <"$volumes"
mount --options remount,bind,ro "$root"
mount --types proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --types tmpfs --options mode=1777,size=256m tmpfs "$root/tmp"
while IFS== read -r target source; do
  if [ -n "$target" ]; then mount --bind "$source" "$root$target"; fi
done <"$volumes"
exec chroot "$root" "$@"
"""


def buildah(*told: str) -> str:
    return subprocess.run(["buildah", *told], check=True, capture_output=True, text=True).stdout.strip()


def missing() -> str | None:
    """Say what keeps containers from being tried here."""
    if os.geteuid() != 0 or shutil.which("buildah") is None:
        return "containers are tried by root, with buildah"
    for name in images().values():
        if subprocess.run(["buildah", "inspect", "--type", "image", name], capture_output=True).returncode:
            return f"{name} was not built (docs/installing-containers.md)"
    return None


def chosen(value: str, told: Mapping[str, str]) -> str:
    """Return a value of compose.yaml as compose fills it in. Raises LookupError where it has to be told."""

    def fill(found: re.Match[str]) -> str:
        name, kind, text = found.groups()
        if kind == "?" and not told.get(name):
            raise LookupError(f"{name}: {text}")
        return told.get(name) or text

    return _CHOSEN.sub(fill, value)


def images() -> dict[str, str]:
    """Return the images of ours, by group."""
    found = {one["image"] for one in COMPOSE["services"].values() if "VISOR_" in one["image"]}
    return {group_of(one): chosen(one, {}) for one in found}


def group_of(image: str) -> str:
    """Return which of ours an image of compose.yaml is: web, worker or backup."""
    return chosen(image, {}).partition("-")[2].partition(":")[0]


@dataclass(frozen=True)
class Image:
    """An image, with its files at a place where they may be changed."""

    files: Path
    config: dict[str, Any]

    def command(self, program: Sequence[str], *, entry: Sequence[str] | None = None) -> list[str]:
        """Return what an engine would run."""
        return [*(self.config["Entrypoint"] if entry is None else entry), *program]


@contextmanager
def opened(name: str) -> Iterator[Image]:
    """Make a container of an image, whose changes are forgotten."""
    container = buildah("from", "--pull=never", name)
    try:
        config = json.loads(buildah("inspect", "--type", "container", container))["OCIv1"]["config"]
        yield Image(Path(buildah("mount", container)), config)
    finally:
        buildah("rm", container)


class Counted:
    """A group of processes and threads, of which there cannot be more than `most`."""

    def __init__(self, name: str, most: int) -> None:
        self.at = _COUNTING / f"visor-{os.getpid()}-{name}"
        self.at.mkdir()
        (self.at / "pids.max").write_text(str(most))

    @staticmethod
    def is_here() -> bool:
        """Whether the kernel counts so, and we may ask it to."""
        return (_COUNTING / "cgroup.procs").exists() and os.access(_COUNTING, os.W_OK)

    def peak(self) -> int:
        """Return how many there were at most."""
        return int((self.at / "pids.peak").read_text())

    def close(self) -> None:
        """Forget it; nobody is in it any more."""
        self.at.rmdir()


@dataclass
class Container:
    """What a container of an image may see: where it writes, which group it is in beside its own."""

    image: Image
    user: str
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    groups: Sequence[str] = ("10000",)
    volumes: Mapping[str, Path] = field(default_factory=dict)
    capabilities: Sequence[str] = ()
    counted: Counted | None = None

    def line(self, program: Sequence[str]) -> list[str]:
        """Return the command that runs a program in it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        mounts = self.folder / "mounts"
        mounts.write_text("".join(f"{target}={source}\n" for target, source in self.volumes.items()))
        usual = dict(one.split("=", 1) for one in self.image.config["Env"])
        told = [f"{name}={value}" for name, value in {**usual, **self.environment}.items()]
        user, _, group = self.user.partition(":")
        become = [f"--reuid={user}", f"--regid={group}", f"--groups={','.join([group, *self.groups])}"]
        may = ",".join(["-all", *(f"+{name.lower()}" for name in self.capabilities)])
        return [
            *(("sh", "-c", _COUNT_ME, str(self.counted.at)) if self.counted else ()),
            *("unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"),
            *("bash", "-c", _ENTER, "enter", str(self.image.files), str(mounts)),
            *("setpriv", *become, f"--bounding-set={may}", "--inh-caps=-all", "--no-new-privs"),
            *("env", "--ignore-environment", f"--chdir={self.image.config['WorkingDir']}", *told, *program),
        ]

    def tried(self, *program: str) -> subprocess.CompletedProcess[str]:
        """Return how a program ended in it."""
        return subprocess.run(self.line(program), capture_output=True, text=True, check=False)

    def run(self, *program: str) -> str:
        """Return what a program prints in it."""
        done = self.tried(*program)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
        return done.stdout


def as_laid_out(image: Image, target: str, at: Path) -> Path:
    """Return a new volume, whose owner and mode are those of the image's folder, as engines make them."""
    there = (image.files / target.lstrip("/")).stat()
    at.mkdir(parents=True)
    os.chown(at, there.st_uid, there.st_gid)
    at.chmod(there.st_mode & 0o7777)
    return at
