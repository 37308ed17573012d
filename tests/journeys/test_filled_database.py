"""A filled database of an earlier release survives its migration, and its people still sign in."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from devtools.demo.run import environment
from devtools.phone.authenticator import Authenticator
from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.services import free_port
from devtools.stack.stack import Stack, as_user, own_database, running
from tests.administrator import Administrator
from tests.filled import GROWING, MOVED, Dump, dump, row_counts

pytestmark = pytest.mark.e2e

TENANTS = ("conformance", "demo", "orchard")
TIMEOUT_S = 30


@dataclass(frozen=True)
class Upgraded:
    """The dump after this release's migrations: rows before and after, and how the product starts on it."""

    dump: Dump
    before: dict[str, int]
    after: dict[str, int]
    product: Stack
    settings: dict[str, Any]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("postgresql", marks=pytest.mark.needs("postgresql")),
        pytest.param("sqlite", marks=pytest.mark.whole),
    ],
)
def upgraded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    """The dump of one database engine, laid out and migrated."""
    kept, data = dump(request.param), tmp_path_factory.mktemp(f"filled-{request.param}")
    if request.param == "sqlite":
        yield _migrated(kept, data, None)
        return
    with own_database() as database:
        yield _migrated(kept, data, database)


def _migrated(kept: Dump, data: Path, database: str | None) -> Upgraded:
    settings: dict[str, Any] = {"VISOR_PORT": str(free_port()), "PARTNER_PORT": str(free_port())}
    settings |= {"VISOR_DATABASE_URL": database} if database else {}
    product = _unstarted(data, settings)
    kept.lay_out(data, visor=product.base_url, partner=product.partner_url, database=database)
    before = row_counts(data, database)
    product.manage("generate_secrets")
    if database:
        administrator = {"VISOR_DATABASE_URL": as_user(database, "root")}
        replace(product, env={**product.env, **administrator}).manage("database_roles")
    product.manage("migrate", "--verbosity", "0")
    after = row_counts(data, database)
    vouched, *_ = [
        replace(product, env={**product.env, "VISOR_ROLES": role}).manage("seal_rows")
        for role in ("web", "portal")
    ]
    assert re.search(r"(?m)^session: [1-9]", vouched), vouched
    return Upgraded(kept, before, after, product, settings)


def _unstarted(data: Path, settings: dict[str, Any]) -> Stack:
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("VISOR_", "PARTNER_"))}
    env = environment({**mine, "VISOR_DATA_DIR": str(data), **settings})
    return Stack(env["VISOR_BASE_URL"], env["PARTNER_BASE_URL"], data, env)


@pytest.fixture(scope="module")
def stack(upgraded: Upgraded) -> Iterator[Stack]:
    """The product of this release, running on the migrated dump."""
    embedded = "VISOR_DATABASE_URL" not in upgraded.settings
    with running(upgraded.product.data_dir, embedded=embedded, **upgraded.settings) as product:
        yield product


@pytest.fixture(scope="module")
def known(upgraded: Upgraded) -> dict[str, Any]:
    """What was known to people, browsers and relying parties."""
    return upgraded.dump.known


def test_every_row_is_kept(upgraded: Upgraded) -> None:
    before = {MOVED.get(name, name): count for name, count in upgraded.before.items()}
    assert sum(before.values()) > 500
    changed = {name: (count, upgraded.after.get(name)) for name, count in before.items()}
    assert {name: pair for name, pair in changed.items() if not _kept(name, *pair)} == {}


def _kept(name: str, count: int, now: int | None) -> bool:
    return now == count or (name in GROWING and now is not None and now > count)


def test_what_was_not_told_yet_is_in_the_outbox(upgraded: Upgraded) -> None:
    assert upgraded.after["delivery_delivery"] == 1


def test_no_model_is_ahead_of_its_migrations(upgraded: Upgraded) -> None:
    upgraded.product.manage("makemigrations", "--check", "--dry-run")


def test_the_audit_chains_are_whole(upgraded: Upgraded) -> None:
    said = upgraded.product.manage("audit", "verify")
    assert re.findall(r"(?m)^(\S+): \d+ events, whole$", said) == list(TENANTS)


# --- people --------------------------------------------------------------------------------------------


def _phone(upgraded: Upgraded, photos: Path, passkey: int) -> SoftwarePhone:
    """The person's phone, with one of her two old passkeys."""
    held = Authenticator.load(upgraded.dump.phone)
    person = Person(
        photographs.read(photos / "obama" / "03.jpg"),
        authenticator=Authenticator([held.credentials[passkey]]),
    )
    return SoftwarePhone(person)


def _claims(phone: SoftwarePhone, stack: Stack) -> dict[str, Any]:
    answer = phone.browser.get(f"{stack.partner_url}/whoami.json", accept="application/json")
    claims: dict[str, Any] = answer.json()
    return claims


@pytest.mark.needs("photos")
@pytest.mark.parametrize("passkey", [0, 1])
def test_a_person_signs_in_with_an_old_passkey_and_not_with_a_face_of_another_network(
    upgraded: Upgraded, stack: Stack, known: dict[str, Any], photos: Path, passkey: int
) -> None:
    phone = _phone(upgraded, photos, passkey)
    with pytest.raises(Denied, match="refused"):
        phone.sign_in(f"{stack.partner_url}/members")
    assert phone.sign_in(f"{stack.partner_url}/members", face=False).status_code == 200
    claims = _claims(phone, stack)
    assert claims["sub"] == known["person"]["sub"]
    assert "face" not in claims["amr"]


