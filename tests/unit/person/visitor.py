"""Somebody at their own page, over Django's test client, with a software authenticator."""

from datetime import timedelta
from typing import Any

from authsvc.person.models import Visit
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
from tests.unit.capture.agent import Agent


class Visitor:
    """A person with a passkey, a consent and the pseudonym of a face; `agent` is their browser."""

    def __init__(self, agent: Agent, **fields: Any) -> None:
        self.agent = agent
        self.subject: Subject = agent.enrolled(**{"name": "Ada", **fields})
        self.device = self.subject.devices.get()
        self.root = f"/t/{agent.tenant.slug}/me/"

    def get(self, path: str = "", **options: Any) -> Any:
        return self.agent.client.get(self.root + path, **options)

    def post(self, path: str, body: dict[str, str] | None = None) -> Any:
        return self.agent.client.post(self.root + path, body or {})

    def text(self, path: str = "") -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return str(answer.content.decode())

    def began(self, then: str = "") -> Transaction:
        """Ask to come in."""
        answer = self.post("enter", {"then": then})
        assert answer.status_code == 302
        return Transaction.objects.get(pk=answer["Location"].rstrip("/").rsplit("/", 1)[-1])

    def comes_in(self, then: str = "") -> Any:
        """Come in by the passkey, and return the answer that leads on."""
        row = self.began(then)
        proven = self.agent.passkey(row).json()
        assert proven["next"] == "done", proven
        return self.agent.client.get(proven["continue_url"])

    def waits(self, time: timedelta) -> None:
        """Let time pass in which nothing is done."""
        for visit in Visit.objects.all():
            Visit.objects.filter(pk=visit.pk).update(
                proven_at=visit.proven_at - time, last_used_at=visit.last_used_at - time
            )
