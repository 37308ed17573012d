"""A person in their browser on the way to their organisation's own provider and back."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.hosts.places import place_of
from authsvc.management import self_enrolment
from authsvc.management.actors import System
from authsvc.self_enrolment.models import PeopleProvider
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from tests.factories import PEOPLE_PROVIDER, make_subject
from tests.outside import ACR, CLIENT, SECRET, Outside

BY = System("a test")


def set_up(provider: Outside, **changes: Any) -> PeopleProvider:
    """Let people of the tenant in scope enrol by the provider's word."""
    own = {"name": "Northwind ID", "issuer": provider.issuer, "client_id": CLIENT, "acr_values": [ACR]}
    row = self_enrolment.configure(by=BY, **{**PEOPLE_PROVIDER, "newcomers": True, **own, **changes})
    self_enrolment.set_secret(by=BY, secret=SECRET)
    return row


def make_invited(**fields: Any) -> Subject:
    """Make a person whom the organisation has entered, and who has not enrolled yet."""
    without = {"status": Subject.Status.INVITED, "reference": "", "reference_version": 0}
    return make_subject(**{**without, **fields})


@dataclass
class Comer:
    """A browser at the tenant's page for people who enrol by themselves."""

    tenant: Tenant
    provider: Outside
    http: Client = field(default_factory=Client)

    @property
    def root(self) -> str:
        return f"/t/{self.tenant.slug}/join/"

    def begin(self) -> dict[str, str]:
        """Go to the provider; what it is asked."""
        answer = self.http.get(f"{self.root}go")
        assert answer.status_code == 303, answer.content[:600]
        assert answer["Location"].startswith(f"{self.provider.issuer}/authorize?")
        return dict(parse_qsl(urlsplit(answer["Location"]).query))

    def back(self, address: str) -> Any:
        """Follow the provider's redirect."""
        origin = place_of(self.tenant.pk).origin
        assert address.startswith(origin)
        return self.http.get(address.removeprefix(origin))

    def come(self) -> Any:
        """Go, sign in there, and come back."""
        return self.back(self.provider.answer(self.begin()))

    def notice(self, answer: Any) -> str:
        """Follow an answer that leads to the enrolment; the page that stands there."""
        assert answer.status_code == 303, answer.content.decode()[-2500:]
        path = urlsplit(answer["Location"]).path
        assert path.startswith(f"/t/{self.tenant.slug}/enrol/")
        page = self.http.get(path)
        assert page.status_code == 200
        return str(page.content.decode())


def refusals() -> list[str]:
    """Return why somebody was not let enrol in the tenant in scope, the newest last."""
    rows = AuditEvent.objects.filter(tag=Tag.SELF_ENROLMENT_REFUSED).order_by("at")
    return [f"{row.reason}: {row.details['detail']}" for row in rows]
