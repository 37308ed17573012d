"""The states, a function each: how one comes there. The table is in the order of the file."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import OperationalError
from django.test import Client, override_settings

from authsvc.audit.sequencing import sequence
from authsvc.clients.models import RelyingParty
from authsvc.clients.scopes import LIVENESS
from authsvc.core.clock import now
from authsvc.core.ids import new_id
from authsvc.core.remembered import forget_everything
from authsvc.devices.models import Device
from authsvc.enrolment.models import EnrolmentLink, PeopleImport
from authsvc.enrolment.recovery import make_codes as make_recovery_codes
from authsvc.limits.register import RECOVERY_ADDRESS
from authsvc.management import approvals, checks, importing, policies, saved_filters, team
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import Member, System
from authsvc.management.models import Approval
from authsvc.management.relying_parties import start_bench
from authsvc.oidc.ciba.waiting import open_request
from authsvc.oidc.models import BackchannelRequest, Session
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.offering.persons import test_persons as persons_of_tests
from authsvc.oidc.requests.wanted import Backchannel, Context
from authsvc.person.models import Visit
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import publish_policy
from authsvc.subjects.models import Subject
from authsvc.tenancy.memberships.models import Invitation, Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import LivenessRequest, NewReference
from authsvc.transactions.services import (
    accept_sample,
    cancel,
    issue_capture,
    open_handoff,
    record_verdict,
)
from authsvc.vault.ageing import KeptMoment, as_stored
from authsvc.vault.models import Moment, Reference
from devtools.phone.authenticator import Authenticator as SoftwareAuthenticator
from portal.accounts.models import User
from portal.accounts.recovery import make_codes
from portal.relying_parties.forms import values_of
from tests.ended import ended, proven, stored
from tests.factories import make_device, make_party, make_subject
from tests.journeys.ends.walker import Answer, Walker, Way
from tests.outside import ACR, Outside, outside
from tests.provider.browser import fields_of_form, justified, make_partner
from tests.provider.tokens import key_set, new_key
from tests.tenancy.conftest import World, fill
from tests.tenancy.people import PASSWORD, make_user, signed_in
from tests.tenancy.routes import Kind, filled, routes
from tests.unit.portal.test_single_sign_on import Comer, linked, set_up
from tests.unit.self_enrolment.comer import Comer as Joiner
from tests.unit.self_enrolment.comer import set_up as let_people_join
from tests.unit.transactions import flow


@dataclass(frozen=True)
class State:
    """A state: at which part of the product, how somebody comes there, and the walk."""

    place: str
    how: str
    walk: Way

    @property
    def name(self) -> str:
        return f"{self.place}: {self.how}"


STATES: list[State] = []


def state(place: str, how: str) -> Callable[[Way], Way]:
    """Put a walk into the table."""

    def listed(walk: Way) -> Way:
        STATES.append(State(place, how, walk))
        return walk

    return listed


# --- liveness for a site's own page -------------------------------------------------------------------------
@state("Liveness", "a site’s page shows it")
def _(walker: Walker) -> Answer:
    return walker.get(f"liveness/{_session(walker).pk}/")


@state("Liveness", "a session that is over")
def _(walker: Walker) -> Answer:
    row = _session(walker)
    cancel(row)
    return walker.get(f"liveness/{row.pk}/")


@state("Liveness", "an address that was made up")
def _(walker: Walker) -> Answer:
    return walker.get(f"liveness/{new_id()}/")


def _session(walker: Walker) -> Transaction:
    party = make_party(name="Shop", purpose="To let people vote.", scopes=["openid", LIVENESS])
    named = LivenessRequest("k" * 43)
    return walker.agent.open(Transaction.Kind.LIVENESS, client=party, continue_path="", request=named)


# --- enrolment --------------------------------------------------------------------------------------------
def _link(how: str, **changed: Any) -> None:
    @state("Enrolment link", how)
    def walk(walker: Walker) -> Answer:
        path = walker.invited()
        walker.link(**changed)
        return walker.get(path)


@state("Enrolment link", "opened")
def _(walker: Walker) -> Answer:
    return walker.get(walker.invited())


_link("used", used_at=now())
_link("expired", expires_at=now() - timedelta(days=1))
_link("withdrawn", revoked_at=now())


@state("Enrolment link", "wrong, or cut short")
def _(walker: Walker) -> Answer:
    return walker.get("enrol/half-of-a-link/")


@state("Enrolment link", "the account was closed")
def _(walker: Walker) -> Answer:
    path = walker.invited()
    Subject.objects.update(status=Subject.Status.CLOSED)
    return walker.get(path)


@state("Enrolment link", "the person is suspended")
def _(walker: Walker) -> Answer:
    path = walker.invited()
    Subject.objects.update(status=Subject.Status.SUSPENDED)
    return walker.get(path)


@state("Enrolment link", "agreed to a text that has changed since")
def _(walker: Walker) -> Answer:
    return walker.post(walker.invited() + "consent", {"choice": "face", "notice_version": "old"})


@state("Enrolment link", "sent again from the page before, after it was used")
def _(walker: Walker) -> Answer:
    path = walker.invited()
    walker.link(used_at=now())
    return walker.post(path + "consent", {"choice": "passkey"})


@state("Enrolment link", "sent from another site")
def _(walker: Walker) -> Answer:
    path = walker.invited()
    return walker.browser.post(path + "consent", {}, headers={"origin": "https://other.example"})


@state("Enrolment page", "with the face")
def _(walker: Walker) -> Answer:
    return walker.page(walker.agreed(face=True))


@state("Enrolment page", "with a passkey alone")
def _(walker: Walker) -> Answer:
    return walker.page(walker.agreed())


@state("Enrolment page", "reloaded after the passkey was made")
def _(walker: Walker) -> Answer:
    row = walker.agreed(face=True)
    walker.agent.passkey(row)
    return walker.page(row)


@state("Enrolment page", "stopped, and opened again")
def _(walker: Walker) -> Answer:
    return walker.page(walker.left(walker.agreed()))


@state("Enrolment page", "another browser")
def _(walker: Walker) -> Answer:
    row = walker.agreed()
    walker.another_browser()
    return walker.page(row)


@state("Enrolment end", "done")
def _(walker: Walker) -> Answer:
    return walker.get(walker.enrolled().continue_path)


@state("Enrolment end", "done with the face, and one more moment asked for")
def _(walker: Walker) -> Answer:
    row = walker.agreed(face=True)
    walker.agent.passkey(row)
    row.refresh_from_db()
    issue_capture(row, challenge=flow.CHALLENGE)
    capture = accept_sample(row, b"sealed")
    kept = Reference.objects.create(model="G", sealed_template=b"s", engine="an engine", consent="c")
    record_verdict(capture.pk, flow.verdict_on(capture, reference=NewReference(kept.pk, 1, "prf")))
    return walker.get(row.continue_path)


@state("Enrolment end", "stopped")
def _(walker: Walker) -> Answer:
    return walker.get(walker.left(walker.agreed()).continue_path)


@state("Enrolment end", "took too long")
def _(walker: Walker) -> Answer:
    return walker.get(walker.overdue(walker.agreed()).continue_path)


@state("Enrolment end", "stopped, and begun again")
def _(walker: Walker) -> Answer:
    return walker.post(f"enrol/again/{walker.left(walker.agreed()).pk}/")


@state("Enrolment end", "another browser would begin it again")
def _(walker: Walker) -> Answer:
    row = walker.left(walker.agreed())
    walker.another_browser()
    return walker.post(f"enrol/again/{row.pk}/")


@state("Enrolment end", "opened before the end: back where one was")
def _(walker: Walker) -> Answer:
    return walker.get(walker.agreed().continue_path)


@state("Enrolment end", "the link was used from another browser meanwhile")
def _(walker: Walker) -> Answer:
    row = walker.enrolled()
    walker.link(used_at=now())
    return walker.get(row.continue_path)


@state("Enrolment end", "what was made of the face is gone meanwhile")
def _(walker: Walker) -> Answer:
    row = walker.agreed(face=True)
    walker.agent.passkey(row)
    issue_capture(row, challenge=flow.CHALLENGE)
    capture = accept_sample(row, b"sealed")
    made = NewReference("gone", 1, "prf")
    record_verdict(capture.pk, flow.verdict_on(capture, reference=made))
    return walker.get(row.continue_path)


@state("Enrolment end", "stopped, and the link was used meanwhile")
def _(walker: Walker) -> Answer:
    row = walker.left(walker.agreed())
    walker.link(used_at=now())
    return walker.get(row.continue_path)


@state("Enrolment end", "another browser")
def _(walker: Walker) -> Answer:
    row = walker.enrolled()
    walker.another_browser()
    return walker.get(row.continue_path)


@state("Enrolment end", "a sign-in's number in the address")
def _(walker: Walker) -> Answer:
    return walker.get(f"enrol/finish/{walker.proven().pk}/")


@state("Enrolment end", "the passkey was revoked meanwhile")
def _(walker: Walker) -> Answer:
    row = walker.enrolled()
    Device.objects.update(status=Device.Status.REVOKED)
    return walker.get(row.continue_path)


# --- a second passkey -------------------------------------------------------------------------------------
def _binding(walker: Walker) -> Transaction:
    walker.agent.enrolled(reference="")
    return walker.row(walker.browser.post(f"{walker.root}passkeys/", headers={"origin": walker.agent.origin}))


@state("Second passkey", "explained")
def _(walker: Walker) -> Answer:
    return walker.get("passkeys/")


@state("Second passkey", "the agent's page")
def _(walker: Walker) -> Answer:
    return walker.page(_binding(walker))


@state("Second passkey", "added")
def _(walker: Walker) -> Answer:
    row = _binding(walker)
    walker.agent.passkey(row)
    return walker.get(walker.agent.passkey(row).json()["continue_url"])


@state("Second passkey", "stopped")
def _(walker: Walker) -> Answer:
    return walker.get(walker.left(_binding(walker)).continue_path)


@state("Second passkey", "took too long")
def _(walker: Walker) -> Answer:
    return walker.get(walker.overdue(_binding(walker)).continue_path)


@state("Second passkey", "opened before the end: back where one was")
def _(walker: Walker) -> Answer:
    return walker.get(_binding(walker).continue_path)


@state("Second passkey", "finished without one")
def _(walker: Walker) -> Answer:
    row = _binding(walker)
    walker.agent.passkey(row)
    walker.agent.post(row, "without-face")
    return walker.get(row.continue_path)


# --- a face renewed ----------------------------------------------------------------------------------------
def _renewal(walker: Walker) -> Transaction:
    walker.agent.enrolled()
    row = walker.row(walker.browser.post(f"{walker.root}moments/", headers={"origin": walker.agent.origin}))
    walker.agent.passkey(row)
    row.refresh_from_db()
    return row


def _added(walker: Walker) -> Transaction:
    """Come to the end of a renewal, whose moment lies in the vault."""
    row = _renewal(walker)
    assert row.subject is not None
    reference = Reference.objects.create(
        pseudonym=row.subject.reference, model="G", sealed_template=b"s", engine="an engine", consent="c"
    )
    moment = Moment.objects.create(reference=reference, sealed_template=b"s", quality=70)
    issue_capture(row, challenge=flow.CHALLENGE)
    capture = accept_sample(row, b"sealed")
    made = NewReference(reference.pk, row.subject.reference_version, "prf", moment.pk)
    record_verdict(capture.pk, flow.verdict_on(capture, reference=made))
    return row


@state("Renewed face", "explained")
def _(walker: Walker) -> Answer:
    return walker.get("moments/")


@state("Renewed face", "the agent's page")
def _(walker: Walker) -> Answer:
    return walker.page(_renewal(walker))


@state("Renewed face", "a moment added, and one more asked for")
def _(walker: Walker) -> Answer:
    return walker.get(_added(walker).continue_path)


@state("Renewed face", "enough moments")
def _(walker: Walker) -> Answer:
    row = _added(walker)
    assert row.subject is not None
    before = [KeptMoment(row.subject.reference, now().isoformat()), KeptMoment(new_id(), now().isoformat())]
    moments = as_stored(row.subject.reference, before)
    Subject.objects.filter(pk=row.subject.pk).update(reference_moments=moments)
    return walker.get(row.continue_path)


@state("Renewed face", "stopped")
def _(walker: Walker) -> Answer:
    return walker.get(walker.left(_renewal(walker)).continue_path)


@state("Renewed face", "took too long")
def _(walker: Walker) -> Answer:
    return walker.get(walker.overdue(_renewal(walker)).continue_path)


@state("Renewed face", "opened before the end: back where one was")
def _(walker: Walker) -> Answer:
    return walker.get(_renewal(walker).continue_path)


@state("Renewed face", "the face was removed meanwhile")
def _(walker: Walker) -> Answer:
    row = _added(walker)
    assert row.subject is not None
    Subject.objects.filter(pk=row.subject.pk).update(reference="")
    return walker.get(row.continue_path)


# --- the agent's page of a sign-in ------------------------------------------------------------------------
@state("Sign-in page", "opened")
def _(walker: Walker) -> Answer:
    return walker.page(walker.asked())


@state("Sign-in page", "no relying party asked for it")
def _(walker: Walker) -> Answer:
    return walker.post("approve/enter")


@state("Sign-in page", "back from the relying party, after the sign-in")
def _(walker: Walker) -> Answer:
    row = walker.proven(first_party=True)
    walker.browser.get(row.continue_path)
    return walker.page(row)


@state("Sign-in page", "back after Cancel")
def _(walker: Walker) -> Answer:
    return walker.page(walker.left(walker.asked()))


@state("Sign-in page", "kept open for more than five minutes, and reloaded")
def _(walker: Walker) -> Answer:
    return walker.page(walker.overdue(walker.asked()))


@state("Sign-in page", "another browser, or a second device")
def _(walker: Walker) -> Answer:
    row = walker.asked()
    walker.another_browser()
    return walker.page(row)


@state("Sign-in page", "an address of nothing")
def _(walker: Walker) -> Answer:
    return walker.get(f"signin/{new_id()}/")


# --- from a desk to a phone -------------------------------------------------------------------------------
def _shown_code(walker: Walker, row: Transaction) -> str:
    """Show a code at the desk, take the phone in hand, and return where the code leads."""
    secret = open_handoff(row, digits=2, agent_path=f"{walker.root}handoff/{row.pk}/")
    walker.another_browser()
    return f"handoff/{row.pk}/{secret}/"


def _met(walker: Walker) -> str:
    """Scan a code, and say that the other screen is here."""
    path = _shown_code(walker, walker.asked())
    walker.post(path, {"answer": "yes"})
    return path


def _number(path: str) -> str:
    handoff = Transaction.objects.get(pk=path.split("/")[1]).handoff
    assert handoff is not None
    return handoff.number


def _wrong_number(path: str) -> dict[str, str]:
    return {"number": f"{(int(_number(path)) + 1) % 100:02d}"}


def _taken(walker: Walker) -> Transaction:
    """Take a sign-in over by the phone."""
    path = _met(walker)
    walker.post(path, {"number": _number(path)})
    return Transaction.objects.get(pk=path.split("/")[1])


@state("Desk", "the code is shown")
def _(walker: Walker) -> Answer:
    return walker.get(f"desk/{walker.asked().pk}/")


@state("Desk", "a phone took over, and the sign-in page is opened again")
def _(walker: Walker) -> Answer:
    desk = walker.browser
    row = _taken(walker)
    walker.browser = desk
    return walker.page(row)


@state("Desk", "the code is opened in the browser that shows it")
def _(walker: Walker) -> Answer:
    desk, path = walker.browser, _shown_code(walker, walker.asked())
    walker.browser = desk
    return walker.get(path)


@state("Desk", "no phone may take over here")
def _(walker: Walker) -> Answer:
    publish_policy(document={**DEFAULT, "handoff_digits": 0}, published_by="a test")
    return walker.get(f"desk/{walker.asked().pk}/")


@state("Desk", "stopped, and opened again")
def _(walker: Walker) -> Answer:
    return walker.get(f"desk/{walker.left(walker.asked()).pk}/")


@state("Desk", "another browser")
def _(walker: Walker) -> Answer:
    row = walker.asked()
    walker.another_browser()
    return walker.get(f"desk/{row.pk}/")


@state("Phone", "a code was scanned")
def _(walker: Walker) -> Answer:
    return walker.get(_shown_code(walker, walker.asked()))


@state("Phone", "a code of an enrolment was scanned")
def _(walker: Walker) -> Answer:
    return walker.get(_shown_code(walker, walker.agreed()))


@state("Phone", "the other screen is here: its number is asked for")
def _(walker: Walker) -> Answer:
    return walker.get(_met(walker))


@state("Phone", "something that is no number was typed")
def _(walker: Walker) -> Answer:
    return walker.post(_met(walker), {"number": "x"})


@state("Phone", "another number was typed")
def _(walker: Walker) -> Answer:
    path = _met(walker)
    return walker.post(path, _wrong_number(path))


@state("Phone", "the right number was typed")
def _(walker: Walker) -> Answer:
    path = _met(walker)
    return walker.post(path, {"number": _number(path)})


@state("Phone", "the other screen is not here")
def _(walker: Walker) -> Answer:
    return walker.post(_shown_code(walker, walker.asked()), {"answer": "no"})


@state("Phone", "the code was used, or another number was typed before")
def _(walker: Walker) -> Answer:
    path = _met(walker)
    walker.post(path, _wrong_number(path))
    return walker.get(path)


@state("Phone", "the code is another device’s by now")
def _(walker: Walker) -> Answer:
    path = _met(walker)
    walker.another_browser()
    return walker.get(path)


@state("Phone", "a code of nothing, or cut short")
def _(walker: Walker) -> Answer:
    row = walker.asked()
    walker.another_browser()
    return walker.get(f"handoff/{row.pk}/{new_id()}/")


@state("Phone", "answered from another site")
def _(walker: Walker) -> Answer:
    path = _shown_code(walker, walker.asked())
    return walker.browser.post(
        walker.root + path, {"answer": "yes"}, headers={"origin": "https://other.example"}
    )


@state("Phone’s end", "done")
def _(walker: Walker) -> Answer:
    row = _taken(walker)
    Transaction.objects.filter(pk=row.pk).update(state=Transaction.State.DECIDED)
    return walker.get(f"handoff/{row.pk}/")


@state("Phone’s end", "opened before the end: back where one was")
def _(walker: Walker) -> Answer:
    return walker.get(f"handoff/{_taken(walker).pk}/")


@state("Phone’s end", "stopped, and the page opened again")
def _(walker: Walker) -> Answer:
    row = _taken(walker)
    walker.browser.post(
        f"{walker.root}agent/{row.pk}/cancel", {}, "application/json", headers={"origin": walker.agent.origin}
    )
    return walker.page(row)


@state("Phone’s end", "took too long")
def _(walker: Walker) -> Answer:
    return walker.get(f"handoff/{walker.overdue(_taken(walker)).pk}/")


@state("Phone’s end", "another browser")
def _(walker: Walker) -> Answer:
    row = _taken(walker)
    walker.another_browser()
    return walker.get(f"handoff/{row.pk}/")


# --- the request of a relying party -----------------------------------------------------------------------
def _request(how: str, *, party: dict[str, Any] | None = None, **changed: str | None) -> None:
    @state("Request", how)
    def walk(walker: Walker) -> Answer:
        partner = make_partner(**{"name": "Shop", "client_uri": "https://shop.example/", **(party or {})})
        return walker.get("authorize", **walker.visitor.request(partner, **changed))


_request("from a site that is not known", client_id="unknown")
_request("with an address to return to that is not registered", redirect_uri="https://evil.example/")
_request("pushed before, used or too old", request_uri="urn:ietf:params:oauth:request_uri:x")
_request(
    "that had to be pushed and was not", party={"require_pushed_authorization_requests": True}, state="x"
)
_request("with two forms of one request", request="x", request_uri="https://shop.example/r", redirect_uri="")
_request("in an object that does not hold", request="nonsense", redirect_uri="https://evil.example/")
_request("with an object behind an unknown address", request_uri="https://x.example/", redirect_uri="")
_request("from a site that is in test", party={"in_test": True})
_request(
    "by a site whose sign-ins begin at an address of its own",
    party={"initiate_login_uri": "https://shop.example/login"},
    redirect_uri="https://evil.example/",
)


@state("Request", "that had to be signed and was not")
def _(walker: Walker) -> Answer:
    party = make_partner(name="Shop", client_uri="https://shop.example/").party
    RelyingParty.objects.filter(pk=party.pk).update(require_signed_request_object=True)
    forget_everything()
    return walker.get("authorize", client_id=party.client_id)


@state("Request", "from an app that has no page")
def _(walker: Walker) -> Answer:
    partner = make_partner(name="App")
    RelyingParty.objects.filter(pk=partner.party.pk).update(redirect_uris=["com.app:/back"])
    forget_everything()
    return walker.get("authorize", client_id=partner.party.client_id)


@state("Request", "with a parameter twice")
def _(walker: Walker) -> Answer:
    return walker.goes_on(walker.browser.get(f"{walker.root}authorize?client_id=a&client_id=b"))


@state("Request", "with a parameter that is too long")
def _(walker: Walker) -> Answer:
    return walker.get("authorize", client_id="a" * 201)


@state("Request", "with signs that are no text")
def _(walker: Walker) -> Answer:
    return walker.get("authorize", client_id="a\x00b")


@state("Request", "answered by a form that posts itself")
def _(walker: Walker) -> Answer:
    walker.visitor.mode = "form_post"
    row = walker.proven(first_party=True)
    return walker.browser.get(row.continue_path)


# --- the end of a sign-in ---------------------------------------------------------------------------------
@state("Sign-in end", "reloaded, or kept as a bookmark")
def _(walker: Walker) -> Answer:
    row = walker.proven(first_party=True)
    walker.browser.get(row.continue_path)
    return walker.get(row.continue_path)


@state("Sign-in end", "opened before the end: back where one was")
def _(walker: Walker) -> Answer:
    return walker.get(walker.asked().continue_path)


@state("Sign-in end", "another browser")
def _(walker: Walker) -> Answer:
    row = walker.proven()
    walker.another_browser()
    return walker.get(row.continue_path)


@state("Sign-in end", "an address of nothing")
def _(walker: Walker) -> Answer:
    return walker.get(f"authorize/resume/{new_id()}")


@state("Sign-in end", "of another place")
def _(walker: Walker) -> Answer:
    return walker.get(f"approve/entered/{walker.proven().pk}")


@state("Sign-in end", "of another place, and stopped")
def _(walker: Walker) -> Answer:
    return walker.get(f"approve/entered/{walker.left(walker.asked()).pk}")


@state("Sign-in end", "of another place, and too late")
def _(walker: Walker) -> Answer:
    row = walker.asked()
    Transaction.objects.filter(pk=row.pk).update(expires_at=now() - timedelta(seconds=1))
    walker.another_browser()
    return walker.get(f"approve/entered/{row.pk}")


@state("Sign-in end", "the relying party is gone meanwhile")
def _(walker: Walker) -> Answer:
    row = walker.proven()
    RelyingParty.objects.update(status=RelyingParty.Status.SUSPENDED)
    forget_everything()
    return walker.get(row.continue_path)


@state("Sign-in end", "the passkey was revoked meanwhile")
def _(walker: Walker) -> Answer:
    row = walker.proven()
    Device.objects.update(status=Device.Status.REVOKED)
    return walker.get(row.continue_path)


@state("Sign-in end", "the stored result was altered")
def _(walker: Walker) -> Answer:
    row = walker.proven()
    Transaction.objects.update(stored_evidence={"passkey": "altered"})
    return walker.get(row.continue_path)


# --- consent to a relying party ---------------------------------------------------------------------------
def _consent(walker: Walker) -> Answer:
    return walker.get(walker.proven(first_party=False, policy_uri="https://shop.example/p").continue_path)


@state("Share with a site", "asked, and reloaded")
def _(walker: Walker) -> Answer:
    return _consent(walker)


@state("Share with a site", "answered too late")
def _(walker: Walker) -> Answer:
    sent = fields_of_form(_consent(walker).content)
    with patch("authsvc.oidc.authorize.consent_page.CONSENT_PAGE", timedelta(seconds=-1)):
        return walker.post("authorize/consent", sent)


@state("Share with a site", "answered after signing out in another tab")
def _(walker: Walker) -> Answer:
    sent = fields_of_form(_consent(walker).content)
    Session.objects.all().delete()
    return walker.post("authorize/consent", sent)


@state("Share with a site", "its address opened as a bookmark")
def _(walker: Walker) -> Answer:
    return walker.get("authorize/consent")


# --- the sandbox's form -----------------------------------------------------------------------------------
def _sandbox(walker: Walker) -> str:
    set_options(sandbox_authenticator=True)
    walker.partner = make_partner(name="Shop", client_uri="https://shop.example/", first_party=True)
    return str(walker.visitor.authorize(walker.partner)["Location"])


@state("Sandbox form", "opened")
def _(walker: Walker) -> Answer:
    return walker.get(_sandbox(walker))


@state("Sandbox form", "back after it was sent")
def _(walker: Walker) -> Answer:
    page = _sandbox(walker)
    sent = {"person": str(persons_of_tests()[0].id), "outcome": "accepted-l2"}
    walker.browser.get(walker.browser.post(page, sent)["Location"])
    return walker.get(page)


@state("Sandbox form", "sent twice")
def _(walker: Walker) -> Answer:
    page = _sandbox(walker)
    sent = {"person": str(persons_of_tests()[0].id), "outcome": "refused"}
    walker.browser.post(page, sent)
    return walker.post(page, sent)


@state("Sandbox form", "another browser")
def _(walker: Walker) -> Answer:
    page = _sandbox(walker)
    walker.another_browser()
    return walker.get(page)


@state("Sandbox form", "sent without a choice")
def _(walker: Walker) -> Answer:
    return walker.post(_sandbox(walker))


@state("Sandbox form", "in a tenant that has none")
def _(walker: Walker) -> Answer:
    return walker.get(f"sandbox/{walker.asked().pk}/")


# --- approving what a relying party asks for --------------------------------------------------------------
def _phone(walker: Walker, **party: Any) -> None:
    row = walker.row(walker.browser.post(f"{walker.root}approve/enter"))
    walker.ada = make_subject(name="Ada")
    walker.visitor.prove(row.pk, walker.ada)
    walker.browser.get(row.continue_path)
    walker.entered = row.continue_path  # type: ignore[attr-defined]
    asking = {"jwks": key_set(new_key("ES256")), "backchannel_token_delivery_mode": "poll"}
    partner = make_partner(name="Shop", **asking, **party).party
    asked = Context(walker.tenant, {}, client_=partner, backchannel=Backchannel(walker.ada, "blue whale 42"))
    walker.waiting = open_request(asked)[1]  # type: ignore[attr-defined]


def _approved(walker: Walker, *, by: Subject | None = None, level: str = "L2") -> str:
    waiting = walker.waiting  # type: ignore[attr-defined]
    row = walker.row(walker.browser.post(f"{walker.root}approve/{waiting.pk}/", {"answer": "yes"}))
    walker.visitor.prove(row.pk, by or walker.ada, level=level)
    return row.continue_path


@state("Approve", "nobody is signed in")
def _(walker: Walker) -> Answer:
    return walker.get("approve/")


@state("Approve", "nothing waits")
def _(walker: Walker) -> Answer:
    _phone(walker)
    BackchannelRequest.objects.all().delete()
    return walker.get("approve/")


@state("Approve", "something waits")
def _(walker: Walker) -> Answer:
    _phone(walker)
    return walker.get("approve/")


@state("Approve", "the way in, reloaded or kept as a bookmark")
def _(walker: Walker) -> Answer:
    _phone(walker)
    return walker.get(walker.entered)  # type: ignore[attr-defined]


@state("Approve", "the agent's page")
def _(walker: Walker) -> Answer:
    _phone(walker)
    waiting = walker.waiting  # type: ignore[attr-defined]
    return walker.post(f"approve/{waiting.pk}/", {"answer": "yes"})


@state("Approve", "yes, and reloaded")
def _(walker: Walker) -> Answer:
    _phone(walker)
    done = _approved(walker)
    walker.get(done)
    return walker.get(done)


@state("Approve", "no")
def _(walker: Walker) -> Answer:
    _phone(walker)
    waiting = walker.waiting  # type: ignore[attr-defined]
    return walker.post(f"approve/{waiting.pk}/", {"answer": "no"})


@state("Approve", "stopped on the way")
def _(walker: Walker) -> Answer:
    _phone(walker)
    waiting = walker.waiting  # type: ignore[attr-defined]
    row = walker.row(walker.browser.post(f"{walker.root}approve/{waiting.pk}/", {"answer": "yes"}))
    return walker.get(walker.left(row).continue_path)


@state("Approve", "opened before the end: back where one was")
def _(walker: Walker) -> Answer:
    _phone(walker)
    waiting = walker.waiting  # type: ignore[attr-defined]
    row = walker.row(walker.browser.post(f"{walker.root}approve/{waiting.pk}/", {"answer": "yes"}))
    return walker.get(row.continue_path)


@state("Approve", "answered in another tab, or too late")
def _(walker: Walker) -> Answer:
    _phone(walker)
    done = _approved(walker)
    BackchannelRequest.objects.update(state=BackchannelRequest.State.DENIED)
    return walker.get(done)


@state("Approve", "by somebody else's passkey")
def _(walker: Walker) -> Answer:
    _phone(walker)
    return walker.get(_approved(walker, by=make_subject(name="Bob")))


@state("Approve", "a site that asks like this no more")
def _(walker: Walker) -> Answer:
    _phone(walker)
    path = _approved(walker)
    RelyingParty.objects.update(backchannel_token_delivery_mode="")
    return walker.get(path)


@state("Approve", "by a passkey that is not enough")
def _(walker: Walker) -> Answer:
    _phone(walker, floor_level="L2")
    return walker.get(_approved(walker, level="L1"))


@state("Approve", "without the face that the relying party requires")
def _(walker: Walker) -> Answer:
    _phone(walker, face="required", **justified())
    return walker.get(_approved(walker))


@state("Approve", "signed out in another tab")
def _(walker: Walker) -> Answer:
    _phone(walker)
    done = _approved(walker)
    Session.objects.all().delete()
    return walker.get(done)


@state("Approve", "the account was closed")
def _(walker: Walker) -> Answer:
    row = walker.row(walker.browser.post(f"{walker.root}approve/enter"))
    walker.visitor.prove(row.pk, make_subject(name="Ada"))
    Subject.objects.update(status=Subject.Status.CLOSED)
    return walker.get(row.continue_path)


@state("Approve", "the address of a form, opened as a bookmark")
def _(walker: Walker) -> Answer:
    return walker.get("approve/enter")


# --- signing out ------------------------------------------------------------------------------------------
def _signed_in(walker: Walker, **party: Any) -> None:
    walker.browser.get(walker.proven(first_party=True, **party).continue_path)


@state("Sign out", "asked")
def _(walker: Walker) -> Answer:
    _signed_in(walker)
    return walker.get("end-session", client_id=walker.partner.party.client_id)


def _wrong(how: str, **query: str) -> None:
    @state("Sign out", how)
    def walk(walker: Walker) -> Answer:
        _signed_in(walker)
        return walker.get("end-session", **query)


_wrong("asked by a site that is not known", client_id="unknown")
_wrong("asked with a hint that does not hold", id_token_hint="nonsense")
_wrong("asked with an address that is not registered", post_logout_redirect_uri="https://evil.example/")


def _answered(walker: Walker, answer: str, **query: str) -> Answer:
    sent = fields_of_form(walker.get("end-session", **query).content)
    return walker.post("end-session/confirm", {**sent, "answer": answer})


@state("Sign out", "yes")
def _(walker: Walker) -> Answer:
    _signed_in(walker)
    return _answered(walker, "yes")


@state("Sign out", "yes, where other sites have to be told")
def _(walker: Walker) -> Answer:
    after = "https://shop.example/bye"
    _signed_in(
        walker,
        frontchannel_logout_uri="https://partner.example/out",
        post_logout_redirect_uris=[after],
    )
    client_id = walker.partner.party.client_id
    return _answered(walker, "yes", client_id=client_id, post_logout_redirect_uri=after)


@state("Sign out", "no")
def _(walker: Walker) -> Answer:
    _signed_in(walker)
    return _answered(walker, "no", client_id=walker.partner.party.client_id)


@state("Sign out", "answered in a second tab before")
def _(walker: Walker) -> Answer:
    _signed_in(walker)
    Session.objects.all().delete()
    return walker.post("end-session/confirm", {"answer": "yes"})


@state("Sign out", "answered too late")
def _(walker: Walker) -> Answer:
    _signed_in(walker)
    return walker.post("end-session/confirm", {"answer": "yes", "pending": "old"})


@state("Sign out", "nobody is signed in")
def _(walker: Walker) -> Answer:
    return walker.get("end-session")


@state("Sign out", "the address of the answer, opened as a bookmark")
def _(walker: Walker) -> Answer:
    return walker.get("end-session/confirm")


# --- a person's own page ----------------------------------------------------------------------------------
def _at_home(walker: Walker) -> Device:
    subject = walker.agent.enrolled(name="Ada")
    row = walker.row(walker.browser.post(f"{walker.root}me/enter"))
    walker.browser.get(walker.agent.passkey(row).json()["continue_url"])
    device: Device = subject.devices.get()
    return device


@state("Own page", "the door")
def _(walker: Walker) -> Answer:
    return walker.get("me/")


@state("Own page", "the agent's page")
def _(walker: Walker) -> Answer:
    return walker.post("me/enter")


@state("Own page", "inside")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    return walker.get("me/")


def _with_a_face_of(walker: Walker, days: int) -> Answer:
    device = _at_home(walker)
    reference = Reference.objects.create(model="G", sealed_template=b"s", engine="an engine", consent="c")
    taken = (now() - timedelta(days=days)).isoformat()
    moments = as_stored(reference.pk, [KeptMoment(reference.pk, taken)])
    mine = Subject.objects.filter(pk=device.subject_id)
    mine.update(reference=reference.pk, reference_moments=moments)
    return walker.get("me/")


@state("Own page", "a renewal of the face is proposed")
def _(walker: Walker) -> Answer:
    return _with_a_face_of(walker, 200)


@state("Own page", "the face is too old to count")
def _(walker: Walker) -> Answer:
    return _with_a_face_of(walker, 800)


@state("Own page", "renaming a passkey")
def _(walker: Walker) -> Answer:
    return walker.get(f"me/passkeys/{_at_home(walker).pk}/")


@state("Own page", "renaming a passkey to nothing")
def _(walker: Walker) -> Answer:
    return walker.post(f"me/passkeys/{_at_home(walker).pk}/", {"name": ""})


@state("Own page", "revoking a passkey")
def _(walker: Walker) -> Answer:
    return walker.get(f"me/passkeys/{_at_home(walker).pk}/revoke")


@state("Own page", "revoking a passkey, after a while")
def _(walker: Walker) -> Answer:
    device = _at_home(walker)
    Visit.objects.update(proven_at=now() - timedelta(minutes=6))
    return walker.post(f"me/passkeys/{device.pk}/revoke")


@state("Own page", "removing the face")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    return walker.get("me/face/remove")


@state("Own page", "withdrawing consent")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    return walker.get("me/consent/withdraw")


@state("Own page", "leaving changing light out")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    return walker.get("me/needs/light")


@state("Own page", "light left out, letting it change again")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    walker.post("me/needs/light", {"need": "kept"})
    return walker.get("me/needs/light")


@state("Own page", "having the turn of the head left out")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    return walker.get("me/needs/turn")


@state("Own page", "turn left out, having the face offered first again")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    walker.post("me/needs/turn", {"need": "kept"})
    return walker.get("me/needs/turn")


@state("Own page", "how one is told")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    return walker.get("me/told/")


@state("Own page", "half of one's own quiet hours")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    return walker.post("me/told/", {"way": "push", "hours": "own"})


@state("Own page", "withdrawn: the receipt")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    return walker.post("me/consent/withdraw")


@state("Own page", "the way in, by another browser")
def _(walker: Walker) -> Answer:
    row = walker.row(walker.browser.post(f"{walker.root}me/enter"))
    walker.another_browser()
    return walker.get(row.continue_path)


@state("Own page", "the way in, kept as a bookmark")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    row = Transaction.objects.get(kind=Transaction.Kind.OWN_PAGE)
    return walker.get(row.continue_path)


@state("Own page", "a passkey that is gone")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    return walker.get(f"me/passkeys/{new_id()}/")


@state("Own page", "a new enrolment was asked for by an administrator")
def _(walker: Walker) -> Answer:
    _asked_about(walker)
    return walker.get("me/")


@state("Own page", "a new enrolment stopped: the receipt")
def _(walker: Walker) -> Answer:
    return walker.post(f"me/requests/{_asked_about(walker).pk}/stop")


@state("Own page", "making recovery codes")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    return walker.get("me/recovery-codes")


@state("Own page", "making recovery codes, after a while")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    Visit.objects.update(proven_at=now() - timedelta(minutes=6))
    return walker.post("me/recovery-codes")


@state("Own page", "recovery codes made")
def _(walker: Walker) -> Answer:
    _at_home(walker)
    return walker.post("me/recovery-codes")


def _asked_about(walker: Walker) -> Approval:
    """Let somebody come in, and an administrator ask for a link to their account."""
    person = _at_home(walker).subject
    user = make_user((walker.tenant, Role.ADMIN))
    by = Member(user.pk, user.email, proven_at=now())
    wanted = NeedsAgreement(by, "people.create_link", {"subject": person}, ["for a test"])
    return approvals.ask(by=by, wanted=wanted, why="The phone was lost.")


# --- recovery ---------------------------------------------------------------------------------------------
def _code(walker: Walker) -> str:
    """Let Ada lose her devices, and return one of her recovery codes."""
    walker.ada = make_subject(name="Ada", reference="", reference_version=0)
    make_device(walker.ada)
    return make_recovery_codes(subject=walker.ada, actor="a test")[0]


def _recovering(walker: Walker) -> Transaction:
    """Give a code, which opens the making of a passkey."""
    return walker.row(walker.browser.post(f"{walker.root}me/lost", {"code": _code(walker), "revoke": "on"}))


def _recovered(walker: Walker) -> Transaction:
    """Make the passkey, up to the result."""
    row = _recovering(walker)
    walker.agent.passkey(row)
    return row


@state("Recovery", "asked for a code")
def _(walker: Walker) -> Answer:
    return walker.get("me/lost")


@state("Recovery", "a code that is none")
def _(walker: Walker) -> Answer:
    _code(walker)
    return walker.post("me/lost", {"code": "none"})


@state("Recovery", "no code at all")
def _(walker: Walker) -> Answer:
    return walker.post("me/lost", {"code": ""})


@state("Recovery", "too many codes that are none")
def _(walker: Walker) -> Answer:
    # From an address of its own: the other walks come after it.
    walker.browser = Client(REMOTE_ADDR="192.0.2.9")
    for _number in range(RECOVERY_ADDRESS.most):
        walker.post("me/lost", {"code": "none"})
    return walker.post("me/lost", {"code": _code(walker)})


@state("Recovery", "the agent's page")
def _(walker: Walker) -> Answer:
    return walker.page(_recovering(walker))


@state("Recovery", "reloaded after the passkey was made")
def _(walker: Walker) -> Answer:
    return walker.page(_recovered(walker))


@state("Recovery", "another browser")
def _(walker: Walker) -> Answer:
    row = _recovering(walker)
    walker.another_browser()
    return walker.page(row)


@state("Recovery", "stopped")
def _(walker: Walker) -> Answer:
    return walker.get(walker.left(_recovering(walker)).continue_path)


@state("Recovery", "five minutes later")
def _(walker: Walker) -> Answer:
    return walker.get(walker.overdue(_recovering(walker)).continue_path)


@state("Recovery", "come back before the passkey was made")
def _(walker: Walker) -> Answer:
    return walker.get(_recovering(walker).continue_path)


@state("Recovery", "finished")
def _(walker: Walker) -> Answer:
    return walker.get(_recovered(walker).continue_path)


@state("Recovery", "finished, and opened again")
def _(walker: Walker) -> Answer:
    row = _recovered(walker)
    walker.get(row.continue_path)
    return walker.get(row.continue_path)


@state("Recovery", "finished, the old passkeys kept")
def _(walker: Walker) -> Answer:
    row = walker.row(walker.browser.post(f"{walker.root}me/lost", {"code": _code(walker)}))
    walker.agent.passkey(row)
    return walker.get(row.continue_path)


# --- errors of the site -----------------------------------------------------------------------------------
@state("Error", "an address of nothing at a tenant")
def _(walker: Walker) -> Answer:
    return walker.get("nothing/here")


@state("Error", "a tenant that is not there")
def _(walker: Walker) -> Answer:
    return walker.get("/t/nobody/me/")


@state("Error", "an address of nothing")
def _(walker: Walker) -> Answer:
    return walker.get("/nothing/here")


@state("Error", "a form that was open for too long")
def _(walker: Walker) -> Answer:
    walker.browser = Client(enforce_csrf_checks=True)
    page = f"{walker.agent.origin}{walker.root}approve/"
    return walker.browser.post(f"{walker.root}approve/enter", headers={"referer": page})


@state("Error", "a fault of ours")
def _(walker: Walker) -> Answer:
    with patch("authsvc.oidc.ciba.views.find_session", side_effect=RuntimeError):
        return walker.get("approve/")


@state("Error", "the database does not answer")
def _(walker: Walker) -> Answer:
    with patch("authsvc.oidc.ciba.views.find_session", side_effect=OperationalError):
        return walker.browser.get(f"{walker.root}approve/", headers={"Accept": "text/html"})


@state("Error", "too many sign-ins from one address")
def _(walker: Walker) -> Answer:
    # From an address of its own: the other walks come after it.
    walker.browser = Client(REMOTE_ADDR="192.0.2.10")
    with override_settings(LIMITS={"sign-ins-address": 1}):
        walker.get("authorize")
        return walker.get("authorize")


@state("Error", "a request that is not understood")
def _(walker: Walker) -> Answer:
    walker.browser = signed_in(make_user((walker.tenant, Role.ADMIN)))
    return walker.browser.post("/account/theme/", {"theme": "pink"})


# --- the portal -------------------------------------------------------------------------------------------
@contextmanager
def _filled(walker: Walker) -> Iterator[World]:
    yield fill(walker.tenant)


def _portal_routes() -> None:
    for route in routes(Kind.MEMBER, Kind.FORM):
        if route.endswith(("/suggest/", "now/")):  # for a script alone, which shows it on a page
            continue
        at = route.removeprefix("portal/<slug:tenant>/") or "the first screen"

        @state("Portal", at)
        def walk(walker: Walker, route: str = route) -> Answer:
            walker.browser = signed_in(make_user((walker.tenant, Role.OWNER), email=_email()))
            with _filled(walker) as world:
                return walker.browser.get(filled(route, world.values))


def _email() -> str:
    return f"{new_id().lower().strip('-_')}@example.org"


_portal_routes()


def _portal(walker: Walker, *roles: Role, **how: Any) -> Client:
    walker.browser = signed_in(make_user(*((walker.tenant, role) for role in roles), email=_email()), **how)
    walker.browser.raise_request_exception = False
    return walker.browser


@state("Portal", "nothing there yet")
def _(walker: Walker) -> Answer:
    return _portal(walker, Role.OWNER).get(f"/portal/{walker.tenant.slug}/people/")


@state("Portal", "people have signed in today")
def _(walker: Walker) -> Answer:
    _signed_in(walker)
    Transaction.objects.update(decided_at=now())
    return _portal(walker, Role.OWNER).get(f"/portal/{walker.tenant.slug}/")


@state("Portal", "a change to a person who was closed meanwhile")
def _(walker: Walker) -> Answer:
    with _filled(walker) as world:
        Subject.objects.update(status=Subject.Status.CLOSED)
        path = filled("portal/<slug:tenant>/people/<uuid:subject>/links/", world.values)
    browser = _portal(walker, Role.OWNER)
    return walker.goes_on(browser.post(path))


@state("Portal", "a dispute that is answered twice")
def _(walker: Walker) -> Answer:
    with _filled(walker) as world:
        path = filled("portal/<slug:tenant>/people/<uuid:subject>/disputes/<str:dispute>/", world.values)
    browser, given = _portal(walker, Role.OWNER), {"outcome": "upheld", "text": "Mended."}
    browser.post(path, given)
    return browser.post(path, given, follow=True)


@state("Portal", "the receipt of an erasure")
def _(walker: Walker) -> Answer:
    with _filled(walker) as world:
        path = filled("portal/<slug:tenant>/people/<uuid:subject>/close/", world.values)
    return _portal(walker, Role.OWNER).post(path, follow=True)


@state("Portal", "a receipt number of nothing")
def _(walker: Walker) -> Answer:
    return _portal(walker, Role.OWNER).get(f"/portal/{walker.tenant.slug}/receipts/?number=x")


@state("Portal", "a check of the log that has ended")
def _(walker: Walker) -> Answer:
    checks.start(by=System("a test"))
    sequence()
    checks.check_asked()
    sequence()
    return _portal(walker, Role.AUDITOR).get(f"/portal/{walker.tenant.slug}/audit/checks/")


@state("Portal", "a check of the log goes on")
def _(walker: Walker) -> Answer:
    checks.start(by=System("a test"))
    return _portal(walker, Role.AUDITOR).get(f"/portal/{walker.tenant.slug}/audit/checks/")


@state("Portal", "what lapses unless somebody acts")
def _(walker: Walker) -> Answer:
    with _filled(walker):
        EnrolmentLink.objects.update(expires_at=now() - timedelta(hours=1))
        Subject.objects.update(status=Subject.Status.INVITED)
        Approval.objects.update(expires_at=now() + timedelta(hours=5))
        Invitation.objects.update(expires_at=now() + timedelta(hours=5))
        return _portal(walker, Role.OWNER).get(f"/portal/{walker.tenant.slug}/")


@state("Portal", "a person beyond what the organisation may have")
def _(walker: Walker) -> Answer:
    Tenant.objects.filter(pk=walker.tenant.pk).update(most_people=0)
    return _portal(walker, Role.OWNER).post(f"/portal/{walker.tenant.slug}/people/new/", {"name": "Ada"})


@state("Portal", "a person whom somebody else has changed meanwhile")
def _(walker: Walker) -> Answer:
    browser, person = _portal(walker, Role.OWNER), make_subject(name="Ada")
    sent = {"name": "Grace", "seen": "as it was before"}
    return browser.post(f"/portal/{walker.tenant.slug}/people/{person.pk}/edit/", sent)


@state("Portal", "a form with a mistake")
def _(walker: Walker) -> Answer:
    wrong = {"name": "Ada", "email": "nobody"}
    return _portal(walker, Role.OWNER).post(f"/portal/{walker.tenant.slug}/people/new/", wrong)


@state("Portal", "a table of people that is none")
def _(walker: Walker) -> Answer:
    at = f"/portal/{walker.tenant.slug}/people/import/"
    return _portal(walker, Role.OWNER).post(at, {"text": "nothing of people"})


@state("Portal", "people from a table are being entered")
def _(walker: Walker) -> Answer:
    browser, table = _portal(walker, Role.OWNER), _table()
    importing.begin(by=System("a test"), table=table, way="link")
    return browser.get(f"/portal/{walker.tenant.slug}/people/import/{table.pk}/")


@state("Portal", "people from a table were entered")
def _(walker: Walker) -> Answer:
    browser, table = _portal(walker, Role.OWNER), _table()
    importing.begin(by=System("a test"), table=table, way="link")
    while importing.go_on(table.pk):
        pass
    return browser.get(f"/portal/{walker.tenant.slug}/people/import/{table.pk}/")


def _table() -> PeopleImport:
    content = b"name,number,e-mail,shoe\nAda,7,ada@example.org,41\nGrace,8,,\n,9,nobody,\n"
    return importing.check(by=System("a test"), name="people.csv", content=content)


@state("Portal", "a table of people that was dropped is begun")
def _(walker: Walker) -> Answer:
    browser, at = _portal(walker, Role.OWNER), f"/portal/{walker.tenant.slug}/people/import/"
    table = browser.post(at, {"text": "name,number\nGrace,7"})["Location"]
    browser.post(f"{table}stop/")
    return browser.post(f"{table}begin/", {"way": "link"}, follow=True)


@state("Portal", "a form sent with nothing in it")
def _(walker: Walker) -> Answer:
    return _portal(walker, Role.OWNER).post(f"/portal/{walker.tenant.slug}/team/invite/", {})


@state("Portal", "a form that the role may not send")
def _(walker: Walker) -> Answer:
    return _portal(walker, Role.AUDITOR).post(f"/portal/{walker.tenant.slug}/people/new/", {})


@state("Portal", "a form sent after the session has ended")
def _(walker: Walker) -> Answer:
    walker.browser = Client()
    return walker.browser.post(f"/portal/{walker.tenant.slug}/people/new/", {})


@state("Portal", "an address of nothing")
def _(walker: Walker) -> Answer:
    return _portal(walker, Role.OWNER).get(f"/portal/{walker.tenant.slug}/nothing/")


@state("Portal", "another organisation's")
def _(walker: Walker) -> Answer:
    return _portal(walker).get(f"/portal/{walker.tenant.slug}/")


@state("Portal", "no organisation")
def _(walker: Walker) -> Answer:
    return _portal(walker).get("/portal/")


@state("Portal", "several organisations")
def _(walker: Walker) -> Answer:
    user = make_user((walker.tenant, Role.OWNER), (Walker().tenant, Role.OWNER), email=_email())
    walker.browser = signed_in(user)
    return walker.browser.get("/portal/")


@state("Portal", "the address of a form, opened as a bookmark")
def _(walker: Walker) -> Answer:
    with _filled(walker) as world:
        path = filled("portal/<slug:tenant>/people/<uuid:subject>/close/", world.values)
    return _portal(walker, Role.OWNER).get(path)


def _long_ago(browser: Client) -> Client:
    """Let what the browser's session has proven be long ago."""
    session = browser.session
    entries = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**each, "at": 0.0} for each in entries]
    session.save()
    return browser


