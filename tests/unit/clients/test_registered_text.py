"""T23: registered text hides nothing from people, and never reaches a header as it came."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.services import register
from authsvc.clients.validation.uris import problem_of_uri
from authsvc.core.visible import is_visible
from authsvc.oidc.wire.csp import allow, source_of
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant

HIDDEN = {
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "zero width space": "\u200b",
    "zero width joiner": "\u200d",
    "left-to-right mark": "\u200e",
    "arabic letter mark": "\u061c",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "word joiner": "\u2060",
    "line separator": "\u2028",
    "hangul filler": "\u3164",
    "variation selector": "\ufe0f",
    "tag letter": "\U000e0061",
    "braille blank": "\u2800",
    "next line": "\u0085",
    "private use": "\ue000",
    "escape": "\x1b",
}
SHOWN = [
    "Bäckerei Müller & Söhne",
    "株式会社　例",
    "بنك الاختبار",
    "Кафе №1",
    "Société « X »",
    "Go 😀",
    "e\u0301tude",
]
HOSTILE = [
    "https://пример.example/callback",
    "https://例え.jp/logo.png",
    "https://a.example;script-src/x",
    "https://a.example;sandbox",
    "https://a.example,evil/x",
    "https://a.example'unsafe-inline'/x",
    "https://a.example%3bscript-src/x",
    "https://a.example%0d%0aX-Header:1/x",
    "https://a.example/\u202egnp.exe",
    "https://ⓔxample.com/",
    "https://a.example/ünïcode",
    'https://a.example/"x',
    "https://a.example/<x>",
    "https://a..example/",
]


@pytest.fixture
def scope(db: None) -> Iterator[None]:
    with tenant_scope(make_tenant().id):
        yield


@pytest.mark.parametrize("letter", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("field", ["name", "purpose"])
def test_t23_hidden_characters_are_refused(scope: None, letter: str, field: str) -> None:
    for text in (f"Pay{letter}pal", f"{letter}Bank", f"Bank{letter}"):
        fields: dict[str, Any] = {"name": "Bank", "redirect_uris": ["https://a.example/"], field: text}
        with pytest.raises(RegistrationProblems) as refused:
            register(**fields)
        assert list(refused.value.fields) == [field]


@pytest.mark.parametrize("name", SHOWN)
def test_t23_names_of_every_script_are_not(scope: None, name: str) -> None:
    assert register(name=name, redirect_uris=["https://a.example/"])[0].name == name


@given(st.text())
def test_t23_what_is_visible_can_be_printed_but_for_blanks(text: str) -> None:
    if is_visible(text):
        assert all(letter.isprintable() or letter.isspace() for letter in text)
        assert len(text.splitlines()) <= 1


@pytest.mark.parametrize("uri", HOSTILE)
@pytest.mark.parametrize("field", ["redirect_uris", "logo_uri", "frontchannel_logout_uri", "policy_uri"])
def test_t23_addresses_that_would_change_a_header_are_refused(scope: None, uri: str, field: str) -> None:
    fields: dict[str, Any] = {"name": "Bank", "redirect_uris": ["https://a.example/"]}
    fields[field] = [uri] if field == "redirect_uris" else uri
    with pytest.raises(RegistrationProblems) as refused:
        register(**fields)
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(
    "uri", [*HOSTILE, "no address", "", "://", "https://[", "https://a:99999/", "*:/", "'x':/"]
)
def test_t23_what_was_registered_before_reaches_no_header_as_it_stands(uri: str) -> None:
    response = HttpResponse()
    allow(response, "form-action", uri)
    [sources] = response._csp_update.values()  # type: ignore[attr-defined]
    for source in sources:
        assert source.isascii()
        assert not set(source) & set(";,'\" *")


def test_t23_a_host_of_another_script_is_written_in_its_ascii_form() -> None:
    assert source_of("https://пример.example/callback") == "https://xn--e1afmkfd.example"
    assert source_of("https://a.example:8443/x;y?z") == "https://a.example:8443"
    assert source_of("HTTPS://A.example/") == "https://a.example"


@given(st.text(min_size=1, max_size=20), st.sampled_from(["https://{}", "https://a.example/{}", "{}"]))
def test_t23_what_may_be_registered_makes_a_source(text: str, form: str) -> None:
    uri = form.format(text)
    if problem_of_uri(uri, sandbox=False, native=True) is None:
        source = source_of(uri)
        assert source is not None
        assert source.isascii()
        assert not set(source) & set(";, '\"")