@pytest.mark.needs("photos")
def test_an_invited_person_follows_an_old_link(stack: Stack, known: dict[str, Any], photos: Path) -> None:
    pictures = photographs.read(photos / "obama" / "01.jpg")
    phone = SoftwarePhone(Person(pictures))
    assert phone.enrol(f"{stack.base_url}{known['open_link']}").status_code == 200


def test_t04_an_old_cookie_signs_nobody_in_and_its_session_goes_on_under_the_new_name(
    stack: Stack, known: dict[str, Any]
) -> None:
    secret = known["person"]["cookies"]["visor_session"]
    old = SoftwarePhone(Person([]))
    old.browser.session.cookies.set("visor_session", secret, domain="localhost.local", path="/t/demo/")
    assert "/signin/" in old.browser.open(f"{stack.partner_url}/members").url
    phone = SoftwarePhone(Person([]))
    phone.browser.session.cookies.set("visor_session_demo", secret, domain="localhost.local", path="/")
    assert phone.browser.open(f"{stack.partner_url}/members").status_code == 200
    claims = _claims(phone, stack)
    assert claims["sub"] == known["person"]["sub"]
    assert claims["sid"] != known["person"]["sid"]


def test_an_old_browser_is_still_signed_in_at_the_partner(stack: Stack, known: dict[str, Any]) -> None:
    phone = SoftwarePhone(Person([]))
    phone.browser.session.cookies.set("harbour", known["person"]["cookies"]["harbour"])
    assert _claims(phone, stack)["sub"] == known["person"]["sub"]


def test_an_administrator_signs_in(stack: Stack, known: dict[str, Any]) -> None:
    held = known["administrator"]
    administrator = Administrator(stack.base_url, held["email"], held["password"], held["totp"])
    administrator.sign_in()
    page = administrator.open("/portal/demo/people/")
    assert page.status_code == 200
    assert "Ada Example" in page.text


# --- relying parties -----------------------------------------------------------------------------------


def test_an_old_refresh_token_brings_new_tokens(stack: Stack, known: dict[str, Any]) -> None:
    held = known["travel"]
    body = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}
    credentials = (held["client_id"], held["client_secret"])
    answer = requests.post(f"{stack.base_url}/t/demo/token", body, auth=credentials, timeout=TIMEOUT_S)
    assert answer.status_code == 200, answer.text
    token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    person = requests.get(f"{stack.base_url}/t/demo/userinfo", headers=token, timeout=TIMEOUT_S).json()
    assert (person["sub"], person["name"]) == (known["person"]["sub"], "Ada Example")


def test_a_relying_party_reads_its_old_registration(stack: Stack, known: dict[str, Any]) -> None:
    held = known["registered"]
    token = {"Authorization": f"Bearer {held['registration_access_token']}"}
    address = f"{stack.base_url}/t/demo/register/{held['client_id']}"
    assert requests.get(address, headers=token, timeout=TIMEOUT_S).json()["client_id"] == held["client_id"]


def test_an_old_initial_access_token_registers_another(stack: Stack, known: dict[str, Any]) -> None:
    token = {"Authorization": f"Bearer {known['initial_access_token']}"}
    metadata: dict[str, Any] = {"redirect_uris": ["https://new.example/callback"]}
    address = f"{stack.base_url}/t/demo/register"
    assert requests.post(address, json=metadata, headers=token, timeout=TIMEOUT_S).status_code == 201


def test_the_audit_chains_go_on_from_there(stack: Stack, upgraded: Upgraded) -> None:
    said = stack.manage("audit", "verify")
    events = [int(count) for count in re.findall(r"(?m)^\S+: (\d+) events, whole$", said)]
    assert sum(events) > upgraded.before["audit_auditevent"]


# --- scheduled work ------------------------------------------------------------------------------------

# Everything that is scheduled or swept, once, as the role that does it; much is due 800 days later.
LATER = """
import json, logging, sys
from datetime import timedelta
from authsvc.core import clock
from config import retention
from config.celery import app
from config.management.commands.sweeper import WORK

class Kept(logging.Handler):
    def emit(self, record):
        problems.append(self.format(record))

problems, true = [], clock.now
logging.getLogger().addHandler(Kept(logging.ERROR))
app.loader.import_default_modules()
for module in list(sys.modules.values()):
    if getattr(module, "now", None) is true:
        module.now = lambda: true() + timedelta(days=800)
retention.load()
for _name, _seconds, act in WORK:
    act()
for entry in app.conf.beat_schedule.values():
    app.tasks[entry["task"]]()
print(json.dumps(problems))
"""


@pytest.mark.requirement("S6.1-01", "S8.3-01")
def test_all_scheduled_work_can_be_done_by_the_role_that_does_it(upgraded: Upgraded, stack: Stack) -> None:
    worker = replace(stack, env={**stack.env, "VISOR_ROLES": "provider"})
    *_, said = worker.manage("shell", "-c", LATER).strip().splitlines()
    assert json.loads(said) == []
    database = upgraded.settings.get("VISOR_DATABASE_URL")
    left = row_counts(stack.data_dir, database)
    for table in ("oidc_session", "oidc_token", "person_visit", "transactions_sealedsample"):
        assert left[table] == 0, table
