"""Every row of the table has its behaviour, which is what the row says; nobody is of a model unawares."""

import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from authsvc.core.application_models import APPLICATION_MODELS, Place, application_model
from authsvc.core.stages import ENROL, LIVENESS, RENEW, VERIFY, Stage
from authsvc.policy.services import current_policy
from authsvc.protection.registry import PROTECTIONS, check, protection_for_new, protection_of
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault import opening
from authsvc.vault.models import Reference
from tests.factories import make_subject, make_tenant

ROW = APPLICATION_MODELS[0]


@pytest.fixture
def _tenant(db):
    with tenant_scope(make_tenant().id):
        yield


def behaviour(**changes):
    plans = {"verify": VERIFY, "enrol": ENROL, "renew": RENEW}
    return SimpleNamespace(**{"letter": ROW.letter, **plans, **changes})


def without(plan, left_out):
    return tuple(stage for stage in plan if stage != left_out)


def test_every_row_has_its_behaviour():
    assert {letter: found.letter for letter, found in PROTECTIONS.items()} == {
        row.letter: row.letter for row in APPLICATION_MODELS
    }
    assert all(check(PROTECTIONS[row.letter], row) for row in APPLICATION_MODELS)


def test_a_letter_names_its_row_and_another_none():
    assert all(application_model(row.letter) == row for row in APPLICATION_MODELS)
    assert application_model("?") is application_model(None) is None


@pytest.mark.parametrize("stage", LIVENESS)
@pytest.mark.parametrize(("name", "plan"), [("verify", VERIFY), ("enrol", ENROL), ("renew", RENEW)])
@pytest.mark.requirement("S9.2-04")
def test_a_plan_without_liveness_does_not_start(name, plan, stage):
    with pytest.raises(ValueError, match="a plan without"):
        check(behaviour(**{name: without(plan, stage)}), ROW)


def test_liveness_has_its_order():
    turned = (*VERIFY[:4], Stage.IAD, Stage.PAD, *VERIFY[6:])
    with pytest.raises(ValueError, match="in this order"):
        check(behaviour(verify=turned), ROW)


@pytest.mark.requirement("S6.3-01")
def test_a_behaviour_that_is_not_what_its_row_says_does_not_start():
    with pytest.raises(ValueError, match="of model X"):
        check(behaviour(letter="X"), ROW)
    with pytest.raises(ValueError, match="compared on the server"):
        check(behaviour(verify=without(VERIFY, Stage.COMPARISON)), ROW)
    with pytest.raises(ValueError, match="compared on the phone"):
        check(behaviour(), replace(ROW, compared=Place.PHONE))


@pytest.mark.usefixtures("_tenant")
def test_new_references_are_of_the_first_model_that_the_policy_names():
    assert protection_for_new() is PROTECTIONS[current_policy().models[0]]


@pytest.mark.usefixtures("_tenant")
@pytest.mark.requirement("S6.3-01")
def test_a_reference_is_of_the_model_that_its_row_names(monkeypatch):
    other = behaviour(letter="X")
    monkeypatch.setattr("authsvc.protection.registry.PROTECTIONS", {**PROTECTIONS, "X": other})
    row = opening.create_reference(
        model="X", template=b"t", engine="e", quality=1, consent="c", device="d",
        device_share=os.urandom(32), share_kind="prf",
    )  # fmt: skip
    person = make_subject(reference=row.pseudonym)
    assert protection_of(person) is other
    Reference.objects.filter(pk=row.pk).update(status=Reference.Status.REVOKED)
    assert protection_of(person) is protection_for_new()


@pytest.mark.usefixtures("_tenant")
def test_nobodys_reference_and_an_unknown_models_are_taken_for_the_tenants_own():
    row = opening.create_reference(
        model="?", template=b"t", engine="e", quality=1, consent="c", device="d",
        device_share=os.urandom(32), share_kind="prf",
    )  # fmt: skip
    for person in (None, make_subject(reference=""), make_subject(reference=row.pseudonym)):
        assert protection_of(person) is protection_for_new()
