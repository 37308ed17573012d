"""The database goes away during an exchange: a clean error, and the code is good or dead, never both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from authsvc.core.clock import now
from authsvc.oidc.models import Token
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.provider.browser import Browser, make_partner, make_person

AS_A_BROWSER = {"Accept": "text/html"}
pytestmark = [pytest.mark.needs("postgresql"), pytest.mark.django_db(transaction=True)]


def end_the_connection() -> None:
    """Let the server drop this thread's connection, as a restart does."""
    assert connection.connection is not None
    pid = connection.connection.info.backend_pid
    name = settings.DATABASES["default"]
    where = {"host": name["HOST"], "port": name["PORT"], "user": name["USER"], "dbname": name["NAME"]}
    with psycopg.connect(**where, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@contextmanager
def gone_at(statement: int) -> Iterator[list[str]]:
    """Lose the connection before the given statement (counted from 1); yields the statements that came."""
    came: list[str] = []

    def lose(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        came.append(sql)
        if len(came) == statement:
            end_the_connection()
        return execute(sql, *rest)

    try:
        with connection.execute_wrapper(lose):
            yield came
    finally:
        connection.close()


def alive() -> int:
    """How many tokens of the tenant can still be used."""
    return Token.objects.filter(revoked_at=None, grant__revoked_at=None, expires_at__gt=now()).count()


@pytest.mark.parametrize("statement", [1, 2, 3, 4])
def test_an_exchange_that_was_cut_off_can_be_repeated(shared: Tenant, statement: int) -> None:
    visitor = Browser(shared)
    visitor.http.raise_request_exception = False
    partner = make_partner()
    code = visitor.sign_in(partner, make_person())["code"]
    with gone_at(statement) as came:
        answer = visitor.redeem(partner, code)
    assert len(came) >= statement
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert answer["Cache-Control"] == "no-store"
    with tenant_scope(shared.id):
        assert alive() == 0
        assert visitor.redeem(partner, code).status_code == 200
        assert alive() == 1


def test_an_exchange_whose_answer_was_lost_is_dead_and_takes_its_tokens_along(shared: Tenant) -> None:
    visitor = Browser(shared)
    visitor.http.raise_request_exception = False
    partner = make_partner()
    code = visitor.sign_in(partner, make_person())["code"]
    assert visitor.redeem(partner, code).status_code == 200  # and nobody hears of it
    repeated = visitor.redeem(partner, code)
    assert (repeated.status_code, repeated.json()["error"]) == (400, "invalid_grant")
    assert alive() == 0


@pytest.mark.parametrize("path", ["authorize", "end-session", "authorize/resume/x"])
def test_a_person_sees_a_calm_page(shared: Tenant, path: str) -> None:
    visitor = Browser(shared)
    visitor.http.raise_request_exception = False
    partner = make_partner()
    visitor.sign_in(partner, make_person())
    with gone_at(1) as came:
        answer = visitor.http.get(visitor.root + path, visitor.request(partner), headers=AS_A_BROWSER)
    assert came
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "It is our fault, not yours" in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


@pytest.mark.parametrize("path", ["userinfo", "agent/x/status"])
def test_a_program_is_told_to_come_again(shared: Tenant, path: str) -> None:
    visitor = Browser(shared)
    visitor.http.raise_request_exception = False
    visitor.sign_in(make_partner(), make_person())
    with gone_at(1):
        answer = visitor.http.get(visitor.root + path, HTTP_AUTHORIZATION="Bearer abc")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert answer.json()["error"] == "temporarily_unavailable"
