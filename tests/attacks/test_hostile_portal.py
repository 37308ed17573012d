"""What somebody stores or sends to hurt who administers: markup, formulas, more than a form asks for."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from django.test import Client

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.clients.services import register
from authsvc.core.clock import now
from authsvc.core.ids import new_secret, secret_hash
from authsvc.enrolment.services import create_link
from authsvc.management import approvals, disputes
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import Member
from authsvc.management.models import Approval
from authsvc.oidc.registration.access import issue_initial_token
from authsvc.subjects.models import Subject
from authsvc.tenancy.memberships.models import Invitation, Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import open_transaction
from tests.factories import make_device, make_subject
from tests.tenancy.conftest import World
from tests.tenancy.people import make_user, signed_in
from tests.tenancy.routes import EXPECTED, Kind, filled, routes
from tests.unit.portal.test_relying_party_form import posted

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-01")]
MARKUP: Final = "\"'></script><i x7q9>"
RAW: Final = re.compile(r"<i x7q9>|\"'><")
FORMULAS: Final = ("=1+1", "  @SUM(A1)", "＝cmd", "\t-1", "+1")
PAGES: Final = routes(Kind.MEMBER, Kind.FORM)
PRESSED: Final = re.compile(r'<(form|button|script)\b|href="[^#"]*"[^>]*>\w')
# The portal, and nobody else, shows them within a page of its own; there is nothing to press in them.
PREVIEWS: Final = {f"portal/<slug:tenant>/settings/preview/{what}/" for what in ("page", "mail")}


def planted(world: World, text: str) -> dict[str, str]:
    """Store a text wherever somebody can have one stored, and return the routes' values that lead to it."""
    with tenant_scope(world.tenant.id):
        party, _ = register(name=text.strip(), redirect_uris=["https://party.example/cb"], scopes=["openid"])
        person = make_subject(name=text, external_id=text[:60])
        link, _url = create_link(subject=person, created_by=text)
        row = open_transaction(
            kind=Transaction.Kind.AUTHENTICATE,
            browser_key=new_secret(),
            continue_path="/",
            client=party,
            subject=person,
        )
        asker = make_user((world.tenant, Role.ADMIN))
        by = Member(asker.pk, text, proven_at=now())
        given = {"by": by, "party": party, "redirect_uris": ["https://new.example/cb"], "name": text.strip()}
        wanted = NeedsAgreement(by, "relying_parties.change", given, ["for a test"])
        event = record(
            Tag.REQUEST_REFUSED,
            actor=text,
            transaction=row.pk,
            client=party.client_id,
            subject=str(person.pk),
            reason=text,
            **{text: text},
        )
        return {
            **world.values,
            "party": party.pk,
            "subject": str(person.pk),
            "device": make_device(person, name=text).pk,
            "link": link.pk,
            "transaction": row.pk,
            "event": str(event.pk),
            "initial": secret_hash(issue_initial_token(note=text)),
            "approval": approvals.ask(by=by, wanted=wanted, why=text).pk,
            "dispute": disputes.raise_dispute(by=by, subject=person, kind="other", said=text).pk,
        }


def test_stored_markup_is_text_on_every_page(ours: World, owner: Client) -> None:
    values = planted(ours, MARKUP)
    Tenant.objects.filter(pk=ours.tenant.pk).update(name=MARKUP)
    shown_on = set()
    for route in PAGES:
        page = owner.get(filled(route, values)).content.decode()
        assert not RAW.search(page), route
        shown_on |= {route} if "&lt;i x7q9&gt;" in page else set()
    # The organisation's name alone stands on every page but what a script reads, whole or to put into a page.
    assert set(PAGES) - shown_on <= {"portal/<slug:tenant>/search/suggest/", "portal/<slug:tenant>/now/"}
    found = owner.get(f"/portal/{ours.tenant.slug}/search/suggest/", {"q": MARKUP})
    assert found["Content-Type"] == "application/json"
    assert found["X-Content-Type-Options"] == "nosniff"


