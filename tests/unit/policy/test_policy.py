"""Policies: tightened, never loosened; versioned; an altered one decides nothing."""

import json
from typing import Any

import pytest
from django.db import connection

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.application_models import APPLICATION_MODELS, REFUSED
from authsvc.policy.evaluate import DEFAULT, policy_digest, policy_problems, read_policy
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import (
    BrokenPolicy,
    current_policy,
    handoff_digits,
    least_age,
    offered_models,
    pinned_region,
    policy_stands,
    publish_handoff,
    publish_least_age,
    publish_models,
    publish_policy,
    publish_region,
    store_shipped_policy,
)
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant


def changed(**values):
    return {**DEFAULT, **values}


def test_the_default_is_sound():
    assert policy_problems(DEFAULT) == []


@pytest.mark.requirement("S6.3-02")
@pytest.mark.parametrize("letter", REFUSED)
def test_a_model_that_is_refused_is_refused_with_its_reason(letter):
    models = [*DEFAULT["models"], letter]
    assert policy_problems(changed(models=models)) == [f"models: {letter} is refused: {REFUSED[letter]}"]


@pytest.mark.requirement("S5.2-03")
@pytest.mark.parametrize(
    "values",
    [
        {"operating_point": "1e-3"},
        {"operating_point": 0.6},
        {"minimum_quality": 39},
        {"minimum_quality": True},
        {"models": ["?"]},
        {"models": [{}]},
        {"models": []},
        {"models": ["G", "G"]},
        {"models": ["A"]},
        {"models": ["A"], "justification": " "},
        {"models": ["A"], "justification": None},
        {"models": ["A"], "justification": "x" * 301},
        {"challenge": {**DEFAULT["challenge"], "L2": []}},
        {"challenge": {**DEFAULT["challenge"], "L2": ["blink"]}},
        {"challenge": {"L1": ["turn"]}},
        {"challenge": {"L2": ["turn"], "L5": ["turn"]}},
        {"challenge": {"L2": ["turn"], "L3": ["blink"]}},
        {"threshold": 0.1},
        {"least_age": 17},
        {"least_age": 0},
        {"least_age": 100},
        {"least_age": True},
        {"least_age": "18"},
        {"least_age": None},
        {"handoff_digits": 1},
        {"handoff_digits": 7},
        {"handoff_digits": False},
        {"handoff_digits": "2"},
        {"handoff_near": 1},
        {"region": "EU"},
        {"region": "eu central"},
        {"region": None},
        {"region": 1},
        {"quiet_hours": "at night"},
        {"quiet_hours": None},
    ],
)
def test_a_loosened_or_odd_policy_is_refused(values):
    with pytest.raises(ValueError):
        read_policy(changed(**values))


def test_models_are_those_of_the_one_table():
    defaults = tuple(row.letter for row in APPLICATION_MODELS if row.default)
    assert read_policy(DEFAULT).models == defaults
    every = [row.letter for row in APPLICATION_MODELS]
    assert policy_problems(changed(models=every, justification="They have to be.")) == []


@pytest.mark.django_db
@pytest.mark.requirement("S6.3-02", "SA-02")
@pytest.mark.parametrize(
    "row", [row for row in APPLICATION_MODELS if row.sandbox], ids=lambda row: row.letter
)
def test_a_live_tenant_has_no_model_that_nothing_attests_and_hears_why(row):
    wanted: Any = {"models": [row.letter, "G"], "justification": "Why.", "published_by": "admin"}
    sandbox, live = make_tenant(), make_tenant(kind=Tenant.Kind.LIVE)
    with tenant_scope(sandbox.id):
        assert publish_models(**wanted)
        assert row in offered_models()
        # One that became live, whoever did that: its faces wait.
        Tenant.objects.filter(pk=sandbox.pk).update(kind=Tenant.Kind.LIVE)
        with pytest.raises(BrokenPolicy, match="sandbox tenants alone"):
            current_policy()
    with tenant_scope(live.id):
        with pytest.raises(ValueError, match="no attestation of a phone's own program is listed yet"):
            publish_models(**wanted)
        assert row not in offered_models()


@pytest.mark.django_db
@pytest.mark.requirement("S6.3-02")
def test_other_models_are_a_version_that_changes_nothing_else():
    with tenant_scope(make_tenant().id):
        publish_policy(document=changed(minimum_quality=50), published_by="admin")
        said = {"published_by": "admin", "justification": " Dropped where none is taken. "}
        assert publish_models(models=DEFAULT["models"], **said) is None
        assert publish_models(models=["B", "G"], **said).document == changed(
            minimum_quality=50, models=["B", "G"]
        )
        with_reason = publish_models(models=["A"], published_by="admin", justification=" Why. ").document
        assert with_reason == changed(minimum_quality=50, models=["A"], justification="Why.")
        # A release before reads the one without it as its own.
        assert publish_models(models=["G"], **said).document == changed(minimum_quality=50)


