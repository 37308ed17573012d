"""Basic OP: what programs call is reached by the short way; nothing that must hold is missed there."""

from collections import defaultdict

import pytest
from django.conf import settings
from django.core.exceptions import DisallowedHost, ImproperlyConfigured, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.test import Client as HttpClient
from django.test import override_settings
from django.urls import Resolver404, include, path, resolve, reverse

from authsvc.tenancy import shortway
from authsvc.tenancy.scope import NoTenantScope, Scope, current_tenant_id
from authsvc.tenancy.shortway import STEPS, ShortWay, ShortWayPattern, short_routes, short_way
from config import roles
from tests.provider.browser import Browser, make_partner, make_person
from tests.tenancy.routes import all_routes, filled

_T = "t/<slug:tenant>/"
# Every route whose requests take the short way; all others take the usual one.
SHORT = {
    ".well-known/oauth-authorization-server/t/<slug:tenant>",
    ".well-known/oauth-authorization-server/t/<slug:tenant>/",
    ".well-known/openid-configuration/t/<slug:tenant>",
    ".well-known/openid-configuration/t/<slug:tenant>/",
    f"{_T}.well-known/openid-configuration",
    f"{_T}jwks",
    f"{_T}token",
    f"{_T}par",
    f"{_T}introspect",
    f"{_T}revoke",
    f"{_T}userinfo",
    f"{_T}receipt",
    f"{_T}backchannel-authentication",
}
PROGRAMS = ("token", "par", "introspect", "revoke", "userinfo", "receipt", "backchannel-authentication")
TRANSPORT = (
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
)


def lost(request: HttpRequest) -> HttpResponse:
    """Stand where the other middleware and the views are."""
    return HttpResponse("the usual way", status=404)


