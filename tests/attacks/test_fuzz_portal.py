"""The portal's pages and forms, filled in by an owner who pastes anything anywhere."""

import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.attacks.fuzzing import NASTY, check, enough, path_part, texts
from tests.campaign import sampled
from tests.tenancy.conftest import World
from tests.tenancy.routes import EXPECTED, Kind, filled

pytestmark = pytest.mark.django_db
PAGES = [route for route, kind in EXPECTED.items() if kind in {Kind.MEMBER, Kind.FORM, Kind.CHANGER}]
FORMS = [route for route, kind in EXPECTED.items() if kind is Kind.FORM]
NAMING = [route for route in PAGES if "<str:" in route]
FILTERS = ["q", "page", "tag", "client", "outcome", "since", "until", "from", "to", "status", "sort", "next"]
_FIELD = re.compile(r'<(?:input|select|textarea)[^>]*\bname="([^"]+)"')
_PLACE = re.compile(r"<(uuid|int|str):(\w+)>")


@enough
@given(
    route=st.sampled_from(PAGES),
    method=st.sampled_from(["get", "post", "head", "put"]),
    query=st.dictionaries(st.sampled_from(FILTERS) | texts, texts, max_size=4),
    htmx=st.booleans(),
)
def test_nothing_breaks_any_page(
    owner: Client, ours: World, route: str, method: str, query: dict[str, str], htmx: bool
) -> None:
    headers = {"HX-Request": "true"} if htmx else {}
    path = filled(route, ours.values)
    sent = {} if method == "put" else {"data": query}
    check(getattr(owner, method)(path, **sent, headers=headers))


@pytest.mark.parametrize("route", sampled({route: route for route in NAMING}, *NAMING[::5]))
def test_a_path_that_names_nothing_is_not_found(owner: Client, ours: World, route: str) -> None:
    for text in NASTY:
        places = {name: path_part(text) for kind, name in _PLACE.findall(route) if kind == "str"}
        for method in ("GET", "POST"):
            check(owner.generic(method, filled(route, {**ours.values, **places})))


@enough
@given(route=st.sampled_from(FORMS), texts=st.lists(st.tuples(st.integers(0, 99), texts), max_size=8))
def test_a_form_takes_or_explains_what_it_is_given(
    owner: Client, ours: World, route: str, texts: list[tuple[int, str]]
) -> None:
    path = filled(route, ours.values)
    page = owner.get(path)
    names = sorted(set(_FIELD.findall(page.content.decode())) - {"csrfmiddlewaretoken"})
    # What an earlier try has done, such as to revoke a key, is not offered twice.
    assert names or page.status_code == 302
    sent: dict[str, Any] = {names[number % len(names)]: text for number, text in texts} if names else {}
    good = {"name": "A name", "redirect_uris": "https://partner.example/cb", "scopes": ["openid"]}
    answer = owner.post(path, {**good, **sent})
    check(answer)
    if answer.status_code == 302:
        check(owner.get(answer.headers["Location"]))
    check(owner.get(filled(f"{route.split('<slug:tenant>')[0]}<slug:tenant>/relying-parties/", ours.values)))


@enough
@given(data=st.dictionaries(st.sampled_from(["login", "password", "next", "code", "remember"]), texts))
def test_sign_in_takes_anything_and_leads_nowhere_else(client: Client, data: dict[str, str]) -> None:
    check(client.post("/account/login/", data))
    check(client.get("/account/login/", data))
    check(client.post("/account/theme/", data))
