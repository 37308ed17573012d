"""The language in which a person is written to, whoever's act the message follows."""

from django.utils import translation

from authsvc.subjects.models import Subject


def language_of(subject: Subject) -> str | None:
    """Return the person's language as their organisation entered it, or the one next to it that there is.

    Else it is the organisation's own; None stands for that of the installation. Entered is a tag of BCP 47,
    such as `de-AT`.
    """
    said, own = subject.claims.get("locale"), subject.tenant.language or None
    try:
        return translation.get_supported_language_variant(said) if isinstance(said, str) else own
    except LookupError:
        return own
