"""The checks of a registration; the list below is their order, then come those that single settings bring."""

from collections.abc import Callable

from authsvc.clients.fields import FIELDS
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.validation.addresses import check_addresses
from authsvc.clients.validation.algorithms import check_algorithms
from authsvc.clients.validation.backchannel import check_backchannel
from authsvc.clients.validation.credentials import check_credentials
from authsvc.clients.validation.identity import check_identity
from authsvc.clients.validation.profile import check_profile
from authsvc.clients.validation.redirects import check_redirects
from authsvc.clients.validation.requests import check_requests
from authsvc.clients.validation.texts import check_texts

CHECKS: list[Callable[[RelyingParty, Problems], None]] = [
    check_texts,
    check_identity,
    check_redirects,
    check_addresses,
    check_credentials,
    check_algorithms,
    check_requests,
    check_backchannel,
    check_profile,
]


def validate(party: RelyingParty) -> None:
    """Raise RegistrationProblems with everything that is wrong with the relying party (S9.4-03)."""
    problems = Problems()
    own = [row.check for row in FIELDS.values() if row.check is not None]
    for check in (*CHECKS, *own):
        check(party, problems)
    problems.raise_if_any()
