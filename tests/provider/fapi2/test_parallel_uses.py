"""What counts once counts once, however many requests bring it at the same moment."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from authsvc.tenancy.models import Tenant
from tests.provider.browser import Browser, make_person
from tests.provider.fapi2.conftest import PROFILE
from tests.provider.proofs import KeyHolder

pytestmark = [pytest.mark.needs("postgresql"), pytest.mark.django_db(transaction=True)]


def at_once(tries: int, ask: Callable[[], int]) -> Counter[int]:
    """The statuses that so many threads got which asked together."""
    start, statuses = threading.Barrier(tries), list[int]()

    def one() -> None:
        start.wait()
        try:
            statuses.append(ask())
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(tries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(statuses)


@pytest.mark.requirement("OIDC-FAPI-07", "S8.3-03")
def test_of_parallel_uses_of_a_proof_one_counts(tries: int, shared: Tenant) -> None:
    holder = KeyHolder(Browser(shared), PROFILE)
    token = holder.tokens(make_person())["access_token"]
    text = holder.proof("userinfo", "GET", token=token)
    headers = {"Authorization": f"DPoP {token}", "DPoP": text}
    path = f"{holder.visitor.root}userinfo"
    counted = at_once(tries, lambda: Client().get(path, headers=headers).status_code)
    assert counted == {200: 1, 401: tries - 1}


@pytest.mark.requirement("OIDC-FAPI-07", "OIDC-FAPI-09", "S8.3-03")
def test_of_parallel_uses_of_an_assertion_and_a_proof_one_counts(tries: int, shared: Tenant) -> None:
    holder = KeyHolder(Browser(shared), PROFILE)
    body, text = {**holder.request(), **holder.assertion()}, holder.proof("par")
    path = f"{holder.visitor.root}par"
    counted = at_once(tries, lambda: Client().post(path, body, headers={"DPoP": text}).status_code)
    assert counted == {201: 1, 401: tries - 1}


@pytest.mark.requirement("OIDC-FAPI-02", "S8.3-03")
def test_of_parallel_uses_of_a_pushed_request_one_gets_a_code(tries: int, shared: Tenant) -> None:
    holder = KeyHolder(Browser(shared), PROFILE)
    assert "code" in holder.answer(make_person(), holder.push())
    query = {"client_id": holder.name, "request_uri": holder.push().json()["request_uri"]}
    signed_in, path = holder.visitor.http.cookies, f"{holder.visitor.root}authorize"

    def ask() -> int:
        own = Client()
        own.cookies = signed_in
        return "code=" in own.get(path, query).get("Location", "")

    assert at_once(tries, ask) == {True: 1, False: tries - 1}
