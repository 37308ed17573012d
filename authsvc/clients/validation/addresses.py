"""Single addresses: pages that people see, and endpoints that this server calls."""

from authsvc.clients.fields import of_kind
from authsvc.clients.kinds import ADDRESS
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.validation.uris import problem_of_uri


def check_addresses(party: RelyingParty, problems: Problems) -> None:
    """Each address that is given is usable."""
    for row in of_kind(ADDRESS):
        value = row.of(party)
        problem = problem_of_uri(value, sandbox=party.tenant.is_sandbox) if value else None
        if problem:
            problems.add(row.name, problem)
