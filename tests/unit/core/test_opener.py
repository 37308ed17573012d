"""C08: whoever opened a sign-in as a popup keeps hold of it; all other pages are cut off."""

from types import SimpleNamespace

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

from authsvc.core.opener import HEADER, OpenerPolicy
from authsvc.tenancy.models import Tenant
from tests.factories import make_tenant


def answered(*namespaces: str, resolved: bool = True) -> HttpResponse:
    request = HttpRequest()
    if resolved:
        request.resolver_match = SimpleNamespace(namespaces=list(namespaces))  # type: ignore[assignment]
    return OpenerPolicy(lambda _: HttpResponse())(request)


@pytest.mark.parametrize("namespace", ["oidc", "capture", "enrolment"])
def test_c08_a_sign_in_keeps_its_opener(namespace: str) -> None:
    assert HEADER not in answered(namespace)


@pytest.mark.parametrize("namespaces", [(), ("portal",), ("person",), ("account", "mfa")])
def test_c08_every_other_page_is_cut_off(namespaces: tuple[str, ...]) -> None:
    assert answered(*namespaces)[HEADER] == "same-origin"
    assert answered(resolved=False)[HEADER] == "same-origin"


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant()


@pytest.mark.parametrize(
    "path",
    [
        "authorize",
        "signin/unknown/",
        "enrol/unknown/",
        "enrol/finish/unknown/",
        "passkeys/",
        "approve/",
        "end-session",
    ],
)
def test_c08_pages_and_refusals_of_the_journey(tenant: Tenant, path: str) -> None:
    assert HEADER not in Client().get(f"/t/{tenant.slug}/{path}")


@pytest.mark.parametrize("path", ["/", "/portal/", "/account/login/", "/nowhere", "/t/nobody/nowhere"])
def test_c08_pages_beside_it(tenant: Tenant, path: str) -> None:
    assert Client().get(path)[HEADER] == "same-origin"
