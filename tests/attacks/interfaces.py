"""All that anybody can look at after tries with a face: every route of the site, by whoever may see it.

A route that is not here, is refused to whom it is for, or has no value for its placeholders is an interface
without a row, which test_hill_climb.py fails for.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.test import Client

from authsvc.enrolment.services import create_link
from authsvc.management.actors import System
from authsvc.management.disputes import raise_dispute
from authsvc.oidc.models import BackchannelRequest
from authsvc.subjects.models import Subject
from authsvc.tenancy.roles import Role
from authsvc.transactions.models import Transaction
from tests.tenancy.conftest import fill
from tests.tenancy.people import make_user, signed_in
from tests.tenancy.routes import Kind, filled, routes
from tests.unit.capture.agent import Agent

_T: Final = "t/<slug:tenant>/"

TRIED: Final = frozenset(
    f"{_T}{path}"
    for path in (
        # A try itself, and what its phone asks beside it.
        "signin/<str:txn>/",
        "agent/<str:txn>/",
        "agent/<str:txn>/passkey/options",
        "agent/<str:txn>/passkey",
        "agent/<str:txn>/challenge",
        "agent/<str:txn>/sample",
        "agent/<str:txn>/status",
        "agent/<str:txn>/outgoing",
        "agent/<str:txn>/without-face",
        "agent/<str:txn>/cancel",
        # The relying party, before and after it.
        "authorize",
        "authorize/resume/<str:txn>",
        "token",
        "introspect",
        "userinfo",
        # One that asks without a browser, and hears by polling.
        "backchannel-authentication",
        "approve/enter",
        "approve/entered/<str:txn>",
        "approve/<str:waiting_id>/",
        "approve/<str:waiting_id>/done/<str:txn>",
        # A desk that handed it on.
        "desk/<str:txn>/",
        "desk/<str:txn>/code",
        "desk/<str:txn>/status",
        "handoff/<str:txn>/<str:secret>/",
        # The person's own page and acts.
        "me/enter",
        "me/entered/<str:txn>/",
        "moments/",
        "moments/finish/<str:txn>/",
        "passkeys/",
        "passkeys/finish/<str:txn>/",
    )
)
"""What each way to a try in test_hill_climb.py goes through and looks at, by every method that it takes."""

SILENT: Final = {
    f"{_T}{path}": why
    for why, paths in {
        "the organisation's logo, where it has one": ("look.png",),
        "before anybody shows a face": (
            "par",
            "sandbox/<str:txn>/",
            "sandbox-approval",
            "desk/<str:txn>/near/options",
            "desk/<str:txn>/near",
            "handoff/<str:txn>/",
            "enrol/<str:token>/consent",
            "join/",
            "join/go",
            "join/callback/",
            "agent/<str:txn>/consent",
            "agent/<str:txn>/key/options",
            "agent/<str:txn>/key",
        ),
        "ends, leaves or consents, and answers with a page of the same words": (
            "authorize/consent",
            "desk/<str:txn>/stop",
            "end-session",
            "end-session/confirm",
            "revoke",
            "me/leave",
        ),
        "of an enrolment, which compares a face with nothing kept": (
            "enrol/finish/<str:txn>/",
            "enrol/again/<str:txn>/",
            "enrol/told/<str:txn>/",
        ),
        "an act at the own page, which then shows it": (
            "me/passkeys/<str:device>/revoke",
            "me/face/remove",
            "me/consent/withdraw",
            "me/needs/light",
            "me/needs/turn",
            "me/told/add",
            "me/told/<str:subscription>/remove",
            "me/requests/<str:approval>/stop",
            "me/recovery-codes",
            "me/recovered/<str:txn>/",
        ),
        "a script that is there for a sandbox whose pages compare, and says the same to everybody": (
            "agent-comparer.js",
        ),
        "what the person was told of an act at their own page": ("me/receipts/<str:number>/",),
        "of a session of liveness, which compares nothing and of which no score is told": (
            "liveness/sessions",
            "liveness/sessions/<str:txn>",
            "liveness/module/<str:client_id>.js",
            "liveness/<str:txn>/",
        ),
        "proof that the log holds a sign-in that went well": ("receipt", "me/sign-ins/<str:txn>/receipt"),
        "a relying party's own registration": ("register", "register/<str:client_id>"),
    }.items()
    for path in paths
}
"""Routes that are not asked after a try, with the reason."""

_READ: Final = (Kind.MEMBER, Kind.FORM, Kind.PERSON, Kind.AGENT, Kind.PROTOCOL)
"""Who sees something of a tenant. An act of the portal (CHANGER) leads to a screen, which is looked at."""

_OF_THE_PORTAL: Final = frozenset(routes(Kind.MEMBER, Kind.FORM))


def looked_at() -> list[str]:
    """Return the routes that are asked for once the tries are over."""
    return [route for route in routes(*_READ) if route not in TRIED and route not in SILENT]


class Everybody:
    """The agent's browser, in which the person has been at their own page, and an owner of the tenant."""

    def __init__(self, agent: Agent, subject: Subject) -> None:
        self._browser = agent.client
        self._owner: Client = signed_in(make_user((agent.tenant, Role.OWNER)))
        _, link = create_link(subject=subject, created_by="a test")
        self._values: dict[str, Any] = {
            **fill(agent.tenant).values,
            "subject": subject.pk,
            "device": subject.devices.get().pk,
            "dispute": raise_dispute(
                by=System("a test"), subject=subject, kind="other", said="Nothing of a score"
            ).pk,
            "token": link.rstrip("/").rsplit("/", 1)[1],
        }

        self._browser.get(filled(f"{_T}jwks", self._values))  # keys are made when they are first needed

    def look(self, row: Transaction, at: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """Yield each of these routes and its answer after a try in this transaction."""
        waiting = BackchannelRequest.objects.filter(subject=row.subject_id).first()
        values = {**self._values, "txn": row.pk, "transaction": row.pk}
        if waiting is not None:
            values["waiting_id"] = waiting.pk
        for route in at:
            who = self._owner if route in _OF_THE_PORTAL else self._browser
            yield route, who.get(filled(route, values))
