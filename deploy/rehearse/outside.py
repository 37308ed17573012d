"""Those outside, as steps: organisations for them, and what they do at each."""

import json
from typing import Any, Final

from deploy.rehearse.installation import BASE_URL
from deploy.rehearse.stage import Stage

PEOPLE: Final = "/run/people"
_FIRST: Final = "harbour"
_FOUND: Final = f"""
import json
from deploy.rehearse.organisations import found
print(json.dumps(found("{BASE_URL}", "{_FIRST}")))
"""
_SCRIPTS: Final = """
import json
from authsvc.capture.builds import scripts_served
print(json.dumps(scripts_served()))
"""


def found_organisations(stage: Stage) -> str:
    """Make an organisation for each model in the portal's place, and tell those outside what they know."""
    stage.run(f"mkdir --parents --mode 0700 {PEOPLE}")
    known = {"models": _printed(stage, "portal", _FOUND), "scripts": _printed(stage, "web", _SCRIPTS)}
    stage.write(f"{PEOPLE}/known.json", json.dumps(known), mode=0o600)
    return "models " + ", ".join(known["models"])


def _printed(stage: Stage, role: str, code: str) -> dict[str, Any]:
    """Return the JSON that code prints in a role's place."""
    said = stage.as_role(role, f"python manage.py shell --no-imports --command '{code}'")
    found: dict[str, Any] = json.loads(said)
    return found


def enrol(stage: Stage) -> str:
    """Let a person of each organisation enrol and sign in."""
    return _done(stage, "enrol")


def sign_in(stage: Stage) -> str:
    """Let the same people sign in with what their phones keep."""
    return _done(stage, "sign-in")


def _done(stage: Stage, what: str) -> str:
    told = stage.run(f"python -m deploy.rehearse.people {what} {PEOPLE}", within="outside")
    return "; ".join(told.strip().splitlines())