def test_no_cell_of_any_table_is_a_formula(ours: World, owner: Client) -> None:
    for text in FORMULAS:
        planted(ours, text)
    tables = [route for route in PAGES if "as=csv" in owner.get(filled(route, ours.values)).content.decode()]
    assert len(tables) >= 4
    found = [owner.get(filled(route, ours.values), {"as": "csv"}).content.decode() for route in tables]
    exported = owner.post(f"/portal/{ours.tenant.slug}/audit/export/", {"form": "csv"})
    found.append(b"".join(exported.streaming_content).decode())  # type: ignore[attr-defined]
    for text in found:
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert not [cell for cell in cells if cell.strip()[:1] in {"=", "+", "-", "@", "＝"}]
    assert "'=1+1" in "".join(found)


@contextmanager
def unchanged(ours: World, theirs: World) -> Iterator[None]:
    """Require that nothing of the other tenant, and no name that tells a row, is another afterwards."""
    before = _told(ours), _told(theirs)
    yield
    assert (_told(ours), _told(theirs)) == before


def _told(world: World) -> list[Any]:
    with tenant_scope(world.tenant.id):
        return [
            list(RelyingParty.objects.order_by("pk").values_list("pk", "client_id", "tenant", "status")),
            list(Subject.objects.order_by("pk").values_list("pk", "tenant", "status", "reference")),
            list(
                Membership.objects.filter(tenant=world.tenant)
                .order_by("pk")
                .values_list("pk", "user", "role")
            ),
        ]


def test_a_form_takes_no_more_than_it_asks_for(ours: World, theirs: World, owner: Client) -> None:
    more = {
        "id": "1",
        "pk": "1",
        "tenant": str(theirs.tenant.pk),
        "tenant_id": str(theirs.tenant.pk),
        "user": "1",
        "client_id": "mine",
        "status": "closed",
        "state": "approved",
        "reference": "x",
        "seal": "x",
        "first_party": "on",
        "is_superuser": "on",
        "role": "owner",
    }
    skipped = {"team/invite/", "people/new/", "relying-parties/new/"}
    with unchanged(ours, theirs):
        for route in routes(Kind.FORM):
            if not any(route.endswith(each) for each in skipped):
                page = owner.get(filled(route, ours.values)).content.decode()
                names = dict.fromkeys(
                    re.findall(r'<(?:input|select|textarea)[^>]*\bname="([^"]+)"', page), ""
                )
                owner.post(
                    filled(route, ours.values), {**more, **{name: "" for name in names if name not in more}}
                )


def test_a_person_who_is_invited_is_one_of_this_tenant_and_not_yet_in_use(
    ours: World, theirs: World, owner: Client
) -> None:
    sent = {"name": "Invited", "tenant": theirs.tenant.pk, "status": "active", "reference": "x", "id": "1"}
    owner.post(f"/portal/{ours.tenant.slug}/people/new/", sent)
    with tenant_scope(ours.tenant.id):
        made = Subject.objects.get(name="Invited")
        assert (made.status, made.reference) == (Subject.Status.INVITED, "")


def test_nobody_agrees_with_themselves_in_another_browser(ours: World) -> None:
    user = make_user((ours.tenant, Role.OWNER))
    with tenant_scope(ours.tenant.id):
        by = Member(user.pk, user.email, proven_at=now())
        given = {"by": by, "party": RelyingParty.objects.get(pk=ours.values["party"]), "floor_level": "L1"}
        wanted = NeedsAgreement(by, "relying_parties.change", given, ["for a test"])
        row = approvals.ask(by=by, wanted=wanted, why="alone")
    second, page = signed_in(user), f"/portal/{ours.tenant.slug}/approvals/{row.pk}/"
    assert "Agree, and do it now" not in second.get(page).content.decode()
    for act in ("agree", "alone"):
        assert second.post(f"{page}{act}/").status_code == 302
        with tenant_scope(ours.tenant.id):
            assert Approval.objects.get(pk=row.pk).state == Approval.State.PENDING


LONG: Final = "x" * 10_000
HIDDEN: Final = "Ada\u202egnp.exe"


