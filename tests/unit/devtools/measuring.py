"""What each page of the portal takes in a tenant: its time, and its statements.

Pages are the routes that members open, a page of each, and lists under their filters.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from authsvc.audit.models import AuditEvent
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.management.attacks import ATTACKS
from authsvc.management.events import GROUPS
from authsvc.policy.models import PolicyVersion
from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Transaction
from tests.tenancy.routes import Kind, filled, routes

ROOT: Final = "portal/<slug:tenant>/"
# Of these an estate has no row; each is a page of one small thing.
WITHOUT: Final = frozenset({"table", "dispute", "kid", "approval"})
REPEATED: Final = 15
"""A median of few stands where the machine was busy for a moment."""
_MOMENTS: Final = ("since", "until", "hour")
_ENDS: Final = (
    *("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT", "ROLLBACK"),
    "SET LOCAL transaction_read_only",  # the rest of a BEGIN READ ONLY
)


@dataclass(frozen=True)
class Measured:
    """A page under its name: the median of its seconds, and its statements."""

    page: str
    seconds: float
    statements: int


def _day(before: int) -> str:
    return (now() - timedelta(days=before)).date().isoformat()


def _hour() -> str:
    return f"{now() - timedelta(hours=5):%Y-%m-%dT%H}"


def lists() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each list with each of its filters set, one at a time and some together."""
    for given in (
        *({"search": text} for text in ("zoe", "z", "zoe brien", "E0000012", "nobody")),
        *({"status": "invited"}, {"face": "off"}, {"face": "waiting"}, {"order": "newest"}),
        *({"since": _day(7)}, {"since": _day(60), "until": _day(30)}),
        *({"search": "zoe", "status": "invited"}, {"search": "zoe", "status": "active"}),
        *({"search": "z", "since": _day(7)}, {"search": "zoe brien", "status": "active"}),
    ):
        yield "people/", given
    for given in (
        *({"outcome": each} for each in ("accepted", "refused", "left", "running")),
        *({"reason": "non-match"}, {"reason": "no-worker"}, {"level": "L1"}, {"level": "L3"}),
        *({"kind": "bind"}, {"kind": "authenticate"}, {"person": "zoe"}, {"person": "z"}),
        *({"party": "bank"}, {"party": "bank", "outcome": "refused"}, {"order": "oldest"}),
        *({"since": "2026-01-01"}, {"since": _day(7), "outcome": "refused"}, {"hour": _hour(), "hours": "1"}),
        *({"kind": "authenticate", "outcome": "accepted", "level": "L1"}, {"person": "zoe", "level": "L2"}),
    ):
        yield "attempts/", given
    for given in (
        *({"group": each} for each in ("alarms", "refusals", *ATTACKS, *GROUPS)),
        *({"tag": "oidc:token:issued"}, {"tag": "oidc:code:reused"}, {"actor": "nobody@estate.example"}),
        *({"person": "zoe"}, {"person": "z"}, {"client": "bank"}, {"reason": "non-match"}),
        *({"reason": "no-worker"}, {"since": "2026-01-01"}, {"until": _day(30)}, {"order": "oldest"}),
        *({"since": _day(7), "group": "refusals"}, {"hour": _hour(), "hours": "1", "group": "injection"}),
        *({"client": "bank", "tag": "oidc:token:issued"}, {"reason": "injection", "since": _day(30)}),
    ):
        yield "audit/", given
    for given in ({"search": "bank"}, {"status": "suspended"}, {"level": "L3"}, {"ends": "secrets"}):
        yield "relying-parties/", given
    yield "search/", {"q": "zoe"}
    yield "policies/try/", {"version": "1"}
    yield "policies/try/people/", {"version": "1"}


SEARCHES: Final = (
    *("z", "zoe", "zoe brien", "zoe o’brien", "s", "sorensen", "E00", "E0000012", "e0000012", "estate"),
    *("bank", "bank 0012", "audit", "invite", "abcdefghij", "nobody", "123456", "li weiss", "o", "a b"),
)
"""What somebody types into the search."""


def pages(tenant: Tenant) -> Iterator[tuple[str, str]]:
    """Yield the name and the address of each page that a tenant in scope has."""
    rows = _rows(tenant)
    for route in routes(Kind.MEMBER, Kind.FORM):
        if not any(f":{name}>" in route for name in WITHOUT):
            yield route.removeprefix(ROOT) or "overview", filled(route, rows)
    for place, given in lists():
        yield _named(place, given), f"/portal/{tenant.slug}/{place}?{urlencode(given)}"


def _named(place: str, given: dict[str, str]) -> str:
    """Return a list's name under filters, the same at another hour: moments are told as such alone."""
    return f"{place}?{urlencode({name: '' if name in _MOMENTS else value for name, value in given.items()})}"


def _rows(tenant: Tenant) -> dict[str, Any]:
    signed_in = Transaction.objects.unchecked().filter(kind="authenticate", state="consumed")
    attempt = signed_in.latest("created_at")
    return {
        "tenant": tenant.slug,
        "transaction": attempt.pk,
        "subject": attempt.subject_id,
        "party": RelyingParty.objects.unchecked().order_by("name")[0].pk,
        "event": AuditEvent.objects.filter(transaction=attempt.pk).latest("sequence").pk,
        "membership": Membership.objects.filter(tenant=tenant)[0].pk,
        "edition": PolicyVersion.objects.unchecked().latest("number").number,
        "section": "strictness",
    }


def measured(browser: Client, page: str, address: str, *, repeated: int = REPEATED) -> Measured:
    """Open a page, which has to be there, some times after two others; raises AssertionError.

    Not at all, it takes no time, and its statements are those of the first.
    """
    if repeated:
        browser.get(address)
    with CaptureQueriesContext(connection) as asked:
        answer = browser.get(address)
    # At once: the next request forgets what was asked before.
    statements = sum(map(_is_work, asked.captured_queries))
    assert answer.status_code == 200, (address, answer.status_code)
    seconds = []
    for _ in range(repeated):
        begun = time.perf_counter()
        browser.get(address)
        seconds.append(time.perf_counter() - begun)
    return Measured(page, statistics.median(seconds or [0]), statements)


def _is_work(statement: dict[str, str]) -> bool:
    """Whether a statement is none that begins or ends a transaction: savepoints, in that of a test."""
    return not statement["sql"].startswith(_ENDS)


def all_measured(browser: Client, tenant: Tenant, *, repeated: int = REPEATED) -> list[Measured]:
    """Open each page of a tenant, in a browser of its owner."""
    browser.get(f"/portal/{tenant.slug}/")  # That they came is written down, once.
    with tenant_scope(tenant.pk):
        found = list(pages(tenant))
    return [measured(browser, page, address, repeated=repeated) for page, address in found]


def suggestions(browser: Client, tenant: Tenant, *, repeated: int = REPEATED) -> list[float]:
    """Return the seconds of each search, as somebody types, in ascending order."""
    found = []
    for text in SEARCHES * repeated:
        begun = time.perf_counter()
        assert browser.get(f"/portal/{tenant.slug}/search/suggest/", {"q": text}).status_code == 200
        found.append(time.perf_counter() - begun)
    return sorted(found)
