"""Those outside, as steps: organisations for them, and what they do at each."""

import json
from typing import Final

from deploy.rehearse.installation import BASE_URL
from deploy.rehearse.stage import Stage

PEOPLE: Final = "/run/people"
_FIRST: Final = "harbour"
_FOUND: Final = f"""
import json
from deploy.rehearse.organisations import found
print(json.dumps(found("{BASE_URL}", "{_FIRST}")))
"""


def found_organisations(stage: Stage) -> str:
    """Make an organisation for each model in the portal's place, and tell those outside what they know."""
    stage.run(f"mkdir --mode 0700 {PEOPLE}")
    said = stage.as_role("portal", f"python manage.py shell --no-imports --command '{_FOUND}'")
    stage.write(f"{PEOPLE}/known.json", said, mode=0o600)
    return "models " + ", ".join(json.loads(said)["models"])


def enrol(stage: Stage) -> str:
    """Let a person of each organisation enrol and sign in."""
    return _done(stage, "enrol")


def sign_in(stage: Stage) -> str:
    """Let the same people sign in with what their phones keep."""
    return _done(stage, "sign-in")


def _done(stage: Stage, what: str) -> str:
    told = stage.run(f"python -m deploy.rehearse.people {what} {PEOPLE}", within="outside")
    return "; ".join(told.strip().splitlines())
