"""O09: where database or key service is away, people get a calm page and programs a time to come again."""

from collections.abc import Callable

import psycopg
import pytest
from django.core.handlers.exception import response_for_exception
from django.db import InterfaceError, InternalError, OperationalError, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from authsvc.keys.outages import is_outage
from authsvc.keys.service.interface import KeyServiceDown


def raised(problem: Exception, cause: Exception | None = None) -> Exception:
    """An error as it comes of a view, with what was behind it."""
    try:
        raise problem from cause
    except type(problem) as caught:
        return caught


def while_cleared_away(first: Exception, second: Exception) -> Exception:
    try:
        try:
            raise first
        finally:
            raise second
    except Exception as caught:  # noqa: BLE001
        return caught


OUTAGES: dict[str, Callable[[], Exception]] = {
    "gone": lambda: raised(OperationalError("server closed the connection")),
    "closed": lambda: raised(InterfaceError("the connection is closed")),
    "too many": lambda: raised(OperationalError("x"), psycopg.errors.TooManyConnections()),
    "deadlock": lambda: raised(OperationalError("x"), psycopg.errors.DeadlockDetected()),
    "serialisation": lambda: raised(OperationalError("x"), psycopg.errors.SerializationFailure()),
    "statement too long": lambda: raised(OperationalError("x"), psycopg.errors.QueryCanceled()),
    "keys": lambda: raised(KeyServiceDown("the disk is full")),
    "standby": lambda: raised(InternalError("x"), psycopg.errors.ReadOnlySqlTransaction()),
    "rolled back": lambda: while_cleared_away(
        OperationalError("gone"), transaction.TransactionManagementError("needs a rollback")
    ),
}
FAULTS: dict[str, Callable[[], Exception]] = {
    "of ours": lambda: raised(ValueError("x")),
    "a wrong statement": lambda: raised(InternalError("x"), psycopg.errors.InternalError_()),
}


def answered(problem: Exception, accept: str) -> HttpResponse:
    """Answer as Django does where a view, or any middleware, has raised this."""
    request = RequestFactory(raise_request_exception=False).get("/portal/", headers={"Accept": accept})
    try:
        raise problem
    except type(problem) as caught:
        return response_for_exception(request, caught)


@pytest.mark.parametrize("name", OUTAGES)
def test_an_outage_is_503_for_people_and_for_programs(name: str) -> None:
    problem = OUTAGES[name]()
    assert is_outage(problem)
    page, said = answered(problem, "text/html"), answered(problem, "application/json")
    assert (page.status_code, said.status_code) == (503, 503)
    assert (page["Retry-After"], said["Retry-After"]) == ("10", "10")
    assert "It is our fault, not yours" in page.content.decode()
    assert said["Content-Type"] == "application/json"


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_ours_stays_a_fault(name: str) -> None:
    assert answered(FAULTS[name](), "text/html").status_code == 500
