"""A model by which the server opens alone takes a reason and a second administrator (S6.3-02)."""

import pytest

from authsvc.core.application_models import APPLICATION_MODELS
from authsvc.management import approvals, policies
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import Member
from authsvc.policy.services import current_policy
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant
from tests.unit.management.conftest import member

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S6.3-02", "S9.4-02")]
WHY = "Our counters have shared screens without passkeys of their own."


def test_it_is_asked_for_agreed_to_and_then_in_force(ada: Member, grace: Member) -> None:
    with pytest.raises(NeedsAgreement) as needed:
        policies.set_models(by=ada, models=["A", "G"], justification=WHY)
    assert current_policy().models == ("G",)
    asked = approvals.ask(by=ada, wanted=needed.value, why="As the board decided.")
    assert approvals.approve(by=grace, approval=asked)
    assert (current_policy().models, current_policy().justification) == (("A", "G"), WHY)
    # What was agreed to is not asked for again, and neither is less.
    assert policies.set_models(by=ada, models=["G", "A"], justification=WHY)
    assert policies.set_models(by=ada, models=["G"], justification="")
    with pytest.raises(NeedsAgreement):
        policies.set_models(by=ada, models=["G", "A"], justification=WHY)


def test_every_other_model_is_chosen_by_one_and_what_is_so_already_changes_nothing(ada: Member) -> None:
    for row in APPLICATION_MODELS:
        if not row.agreed:
            policies.set_models(by=ada, models=[row.letter], justification="")
            assert not policies.set_models(by=ada, models=[row.letter], justification="dropped")
            assert current_policy().models == (row.letter,)


def test_without_a_reason_it_is_no_policy_even_in_a_sandbox() -> None:
    sandbox = make_tenant()
    with tenant_scope(sandbox.id):
        by = member((sandbox, Role.ADMIN))
        with pytest.raises(ValueError, match="justification"):
            policies.set_models(by=by, models=["A"], justification="  ")
        assert policies.set_models(by=by, models=["A"], justification=WHY)