@state("Portal", "an act, long after signing in")
def _(walker: Walker) -> Answer:
    user = make_user((walker.tenant, Role.OWNER), email=_email())
    _own_factor(user)
    walker.browser = _long_ago(signed_in(user))
    path = f"/portal/{walker.tenant.slug}/people/new/"
    return walker.browser.post(path, {"name": "Ada", "prove-code": "12345"})


def _party(about: str, act: str, *, bench: bool = False) -> None:
    """Something is done to a relying party at the wrong time; what is said stands on the page after it."""

    @state("Portal", about)
    def walk(walker: Walker) -> Answer:
        where = {"initiate_login_uri": "https://shop.example/in", "signed_in_uri": "https://shop.example/me"}
        party = make_partner(name="Shop", **(where if bench else {})).party
        if bench:
            start_bench(by=System("test"), party=party)
        path = f"/portal/{walker.tenant.slug}/relying-parties/{party.pk}/{act}/"
        browser = _portal(walker, Role.OWNER)
        return browser.get(browser.post(path)["Location"])


_party("a bench that has nowhere to begin", "bench/start")
_party("a bench that is at work already", "bench/start", bench=True)
_party("letting a site live that the bench has not passed", "live")
_party("bringing back a site that is not deleted", "restore")


@state("Portal", "a new site, before its second step and its third")
def _(walker: Walker) -> Answer:
    path, browser = f"/portal/{walker.tenant.slug}/relying-parties/new/", _portal(walker, Role.OWNER)
    second = browser.post(path, {"step": "what", "kind": "web", "name": "Shop"})["Location"]
    sent = {"step": "where", "redirect_uris": "https://shop.example/cb"}
    return browser.get(browser.post(second, sent)["Location"])


