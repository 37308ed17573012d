"""A desk and a phone, each a browser of its own, at one tenant's provider."""

import re
from typing import Any

from django.conf import settings
from django.test import Client

from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from tests.provider.browser import Browser, Partner
from tests.unit.capture.agent import Agent

JSON = "application/json"
DESK = "203.0.113.5"
PHONE = "198.51.100.7"


class Desk(Browser):
    """Where a person begins to sign in; `txn` is what they began."""

    txn: str = ""

    def begins(self, partner: Partner, **extra: str | None) -> str:
        """Begin a sign-in, and return its transaction."""
        self.txn = self.opened(self.authorize(partner, **extra))
        return self.txn

    def asks(self, step: str, **headers: str) -> Any:
        """Send one of the desk's steps."""
        sent = {"origin": settings.BASE_URL, **headers}
        return self.http.post(f"{self.root}desk/{self.txn}/{step}", {}, content_type=JSON, headers=sent)

    def shows_code(self) -> str:
        """Show a code, and return the path of the link in it (the fixture `codes` lets it be read)."""
        answer = self.asks("code")
        assert answer.status_code == 200, answer.content
        return str(answer.json()["code"]).removeprefix(settings.BASE_URL)

    def sees(self) -> dict[str, Any]:
        """What the desk's page hears."""
        answer = self.http.get(f"{self.root}desk/{self.txn}/status")
        assert answer.status_code == 200, answer.content
        return dict(answer.json())

    def goes_on(self) -> Any:
        """Go where the page leads when the phone is done."""
        return self.http.get(self.sees()["continue_url"])


class Phone(Agent):
    """A phone with a passkey."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.client = Client(REMOTE_ADDR=PHONE)

    def scans(self, path: str) -> Any:
        """Open what a code leads to."""
        return self.client.get(path)

    def sends(self, path: str, **form: str) -> Any:
        """Send one of the forms there."""
        return self.client.post(path, form, headers={"origin": self.origin})

    def meets(self, path: str) -> Any:
        """Say that the other screen is here."""
        return self.sends(path, answer="yes")

    def types(self, path: str, number: str) -> Any:
        """Type a number."""
        return self.sends(path, number=number)

    def takes_over(self, desk: Desk) -> Transaction:
        """Do all that takes what the desk began to this phone."""
        path = desk.shows_code()
        assert self.meets(path).status_code == 303
        assert self.types(path, desk.sees()["number"]).status_code == 303
        return Transaction.objects.get(pk=desk.txn)


def other_than(number: str) -> str:
    """Return a number that is not this one."""
    return f"{(int(number) + 1) % 10 ** len(number):0{len(number)}d}"


def said(response: Any) -> str:
    """The heading of a page."""
    (heading,) = re.findall(r"<h1[^>]*>(.*?)</h1>", response.content.decode())
    return str(heading)
