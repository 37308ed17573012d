"""T03: without a browser, too, a third party is a stranger until the person says yes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.clients.services import change
from authsvc.core.remembered import forget_everything
from authsvc.limits.limit import forget_counts
from authsvc.limits.register import CIBA_HINT, CIBA_PERSON
from authsvc.oidc.models import BackchannelRequest, Grant, RememberedConsent
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.offering.provider import subject_identifier
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from tests.provider.browser import Browser, make_partner, make_person
from tests.provider.ciba.conftest import HINT, Starter
from tests.provider.ciba.test_answers import approve, at_the_phone
from tests.provider.dynamic.conftest import Registrar
from tests.provider.receiver import Receiver, receiving
from tests.provider.tokens import key_set, new_key

VICTIM = "https://victim.example/callback"
CIBA = "urn:openid:params:grant-type:ciba"


def third_party(visitor: Browser, **fields: Any) -> Starter:
    """A relying party that nobody vouches for, and that claims another site's redirect URI."""
    key = new_key("ES256")
    given = {
        "first_party": False,
        "redirect_uris": [VICTIM],
        "jwks": key_set(key),
        "backchannel_token_delivery_mode": "poll",
        **fields,
    }
    return Starter(make_partner(**given), key, visitor)


@pytest.fixture
def person(visitor: Browser) -> Subject:
    claims = {"email": "ada@test.example", "phone_number": "+43 1 5550100"}
    return make_person(external_id=HINT, claims=claims)


def page(visitor: Browser) -> str:
    return str(visitor.http.get(f"{visitor.root}approve/").content.decode())


class TestSector:
    """Pairwise identifiers belong to a host that has been shown to be the relying party's."""

    @pytest.fixture
    def victim(self, visitor: Browser) -> RelyingParty:
        return make_partner(redirect_uris=[VICTIM]).party

    def known(self, party: RelyingParty, victim: RelyingParty, person: Subject) -> bool:
        """Whether the party knows the person as the victim does."""
        return subject_identifier(party, person.id) == subject_identifier(victim, person.id)

    @pytest.mark.requirement("S10-09")
    def test_t03_an_approval_gives_no_other_sites_identifier(
        self, visitor: Browser, person: Subject, victim: RelyingParty
    ) -> None:
        starter = third_party(visitor)
        auth_req_id = starter.ask(scope="openid").json()["auth_req_id"]
        at_the_phone(visitor, person)
        approve(visitor, person)
        claims = visitor.claims(starter.poll(auth_req_id).json()["id_token"])
        assert claims["sub"] == subject_identifier(starter.partner.party, person.id)
        assert claims["sub"] != subject_identifier(victim, person.id)

    def test_t03_nor_does_a_request_that_changes_its_mind_before_the_approval(
        self, visitor: Browser, person: Subject, victim: RelyingParty
    ) -> None:
        starter = third_party(visitor)
        auth_req_id = starter.ask(scope="openid").json()["auth_req_id"]
        at_the_phone(visitor, person)
        change(party=starter.partner.party, backchannel_token_delivery_mode="")
        assert approve(visitor, person).status_code == 400
        assert AuditEvent.objects.latest("sequence").reason == "ciba-registered"
        assert starter.poll(auth_req_id).status_code == 400
        assert not Grant.objects.exists()

    @pytest.mark.requirement("S10-09")
    @pytest.mark.parametrize(
        ("fields", "same"),
        [
            ({"backchannel_token_delivery_mode": ""}, True),
            ({"first_party": True}, True),
            ({"token_endpoint_auth_method": "private_key_jwt"}, False),
            ({"jwks": None, "jwks_uri": "https://victim.example/jwks"}, False),
            (
                {
                    "jwks": None,
                    "jwks_uri": "https://victim.example/jwks",
                    "token_endpoint_auth_method": "private_key_jwt",
                },
                True,
            ),
            (
                {
                    "jwks": None,
                    "jwks_uri": "https://elsewhere.example/jwks",
                    "token_endpoint_auth_method": "private_key_jwt",
                },
                False,
            ),
        ],
    )
    def test_t03_only_what_proves_the_host_counts(
        self, visitor: Browser, person: Subject, victim: RelyingParty, fields: dict[str, Any], same: bool
    ) -> None:
        assert self.known(third_party(visitor, **fields).partner.party, victim, person) is same

    @pytest.mark.requirement("S10-09")
    @pytest.mark.parametrize(
        ("uris", "same"),
        [
            ([VICTIM, "http://127.0.0.1/back"], False),
            ([VICTIM, "com.example.app:/back"], False),
            ([VICTIM, "https://victim.example/app"], True),
        ],
    )
    def test_t03_an_app_on_the_persons_device_is_no_site(
        self, visitor: Browser, person: Subject, victim: RelyingParty, uris: list[str], same: bool
    ) -> None:
        fields = {"application_type": "native", "redirect_uris": uris, "first_party": False}
        assert self.known(make_partner(**fields).party, victim, person) is same
        assert self.known(make_partner(**{**fields, "first_party": True}).party, victim, person)

    @pytest.mark.parametrize("covers", [False, True])
    def test_t03_a_document_counts_only_if_it_was_read_for_the_keys_too(
        self, visitor: Browser, person: Subject, victim: RelyingParty, covers: bool
    ) -> None:
        fields = {"sector": "victim.example", "sector_identifier_uri": "https://victim.example/sector"}
        stranger = third_party(visitor, **fields, sector_covers_keys=covers).partner.party
        assert self.known(stranger, victim, person) is covers

    def test_t03_an_administrators_word_counts(
        self, visitor: Browser, person: Subject, victim: RelyingParty
    ) -> None:
        assert self.known(third_party(visitor, sector="victim.example").partner.party, victim, person)

    def test_t03_two_strangers_share_nothing(self, visitor: Browser, person: Subject) -> None:
        one, other = third_party(visitor).partner.party, third_party(visitor).partner.party
        assert not self.known(one, other, person)


