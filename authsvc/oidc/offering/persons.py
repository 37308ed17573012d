"""Test persons, with every standard claim (OpenID Connect Core section 5.1)."""

from typing import Any
from urllib.parse import urlencode

from authsvc.subjects.models import Subject

PREFIX = "sandbox-"
_NUMBERS = {1: "One", 2: "Two", 3: "Three"}


def seed_test_persons() -> list[Subject]:
    """Make the test persons of the tenant in scope, those that are missing, and return them all."""
    for number, word in _NUMBERS.items():
        Subject.objects.get_or_create(
            external_id=f"{PREFIX}{number}",
            defaults={
                "name": f"Test Person {word}",
                "status": Subject.Status.ACTIVE,
                "claims": _claims(number, word),
            },
        )
    return test_persons()


def test_persons() -> list[Subject]:
    """Return the active test persons of the tenant in scope, in their order."""
    rows = Subject.objects.filter(external_id__startswith=PREFIX, status=Subject.Status.ACTIVE)
    return list(rows.order_by("external_id"))


def preselection(login_hint: str) -> str:
    """Return the query that lets the form begin with the test person whom a hint names, "" for nobody.

    A hint names a test person by number, email address or user name.
    """
    for person in test_persons() if login_hint else ():
        names = {person.external_id, person.claims.get("email"), person.claims.get("preferred_username")}
        if login_hint in names:
            return "?" + urlencode({"person": person.external_id})
    return ""


def _claims(number: int, word: str) -> dict[str, Any]:
    return {
        "given_name": "Test",
        "family_name": word,
        "middle_name": "Person",
        "nickname": f"test{number}",
        "preferred_username": f"test-person-{number}",
        "profile": f"https://test-person-{number}.example/profile",
        "picture": f"https://test-person-{number}.example/picture.png",
        "website": f"https://test-person-{number}.example/",
        "gender": "unspecified",
        "birthdate": f"1990-01-0{number}",
        "zoneinfo": "Europe/Vienna",
        "locale": "en",
        "updated_at": 1700000000 + number,
        "email": f"test-person-{number}@test.example",
        "email_verified": True,
        "phone_number": f"+1 555 010 000{number}",
        "phone_number_verified": True,
        "address": {
            "formatted": f"{number} Test Street\nTest Town 1000{number}\nAT",
            "street_address": f"{number} Test Street",
            "locality": "Test Town",
            "region": "Test Region",
            "postal_code": f"1000{number}",
            "country": "AT",
        },
    }
