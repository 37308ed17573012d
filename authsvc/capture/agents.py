"""Which authentication agents a tenant lets in, and of which builds (S6.2-07, S9.3-06, SA-02)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from authsvc.assurance.evidence import Agent
from authsvc.capture.builds import build_of, is_listed, is_listed_by_name
from authsvc.core.errors import Refused
from authsvc.devices.attestation.agents import Keys, vouches
from authsvc.devices.models import Device
from authsvc.policy.evaluate import DEFAULT, read_policy
from authsvc.policy.services import BrokenPolicy, current_policy
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import thumbprint_of

_TYPES = ("browser", "simulator")
_BUILD_LENGTH = 60
_MOST_SCRIPTS = 200
_NOT_HERE = _("This device cannot be used here.")

SIMULATORS: Final = frozenset({"1"})
"""The builds of the software phone that are let in, where it is at all."""


@dataclass(frozen=True)
class Described:
    """An agent as it describes itself, and the statement by which something vouches for its keys, or None."""

    agent: Agent
    attestation: Mapping[str, str] | None


def read_agent(value: Any) -> Described:
    """Return the agent's own description; raises Refused for another form, and for a build not let in.

    A page is what its scripts are; one of the release before names a build and no scripts.
    """
    if not isinstance(value, dict):
        raise Refused("bad-agent", _NOT_HERE, detail="agent is not an object")
    kind, build, scripts = value.get("type"), value.get("build"), value.get("scripts", {})
    if kind not in _TYPES or not isinstance(build, str) or len(build) > _BUILD_LENGTH:
        raise Refused("bad-agent", _NOT_HERE, detail=f"agent type {kind!r}, build {build!r}")
    if not _are_digests(scripts):
        raise Refused("bad-agent", _NOT_HERE, detail="scripts are not digests by name")
    attestation = value.get("attestation")
    if attestation is not None and not _is_statement(attestation):
        raise Refused("bad-agent", _NOT_HERE, detail="attestation is not a format and its statement")
    return Described(_listed(kind, build_of(scripts) if scripts else build, scripts), attestation)


def _is_statement(value: Any) -> bool:
    named = isinstance(value, dict) and set(value) == {"format", "statement"}
    return named and all(isinstance(each, str) for each in value.values())


def _are_digests(scripts: Any) -> bool:
    if not isinstance(scripts, dict) or len(scripts) > _MOST_SCRIPTS:
        return False
    return all(isinstance(each, str) for each in scripts.values())


def _listed(kind: str, build: str, scripts: Mapping[str, str]) -> Agent:
    """Return the agent where its build is listed; raises Refused."""
    if kind == "simulator":
        known = build in SIMULATORS
    else:
        known = is_listed(scripts) if scripts else is_listed_by_name(build)
    if not known:
        raise Refused(
            "build-refused",
            _("This page is not of the version that is in use here. Please reload it."),
            detail=f"{kind} of build {build}, which is not listed or blocked",
            status=403,
        )
    return Agent(kind, build)


def require_agent_allowed(tenant: Tenant, agent_type: str) -> None:
    """Refuse an agent that the policy, or a tenant with real people in it, does not let in."""
    if agent_type == "simulator" and not tenant.lets_simulators_in:
        raise Refused(
            "simulator-refused", _NOT_HERE, detail="a simulator outside a sandbox tenant", status=403
        )
    if not _agents().get(agent_type, False):
        raise Refused("agent-refused", _NOT_HERE, detail=f"policy lets no {agent_type} in", status=403)


def _agents() -> Mapping[str, bool]:
    """Return which agents are let in; without a policy to go by, those that the shipped one lets in.

    A passkey is as good as it was, and nobody's way in may hang on a row that somebody altered (T24).
    """
    try:
        return current_policy().agents
    except BrokenPolicy:
        return read_policy(DEFAULT).agents


def agent_of(described: Described, device: Device, transaction: Transaction) -> Agent:
    """Return the description that goes into the evidence; a simulated key makes any agent a simulator.

    What vouches for the agent has to vouch for this transaction's session key, and for the key by which the
    device receives. Raises Refused where it does not, or is not trusted here.
    """
    agent = replace(described.agent, type="simulator") if device.simulated else described.agent
    if described.attestation is None:
        return agent
    name, statement = described.attestation["format"], described.attestation["statement"]
    receiving = thumbprint_of(device.receiving_key, "receiving_key") if device.receiving_key else ""
    keys = Keys(transaction.pk, thumbprint_of(transaction.session_key, "session_key"), receiving)
    if not vouches(name, statement, keys, sandbox=transaction.tenant.lets_simulators_in):
        raise Refused(
            "attestation-refused",
            _NOT_HERE,
            detail=f"the format {name[:20]!r} is not trusted here, or vouches for other keys",
            status=403,
        )
    return replace(agent, attested=name)
