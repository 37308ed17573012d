"""A tenant that lets relying parties register themselves, and one that does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from authsvc.oidc.offering.options import set_options
from authsvc.oidc.registration.access import issue_initial_token
from authsvc.tenancy.models import Tenant
from tests.provider.browser import CALLBACK, Browser
from tests.provider.receiver import Receiver, receiving


class Registrar:
    """Calls the registration endpoint and the address that it gave."""

    def __init__(self, visitor: Browser) -> None:
        self.visitor = visitor

    def register(self, *, token: str | None = None, **metadata: Any) -> Any:
        """Register with one redirect URI, changed by `metadata`; None leaves a member out."""
        given = {"redirect_uris": [CALLBACK], "client_name": "Itself", **metadata}
        body = {name: value for name, value in given.items() if value is not None}
        text = issue_initial_token() if token is None else token
        return self.post(json.dumps(body), Authorization=f"Bearer {text}")

    def post(self, body: str, content_type: str = "application/json", **headers: str) -> Any:
        return self.visitor.http.post(
            f"{self.visitor.root}register", body, content_type=content_type, headers=headers
        )

    def call(self, method: str, made: dict[str, Any], token: str | None = None, **changes: Any) -> Any:
        """Call the registration's own address; PUT sends `made`, changed by `changes`."""
        url = made["registration_client_uri"]
        path = url[url.index("/t/") :]
        header = {"Authorization": f"Bearer {token or made['registration_access_token']}"}
        body = {name: value for name, value in {**made, **changes}.items() if value is not None}
        for name in ("registration_access_token", "registration_client_uri", "client_id_issued_at"):
            if name not in changes:
                body.pop(name, None)
        body.pop("client_secret_expires_at", None)
        return self.visitor.http.generic(
            method, path, json.dumps(body), content_type="application/json", headers=header
        )


@pytest.fixture
def registrar(visitor: Browser, tenant: Tenant) -> Registrar:
    set_options(dynamic_registration=True)
    return Registrar(visitor)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made
