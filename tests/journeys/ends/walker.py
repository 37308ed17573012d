"""Who walks: a tenant of its own, a person with a phone, a relying party, an administrator."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from authsvc.core.clock import now
from authsvc.enrolment.models import EnrolmentLink
from authsvc.enrolment.services import create_link
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from tests.factories import make_subject, make_tenant, offer_sample_key
from tests.provider.browser import Browser, Partner, make_partner
from tests.unit.capture.agent import Agent

Answer = Any


@dataclass
class Walker:
    """One state is walked to by one of these; `browser` is what the person holds."""

    tenant: Tenant = field(default_factory=lambda: make_tenant(name="Northwind Bank"))

    def begin(self) -> "Walker":
        """Get ready inside the tenant's scope."""
        offer_sample_key()
        self.agent = Agent(self.tenant)
        self.browser = self.agent.client
        self.browser.raise_request_exception = False
        self.visitor = Browser(self.tenant, http=self.browser)
        self.root = self.visitor.root
        return self

    # --- enrolment
    def invited(self) -> str:
        """Invite Ada, and return the path of her link."""
        self.ada = make_subject(name="Ada", reference="", reference_version=0, status=Subject.Status.INVITED)
        _link, url = create_link(subject=self.ada, created_by="a test")
        return urlsplit(url).path

    def agreed(self, *, face: bool = False) -> Transaction:
        """Open the link, and choose."""
        path = self.invited()
        version = self.browser.get(path, headers={"accept": "application/json"}).json()["notice"]["version"]
        sent = {"choice": "face" if face else "passkey", "notice_version": version}
        answer = self.browser.post(path + "consent", sent, headers={"origin": self.agent.origin})
        return self.row(answer)

    def enrolled(self) -> Transaction:
        """Enrol with a passkey alone, up to the result."""
        row = self.agreed()
        self.agent.passkey(row)
        return row

    # --- sign-in
    def asked(self, **party: Any) -> Transaction:
        """Come from the relying party."""
        usual = {"name": "Shop", "client_uri": "https://shop.example/"}
        self.partner: Partner = make_partner(**{**usual, **party})
        return self.row(self.visitor.authorize(self.partner))

    def proven(self, **party: Any) -> Transaction:
        """Come from the relying party, and use the passkey."""
        row = self.asked(**party)
        self.ada = make_subject(name="Ada")
        self.visitor.prove(row.pk, self.ada)
        return row

    # --- what all have in common
    def row(self, answer: Answer) -> Transaction:
        """The transaction whose page an answer leads to."""
        assert "Location" in answer, answer.content[:300]
        path = urlsplit(answer["Location"]).path
        return Transaction.objects.get(pk=path.rstrip("/").rsplit("/", 1)[1])

    def get(self, path: str, **query: str) -> Answer:
        """Fetch a page of the tenant, and go where it leads inside the site."""
        return self.goes_on(self.browser.get(path if path.startswith("/") else self.root + path, query))

    def post(self, path: str, sent: dict[str, Any] | None = None) -> Answer:
        """Send a form from a page of the site, and go where it leads inside it."""
        place = path if path.startswith("/") else self.root + path
        return self.goes_on(self.browser.post(place, sent or {}, headers={"origin": self.agent.origin}))

    def goes_on(self, answer: Answer) -> Answer:
        """Follow redirects inside the site."""
        while answer.status_code in {301, 302, 303} and answer["Location"].startswith("/"):
            answer = self.browser.get(answer["Location"])
        return answer

    def page(self, row: Transaction) -> Answer:
        """Open the agent's page of a transaction."""
        return self.get(f"signin/{row.pk}/")

    def left(self, row: Transaction) -> Transaction:
        """Press Cancel."""
        assert self.agent.post(row, "cancel").status_code == 200
        return row

    def overdue(self, row: Transaction) -> Transaction:
        """Let five minutes pass; no sweep comes by."""
        Transaction.objects.filter(pk=row.pk).update(expires_at=now() - timedelta(seconds=1))
        return row

    def another_browser(self) -> None:
        """Go on in a browser that knows nothing."""
        self.browser = Client(raise_request_exception=False)

    def link(self, **changed: Any) -> None:
        """Change the one link."""
        EnrolmentLink.objects.filter(tenant=self.tenant).update(**changed)


Way = Callable[[Walker], Answer]
