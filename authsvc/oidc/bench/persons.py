"""The bench's own person: nobody can sign in as them, as they have no passkey and get no link."""

from typing import Any, Final

from authsvc.subjects.models import Subject

EXTERNAL_ID: Final = "visor-test-bench"
_CLAIMS: Final[dict[str, Any]] = {
    "given_name": "Test",
    "family_name": "Bench",
    "preferred_username": "test-bench",
    "email": "test-bench@test.example",
    "email_verified": True,
}


def ensure_bench_person() -> Subject:
    """Make the bench's person of the tenant in scope where they are missing, and return them."""
    given = {"name": "Test Bench", "status": Subject.Status.ACTIVE, "claims": _CLAIMS}
    return Subject.objects.get_or_create(external_id=EXTERNAL_ID, defaults=given)[0]


def bench_person() -> Subject:
    """Return the bench's person; raises Subject.DoesNotExist where no bench was ever begun."""
    return Subject.objects.get(external_id=EXTERNAL_ID)
