"""T22: of requests that refresh at the same moment each gets the one answer, and nobody is thrown out."""

import pytest
from django.test import Client

from authsvc.oidc.models import Grant
from authsvc.tenancy.models import Tenant
from tests.provider.browser import Browser, make_partner, make_person
from tests.provider.fapi2.test_parallel_uses import at_once

pytestmark = [pytest.mark.needs("postgresql"), pytest.mark.django_db(transaction=True)]


@pytest.mark.requirement("OIDC-BASIC-20", "S8.3-03")
def test_t22_tabs_that_refresh_together_get_one_answer(tries: int, shared: Tenant) -> None:
    visitor, partner = Browser(shared), make_partner(offline_access=True)
    first = visitor.tokens(partner, make_person(), scope="openid offline_access")["refresh_token"]
    body = {"grant_type": "refresh_token", "refresh_token": first}
    answers: list[str] = []

    def refresh() -> int:
        answer = Client().post(f"{visitor.root}token", body, headers=partner.basic())
        answers.append(answer.content.decode())
        return answer.status_code

    assert at_once(tries, refresh) == {200: tries}
    assert len(set(answers)) == 1
    assert Grant.objects.get().revoked_at is None