@state("Portal", "an act that another has to agree to")
def _(walker: Walker) -> Answer:
    with _filled(walker) as world:
        party = RelyingParty.objects.get(pk=world.values["party"])
    values = {**values_of(party), "redirect_uris": "https://new.example/cb", "name": "Partner"}
    sent = {name: value for name, value in values.items() if isinstance(value, str) and value}
    Tenant.objects.filter(pk=walker.tenant.pk).update(kind=Tenant.Kind.LIVE)
    browser = _portal(walker, Role.OWNER)
    path = filled("portal/<slug:tenant>/relying-parties/<str:party>/edit/", world.values)
    return browser.post(path, {**sent, "scopes": ["openid"]})


def _team(about: str, act: str, *, elsewhere: bool = False, **sent: str) -> None:
    @state("Portal", about)
    def walk(walker: Walker) -> Answer:
        browser = _portal(walker, Role.OWNER)
        own = Membership.objects.get(tenant=walker.tenant)
        if elsewhere:
            Membership.objects.create(user_id=own.user_id, tenant=Walker().tenant, role=Role.ADMIN)
        given = {name: value.format(email=own.user.get_username()) for name, value in sent.items()}
        path = f"/portal/{walker.tenant.slug}/team/{act.format(own=own.pk)}/"
        return walker.goes_on(browser.post(path, given))


