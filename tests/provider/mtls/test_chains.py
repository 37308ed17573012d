"""T12: tls_client_auth takes a chain to an authority of this very client, and nothing else."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from authsvc.audit.models import AuditEvent
from authsvc.clients.certificates import pem_of
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.core.clock import now
from portal.relying_parties.forms import RelyingPartyForm, values_of
from tests.provider.browser import Browser, Partner, make_partner
from tests.provider.mtls.authorities import NAME, Authority, authority, certificate, der, header

pytestmark = pytest.mark.requirement("S9.4-05")


@pytest.fixture(autouse=True)
def _proxy(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


@pytest.fixture
def root() -> Authority:
    return authority()


def party(*authorities: Authority, **fields: Any) -> Partner:
    given = {
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": NAME,
        "tls_client_auth_ca_certificates": [der(each.certificate) for each in authorities],
        **fields,
    }
    return make_partner(**given)


def rule(visitor: Browser, partner: Partner, made: x509.Certificate, *between: x509.Certificate) -> str:
    """Return by which rule the client is refused, "" where it is not."""
    body = {"grant_type": "authorization_code", "client_id": partner.party.client_id, "code": "none"}
    answer = visitor.http.post(f"{visitor.root}token", body, headers=header(made, *between))
    if answer.json()["error"] == "invalid_grant":
        return ""
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    return str(AuditEvent.objects.latest("sequence").reason)


CHAIN, SUBJECT = "client-certificate-chain", "client-certificate-subject"
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def test_t12_a_certificate_of_the_clients_authority_counts(visitor: Browser, root: Authority) -> None:
    assert rule(visitor, party(root), root.issue()) == ""
    assert rule(visitor, party(root), root.issue(purpose=None)) == ""
    assert rule(visitor, party(authority("CN=Other"), root), root.issue()) == ""


def test_t12_a_self_signed_one_with_the_right_subject_does_not(visitor: Browser, root: Authority) -> None:
    assert rule(visitor, party(root), certificate()) == CHAIN


@pytest.mark.parametrize(
    "how",
    [
        {"begins": LONG_AGO, "ends": LONG_AGO + timedelta(days=365)},
        {"ends": now() - timedelta(minutes=1)},
        {"begins": now() + timedelta(hours=1)},
        {"purpose": ExtendedKeyUsageOID.SERVER_AUTH},
        {"purpose": ExtendedKeyUsageOID.CODE_SIGNING},
        {"ca": True},
    ],
)
def test_t12_nor_one_out_of_time_or_for_another_purpose(
    visitor: Browser, root: Authority, how: dict[str, Any]
) -> None:
    assert rule(visitor, party(root), root.issue(**how)) == CHAIN


def test_t12_nor_one_of_another_clients_authority(visitor: Browser, root: Authority) -> None:
    other = authority("CN=Other")
    party(other, client_id="somebody-else")
    assert rule(visitor, party(root), other.issue()) == CHAIN
    # The name of the authority is no proof; its key is.
    assert rule(visitor, party(root), authority().issue()) == CHAIN


def test_t12_the_authority_itself_has_its_time(visitor: Browser) -> None:
    old = authority(begins=LONG_AGO, ends=now() - timedelta(days=1))
    assert rule(visitor, party(old), old.issue()) == CHAIN


def test_t12_an_authority_between_comes_along(visitor: Browser, root: Authority) -> None:
    below = root.below()
    made = below.issue()
    assert rule(visitor, party(root), made, below.certificate) == ""
    assert rule(visitor, party(root), made) == CHAIN
    assert rule(visitor, party(root), made, authority("CN=Below").certificate) == CHAIN
    assert rule(visitor, party(below), made) == ""


def test_t12_nobody_who_may_not_sign_stands_between(visitor: Browser, root: Authority) -> None:
    flat = authority(depth=0)
    below = flat.below()
    assert rule(visitor, party(flat), below.issue(), below.certificate) == CHAIN
    client = root.below("CN=A client", ca=False)
    assert rule(visitor, party(root), client.issue(), client.certificate) == CHAIN


def test_t12_a_good_chain_does_not_make_up_for_another_subject(visitor: Browser, root: Authority) -> None:
    assert rule(visitor, party(root), root.issue("CN=partner.example,C=AT")) == SUBJECT


ALTERNATIVES = [
    ("dns", "partner.example", x509.DNSName("Partner.example"), x509.DNSName("www.partner.example")),
    (
        "uri",
        "https://partner.example/x",
        x509.UniformResourceIdentifier("https://partner.example/x"),
        x509.UniformResourceIdentifier("https://partner.example/"),
    ),
    (
        "ip",
        "2001:db8:0::1",
        x509.IPAddress(ip_address("2001:db8::1")),
        x509.IPAddress(ip_address("2001:db8::2")),
    ),
    ("email", "it@partner.example", x509.RFC822Name("it@partner.example"), x509.DNSName("it")),
]


@pytest.mark.parametrize(("kind", "expected", "right", "wrong"), ALTERNATIVES)
def test_t12_an_alternative_name_may_be_registered_in_place_of_the_subject(
    visitor: Browser, root: Authority, kind: str, expected: str, right: Any, wrong: Any
) -> None:
    fields = {"tls_client_auth_subject_dn": "", f"tls_client_auth_san_{kind}": expected}
    partner = party(root, **fields)
    assert rule(visitor, partner, root.issue(names=[wrong, right])) == ""
    assert rule(visitor, partner, root.issue(names=[wrong])) == SUBJECT
    assert rule(visitor, partner, root.issue()) == SUBJECT


def test_t12_a_party_of_before_that_has_no_authority_is_refused(visitor: Browser, root: Authority) -> None:
    partner = party(root)
    RelyingParty.objects.update(extra={})
    assert rule(visitor, partner, root.issue()) == CHAIN


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"tls_client_auth_ca_certificates": []}, "tls_client_auth_ca_certificates"),
        ({"tls_client_auth_ca_certificates": ["AAAA"]}, "tls_client_auth_ca_certificates"),
        ({"tls_client_auth_ca_certificates": ["%"]}, "tls_client_auth_ca_certificates"),
        ({"tls_client_auth_ca_certificates": [der(certificate())]}, "tls_client_auth_ca_certificates"),
        (
            {"tls_client_auth_ca_certificates": [der(authority().certificate)] * 11},
            "tls_client_auth_ca_certificates",
        ),
        ({"tls_client_auth_subject_dn": ""}, "tls_client_auth_subject_dn"),
        ({"tls_client_auth_san_dns": "partner.example"}, "tls_client_auth_subject_dn"),
        ({"tls_client_auth_subject_dn": "", "tls_client_auth_san_ip": "no"}, "tls_client_auth_san_ip"),
    ],
)
def test_t12_a_registration_that_names_too_little_or_too_much(
    visitor: Browser, root: Authority, fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(RegistrationProblems) as refused:
        party(root, **fields)
    assert named in refused.value.fields


def test_t12_the_form_takes_authorities_as_they_are_pasted(visitor: Browser, root: Authority) -> None:
    made = party(root).party
    shown = RelyingPartyForm(initial=values_of(made))["tls_client_auth_ca_certificates"].value()
    assert shown == pem_of(der(root.certificate))
    field = RelyingPartyForm().fields["tls_client_auth_ca_certificates"]
    assert field.clean(shown + "\r\n" + shown) == [der(root.certificate)] * 2
    assert field.clean("") == []
    for text in ("-----BEGIN CERTIFICATE-----", "nonsense", f"{shown}\nx"):
        with pytest.raises(Exception, match="PEM"):
            field.clean(text)
