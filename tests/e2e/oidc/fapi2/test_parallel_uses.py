"""One pushed request answers once, and one proof counts once, however many come at the same moment."""

import threading
from collections import Counter

import pytest
from django.db import connection
from django.test import Client

from authsvc.oidc.models import Grant
from authsvc.tenancy.models import Tenant
from tests.e2e.oidc.browser import Browser, make_person
from tests.e2e.oidc.fapi2.conftest import PROFILE
from tests.e2e.oidc.proofs import KeyHolder

TRIES = 50


def at_once(step) -> None:
    """Run a step in fifty threads that start together."""
    start = threading.Barrier(TRIES)

    def run() -> None:
        start.wait()
        try:
            step()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(TRIES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.requirement("OIDC-FAPI-02", "S8.3-03")
@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
def test_of_fifty_parallel_uses_of_a_request_uri_one_brings_a_code(shared: Tenant) -> None:
    holder = KeyHolder(Browser(shared), PROFILE)
    holder.tokens(make_person())
    uri, answers = holder.push().json()["request_uri"], Counter[str]()
    cookies = {name: morsel.value for name, morsel in holder.visitor.http.cookies.items()}

    def use() -> None:
        own = Client()
        own.cookies.load(cookies)
        query = {"client_id": holder.name, "request_uri": uri}
        response = own.get(f"{holder.visitor.root}authorize", query)
        answers["code" if "code=" in response.headers.get("Location", "") else "refused"] += 1

    at_once(use)
    assert answers == {"code": 1, "refused": TRIES - 1}
    assert Grant.objects.count() == 2


@pytest.mark.requirement("OIDC-FAPI-07", "S8.3-03")
@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
def test_of_fifty_parallel_uses_of_a_proof_one_counts(shared: Tenant) -> None:
    holder = KeyHolder(Browser(shared), PROFILE)
    token = holder.tokens(make_person())["access_token"]
    text, statuses = holder.proof("userinfo", "GET", token=token), Counter[int]()
    headers = {"Authorization": f"DPoP {token}", "DPoP": text}

    def use() -> None:
        statuses[Client().get(f"{holder.visitor.root}userinfo", headers=headers).status_code] += 1

    at_once(use)
    assert statuses == {200: 1, 401: TRIES - 1}
