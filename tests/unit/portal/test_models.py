"""Where faces are kept, on administrators' screens: chosen by policy, told of each person and attempt."""

from dataclasses import replace

import pytest
from django.test import Client

from authsvc.core.application_models import application_model
from authsvc.management.keeping import compared, kept
from authsvc.management.models import Approval
from authsvc.policy.services import current_policy, publish_models
from authsvc.tenancy.models import Tenant
from authsvc.transactions import services
from authsvc.vault.models import Reference
from tests import models
from tests.unit.transactions import flow

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S6.3-02")]
WHY = "Our counters have shared screens without passkeys of their own."


@pytest.mark.modes("policy")
@pytest.mark.requirement("S5.3-01", "S9.4-02")
@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("letter", models.each(models.EVERY))
def test_an_organisation_chooses_a_model_with_what_it_takes(
    admin: Client, grace: Client, base: str, letter: str
) -> None:
    row = application_model(letter)
    assert row is not None
    form = f"{base}policies/change/models/"
    if row.sandbox:
        refused = admin.post(form, {"first": letter, "others": [], "justification": WHY})
        assert (refused.status_code, current_policy().models) == (422, (models.DEFAULT,))
        assert str(kept(row)) not in admin.get(form).content.decode()
        return
    wanted = {"first": letter, "others": [], "justification": WHY if row.agreed else ""}
    answer = admin.post(form, wanted)
    if row.agreed:
        assert admin.post(form, {**wanted, "justification": " "}).status_code == 422
        assert (answer.status_code, current_policy().models) == (409, (models.DEFAULT,))
        admin.post(form, {**wanted, "agreement-why": "As the board decided."})
        asked = Approval.objects.get()
        admin.post(f"{base}approvals/{asked.pk}/agree/")
        assert current_policy().models == (models.DEFAULT,)  # nobody agrees with themselves
        theirs = grace.get(f"{base}approvals/{asked.pk}/").content.decode()
        assert str(kept(row)) in theirs
        assert WHY in theirs
        answer = grace.post(f"{base}approvals/{asked.pk}/agree/")
    assert answer.status_code == 302
    assert (current_policy().models, current_policy().justification) == ((letter,), wanted["justification"])
    assert str(kept(row)) in admin.get(f"{base}policies/").content.decode()


@pytest.mark.modes("portal")
@pytest.mark.parametrize("letter", models.each())
def test_a_person_and_an_attempt_say_where_it_was_kept_and_compared(
    admin: Client, base: str, tenant: Tenant, letter: str
) -> None:
    row = application_model(letter)
    assert row is not None
    publish_models(models=[letter], justification=WHY, published_by="a test")
    subject, device = flow.person(**flow.by_phone(row))  # who has agreed to this model's notice
    Reference.objects.create(
        pseudonym=subject.reference, model=letter, sealed_template=b"s", engine="engine:1", consent="c"
    )
    attempt, capture = flow.submitted(device, subject=subject, agent=flow.agent_of(row))
    face = replace(flow.face_proof(capture), model=letter)
    services.record_verdict(capture.pk, flow.verdict_on(capture, face=face))
    for path in (f"people/{subject.pk}/", f"attempts/{attempt.pk}/"):
        shown = admin.get(f"{base}{path}").content.decode()
        assert str(kept(row)) in shown, path
        assert str(compared(row)) in shown, path
