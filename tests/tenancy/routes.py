"""What is expected of every route; a route that is missing here fails test_every_route_is_expected."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from portal.screens import SCREENS


class Kind(Enum):
    """Who a route is for."""

    OPEN = "anybody; it shows nothing of any tenant"
    PROTOCOL = "relying parties and agents; it names no row of a tenant in its path"
    AGENT = "one browser; it names a row of a tenant in its path"
    PERSON = "somebody at their own page, or its door for whoever comes"
    ACCOUNT = "the administrator's own account"
    MEMBER = "members of the tenant, to read"
    CHANGER = "owners and administrators of the tenant; POST only"
    FORM = "members to look at, owners and administrators to send"
    ASKER = "members, who only see too; POST only"


OF_EVERY_TENANT = {"section": "a part of the policy, which each tenant has one of"}
"""Placeholders that name no row of one tenant, with what they name."""

_METHODS = {
    frozenset({"GET"}): Kind.MEMBER,
    frozenset({"POST"}): Kind.CHANGER,
    frozenset({"GET", "POST"}): Kind.FORM,
}


def kind_of(route: URLPattern) -> Kind:
    """Return who a screen's route is for, by the methods that its view takes.

    Raises TypeError for a view that takes any method: django.views.decorators.http is there to say which.
    """
    if any(route.name in screen.sent_by_readers for screen in SCREENS):
        return Kind.ASKER
    allowed = route.callback(RequestFactory().generic("TRACE", "/"))["Allow"]
    return _METHODS[frozenset(allowed.split(", "))]


_T, _A, _P = "t/<slug:tenant>/", "account/", "portal/<slug:tenant>/"

EXPECTED: dict[str, Kind] = {
    "": Kind.OPEN,
    "healthz": Kind.OPEN,
    "readyz": Kind.OPEN,
    ".well-known/visor-host": Kind.OPEN,
    ".well-known/webauthn": Kind.OPEN,
    ".well-known/oauth-authorization-server/t/<slug:tenant>": Kind.PROTOCOL,
    ".well-known/oauth-authorization-server/t/<slug:tenant>/": Kind.PROTOCOL,
    ".well-known/openid-configuration/t/<slug:tenant>": Kind.PROTOCOL,
    ".well-known/openid-configuration/t/<slug:tenant>/": Kind.PROTOCOL,
    f"{_T}.well-known/openid-configuration": Kind.PROTOCOL,
    f"{_T}jwks": Kind.PROTOCOL,
    f"{_T}look.css": Kind.PROTOCOL,
    f"{_T}look.png": Kind.PROTOCOL,
    f"{_T}authorize": Kind.PROTOCOL,
    f"{_T}authorize/consent": Kind.PROTOCOL,
    f"{_T}register": Kind.PROTOCOL,
    f"{_T}register/<str:client_id>": Kind.AGENT,
    f"{_T}backchannel-authentication": Kind.PROTOCOL,
    f"{_T}approve/": Kind.PROTOCOL,
    f"{_T}approve/enter": Kind.PROTOCOL,
    f"{_T}approve/entered/<str:txn>": Kind.AGENT,
    f"{_T}approve/<str:waiting_id>/": Kind.AGENT,
    f"{_T}approve/<str:waiting_id>/done/<str:txn>": Kind.AGENT,
    f"{_T}sandbox-approval": Kind.PROTOCOL,
    f"{_T}end-session": Kind.PROTOCOL,
    f"{_T}end-session/confirm": Kind.PROTOCOL,
    f"{_T}token": Kind.PROTOCOL,
    f"{_T}par": Kind.PROTOCOL,
    f"{_T}introspect": Kind.PROTOCOL,
    f"{_T}revoke": Kind.PROTOCOL,
    f"{_T}userinfo": Kind.PROTOCOL,
    f"{_T}receipt": Kind.PROTOCOL,
    f"{_T}liveness/sessions": Kind.PROTOCOL,
    f"{_T}liveness/sessions/<str:txn>": Kind.AGENT,
    f"{_T}liveness/module/<str:client_id>.js": Kind.AGENT,
    f"{_T}liveness/<str:txn>/": Kind.AGENT,
    f"{_T}agent-worker.js": Kind.PROTOCOL,
    f"{_T}agent-tracker.js": Kind.PROTOCOL,
    f"{_T}agent-comparer.js": Kind.PROTOCOL,
    f"{_T}agent.webmanifest": Kind.PROTOCOL,
    f"{_T}passkeys/": Kind.PROTOCOL,
    f"{_T}authorize/resume/<str:txn>": Kind.AGENT,
    f"{_T}sandbox/<str:txn>/": Kind.AGENT,
    f"{_T}signin/<str:txn>/": Kind.AGENT,
    f"{_T}agent/<str:txn>/": Kind.AGENT,
    f"{_T}agent/<str:txn>/passkey/options": Kind.AGENT,
    f"{_T}agent/<str:txn>/passkey": Kind.AGENT,
    f"{_T}agent/<str:txn>/key/options": Kind.AGENT,
    f"{_T}agent/<str:txn>/key": Kind.AGENT,
    f"{_T}agent/<str:txn>/consent": Kind.AGENT,
    f"{_T}agent/<str:txn>/without-face": Kind.AGENT,
    f"{_T}agent/<str:txn>/challenge": Kind.AGENT,
    f"{_T}agent/<str:txn>/sample": Kind.AGENT,
    f"{_T}agent/<str:txn>/status": Kind.AGENT,
    f"{_T}agent/<str:txn>/outgoing": Kind.AGENT,
    f"{_T}agent/<str:txn>/cancel": Kind.AGENT,
    f"{_T}desk/<str:txn>/": Kind.AGENT,
    f"{_T}desk/<str:txn>/near/options": Kind.AGENT,
    f"{_T}desk/<str:txn>/near": Kind.AGENT,
    f"{_T}desk/<str:txn>/code": Kind.AGENT,
    f"{_T}desk/<str:txn>/status": Kind.AGENT,
    f"{_T}desk/<str:txn>/stop": Kind.AGENT,
    f"{_T}handoff/<str:txn>/": Kind.AGENT,
    f"{_T}handoff/<str:txn>/<str:secret>/": Kind.AGENT,
    f"{_T}enrol/finish/<str:txn>/": Kind.AGENT,
    f"{_T}enrol/again/<str:txn>/": Kind.AGENT,
    f"{_T}enrol/told/<str:txn>/": Kind.AGENT,
    f"{_T}enrol/<str:token>/": Kind.AGENT,
    f"{_T}enrol/<str:token>/consent": Kind.AGENT,
    f"{_T}join/": Kind.PROTOCOL,
    f"{_T}join/go": Kind.PROTOCOL,
    f"{_T}join/callback/": Kind.PROTOCOL,
    f"{_T}passkeys/finish/<str:txn>/": Kind.AGENT,
    f"{_T}moments/": Kind.PERSON,
    f"{_T}moments/finish/<str:txn>/": Kind.AGENT,
    f"{_T}me/": Kind.PERSON,
    f"{_T}me/enter": Kind.PERSON,
    f"{_T}me/entered/<str:txn>/": Kind.AGENT,
    f"{_T}me/leave": Kind.PERSON,
    f"{_T}me/passkeys/<str:device>/": Kind.PERSON,
    f"{_T}me/passkeys/<str:device>/revoke": Kind.PERSON,
    f"{_T}me/face/remove": Kind.PERSON,
    f"{_T}me/consent/withdraw": Kind.PERSON,
    f"{_T}me/needs/light": Kind.PERSON,
    f"{_T}me/needs/turn": Kind.PERSON,
    f"{_T}me/told/": Kind.PERSON,
    f"{_T}me/told/add": Kind.PERSON,
    f"{_T}me/told/<str:subscription>/remove": Kind.PERSON,
    f"{_T}me/requests/<str:approval>/stop": Kind.PERSON,
    f"{_T}me/recovery-codes": Kind.PERSON,
    f"{_T}me/lost": Kind.PERSON,
    f"{_T}me/recovered/<str:txn>/": Kind.AGENT,
    f"{_T}me/receipts/<str:number>/": Kind.PERSON,
    f"{_T}me/sign-ins/<str:txn>/receipt": Kind.PERSON,
    f"{_A}login/": Kind.ACCOUNT,
    f"{_A}logout/": Kind.ACCOUNT,
    f"{_A}inactive/": Kind.ACCOUNT,
    f"{_A}reauthenticate/": Kind.ACCOUNT,
    f"{_A}password/change/": Kind.ACCOUNT,
    f"{_A}password/set/": Kind.ACCOUNT,
    f"{_A}password/reset/": Kind.ACCOUNT,
    f"{_A}password/reset/done/": Kind.ACCOUNT,
    f"{_A}password/reset/key/done/": Kind.ACCOUNT,
    f"{_A}^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": Kind.ACCOUNT,
    f"{_A}login/code/confirm/": Kind.ACCOUNT,
    f"{_A}2fa/": Kind.ACCOUNT,
    f"{_A}2fa/authenticate/": Kind.ACCOUNT,
    f"{_A}2fa/reauthenticate/": Kind.ACCOUNT,
    f"{_A}2fa/totp/activate/": Kind.ACCOUNT,
    f"{_A}2fa/totp/deactivate/": Kind.ACCOUNT,
    f"{_A}2fa/webauthn/": Kind.ACCOUNT,
    f"{_A}2fa/webauthn/add/": Kind.ACCOUNT,
    f"{_A}2fa/webauthn/login/": Kind.ACCOUNT,
    f"{_A}2fa/webauthn/reauthenticate/": Kind.ACCOUNT,
    f"{_A}2fa/webauthn/keys/<int:pk>/remove/": Kind.ACCOUNT,
    f"{_A}2fa/webauthn/keys/<int:pk>/edit/": Kind.ACCOUNT,
    f"{_A}second-factor/": Kind.ACCOUNT,
    f"{_A}recovery-codes/": Kind.ACCOUNT,
    f"{_A}join/<slug:tenant>/<str:token>/": Kind.ACCOUNT,
    f"{_A}sso/<slug:tenant>/": Kind.ACCOUNT,
    f"{_A}sso/<slug:tenant>/callback/": Kind.ACCOUNT,
    f"{_A}sso/<slug:tenant>/link/": Kind.ACCOUNT,
    f"{_A}sso/<slug:tenant>/again/": Kind.ACCOUNT,
    f"{_A}theme/": Kind.ACCOUNT,
    f"{_A}sessions/": Kind.ACCOUNT,
    f"{_A}preferences/": Kind.ACCOUNT,
    "portal/": Kind.ACCOUNT,
    "platform/": Kind.ACCOUNT,
    "platform/new/": Kind.ACCOUNT,
    "platform/organisations/<slug:slug>/": Kind.ACCOUNT,
    "platform/organisations/<slug:slug>/quotas/": Kind.ACCOUNT,
    "platform/organisations/<slug:slug>/suspend/": Kind.ACCOUNT,
    "platform/organisations/<slug:slug>/resume/": Kind.ACCOUNT,
    # The screens of the portal say themselves what they have.
    **{f"{_P}{screen.at}{route.pattern}": kind_of(route) for screen in SCREENS for route in screen.patterns},
}


def all_routes() -> Iterator[str]:
    """Give every route of the URLconf as it is written."""
    yield from _walk(get_resolver(), "")


def _walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        text = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, text)
        else:
            yield text


def routes(*kinds: Kind) -> list[str]:
    """Return the routes of these kinds."""
    return [route for route, kind in EXPECTED.items() if kind in kinds]


def filled(route: str, values: dict[str, Any]) -> str:
    """Return the path of a route with its placeholders filled; raises KeyError for one without a value."""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), route)


def names_a_row(route: str) -> bool:
    """Whether a route of a tenant names something that only one tenant has."""
    return bool({*re.findall(r"<(?:\w+:)?(\w+)>", route)} - {"tenant", *OF_EVERY_TENANT})
