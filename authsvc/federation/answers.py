"""What comes back with the browser from a tenant's own provider (RFC 6749 section 4.1.2, RFC 9207)."""

from typing import Final

from authsvc.core.errors import Refused
from authsvc.federation.metadata import OutsideProvider
from authsvc.federation.refused import AnswerRefused, TooWeak

_NOT_MET: Final = "unmet_authentication_requirements"


def require_own_answer(provider: OutsideProvider, named: str | None) -> None:
    """Raise AnswerRefused for the answer of another provider: `named` is the issuer that it bears (mix-up).

    A provider that says so of itself names itself in each answer.
    """
    if named != provider.issuer and (named is not None or provider.names_itself):
        raise AnswerRefused(detail=f"the answer bears the issuer {named!r} (RFC 9207)")


def returned(error: str) -> Refused:
    """Return what an error of the provider's (RFC 6749 section 4.1.2.1) comes to here."""
    if error == _NOT_MET:
        return TooWeak(detail=f"the provider answered {error!r}")
    return AnswerRefused(detail=f"the provider answered {error!r:.100}")
