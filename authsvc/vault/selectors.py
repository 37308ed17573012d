"""What any process may know of references: whether they are there, never what is in them."""

from django.db.models import QuerySet

from authsvc.vault.models import Reference


def revoked_references() -> QuerySet[Reference, str]:
    """Return the pseudonyms of the erased references of the tenant in scope."""
    return Reference.objects.filter(status=Reference.Status.REVOKED).values_list("pseudonym", flat=True)
