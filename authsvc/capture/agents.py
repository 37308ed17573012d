"""Which authentication agents a tenant lets in (S9.3-06, SA-02)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from authsvc.assurance.evidence import Agent
from authsvc.core.errors import Refused
from authsvc.devices.models import Device
from authsvc.policy.evaluate import DEFAULT, read_policy
from authsvc.policy.services import BrokenPolicy, current_policy
from authsvc.tenancy.models import Tenant

_TYPES = ("browser", "simulator")
_BUILD_LENGTH = 60
_NOT_HERE = _("This device cannot be used here.")


def read_agent(value: Any) -> Agent:
    """Return the agent's own description; raises Refused for any other form."""
    if not isinstance(value, dict):
        raise Refused("bad-agent", _NOT_HERE, detail="agent is not an object")
    kind, build = value.get("type"), value.get("build")
    if kind not in _TYPES or not isinstance(build, str) or len(build) > _BUILD_LENGTH:
        raise Refused("bad-agent", _NOT_HERE, detail=f"agent type {kind!r}, build {build!r}")
    return Agent(kind, build)


def require_agent_allowed(tenant: Tenant, agent_type: str) -> None:
    """Refuse an agent that the policy, or a tenant with real people in it, does not let in."""
    if agent_type == "simulator" and not (tenant.is_sandbox and settings.SIMULATOR_ENABLED):
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


def agent_of(agent: Agent, device: Device) -> Agent:
    """Return the description that goes into the evidence; a simulated key makes any agent a simulator."""
    return replace(agent, type="simulator") if device.simulated else agent
