"""By which application model a transaction goes: nobody is of another one unawares."""

import os
from collections.abc import Iterator, Sequence

import pytest

from authsvc.core.application_models import application_model
from authsvc.core.remembered import forget_everything
from authsvc.policy.services import current_policy, publish_models
from authsvc.privacy.consent import withdraw_consent
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import model_of_person, model_of_transaction
from authsvc.vault import opening
from authsvc.vault.models import Reference
from tests.factories import make_consent, make_subject, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S6.3-01")]


@pytest.fixture(autouse=True)
def _tenant() -> Iterator[None]:
    with tenant_scope(make_tenant().id):
        yield


def allow(*models: str) -> None:
    publish_models(models=models, justification="For the tests.", published_by="admin")


def gone_by(subject: Subject | None, kind: str = Transaction.Kind.AUTHENTICATE) -> str:
    return model_of_transaction(Transaction(kind=kind, subject=subject)).letter


def kept(model: str) -> Subject:
    row = opening.create_reference(
        model=model, template=b"t", engine="e", quality=1, consent="c", device="d",
        device_share=os.urandom(32), share_kind="prf",
    )  # fmt: skip
    return make_subject(reference=row.pseudonym)


def test_what_is_new_is_of_the_first_model_that_the_policy_names() -> None:
    assert gone_by(None, Transaction.Kind.ENROL) == current_policy().models[0]
    assert gone_by(kept("A"), Transaction.Kind.ENROL) == current_policy().models[0]


def test_a_reference_is_of_the_model_that_its_row_names() -> None:
    person = kept("A")
    assert gone_by(person) == "A"
    Reference.objects.update(status=Reference.Status.REVOKED)
    forget_everything()  # as ten seconds do: no row of a person names what was erased
    assert gone_by(person) == current_policy().models[0]


def test_nobodys_reference_and_an_unknown_models_are_taken_for_the_tenants_own() -> None:
    for person in (None, make_subject(reference=""), kept("?")):
        assert gone_by(person) == current_policy().models[0]


@pytest.mark.parametrize("models", [("D", "G"), ("G", "D"), ("D",)], ids="-".join)
def test_who_agreed_to_be_seen_is_of_the_model_that_keeps_nothing_wherever_it_is_allowed(
    models: Sequence[str],
) -> None:
    allow("D")
    person = make_subject(reference="")
    make_consent(person)
    allow(*models)
    assert model_of_person(person) == application_model("D")


@pytest.mark.requirement("S10-01")
@pytest.mark.parametrize(
    "why", ["agreed to a comparison", "has a reference", "withdrew", "not allowed", "never agreed"]
)
def test_nobody_else_is(why: str) -> None:
    person = make_subject(reference="")
    if why == "agreed to a comparison":
        make_consent(person)
    allow("D", "G")
    if why == "has a reference":
        person = kept("G")
    if why in {"has a reference", "withdrew", "not allowed"}:
        make_consent(person)
    if why == "withdrew":
        withdraw_consent(person)
    if why == "not allowed":
        allow("G")
    assert model_of_person(person) == (application_model("G") if why == "has a reference" else None)


def test_who_agreed_to_a_comparison_later_is_no_more() -> None:
    allow("D", "G")
    person = make_subject(reference="")
    make_consent(person)
    allow("G", "D")
    make_consent(person)
    assert model_of_person(person) is None
