"""Single addresses: pages that people see, and endpoints that this server calls."""

from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.validation.uris import problem_of_uri

FIELDS = (
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "initiate_login_uri",
    "jwks_uri",
    "sector_identifier_uri",
    "backchannel_client_notification_endpoint",
    "backchannel_logout_uri",
    "frontchannel_logout_uri",
)


def check_addresses(party: RelyingParty, problems: Problems) -> None:
    """Each address that is given is usable."""
    for field in FIELDS:
        value = getattr(party, field)
        problem = problem_of_uri(value, sandbox=party.tenant.is_sandbox) if value else None
        if problem:
            problems.add(field, problem)
