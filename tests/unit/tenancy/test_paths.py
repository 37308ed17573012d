"""One reading of paths that name a tenant."""

import pytest

from authsvc.tenancy.paths import tenant_path


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/t/demo/token", ("/t/", "demo", "/token")),
        ("/t/demo/", ("/t/", "demo", "/")),
        ("/t/demo", ("/t/", "demo", "")),
        ("/portal/demo/people/", ("/portal/", "demo", "/people/")),
        ("/.well-known/openid-configuration/t/demo", ("/.well-known/openid-configuration/t/", "demo", "")),
        ("/t/demo/token\n", ("/t/", "demo", "/token\n")),
        ("/t/demo/t/other/", ("/t/", "demo", "/t/other/")),
        ("/portal/", None),
        ("/t/", None),
        ("/t/de\x00mo/token", None),
        ("/t/d%C3%A9mo/token", None),
        ("/x/t/demo/token", None),
        ("/.well-known/UPPER/t/demo", None),
        ("/static/t/demo", None),
        ("", None),
    ],
)
def test_what_a_path_names(path: str, found: tuple[str, str, str] | None) -> None:
    assert tenant_path(path) == found