_team("the last owner is disabled", "{own}/disable")
_team("a member is invited again", "invite", email="{email}", role="admin")
_team("an account of two organisations is reset", "{own}/anew", elsewhere=True)


@state("Portal", "agreeing with oneself")
def _(walker: Walker) -> Answer:
    with _filled(walker) as world:
        asked = Approval.objects.get()
    walker.browser = signed_in(User.objects.get(pk=asked.asked_by))
    path = filled("portal/<slug:tenant>/approvals/<str:approval>/agree/", world.values)
    return walker.goes_on(walker.browser.post(path))


@state("Portal", "agreeing before the person's day is over")
def _(walker: Walker) -> Answer:
    asked = _asked_about(walker)
    path = f"/portal/{walker.tenant.slug}/approvals/{asked.pk}/agree/"
    return walker.goes_on(_portal(walker, Role.OWNER).post(path))


@state("Portal", "a link to be mailed to who has no address")
def _(walker: Walker) -> Answer:
    person = make_subject(status=Subject.Status.INVITED, reference="", reference_version=0)
    path = f"/portal/{walker.tenant.slug}/people/{person.pk}/links/"
    return walker.goes_on(_portal(walker, Role.OWNER).post(path, {"by_mail": "1"}))


@state("Portal", "agreeing to what is over")
def _(walker: Walker) -> Answer:
    with _filled(walker) as world:
        Approval.objects.update(expires_at=now())
    browser = _portal(walker, Role.OWNER)
    path = filled("portal/<slug:tenant>/approvals/<str:approval>/agree/", world.values)
    return walker.goes_on(browser.post(path))