@pytest.mark.parametrize("name", [LONG, HIDDEN], ids=["10,000 characters", "turned round"])
@pytest.mark.parametrize("screen", ["people/new/", "relying-parties/new/"])
def test_a_name_that_nobody_can_read_is_not_taken(ours: World, owner: Client, screen: str, name: str) -> None:
    sent = {"name": name, "kind": "web", "redirect_uris": "https://party.example/cb", "scopes": ["openid"]}
    assert owner.post(f"/portal/{ours.tenant.slug}/{screen}", sent).status_code in {200, 422}
    with tenant_scope(ours.tenant.id):
        assert not Subject.objects.filter(name=name).exists()
        assert not RelyingParty.objects.filter(name=name).exists()


def test_every_page_is_ours_alone_to_frame_and_answers_to_no_other_host(ours: World, owner: Client) -> None:
    for route in [*PAGES, *routes(Kind.ACCOUNT)]:
        if route.startswith("portal/") and EXPECTED[route] != Kind.ACCOUNT:
            answer = owner.get(filled(route, ours.values))
            if route in PREVIEWS:
                assert answer["X-Frame-Options"] == "SAMEORIGIN", route
                assert "frame-ancestors 'self'" in answer["Content-Security-Policy"], route
                assert not PRESSED.search(answer.content.decode()), route
            else:
                assert answer["X-Frame-Options"] == "DENY", route
                assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], route
            other = owner.get(filled(route, ours.values), headers={"host": "evil.example"})
            assert other.status_code in {400, 404, 421}, route
            assert "evil.example" not in other.content.decode()


def test_an_invitation_leads_to_our_host_whatever_the_request_said(
    ours: World, owner: Client, mailoutbox: list[Any]
) -> None:
    answer = owner.post(
        f"/portal/{ours.tenant.slug}/team/invite/",
        {"email": "new@example.org", "role": "auditor"},
        headers={"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"},
    )
    assert answer.status_code == 302
    assert "evil.example" not in mailoutbox[-1].body
    with tenant_scope(ours.tenant.id):
        assert Invitation.objects.filter(email="new@example.org").exists()


EDITED: Final = {
    "people/<uuid:subject>/edit/": {"name": "Ada", "external_id": "", "email": ""},
    "settings/organisation/": {"name": "Northwind", "language": ""},
}


@pytest.mark.parametrize("route", EDITED)
def test_what_somebody_else_has_changed_since_is_not_overwritten_unseen(
    ours: World, owner: Client, route: str
) -> None:
    page = filled(f"portal/<slug:tenant>/{route}", ours.values)
    other = signed_in(make_user((ours.tenant, Role.OWNER)))
    shown = {browser: _seen(browser.get(page)) for browser in (owner, other)}
    first, second = ({**EDITED[route], "name": name} for name in ("The first one", "The second one"))
    for _click in range(2):
        assert other.post(page, {**first, "seen": shown[other]}).status_code == 302
    answer = owner.post(page, {**second, "seen": shown[owner]})
    assert answer.status_code == 422
    assert "has changed this since" in answer.content.decode()
    assert "The first one" in owner.get(page).content.decode()
    assert owner.post(page, {**second, "seen": _seen(answer)}).status_code == 302


def test_of_two_who_edit_at_once_the_later_one_is_told(ours: World, owner: Client) -> None:
    page = f"/portal/{ours.tenant.slug}/relying-parties/{ours.values['party']}/edit/"
    other = signed_in(make_user((ours.tenant, Role.ADMIN)))
    texts = posted()
    shown = {browser: _seen(browser.get(page)) for browser in (owner, other)}
    first = {**texts, "name": "The first one’s", "seen": shown[other]}
    assert other.post(page, first).status_code == 302
    assert other.post(page, first).status_code == 302  # A double click says the same.
    second = {**texts, "name": "The second one’s", "seen": shown[owner]}
    answer = owner.post(page, second)
    assert answer.status_code == 422
    assert "has changed this relying party since" in answer.content.decode()
    with tenant_scope(ours.tenant.id):
        assert RelyingParty.objects.get(pk=ours.values["party"]).name == "The first one’s"
    assert owner.post(page, {**second, "seen": _seen(answer)}).status_code == 302


def _seen(page: Any) -> str:
    """What the form says that it was made of."""
    found = re.search(r'name="seen" value="([^"]*)"', page.content.decode())
    assert found is not None
    return found[1]