class TestRegistration:
    """A document vouches for a sector only where it names everything that tokens reach the party by."""

    @pytest.fixture
    def registrar(self, visitor: Browser) -> Registrar:
        set_options(dynamic_registration=True)
        return Registrar(visitor)

    @pytest.fixture
    def document(self) -> Any:
        with receiving() as receiver:
            yield receiver

    def register(self, registrar: Registrar, document: Receiver, **members: Any) -> Any:
        return registrar.register(
            sector_identifier_uri=f"{document.url}/sector",
            grant_types=["authorization_code", CIBA],
            backchannel_token_delivery_mode="poll",
            token_endpoint_auth_method="private_key_jwt",
            redirect_uris=[VICTIM],
            **members,
        )

    @pytest.mark.requirement("OIDC-DYNAMIC-03")
    def test_t03_it_lists_the_keys_of_who_asks_without_a_browser(
        self, registrar: Registrar, document: Receiver
    ) -> None:
        keys = f"{document.url}/jwks"
        document.body = json.dumps([VICTIM]).encode()
        refused = self.register(registrar, document, jwks_uri=keys)
        assert (refused.status_code, "jwks" in refused.json()["error_description"]) == (400, True)
        document.body = json.dumps([VICTIM, keys]).encode()
        assert self.register(registrar, document, jwks_uri=keys).status_code == 201
        assert RelyingParty.objects.get().sector == "127.0.0.1"

    def test_t03_keys_by_value_are_nowhere_listed(self, registrar: Registrar, document: Receiver) -> None:
        document.body = json.dumps([VICTIM]).encode()
        refused = self.register(registrar, document, jwks=key_set(new_key("ES256")))
        assert refused.status_code == 400
        assert document.arrived == []

    def test_t03_it_vouches_for_no_address_on_a_device(
        self, registrar: Registrar, document: Receiver
    ) -> None:
        uris = [VICTIM, "http://127.0.0.1/back"]
        document.body = json.dumps(uris).encode()
        refused = registrar.register(
            application_type="native",
            redirect_uris=uris,
            sector_identifier_uri=f"{document.url}/sector",
            token_endpoint_auth_method="none",
        )
        assert refused.status_code == 400