def _agreed_too_late(about: str, *, gone: bool) -> None:
    """Somebody asked to publish a policy; by the time another agrees, it is not what it was compared with."""

    @state("Portal", about)
    def walk(walker: Walker) -> Answer:
        user = make_user((walker.tenant, Role.ADMIN))
        by = Member(user.pk, user.email, proven_at=now())
        party = make_party(name="Shop")
        given = {
            "document": {**DEFAULT, "least_age": 21},
            "parties": {party.pk: {"floor_level": "L2"}},
            "over": 0,
        }
        asked = approvals.ask(
            by=by, wanted=NeedsAgreement(by, "policies.publish", given, ["for a test"]), why="x"
        )
        if gone:
            party.delete()
        else:
            publish_policy(document={**DEFAULT, "least_age": 20}, published_by="a test")
        path = f"/portal/{walker.tenant.slug}/approvals/{asked.pk}/agree/"
        return walker.goes_on(_portal(walker, Role.OWNER).post(path))


_agreed_too_late("agreeing to a policy after another was published", gone=False)
_agreed_too_late("agreeing to a policy of a site that is gone", gone=True)


@state("Portal", "going back to a version that was changed from outside")
def _(walker: Walker) -> Answer:
    for age in (20, 21):
        publish_policy(document={**DEFAULT, "least_age": age}, published_by="a test")
    PolicyVersion.objects.filter(number=1).update(document={**DEFAULT, "least_age": 10})
    path = f"/portal/{walker.tenant.slug}/policies/versions/1/restore/"
    return walker.goes_on(_portal(walker, Role.OWNER).post(path))