def asked(place: str, *, method: str = "POST", host: str = "localhost") -> HttpRequest:
    """A request as the middleware meets it."""
    request = HttpRequest()
    request.path = request.path_info = place
    request.method = method
    request.META = {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": host}
    return request


def place_of(route: str, tenant: str) -> str:
    """The path of a route, its other placeholders filled with something."""
    return filled(route, defaultdict(lambda: "1", tenant=tenant))


def of_a_sign_in(place: str) -> bool:
    """Whether a path is one of a sign-in's, whose pages keep hold of whoever opened them (C08)."""
    try:
        return bool({"oidc", "capture", "enrolment"} & {*resolve(place).namespaces})
    except Resolver404:
        return False


def test_what_is_marked_takes_the_short_way_and_nothing_else(visitor: Browser) -> None:
    way = ShortWay(lost)
    for route in all_routes():
        for method in ("GET", "POST", "OPTIONS"):
            answer = way(asked(place_of(route, visitor.tenant.slug), method=method))
            assert (answer.content == b"the usual way") is (route not in SHORT), (method, route)


@pytest.mark.requirement("S9.4-14")
@override_settings(SECURE_HSTS_SECONDS=63072000, SECURE_SSL_REDIRECT=True)
def test_the_same_transport_holds_on_either_way(visitor: Browser) -> None:
    http = HttpClient(raise_request_exception=False)
    for route in all_routes():
        place = place_of(route, visitor.tenant.slug)
        assert http.get(place).status_code == 301, route
        answer = http.get(place, secure=True)
        held = {name: answer.get(name) for name in TRANSPORT}
        assert held.pop("Referrer-Policy") in {"strict-origin-when-cross-origin", "same-origin"}, route
        opener = None if route in SHORT or of_a_sign_in(place) else "same-origin"
        assert held.pop("Cross-Origin-Opener-Policy") == opener, route
        assert held == {
            "Strict-Transport-Security": "max-age=63072000",
            "X-Content-Type-Options": "nosniff",
        }, route
        stranger = http.get(place, secure=True, headers={"Host": "localhost.evil.example"})
        assert (stranger.status_code, stranger["X-Content-Type-Options"]) == (400, "nosniff"), route


def test_only_the_transports_rules_and_what_tells_of_rows_stand_before_the_short_way() -> None:
    before = [
        "config.requestids.RequestIds",
        "config.measured.counting_requests",
        "config.tracing.traced",  # not used where nobody is told of traces
        "authsvc.hosts.middleware.HostGate",
        "django.middleware.security.SecurityMiddleware",
        "authsvc.seals.refusals.TellingAtTheEnd",
        "authsvc.tenancy.shortway.ShortWay",
    ]
    assert roles.middleware(["web"])[:7] == before
    # Of one machine alone.
    assert settings.MIDDLEWARE[:8] == ["devtools.stack.one_role_a_request.OneRoleARequest", *before]


def test_every_step_stands_before_every_marked_view(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[str] = []

    def counted(answer: shortway.Answer) -> shortway.Answer:
        def step(request: HttpRequest) -> HttpResponse:
            met.append(request.path_info)
            return answer(request)

        return step

    monkeypatch.setattr(shortway, "STEPS", (*STEPS, counted))
    places = {place_of(route, visitor.tenant.slug) for route in SHORT}
    for place in places:
        ShortWay(lost)(asked(place))
    assert len(met) == len(SHORT)
    assert set(met) == places


def test_each_step_does_its_part(visitor: Browser) -> None:
    request = asked("/")
    request.tenant = visitor.tenant  # type: ignore[attr-defined]
    known_host, never_stored, sized, in_tenants_scope = STEPS

    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(current_tenant_id()))

    with pytest.raises(DisallowedHost):
        known_host(view)(asked("/", host="evil.example"))
    assert known_host(view)(request).content
    assert never_stored(view)(request)["Cache-Control"] == "no-store"
    assert int(sized(view)(request)["Content-Length"]) == len(str(visitor.tenant.id))
    assert "Content-Length" not in sized(lambda _request: HttpResponse(status=204))(request)
    assert in_tenants_scope(view)(request).content.decode() == str(visitor.tenant.id)


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_is_answered_before_anything_else_runs(visitor: Browser, name: str) -> None:
    answer = ShortWay(lost)(asked(f"/t/{visitor.tenant.slug}/{name}"))
    assert answer.status_code in {400, 401}
    assert int(answer["Content-Length"]) == len(answer.content)
    assert answer["Cache-Control"] == "no-store"
    assert reverse(f"oidc:{name}", kwargs={"tenant": visitor.tenant.slug}).endswith(f"/{name}")


@pytest.mark.parametrize(
    "place", ["/t/nobody/token", "/t/{}/token/", "/t/{}/authorize", "/t/{}/token\x00", "/t/{}/token\n", "/"]
)
def test_other_paths_take_the_usual_way(visitor: Browser, place: str) -> None:
    assert ShortWay(lost)(asked(place.format(visitor.tenant.slug))).content == b"the usual way"


def test_a_session_is_neither_read_nor_made(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    code = visitor.sign_in(partner, person)["code"]
    visitor.http.cookies.clear()
    answer = visitor.redeem(partner, code)
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


@pytest.fixture
def _other_routes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The routes of a process that the test thinks of."""
    entries = request.param

    class Resolver:
        url_patterns = entries

    monkeypatch.setattr(shortway, "get_resolver", Resolver)


@pytest.mark.parametrize("_other_routes", [[path("t/<slug:tenant>/page", lost)]], indirect=True)
@pytest.mark.usefixtures("_other_routes")
def test_a_process_without_a_marked_route_has_no_short_way() -> None:
    with pytest.raises(MiddlewareNotUsed):
        ShortWay(lost)


@pytest.mark.parametrize(
    "_other_routes",
    [short_way(path("t/<slug:tenant>/row/<str:row>", lost)), short_way(path("healthz", lost))],
    indirect=True,
)
@pytest.mark.usefixtures("_other_routes")
def test_a_route_that_names_more_or_less_than_a_tenant_cannot_be_marked() -> None:
    with pytest.raises(ImproperlyConfigured, match="cannot take the short way"):
        short_routes()


def test_a_mark_keeps_what_the_route_says() -> None:
    (marked,) = short_way(path("token", lost, name="token"))
    assert isinstance(marked, ShortWayPattern)
    assert (marked.name, marked.callback, str(marked.pattern)) == ("token", lost, "token")
    assert include([marked])[0] == [marked]


def test_no_scope_is_left_behind(visitor: Browser) -> None:
    place = f"/t/{visitor.tenant.slug}/jwks"
    with Scope(""):
        ShortWay(lost)(asked(place, method="GET"))
        with pytest.raises(NoTenantScope):
            current_tenant_id()
