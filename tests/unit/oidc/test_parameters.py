"""A form that programs post is read as Django reads it."""

from urllib.parse import quote

import pytest
from django.core.exceptions import TooManyFieldsSent
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from authsvc.oidc.wire.parameters import form_of

PLAIN = "application/x-www-form-urlencoded"


def posted(body, kind=PLAIN):
    return RequestFactory().post("/", body, content_type=kind)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"a=1&b=2&a=3",
        b"a=&=b&c&&d=+%20%2B",
        b"a=%C3%A9&b=%E9&c=%00",
        "a=é".encode(),
        b"a=\xe9&b=1",
        b"a;b=1;2&c=%zz",
    ],
)
@pytest.mark.parametrize(
    "kind", [PLAIN, f"{PLAIN}; charset=utf-8", PLAIN.upper(), "application/json", "text/plain"]
)
def test_it_is_what_django_reads(body, kind):
    assert form_of(posted(body, kind)) == dict(posted(body, kind).POST.lists())


@given(st.lists(st.tuples(st.text(max_size=4), st.text(max_size=8)), max_size=6), st.booleans())
def test_so_is_whatever_else_is_posted(pairs, encoded):
    written = [f"{quote(name)}={quote(value)}" if encoded else f"{name}={value}" for name, value in pairs]
    body = "&".join(written).encode(errors="replace")
    assert form_of(posted(body)) == dict(posted(body).POST.lists())


def test_too_many_fields_are_refused():
    with pytest.raises(TooManyFieldsSent):
        form_of(posted(b"&".join([b"a=1"] * 1001)))