@state("Portal", "a dry run that touches somebody")
def _(walker: Walker) -> Answer:
    party, person = make_party(name="Shop"), make_subject(name="Ada")
    stored([ended(party, person, proven(handoff="number"))])
    policies.save_draft(by=System("a walk"), changes={"handoff_digits": 0})
    return _portal(walker, Role.OWNER).get(f"/portal/{walker.tenant.slug}/policies/try/")


@state("Portal", "the policy, while nobody can say which is in force")
def _(walker: Walker) -> Answer:
    publish_policy(document={**DEFAULT, "least_age": 20}, published_by="a test")
    PolicyVersion.objects.update(document={**DEFAULT, "least_age": 10})
    return _portal(walker, Role.OWNER).get(f"/portal/{walker.tenant.slug}/policies/")


@state("Portal", "a logo that is an SVG")
def _(walker: Walker) -> Answer:
    sent = {"picture": urlsafe_b64encode(b"<svg></svg>").decode()}
    return _portal(walker, Role.OWNER).post(f"/portal/{walker.tenant.slug}/settings/look/logo/", sent)


@state("Portal", "a name that people would misread")
def _(walker: Walker) -> Answer:
    sent = {"name": "Orch\u202eard"}
    return _portal(walker, Role.OWNER).post(f"/portal/{walker.tenant.slug}/settings/organisation/", sent)


