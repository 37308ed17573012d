"""Outside: requests without a pause while releases change, and what became of each.

    python -m deploy.rehearse.load FOLDER REQUESTS

goes on until there were as many, and FOLDER/over is there. It asks the proxy for pages of web and portal, and
pushes authorization requests, which are judged, counted and stored.
"""

import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import requests

from deploy.rehearse.people import Known
from devtools.demo.party import ScriptedParty
from devtools.phone.phone import Denied

_AT_ONCE: Final = 4
_A_SECOND: Final = 28.0  # the proxy slows an address down that asks for more (deploy/nginx)
_PATIENCE: Final = 30
_PAGES: Final = ("/healthz", "/account/login/", "/healthz")


def one(base_url: str, known: Known, number: int) -> list[str]:
    """Make some requests; return what became of each: its kind and status."""
    if number % (len(_PAGES) + 1) == 0:
        return _pushed(known)
    page = _PAGES[number % (len(_PAGES) + 1) - 1]
    try:
        answer = requests.get(f"{base_url}{page}", timeout=_PATIENCE, allow_redirects=False)
    except requests.RequestException as problem:
        return [f"{page} {type(problem).__name__}"]
    return [f"{page} {answer.status_code}"]


def _pushed(known: Known) -> list[str]:
    try:
        ScriptedParty(known.party).ask()
    except Denied as denied:
        return ["metadata 200", f"pushed {denied}"]
    except (requests.RequestException, ValueError, KeyError) as problem:
        return [f"pushed {type(problem).__name__}"]
    return ["metadata 200", "pushed 200"]


def asked(folder: Path, least: int) -> dict[str, Any]:
    """Ask until it is over; return how often what became of a request."""
    told = json.loads((folder / "known.json").read_text(encoding="utf-8"))
    known = Known.of(next(iter(told["models"].values())))
    base_url = known.party.issuer.partition("/t/")[0]
    found: Counter[str] = Counter()
    begun, number = time.monotonic(), 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while found.total() < least or not (folder / "over").exists():
            numbers = range(number, number + _AT_ONCE)
            number += _AT_ONCE
            for each in pool.map(lambda at: one(base_url, known, at), numbers):
                found.update(each)
            time.sleep(max(0.0, begun + found.total() / _A_SECOND - time.monotonic()))
    return dict(found)


def main() -> None:
    """Print it as JSON."""
    print(json.dumps(asked(Path(sys.argv[1]), int(sys.argv[2]))))


if __name__ == "__main__":
    main()
