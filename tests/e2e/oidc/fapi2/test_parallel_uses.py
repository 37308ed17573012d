"""One DPoP proof counts once, however many requests bring it at the same moment."""

import threading
from collections import Counter

import pytest
from django.db import connection
from django.test import Client

from authsvc.tenancy.models import Tenant
from tests.e2e.oidc.browser import Browser, make_person
from tests.e2e.oidc.fapi2.conftest import PROFILE
from tests.e2e.oidc.proofs import KeyHolder

TRIES = 50


@pytest.mark.requirement("OIDC-FAPI-07", "S8.3-03")
@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
def test_of_fifty_parallel_uses_of_a_proof_one_counts(shared: Tenant) -> None:
    holder = KeyHolder(Browser(shared), PROFILE)
    token = holder.tokens(make_person())["access_token"]
    text, statuses = holder.proof("userinfo", "GET", token=token), Counter[int]()
    headers = {"Authorization": f"DPoP {token}", "DPoP": text}

    start = threading.Barrier(TRIES)

    def use() -> None:
        start.wait()
        try:
            statuses[Client().get(f"{holder.visitor.root}userinfo", headers=headers).status_code] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=use) for _ in range(TRIES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == {200: 1, 401: TRIES - 1}
