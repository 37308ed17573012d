"""Basic OP: the endpoints that servers call are reached without what the site asks before a page."""

import pytest
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from authsvc.oidc.programs import PROGRAMS, ProgramEndpoints
from tests.e2e.oidc.browser import Browser, make_partner, make_person


def lost(request: HttpRequest) -> HttpResponse:
    """Stand where the other middleware and the views are."""
    return HttpResponse("the usual way", status=404)


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_is_answered_before_anything_else_runs(visitor: Browser, name: str) -> None:
    request = HttpRequest()
    request.path = request.path_info = f"/t/{visitor.tenant.slug}/{name}"
    request.method, request.META = "POST", {"SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    answer = ProgramEndpoints(lost)(request)
    assert answer.status_code in {400, 401}
    assert int(answer["Content-Length"]) == len(answer.content)
    assert reverse(f"oidc:{name}", kwargs={"tenant": visitor.tenant.slug}) == request.path


@pytest.mark.parametrize(
    "path", ["/t/nobody/token", "/t/{}/token/", "/t/{}/authorize", "/t/{}/token\x00", "/"]
)
def test_other_paths_take_the_usual_way(visitor: Browser, path: str) -> None:
    request = HttpRequest()
    request.path = request.path_info = path.format(visitor.tenant.slug)
    request.method, request.META = "POST", {"SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    assert ProgramEndpoints(lost)(request).content == b"the usual way"


@pytest.mark.requirement("S9.4-14")
def test_the_transports_rules_hold(visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = visitor.http.post(f"{visitor.root}token")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert visitor.http.post(f"{visitor.root}token", headers={"Host": "evil.example"}).status_code == 400
    monkeypatch.setattr(settings, "SECURE_SSL_REDIRECT", True)
    fresh = Browser(visitor.tenant)
    assert fresh.http.post(f"{visitor.root}token").status_code == 301


def test_a_session_is_neither_read_nor_made(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    code = visitor.sign_in(partner, person)["code"]
    visitor.http.cookies.clear()
    answer = visitor.redeem(partner, code)
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


def test_a_process_without_the_web_role_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ROLES", ["portal"])
    with pytest.raises(MiddlewareNotUsed):
        ProgramEndpoints(lost)