class TestConsent:
    """The person sees what is shared, and what they agree to is kept, as with any other sign-in."""

    @pytest.mark.requirement("S10-01")
    def test_t03_the_page_names_the_data_and_the_yes_is_a_consent(
        self, visitor: Browser, person: Subject
    ) -> None:
        starter = third_party(visitor, policy_uri="https://victim.example/privacy")
        auth_req_id = starter.ask(scope="openid email phone").json()["auth_req_id"]
        at_the_phone(visitor, person)
        shown = page(visitor)
        for text in (
            "Your e-mail address",
            "Your phone number",
            "Share and approve",
            "victim.example/privacy",
        ):
            assert text in shown
        assert "Your postal address" not in shown
        assert not RememberedConsent.objects.exists()
        approve(visitor, person)
        kept = RememberedConsent.objects.get()
        assert (kept.client, kept.subject, kept.scopes) == (
            starter.partner.party,
            person,
            ["openid", "email", "phone"],
        )
        assert AuditEvent.objects.filter(tag=Tag.CLAIMS_CONSENT_GIVEN).count() == 1
        tokens = starter.poll(auth_req_id).json()
        assert visitor.userinfo(tokens["access_token"]).json()["email"] == "ada@test.example"

    @pytest.mark.requirement("S10-01")
    def test_t03_it_is_asked_again_only_for_more(self, visitor: Browser, person: Subject) -> None:
        starter = third_party(visitor)
        starter.ask(scope="openid email")
        at_the_phone(visitor, person)
        approve(visitor, person)
        BackchannelRequest.objects.all().delete()
        starter.ask(scope="openid email")
        assert "Share and approve" not in page(visitor)
        assert "Your e-mail address" in page(visitor)
        BackchannelRequest.objects.all().delete()
        starter.ask(scope="openid email address")
        assert "Share and approve" in page(visitor)

    def test_t03_the_tenants_own_asks_for_no_consent_and_names_the_data(
        self, starter: Starter, visitor: Browser, person: Subject
    ) -> None:
        starter.ask(scope="openid email")
        at_the_phone(visitor, person)
        assert "Your e-mail address" in page(visitor)
        assert "Share and approve" not in page(visitor)
        approve(visitor, person)
        assert not RememberedConsent.objects.exists()

    def test_t03_no_keeps_nothing(self, visitor: Browser, person: Subject) -> None:
        third_party(visitor).ask(scope="openid email")
        at_the_phone(visitor, person)
        row = BackchannelRequest.objects.get()
        visitor.http.post(f"{visitor.root}approve/{row.pk}/", {"answer": "no"})
        assert not RememberedConsent.objects.exists()

    def test_t03_an_approval_that_fails_keeps_nothing(self, visitor: Browser, person: Subject) -> None:
        third_party(visitor, floor_level="L2").ask(scope="openid email")
        at_the_phone(visitor, person)
        assert approve(visitor, person, level="L1").status_code == 400
        assert not RememberedConsent.objects.exists()


class TestUnknownHints:
    """Whether somebody is known here is nobody's business."""

    def hints(self, visitor: Browser) -> list[str]:
        for _ in range(2):
            make_person(claims={"email": "twice@test.example"})
        make_person(external_id="closed-1", status=Subject.Status.CLOSED)
        make_person(external_id="invited-1", status=Subject.Status.INVITED)
        return ["nobody", "nobody@test.example", "twice@test.example", "closed-1", "invited-1"]

    @pytest.mark.requirement("OIDC-CIBA-02")
    def test_t03_every_hint_has_the_same_answers_to_the_end(
        self, starter: Starter, visitor: Browser, person: Subject
    ) -> None:
        expected = None
        for hint in [HINT, *self.hints(visitor)]:
            answer = starter.ask(login_hint=hint)
            said = answer.json()
            row = BackchannelRequest.objects.latest("created_at")
            polls = [starter.poll(said["auth_req_id"]).json() for _ in range(2)]
            BackchannelRequest.objects.filter(pk=row.pk).update(expires_at=row.created_at)
            polls.append(starter.poll(said.pop("auth_req_id")).json())
            headers = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
            seen = (answer.status_code, headers, said, polls)
            expected = expected or seen
            assert seen == expected
            assert (row.subject is None) == (hint != HINT)

    def test_t03_a_request_for_nobody_reaches_nobody(
        self, starter: Starter, visitor: Browser, person: Subject
    ) -> None:
        starter.ask(login_hint="nobody")
        asked = AuditEvent.objects.get(tag=Tag.BACKCHANNEL_ASKED)
        assert (asked.subject, asked.reason) == ("", "hint-names-nobody")
        at_the_phone(visitor, person)
        assert "Nothing waits for you" in page(visitor)
        row = BackchannelRequest.objects.get()
        assert visitor.http.post(f"{visitor.root}approve/{row.pk}/", {"answer": "yes"}).status_code == 404

    @pytest.mark.parametrize("action", ["allow", "deny"])
    def test_t03_nor_does_the_sandbox_answer_for_nobody(
        self, starter: Starter, visitor: Browser, action: str
    ) -> None:
        set_options(sandbox_authenticator=True)
        auth_req_id = starter.ask(login_hint="nobody").json()["auth_req_id"]
        query = {"auth_req_id": auth_req_id, "action": action}
        assert visitor.http.get(f"{visitor.root}sandbox-approval", query).status_code == 404