def test_a_document_of_an_earlier_release_still_counts():
    mixes = {"L1": ["turn"], "L2": ["turn", "blink"], "L3": ["turn", "light"], "L4": ["turn", "light"]}
    assert read_policy(changed(challenge=mixes)).challenge == ("turn", "blink")


@pytest.mark.requirement("S10-11")
def test_a_document_that_names_no_age_has_the_shipped_one():
    assert "least_age" not in DEFAULT
    assert read_policy(DEFAULT).least_age == 18
    assert read_policy(changed(least_age=21)).least_age == 21


def test_the_number_of_a_handoff_is_a_policys():
    assert "handoff_digits" not in DEFAULT
    assert read_policy(DEFAULT).handoff_digits == 2
    assert [read_policy(changed(handoff_digits=each)).handoff_digits for each in (0, 2, 6)] == [0, 2, 6]


@pytest.mark.django_db
def test_another_length_of_the_number_is_a_version_that_changes_nothing_else():
    with tenant_scope(make_tenant().id):
        assert publish_handoff(digits=2, near=False, published_by="admin") is None
        forbidding = publish_handoff(digits=0, near=False, published_by="admin")
        assert forbidding is not None
        assert forbidding.document == changed(handoff_digits=0)
        assert handoff_digits() == 0
        assert publish_handoff(digits=2, near=False, published_by="admin").document == DEFAULT


@pytest.mark.django_db
@pytest.mark.requirement("S10-12")
def test_another_region_is_a_version_that_changes_nothing_else():
    assert "region" not in DEFAULT
    assert (read_policy(DEFAULT).region, read_policy(changed(region="eu-1")).region) == ("", "eu-1")
    with tenant_scope(make_tenant().id):
        assert publish_region(region="", published_by="admin") is None
        assert publish_region(region="eu-1", published_by="admin").document == changed(region="eu-1")
        assert pinned_region() == "eu-1"
        # A release before reads it as its own.
        assert publish_region(region="", published_by="admin").document == DEFAULT


@pytest.mark.django_db
@pytest.mark.requirement("S10-11")
def test_another_least_age_is_a_version_that_changes_nothing_else():
    with tenant_scope(make_tenant().id):
        publish_policy(document=changed(minimum_quality=50), published_by="admin")
        assert publish_least_age(age=18, published_by="admin") is None
        assert publish_least_age(age=21, published_by="admin").document == changed(
            minimum_quality=50, least_age=21
        )
        assert (least_age(), current_policy().minimum_quality) == (21, 50)
        # A release before reads it as its own.
        assert publish_least_age(age=18, published_by="admin").document == changed(minimum_quality=50)
        with pytest.raises(ValueError):
            publish_least_age(age=17, published_by="admin")
        assert (least_age(), PolicyVersion.objects.count()) == (18, 3)


@pytest.mark.django_db
@pytest.mark.requirement("S5.2-03", "S7-03")
def test_versions_follow_each_other_and_an_altered_one_is_refused():
    with tenant_scope(make_tenant().id):
        assert current_policy() == read_policy(DEFAULT)
        publish_policy(document=changed(operating_point="3e-5"), published_by="admin")
        second = publish_policy(document=changed(minimum_quality=50), published_by="admin")
        assert (second.number, current_policy().minimum_quality) == (2, 50)
        PolicyVersion.objects.filter(number=2).update(document=DEFAULT)
        with pytest.raises(BrokenPolicy, match="does not match its digest"):
            current_policy()


@pytest.mark.django_db
@pytest.mark.requirement("S5.2-03")
def test_t24_the_shipped_policy_is_stored_as_version_0_once():
    with tenant_scope(make_tenant().id):
        first = store_shipped_policy(published_by="set-up")
        assert (first.number, first.document, first.digest) == (0, DEFAULT, policy_digest(DEFAULT))
        assert store_shipped_policy(published_by="set-up") is None
        assert current_policy() == read_policy(DEFAULT)
        assert publish_policy(document=changed(minimum_quality=50), published_by="admin").number == 1


@pytest.mark.django_db
@pytest.mark.requirement("S5.2-03")
@pytest.mark.parametrize("column", ["document", "number", "published_by", "published_at", "seal"])
def test_t24_a_policy_that_is_rewritten_with_its_digest_is_refused(column):
    values: dict[str, Any] = {
        "number": 7,
        "published_by": "somebody",
        "published_at": "2020-01-01 00:00:00+00",
        "seal": None,
    }
    with tenant_scope(make_tenant().id):
        publish_policy(document=changed(minimum_quality=50), published_by="admin")
        weaker = changed(minimum_quality=41)
        values["document"] = json.dumps(weaker)
        with connection.cursor() as cursor:
            statement = f"UPDATE policy_policyversion SET {column} = %s"  # noqa: S608
            cursor.execute(statement, [values[column]])
            if column == "document":
                cursor.execute("UPDATE policy_policyversion SET digest = %s", [policy_digest(weaker)])
        with pytest.raises(BrokenPolicy):
            current_policy()
        assert not policy_stands()
        assert AuditEvent.objects.filter(tag=Tag.SEAL_REFUSED.value, reason="policy").count() == 1
