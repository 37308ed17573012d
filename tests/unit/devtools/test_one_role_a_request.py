"""A process of several roles works in the database as the one whose route is asked for."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from config import roles
from devtools.stack.one_role_a_request import OneRoleARequest, role_of

postgresql = pytest.mark.needs("postgresql")
WEB = "/t/acme/authorize"


@pytest.mark.parametrize(
    ("path", "role"),
    [
        (WEB, "web"),
        ("/t/acme/me/", "web"),
        ("/.well-known/openid-configuration/t/acme", "web"),
        ("/portal/acme/people/", "portal"),
        ("/account/login/", "portal"),
        ("/", "portal"),
        ("/tea", "portal"),
    ],
)
def test_the_path_says_which_role(path: str, role: str) -> None:
    assert role_of(path) == role


def _routes(entries: list[URLPattern | URLResolver], prefix: str = "/") -> Iterator[tuple[str, str]]:
    for entry in entries:
        text = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _routes(entry.url_patterns, text)
        else:
            yield text, entry.callback.__module__


def test_every_route_is_its_own_roles() -> None:
    whose = {module.rpartition(".")[0]: who for _prefix, module, who in roles.ROUTES}
    checked = 0
    for path, module in _routes(get_resolver().url_patterns):
        rooms = [who for package, who in whose.items() if module.startswith(package + ".")]
        if rooms:
            assert all(role_of(path) in who for who in rooms), path
            checked += 1
    assert checked > 50


def whoami() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


def asked(view: Callable[[], str], path: str = WEB) -> str:
    def answer(_request: object) -> HttpResponse:
        return HttpResponse(view())

    return OneRoleARequest(answer)(RequestFactory().get(path)).content.decode()


@postgresql
@pytest.mark.django_db
def test_a_request_is_its_role_and_what_comes_after_is_the_migrator() -> None:
    assert asked(whoami) == "visor_web"
    assert asked(whoami, "/portal/") == "visor_portal"
    assert whoami() == "visor_migrator"


def _after_a_rollback() -> str:
    with transaction.atomic():
        whoami()
        transaction.set_rollback(True)
    return whoami()


@postgresql
@pytest.mark.django_db
def test_a_rollback_takes_no_role_back() -> None:
    assert asked(_after_a_rollback) == "visor_web"
    assert whoami() == "visor_migrator"


@postgresql
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_opened_anew_is_the_role_too() -> None:
    def lost() -> str:
        whoami()
        connection.close()
        return whoami()

    assert asked(lost) == "visor_web"
    assert whoami() == "visor_migrator"


@postgresql
@pytest.mark.django_db
def test_a_request_that_asks_nothing_of_the_database_says_nothing_to_it() -> None:
    connection.close_if_unusable_or_obsolete()
    assert asked(lambda: "from memory") == "from memory"