class TestLimits:
    """A phone is nobody's bell."""

    @pytest.fixture(autouse=True)
    def _fresh(self) -> Iterator[None]:
        forget_counts()
        yield
        forget_counts()

    @pytest.mark.parametrize("hint", [HINT, "nobody"])
    def test_t03_one_relying_party_asks_for_one_hint_only_so_often(
        self, visitor: Browser, person: Subject, hint: str
    ) -> None:
        starter = third_party(visitor)

        def ask() -> Any:
            # Answered at once, so that none waits beside the next.
            answer = starter.ask(login_hint=hint)
            BackchannelRequest.objects.update(state=BackchannelRequest.State.DENIED)
            return answer

        answers = [ask() for _ in range(CIBA_HINT.most + 1)]
        assert [answer.status_code for answer in answers] == [200] * CIBA_HINT.most + [429]
        assert answers[-1].json()["error"] == "temporarily_unavailable"
        assert 0 < int(answers[-1]["Retry-After"]) <= 2 * CIBA_HINT.per.total_seconds()
        assert BackchannelRequest.objects.count() == CIBA_HINT.most
        assert starter.ask(login_hint="another").status_code == 200
        assert third_party(visitor).ask(login_hint=hint).status_code == 200

    def test_t03_thirty_requests_of_many_reach_a_phone_ten_times_an_hour(
        self, visitor: Browser, person: Subject
    ) -> None:
        def ask() -> Any:
            answer = third_party(visitor).ask()
            BackchannelRequest.objects.update(state=BackchannelRequest.State.DENIED)
            return answer

        answers = [ask() for _ in range(30)]
        assert {(answer.status_code, *answer.json()) for answer in answers} == {
            (200, "auth_req_id", "expires_in", "interval")
        }
        assert BackchannelRequest.objects.filter(subject=person).count() == CIBA_PERSON.most
        reasons = AuditEvent.objects.filter(tag=Tag.BACKCHANNEL_ASKED).values_list("reason", flat=True)
        assert list(reasons).count("asked-too-often") == 30 - CIBA_PERSON.most

    def test_t03_a_suite_asks_its_test_person_all_day(self, starter: Starter, person: Subject) -> None:
        set_options(sandbox_authenticator=True)
        assert {starter.ask().status_code for _ in range(CIBA_PERSON.most + 2)} == {200}


class TestPublicSubjects:
    """T21: identifiers that are the same everywhere are for the organisation to allow."""

    @pytest.fixture
    def registrar(self, visitor: Browser) -> Registrar:
        set_options(dynamic_registration=True)
        return Registrar(visitor)

    @pytest.mark.requirement("S10-09")
    def test_t21_nobody_registers_itself_as_public_in_a_live_tenant(
        self, registrar: Registrar, tenant: Tenant
    ) -> None:
        assert registrar.register(subject_type="public").status_code == 201
        Tenant.objects.filter(pk=tenant.pk).update(kind=Tenant.Kind.LIVE)
        forget_everything()
        refused = registrar.register(subject_type="public")
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")
        made = registrar.register().json()
        assert made["subject_type"] == "pairwise"
        assert registrar.call("PUT", made, subject_type="public").status_code == 400
        party = RelyingParty.objects.get(client_id=made["client_id"])
        assert party.subject_type == "pairwise"
        change(party=party, subject_type="public")
        assert registrar.call("PUT", made, subject_type="public").status_code == 200
