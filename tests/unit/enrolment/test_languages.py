"""A person is written to in their own language, whoever acted and whatever language that one has."""

from typing import Any

import pytest
from django.utils.translation import override

from authsvc.enrolment import notices
from tests.factories import make_subject
from tests.unit.capture.agent import Agent

pytestmark = pytest.mark.django_db
TELLERS = (
    notices.tell_of_passkey,
    notices.tell_of_renewal,
    notices.tell_of_recovery,
    notices.tell_of_codes,
    notices.tell_of_link_asked_for,
)


@pytest.mark.parametrize(
    ("locale", "word"),
    [("de", "Anmeldung"), ("fr", "connexion"), ("de-AT", "Anmeldung"), ("xx", "sign-in"), (None, "sign-in")],
)
def test_every_message_is_in_the_persons_language(
    agent: Agent, mailoutbox: Any, django_capture_on_commit_callbacks: Any, locale: str | None, word: str
) -> None:
    claims = {"email": "ada@example.org", **({"locale": locale} if locale else {})}
    subject = make_subject(name="Ada Example", claims=claims)
    with (
        override("fr" if (locale or "").startswith("de") else "de"),
        django_capture_on_commit_callbacks(execute=True),
    ):
        for tell in TELLERS:
            tell(subject)
        notices.send_link(subject, "https://visor.example/link")
    assert len(mailoutbox) == len(TELLERS) + 1
    assert [mail.subject for mail in mailoutbox if word not in mail.subject] == []
