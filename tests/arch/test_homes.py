"""Some things are done in one place of the provider, so that every flow does them alike."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OIDC = ROOT / "authsvc" / "oidc"
# What is called, and the one module that may.
HOMES = {
    "open_transaction": "interaction.py",
    "consume": "interaction.py",
    "find_live": "interaction.py",
    "own_transaction": "interaction.py",
    "set_browser_key": "interaction.py",
    "begin_session": "interaction.py",
    "set_session_cookie": "interaction.py",
    "refusal_page": "wire/door.py",
    "error_response": "wire/door.py",
}
REFUSED = {"REQUEST_REFUSED", "TOKEN_REFUSED", "REGISTRATION_REFUSED"}


def _trees() -> dict[str, ast.Module]:
    return {str(path.relative_to(OIDC)): ast.parse(path.read_text()) for path in OIDC.rglob("*.py")}


def _calls(tree: ast.Module) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _name(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


@pytest.mark.parametrize("name", HOMES)
def test_an_interaction_and_a_refusal_have_one_home(name: str) -> None:
    callers = {path for path, tree in _trees().items() if any(_name(call) == name for call in _calls(tree))}
    assert callers == {HOMES[name]}


def test_a_refusal_is_written_down_at_the_door_alone() -> None:
    recording = {
        path
        for path, tree in _trees().items()
        for call in _calls(tree)
        if _name(call) in {"record", "signed"}
        and any(isinstance(each, ast.Attribute) and each.attr in REFUSED for each in call.args)
    }
    assert recording == set()


def test_what_caches_may_do_is_said_in_one_place() -> None:
    """A header written by hand would be one that a sweep of the routes has to find."""
    folders = [ROOT / name for name in ("authsvc", "portal", "config")]
    saying = {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in folder.rglob("*.py")
        if any(word in path.read_text() for word in ("Cache-Control", "never_cache", "cache_control"))
    }
    # Before Django is reached, gunicorn answers by itself.
    assert saying == {"authsvc/core/caching.py", "config/serving.py"}


def test_a_test_of_a_migration_has_a_database_of_its_own() -> None:
    """Else the tests after it meet the tables that it left."""
    using = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("*.py")
        if "db.migrations.executor" in path.read_text() and path != Path(__file__)
    }
    assert using == {"tests/migrating.py"}
