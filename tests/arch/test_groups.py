"""What a kind of process imports is what it installs (requirements/), and all locks name one version."""

import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest

from config import roles
from config.roles import Role
from tests.unit.config.process import production, python
from tests.unit.config.test_roles import START

ROOT = Path(__file__).resolve().parents[2]
GROUPS = ("web", "worker", "partner", "evaluation", "tracing", "development")
PACKAGES = ("authsvc", "config", "devtools", "portal", "rp")
FACES = {"dlib-bin", "face-recognition-models", "onnx", "onnxruntime", "opencv-python-headless", "scipy"}
# A package whose distribution does not list it.
UNLISTED = {"dlib": ["dlib-bin"]}
# What no import shows: the database's driver, the broker's, the server's program, and files that are read.
UNSEEN: dict[str, set[str]] = {
    "web": {"argon2", "gunicorn", "psycopg", "redis"},
    "worker": {"psycopg", "redis", "face_recognition_models"},
    "partner": {"gunicorn"},
}
# What each process of a role loads beside its applications, middleware, routes and tasks.
STARTED: dict[Role, set[str]] = {
    "web": {"config.wsgi", "config.celery", "config.serving", "config.watching"},
    "worker": {"config.celery"},
    "portal": {"config.wsgi", "config.serving", "config.watching"},
}
# Let a process lack the packages that are named to it, as one does that installed its group alone.
LACK = """
import sys
class Lacking:
    names = set(sys.argv[1].split())
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Lacking())
"""


def distribution(name: str) -> str:
    """Return a distribution's name in its one spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def locked(lock: str) -> dict[str, str]:
    """Return each distribution of a lock with version and hashes; the systems it is for differ by group."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if "==" in line]
    return {
        distribution(line.split("==")[0]): " ".join([line.split()[0], *re.findall(r"--hash=\S+", line)])
        for line in lines
    }


def named(text: str) -> set[str]:
    """Return the distributions that a file of requirements names itself."""
    lines = (line.split("#")[0].strip() for line in (ROOT / text).read_text(encoding="utf-8").splitlines())
    return {distribution(re.split(r"[\[=]", line)[0]) for line in lines if line and not line.startswith("-r")}


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def modules_of(names: Iterable[str]) -> Iterator[str]:
    """Yield the module in which each dotted name stands; what is not ours by its first part."""
    known = graph().modules
    for name in names:
        parts = name.split(".")
        if parts[0] not in PACKAGES:
            yield parts[0]
        else:
            yield next(
                found for length in range(len(parts), 0, -1) if (found := ".".join(parts[:length])) in known
            )


def reached(start: Iterable[str]) -> set[str]:
    """Return the packages that are not ours and that these modules import, or what they import, anywhere."""
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        if module.split(".")[0] in PACKAGES:
            waiting += graph().find_modules_directly_imported_by(module)
            waiting += [module.rpartition(".")[0]] if "." in module else []
    return {module for module in seen if module.split(".")[0] not in (*PACKAGES, *sys.stdlib_module_names)}


def loaded(role: Role) -> Iterator[str]:
    """Yield the dotted names that a process of a role loads (config/roles.py)."""
    for app in roles.apps([role]):
        yield app
        yield from (f"{app}.{part}" for part in ("apps", "models") if f"{app}.{part}" in graph().modules)
    yield from roles.middleware([role])
    yield from roles.context_processors([role])
    yield from (module for _, module in roles.routes([role]))
    yield from (f"{package}.tasks" for package in roles.task_packages([role]))
    yield from STARTED[role]
    yield from (module for module in graph().modules if module.startswith("config.settings.parts"))


def below(*packages: str) -> list[str]:
    """Return every module of some packages of ours."""
    return [module for module in graph().modules if module.startswith(packages)]


def missing(packages: set[str], group: str) -> set[str]:
    """Return the packages that no distribution of a group's lock provides."""
    provided = {**packages_distributions(), **UNLISTED}
    lock = locked(f"requirements/{group}.lock")
    return {
        package
        for package in packages
        if not any(distribution(name) in lock for name in provided.get(package, [package]))
    }


@pytest.mark.parametrize(
    ("role", "group"), [("web", "web"), ("portal", "web"), ("worker", "worker")], ids=lambda name: str(name)
)
def test_what_a_role_imports_is_in_its_group(role: Role, group: str) -> None:
    assert missing(reached(modules_of(loaded(role))), group) == set()


@pytest.mark.parametrize(
    ("role", "group"), [("web", "web"), ("portal", "web"), ("worker", "worker")], ids=lambda name: str(name)
)
def test_a_role_starts_with_its_group_alone(role: Role, group: str, tmp_path: Path) -> None:
    lacked = missing(set(packages_distributions()), group) - {"_distutils_hack"}
    assert {"pytest", "scipy"} <= lacked
    started = python(LACK + START, " ".join(lacked), **production(tmp_path, role))
    assert started.returncode == 0, started.stderr


def test_what_the_partners_site_imports_is_in_its_group() -> None:
    assert missing(reached(below("rp")), "partner") == set()


def test_what_evaluations_import_is_in_their_group() -> None:
    assert missing(reached(below("authsvc.evaluation", "authsvc.biometrics")), "evaluation") == set()


@pytest.mark.parametrize("group", UNSEEN)
def test_what_no_import_shows_is_there_too(group: str) -> None:
    assert missing(UNSEEN[group], group) == set()


@pytest.mark.parametrize("group", ["web", "partner"])
def test_what_reads_faces_is_the_workers_alone(group: str) -> None:
    assert FACES & set(locked(f"requirements/{group}.lock")) == set()
    assert set(locked("requirements/evaluation.lock")) >= FACES


@pytest.mark.parametrize("group", GROUPS)
def test_a_groups_lock_says_what_the_whole_lock_says(group: str) -> None:
    whole = locked("requirements.lock")
    lock = locked(f"requirements/{group}.lock")
    assert {name: whole.get(name) for name in lock} == lock


def test_the_groups_together_are_the_whole() -> None:
    parts = [locked(f"requirements/{group}.lock") for group in GROUPS]
    assert set().union(*parts) == set(locked("requirements.lock"))


def test_each_direct_requirement_is_some_groups() -> None:
    assert set().union(*(named(f"requirements/{group}.txt") for group in GROUPS)) == named("requirements.txt")


def test_a_package_that_no_group_has_is_found() -> None:
    assert missing({"scipy", "django"}, "web") == {"scipy"}
