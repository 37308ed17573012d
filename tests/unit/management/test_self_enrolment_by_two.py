"""S9.4-02: what lets more people enrol by themselves, or with less, takes two administrators (ADR 0495)."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from authsvc.management import approvals, self_enrolment
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import COMMAND_LINE, Member
from authsvc.management.approvals import OwnRequest
from authsvc.management.models import Approval
from authsvc.self_enrolment.models import PeopleProvider
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from tests.factories import PEOPLE_PROVIDER, make_tenant
from tests.unit.management.conftest import member

pytestmark = [pytest.mark.requirement("S9.4-02"), pytest.mark.usefixtures("grace")]
RULE: Final = {
    **PEOPLE_PROVIDER,
    "email": "needed",
    "gate_values": ["staff", "guests"],
    "acr_values": ["mfa"],
}
"""As people may enrol at first."""

OTHERS_WORD: Final = "Whoever this provider signs in can enrol by themselves, as who it says that they are."
UNENTERED: Final = "It lets people enrol whom nobody here has entered."
MORE: Final = "It lets more people enrol by themselves, or with less proof."
LOOSER: Final[Mapping[str, tuple[dict[str, Any], str]]] = {
    "another issuer": ({"issuer": "https://elsewhere.example"}, OTHERS_WORD),
    "another client": ({"client_id": "another"}, OTHERS_WORD),
    "another number": ({"external_id_claim": "employee"}, OTHERS_WORD),
    "newcomers": ({"newcomers": True}, UNENTERED),
    "everybody": ({"everybody": True, "gate_claim": "", "gate_values": []}, MORE),
    "another claim": ({"gate_claim": "roles"}, MORE),
    "another value": ({"gate_values": ["staff", "partners"]}, MORE),
    "another acr": ({"acr_values": ["mfa", "password"]}, MORE),
    "any acr": ({"acr_values": []}, MORE),
    "longer ago": ({"max_age": 16}, MORE),
    "any time ago": ({"max_age": 0}, MORE),
    "no verified address": ({"email": "taken"}, MORE),
}
STRICTER: Final[Mapping[str, dict[str, Any]]] = {
    "the same": {},
    "another name": {"name": "Renamed"},
    "fewer values": {"gate_values": ["staff"]},
    "sooner": {"max_age": 5},
    "off": {"enabled": False},
    # Nobody enrols by it: what is set counts when it is switched on.
    "off, and looser": {"enabled": False, "newcomers": True, "max_age": 0, "acr_values": []},
}


def configure(by: Any, changed: Mapping[str, Any] = RULE) -> PeopleProvider:
    return self_enrolment.configure(by=by, **{**RULE, **changed})


def ask(by: Member, changed: Mapping[str, Any]) -> Approval:
    with pytest.raises(NeedsAgreement) as needed:
        configure(by, changed)
    return approvals.ask(by=by, wanted=needed.value, why="They are ours.")


def stored() -> dict[str, Any]:
    row = PeopleProvider.objects.get()
    return {name: getattr(row, name) for name in RULE}


@pytest.mark.parametrize("name", LOOSER)
def test_what_loosens_waits_for_another(ada: Member, grace: Member, name: str) -> None:
    configure(COMMAND_LINE)
    changed, why = LOOSER[name]
    with pytest.raises(NeedsAgreement) as needed:
        configure(ada, changed)
    assert [str(each) for each in needed.value.reasons] == [why]
    assert stored() == RULE
    asked = approvals.ask(by=ada, wanted=needed.value, why="They are ours.")
    approvals.approve(by=grace, approval=asked)
    assert stored() == {**RULE, **changed}


@pytest.mark.parametrize("name", STRICTER)
def test_what_does_not_loosen_needs_nobody_else(ada: Member, name: str) -> None:
    configure(COMMAND_LINE)
    configure(ada, STRICTER[name])
    assert stored() == {**RULE, **STRICTER[name]}


def test_to_switch_it_on_waits_for_another_however_it_was_set_up(ada: Member) -> None:
    with pytest.raises(NeedsAgreement):
        configure(ada)
    configure(ada, {"enabled": False, "newcomers": True})
    for changed in ({}, {"newcomers": True}):
        with pytest.raises(NeedsAgreement):
            configure(ada, changed)
    assert not PeopleProvider.objects.get().enabled


def test_who_asked_does_not_agree_by_any_session(ada: Member, tenant: Tenant) -> None:
    configure(COMMAND_LINE)
    asked = ask(ada, {"newcomers": True})
    # As a session that came later knows them: another proof, and a name that was changed meanwhile.
    again = Member(user_id=ada.user_id, name="ada@elsewhere.example", proven_at=ada.proven_at)
    for by in (ada, again):
        with pytest.raises(OwnRequest):
            approvals.approve(by=by, approval=asked)
        with pytest.raises(OwnRequest):
            approvals.carry_out_alone(by=by, approval=asked)
    assert stored() == RULE


def test_a_sandbox_is_not_asked(ada: Member) -> None:
    sandbox = make_tenant()
    with tenant_scope(sandbox.pk):
        configure(member((sandbox, Role.OWNER)), {"newcomers": True})
        assert PeopleProvider.objects.get().newcomers