# --- whoever runs the installation ------------------------------------------------------------------------
def _platform(walker: Walker) -> Client:
    walker.browser = signed_in(make_user(email="operator@example.org"))
    return walker.browser


@state("Platform", "health and organisations")
def _(walker: Walker) -> Answer:
    return _platform(walker).get("/platform/", {"q": walker.tenant.slug})


@state("Platform", "no organisation is called so")
def _(walker: Walker) -> Answer:
    return _platform(walker).get("/platform/", {"q": "nothing"})


@state("Platform", "a new organisation")
def _(walker: Walker) -> Answer:
    return _platform(walker).get("/platform/new/")


@state("Platform", "an address that is taken")
def _(walker: Walker) -> Answer:
    given = {"name": "Other", "slug": walker.tenant.slug, "owner": "a@example.org", "kind": "live"}
    return _platform(walker).post("/platform/new/", given)


@state("Platform", "a quota that is none")
def _(walker: Walker) -> Answer:
    path = f"/platform/organisations/{walker.tenant.slug}/quotas/"
    return _platform(walker).post(path, {"most_people": "-5", "most_relying_parties": "20"})


@state("Platform", "an organisation is suspended")
def _(walker: Walker) -> Answer:
    path = f"/platform/organisations/{walker.tenant.slug}/suspend/"
    return walker.goes_on(_platform(walker).post(path))


@state("Platform", "somebody who does not run it")
def _(walker: Walker) -> Answer:
    return _portal(walker, Role.OWNER).get("/platform/")


@state("Platform", "their organisation is suspended")
def _(walker: Walker) -> Answer:
    Tenant.objects.update(suspended_at=now())
    return _portal(walker, Role.OWNER).get(f"/portal/{walker.tenant.slug}/team/")


@state("Platform", "a sign-in at an organisation that is suspended")
def _(walker: Walker) -> Answer:
    Tenant.objects.update(suspended_at=now())
    forget_everything()
    walker.browser = Client(headers={"accept": "text/html"})
    return walker.browser.get(f"/t/{walker.tenant.slug}/authorize")


# --- administrators' accounts -----------------------------------------------------------------------------
@state("Account", "not signed in")
def _(walker: Walker) -> Answer:
    walker.browser = Client()
    return walker.goes_on(walker.browser.get("/portal/"))


@state("Account", "a wrong password")
def _(walker: Walker) -> Answer:
    walker.browser = Client()
    return walker.browser.post("/account/login/", {"login": "a@example.org", "password": "wrong"})


@state("Account", "a wrong password too often")
def _(walker: Walker) -> Answer:
    walker.browser = Client()
    sent = {"login": _email(), "password": "wrong"}
    return [walker.browser.post("/account/login/", sent) for _ in range(6)][-1]


def _invited(walker: Walker, email: str) -> str:
    """Invite somebody, and return where the mail's link leads."""
    _, token = team.invite(by=System("a walk"), email=email, role=Role.ADMIN)
    return f"/account/join/{walker.tenant.slug}/{token}/"


@state("Account", "an invitation")
def _(walker: Walker) -> Answer:
    walker.browser = Client()
    return walker.browser.get(_invited(walker, _email()))


@state("Account", "an invitation of somebody who has an account")
def _(walker: Walker) -> Answer:
    walker.browser = Client()
    return walker.browser.get(_invited(walker, make_user(email=_email()).email))


@state("Account", "an invitation that is over")
def _(walker: Walker) -> Answer:
    walker.browser = Client()
    path = _invited(walker, _email())
    Invitation.objects.update(expires_at=now())
    return walker.browser.get(path)


# --- sign-ins at an organisation's own provider
@cache
def _provider() -> Outside:
    """A provider that answers until the tests end."""
    serving = outside()
    _SERVING.append(serving)
    return serving.__enter__()


_SERVING: list[Any] = []
_COMES: dict[str, Any] = {"sub": "ada-7", "groups": ["visor-admins"]}


def _comer(walker: Walker, user: User | None = None, **changes: Any) -> Comer:
    provider = _provider()
    provider.person, provider.age, provider.acr = dict(_COMES), 0, ACR
    set_up(provider, **changes)
    walker.browser = signed_in(user) if user is not None else Client()
    walker.browser.raise_request_exception = False
    return Comer(walker.tenant, provider, walker.browser)


@state("Single sign-on", "the sign-in on the way to an organisation with a provider of its own")
def _(walker: Walker) -> Answer:
    return walker.goes_on(_comer(walker).http.get(f"/portal/{walker.tenant.slug}/"))


@state("Single sign-on", "somebody comes back from the provider")
def _(walker: Walker) -> Answer:
    return walker.goes_on(_comer(walker).come())


@state("Single sign-on", "an answer that this browser did not ask for")
def _(walker: Walker) -> Answer:
    return _comer(walker).http.get(f"/account/sso/{walker.tenant.slug}/callback/?code=x&state=x")


@state("Single sign-on", "somebody without a role")
def _(walker: Walker) -> Answer:
    comer = _comer(walker)
    comer.provider.person["groups"] = []
    return comer.come()


@state("Single sign-on", "a sign-in that was too weak")
def _(walker: Walker) -> Answer:
    comer = _comer(walker)
    comer.provider.acr = "urn:example:password"
    return comer.come()


@state("Single sign-on", "a provider that does not answer")
def _(walker: Walker) -> Answer:
    comer = _comer(walker, issuer="http://127.0.0.1:9")
    answer = comer.http.get(comer.root)
    # It is up again by the time that the way back is tried.
    set_up(comer.provider)
    return answer


@state("Single sign-on", "linking one's account")
def _(walker: Walker) -> Answer:
    comer = _comer(walker, make_user((walker.tenant, Role.ADMIN), email=_email()))
    return comer.http.get(f"{comer.root}link/")


@state("Single sign-on", "linking one's account, before the provider")
def _(walker: Walker) -> Answer:
    comer = _comer(walker, make_user((walker.tenant, Role.ADMIN), email=_email()))
    return comer.http.post(f"{comer.root}link/")


@state("Single sign-on", "a member who came without the provider that is needed")
def _(walker: Walker) -> Answer:
    user = make_user((walker.tenant, Role.ADMIN), email=_email())
    comer = _comer(walker, user, password_stays=False)
    return comer.http.get(f"/portal/{walker.tenant.slug}/")


