"""Every row of the table has its behaviour, which is what the row says."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from authsvc.core.application_models import APPLICATION_MODELS, Place, application_model
from authsvc.core.stages import ENROL, LIVENESS, RENEW, VERIFY, Stage
from authsvc.protection.registry import PROTECTIONS, check

ROW = APPLICATION_MODELS[0]


def behaviour(**changes):
    plans = {"verify": VERIFY, "enrol": ENROL, "renew": RENEW, "bind": VERIFY}
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
@pytest.mark.parametrize(
    ("name", "plan"), [("verify", VERIFY), ("enrol", ENROL), ("renew", RENEW), ("bind", VERIFY)]
)
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


@pytest.mark.requirement("S9.2-15", "S6.3-01")
@pytest.mark.parametrize("name", ["renew", "bind"])
def test_what_adds_to_a_reference_is_compared_by_a_worker_wherever_a_sign_in_is(name):
    row, seen = replace(ROW, compared=Place.PHONE), without(VERIFY, Stage.COMPARISON)
    assert check(behaviour(verify=seen), row).renew == RENEW
    with pytest.raises(ValueError, match="no worker compared"):
        check(behaviour(verify=seen, **{name: without(RENEW, Stage.COMPARISON)}), row)


@pytest.mark.requirement("S6.3-01")
@pytest.mark.parametrize(
    "changes", [{"enrol": ENROL}, {"renew": RENEW}, {"bind": VERIFY}], ids=["enrol", "renew", "bind"]
)
def test_what_keeps_nothing_has_no_plan_that_would(changes):
    row = replace(ROW, stored=Place.NOWHERE, compared=Place.NOWHERE)
    seen = without(without(without(VERIFY, Stage.COMPARISON), Stage.VAULT), Stage.FEATURES)
    nothing = {"verify": seen, "enrol": (), "renew": (), "bind": ()}
    assert check(behaviour(**nothing), row).enrol == ()
    with pytest.raises(ValueError, match="keeps nothing"):
        check(behaviour(**{**nothing, **changes}), row)
    with pytest.raises(ValueError, match="compared nowhere"):
        check(behaviour(**{**nothing, "verify": VERIFY}), row)
    with pytest.raises(ValueError, match="a plan without"):
        check(behaviour(**{**nothing, "verify": without(seen, Stage.PAD)}), row)
