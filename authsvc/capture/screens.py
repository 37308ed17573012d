"""The screens of the agent's page, drawn once for all attempts that see the same ones (docs/adr/0532).

Of 30 kB nothing is one attempt's own but its id. To draw them takes as long as the rest of the page's request
ten times over, and most attempts of a relying party see the same.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from authsvc.capture.problems import PROBLEMS
from authsvc.clients.models import RelyingParty
from authsvc.core.ids import new_id
from authsvc.core.remembered import Remembered
from authsvc.transactions.models import Transaction

_STAND_IN: Final = new_id()
"""The id of no attempt: where it stands, each attempt's own is put."""
_drawn: Final[Remembered["_Shown", str]] = Remembered(seconds=600, capacity=200)


class _Attempt(NamedTuple):
    pk: str
    kind: str
    device_id: bool
    handed_over: bool
    agents_way_on: str


class _Organisation(NamedTuple):
    name: str
    slug: str


class _Site(NamedTuple):
    purpose: str
    policy_uri: str
    tos_uri: str


class _Shown(NamedTuple):
    """All that the screens' templates are given: what is none of this cannot stand in them."""

    language: str | None
    transaction: _Attempt
    tenant: _Organisation
    client: _Site | None
    notice: tuple[tuple[str, str], ...]
    notice_version: str
    steps: tuple[str, ...]
    approval: bool
    # By name, as the page has them.
    other: tuple[tuple[str, object], ...]


_OTHER: Final = (
    *("asking", "demanded", "preferred", "alternative", "goes_without", "has_passkey", "handoff", "own_page"),
    *("presence", "least_age", "client_host"),
)


def screens_of(transaction: Transaction, context: Mapping[str, Any], *, version: str) -> SafeString:
    """Return the screens of an attempt's page, whose other parts are in `context`."""
    shown = _Shown(
        language=get_language(),
        transaction=_Attempt(
            pk=_STAND_IN,
            kind=transaction.kind,
            device_id=transaction.device_id is not None,
            handed_over=transaction.handed_over,
            agents_way_on=transaction.agents_way_on.replace(transaction.pk, _STAND_IN),
        ),
        tenant=_Organisation(transaction.tenant.name, transaction.tenant.slug),
        client=_site(transaction.client),
        notice=tuple(context["notice"].items()),
        notice_version=version,
        steps=tuple(map(str, context["steps"])),
        approval=context["approval"] is not None,
        other=tuple((name, context[name]) for name in _OTHER),
    )
    drawn = _drawn.get_or_make(shown, lambda: _draw(shown))
    return SafeString(drawn.replace(_STAND_IN, transaction.pk))


def _site(client: RelyingParty | None) -> _Site | None:
    return None if client is None else _Site(client.purpose, client.policy_uri, client.tos_uri)


def _draw(shown: _Shown) -> str:
    given = {
        **shown._asdict(),
        **dict(shown.other),
        "notice": dict(shown.notice),
        "problems": PROBLEMS,
    }
    return render_to_string("capture/screens.html", given)