@state("Single sign-on", "a provider that was switched off meanwhile")
def _(walker: Walker) -> Answer:
    comer = _comer(walker)
    comer.come()
    set_up(comer.provider, enabled=False)
    return comer.http.get(f"/portal/{walker.tenant.slug}/")


@state("Single sign-on", "credentials of an account, to who came by a provider")
def _(walker: Walker) -> Answer:
    user = make_user((walker.tenant, Role.ADMIN), email=_email())
    linked(_comer(walker), user)
    comer = _comer(walker)
    comer.provider.person["sub"] = "grace-1"
    comer.come()
    return comer.http.get("/account/2fa/")


@state("Single sign-on", "an act that takes a proof given just now")
def _(walker: Walker) -> Answer:
    comer = _comer(walker)
    comer.provider.person["groups"] = ["visor-owners"]
    comer.come()
    session = comer.http.session
    session["account_authentication_methods"][0]["auth_time"] -= 400
    session.save()
    return comer.http.post(f"/portal/{walker.tenant.slug}/single-sign-on/remove/")


@state("Single sign-on", "the proof given again at the provider")
def _(walker: Walker) -> Answer:
    comer = _comer(walker)
    comer.come()
    return walker.goes_on(comer.come("?again=1"))


@state("Single sign-on", "a secret without a provider")
def _(walker: Walker) -> Answer:
    sent = {"secret": "a secret"}
    return _portal(walker, Role.OWNER).post(f"/portal/{walker.tenant.slug}/single-sign-on/secret/", sent)


@state("Single sign-on", "another role for who came by the provider")
def _(walker: Walker) -> Answer:
    _comer(walker).come()
    born = Membership.objects.get(tenant=walker.tenant)
    path = f"/portal/{walker.tenant.slug}/team/{born.pk}/role/"
    return walker.goes_on(_portal(walker, Role.OWNER).post(path, {"role": "owner"}))


def _joiner(walker: Walker, **changes: Any) -> Joiner:
    provider = _provider()
    provider.person, provider.age, provider.acr = {**_COMES, "name": "Ada", "groups": ["staff"]}, 0, ACR
    let_people_join(provider, **changes)
    walker.browser = Client()
    return Joiner(walker.tenant, provider, walker.browser)


@state("Self-enrolment", "the door")
def _(walker: Walker) -> Answer:
    joiner = _joiner(walker)
    return joiner.http.get(joiner.root)


@state("Self-enrolment", "back from the provider, at the notice")
def _(walker: Walker) -> Answer:
    joiner = _joiner(walker)
    return joiner.http.get(urlsplit(joiner.come()["Location"]).path)


@state("Self-enrolment", "an answer that this browser did not ask for")
def _(walker: Walker) -> Answer:
    joiner = _joiner(walker)
    return joiner.http.get(f"{joiner.root}callback/?code=x&state=x")


@state("Self-enrolment", "somebody whom the rule does not let")
def _(walker: Walker) -> Answer:
    joiner = _joiner(walker)
    joiner.provider.person["groups"] = []
    return joiner.come()


@state("Self-enrolment", "somebody who is set up already")
def _(walker: Walker) -> Answer:
    joiner = _joiner(walker)
    make_subject(external_id=str(joiner.provider.person["sub"]))
    return joiner.come()


@state("Self-enrolment", "somebody of whom the provider says too little")
def _(walker: Walker) -> Answer:
    joiner = _joiner(walker)
    joiner.provider.person["name"] = ""
    return joiner.come()


@state("Self-enrolment", "the number of somebody whom the provider calls otherwise")
def _(walker: Walker) -> Answer:
    joiner = _joiner(walker, external_id_claim="staff_number")
    joiner.provider.person["staff_number"] = "7"
    joiner.come()
    joiner.provider.person["sub"] = "another"
    return joiner.come()


@state("Self-enrolment", "a provider that is away")
def _(walker: Walker) -> Answer:
    joiner = _joiner(walker, issuer="http://127.0.0.1:9")
    return joiner.http.get(f"{joiner.root}go")


@state("Self-enrolment", "switched off")
def _(walker: Walker) -> Answer:
    joiner = _joiner(walker, enabled=False)
    return joiner.http.get(joiner.root)


@state("Self-enrolment", "a secret without a provider")
def _(walker: Walker) -> Answer:
    sent = {"secret": "a secret"}
    return _portal(walker, Role.OWNER).post(f"/portal/{walker.tenant.slug}/self-enrolment/secret/", sent)


@state("Portal", "one saved filter more than there may be")
def _(walker: Walker) -> Answer:
    sent = {"of": "people", "name": "Mine", "query": "face=off"}
    with patch.object(saved_filters, "MOST", 0):
        kept = _portal(walker, Role.OWNER).post(f"/portal/{walker.tenant.slug}/filters/keep/", sent)
    return walker.goes_on(kept)


@state("Account", "no second factor yet")
def _(walker: Walker) -> Answer:
    _portal(walker, Role.OWNER, second_factor=False)
    return walker.goes_on(walker.browser.get("/portal/"))


def _own_factor(user: Any) -> None:
    TOTP.activate(user, generate_totp_secret())
    make_codes(user)


@state("Account", "a second factor was added in another window")
def _(walker: Walker) -> Answer:
    user = make_user((walker.tenant, Role.OWNER), email=_email())
    _own_factor(user)
    walker.browser = signed_in(user, second_factor=False)
    return walker.goes_on(walker.browser.get("/portal/"))


@state("Account", "signing in, the second factor")
def _(walker: Walker) -> Answer:
    user = make_user((walker.tenant, Role.OWNER), email=_email())
    _own_factor(user)
    walker.browser = Client()
    sent = {"login": user.email, "password": PASSWORD}
    return walker.goes_on(walker.browser.post("/account/login/", sent))


def _account(route: str) -> None:
    @state("Account", route)
    def walk(walker: Walker) -> Answer:
        user = make_user((walker.tenant, Role.OWNER), email=_email())
        _own_factor(user)
        walker.browser = signed_in(user)
        return walker.goes_on(walker.browser.get(f"/{route}"))


for account in routes(Kind.ACCOUNT):
    if "<" not in account and "(" not in account:
        _account(account)


@state("Account", "a change, long after signing in")
def _(walker: Walker) -> Answer:
    user = make_user((walker.tenant, Role.OWNER), email=_email())
    _own_factor(user)
    walker.browser = _long_ago(signed_in(user))
    return walker.goes_on(walker.browser.get("/account/2fa/webauthn/add/"))


def _passkeys(walker: Walker, *, app: bool) -> Authenticator:
    """Sign in as who owns a passkey, and an app beside it or none; return the passkey."""
    user = make_user((walker.tenant, Role.OWNER), email=_email())
    if app:
        _own_factor(user)
    walker.browser = signed_in(user, second_factor=True)
    asked = {
        "rp": {"id": "testserver"},
        "user": {"id": "dXNlcg", "name": user.email},
        "challenge": b"a challenge",
        "pubKeyCredParams": [{"alg": -7}],
    }
    made = SoftwareAuthenticator().create(asked, "https://testserver").credential
    data = {"name": "Blue key", "credential": {**made, "clientExtensionResults": {"credProps": {"rk": True}}}}
    return Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data)


@state("Account", "proving again by the password, without a factor")
def _(walker: Walker) -> Answer:
    walker.browser = signed_in(make_user((walker.tenant, Role.OWNER), email=_email()), second_factor=False)
    return walker.browser.get("/account/reauthenticate/")


@state("Account", "proving again by a passkey")
def _(walker: Walker) -> Answer:
    _passkeys(walker, app=True)
    return walker.browser.get("/account/2fa/webauthn/reauthenticate/")


@state("Account", "the passkeys")
def _(walker: Walker) -> Answer:
    _passkeys(walker, app=True)
    return walker.browser.get("/account/2fa/webauthn/")


@state("Account", "renaming a passkey")
def _(walker: Walker) -> Answer:
    passkey = _passkeys(walker, app=True)
    return walker.browser.get(f"/account/2fa/webauthn/keys/{passkey.pk}/edit/")


@state("Account", "removing a passkey")
def _(walker: Walker) -> Answer:
    passkey = _passkeys(walker, app=True)
    return walker.browser.get(f"/account/2fa/webauthn/keys/{passkey.pk}/remove/")


@state("Account", "removing the only factor")
def _(walker: Walker) -> Answer:
    passkey = _passkeys(walker, app=False)
    return walker.post(f"/account/2fa/webauthn/keys/{passkey.pk}/remove/")


@state("Account", "removing the app, with a passkey beside it")
def _(walker: Walker) -> Answer:
    _passkeys(walker, app=True)
    return walker.browser.get("/account/2fa/totp/deactivate/")


@state("Account", "the link of a mail for a new password")
def _(walker: Walker) -> Answer:
    user = make_user((walker.tenant, Role.OWNER), email=_email())
    walker.browser = Client()
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    return walker.goes_on(walker.browser.get(f"/account/password/reset/key/{key}/"))


@state("Account", "a link for a new password that is over")
def _(walker: Walker) -> Answer:
    walker.browser = Client()
    return walker.goes_on(walker.browser.get("/account/password/reset/key/1-over/"))
