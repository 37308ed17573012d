"""The age from which the face is for people: in the policy, the notice and the consent, and nowhere else."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.test import Client

from authsvc.enrolment.services import create_link
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import publish_least_age
from authsvc.privacy.consent import covers_capture, live_consent
from authsvc.privacy.notice import current_notice
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_consent, make_subject, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S10-11", "S10-07")]


@pytest.fixture
def subject() -> Iterator[Subject]:
    """Somebody who agreed to the notice of a tenant that changed nothing, in whose scope the test runs."""
    with tenant_scope(make_tenant().id):
        found = make_subject()
        make_consent(found)
        yield found


def page_of(subject: Subject) -> str:
    _, url = create_link(subject=subject, created_by="admin")
    answer = Client().get(urlsplit(url).path, headers={"accept": "text/html"})
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_notice_says_the_age_of_the_policy_in_force(subject: Subject) -> None:
    before = current_notice(subject.tenant)
    assert "people of 18 years and more" in before.content["age"]
    publish_least_age(age=21, published_by="admin")
    after = current_notice(subject.tenant)
    assert "people of 21 years and more" in after.content["age"]
    assert (before.least_age, after.least_age) == (18, 21)
    assert current_notice(make_tenant(name="Another")).least_age == 18


def test_another_age_asks_whoever_agreed_to_the_one_before(subject: Subject) -> None:
    assert covers_capture(subject)
    publish_least_age(age=21, published_by="admin")
    assert not covers_capture(subject)
    publish_least_age(age=18, published_by="admin")
    assert covers_capture(subject)


def test_whoever_agrees_says_that_they_are_as_old(subject: Subject) -> None:
    publish_least_age(age=21, published_by="admin")
    assert "I am 21 or older and I agree: use my face" in page_of(subject)
    make_consent(subject)
    receipt = live_consent(subject)
    assert receipt is not None
    assert "people of 21 years and more" in receipt.notice["age"]


def test_an_age_is_asked_for_and_kept_nowhere(subject: Subject) -> None:
    assert set(re.findall(r'name="(\w+)"', page_of(subject))) <= {"notice_version", "choice", "viewport"}
    ours = [model for model in apps.get_models() if model.__module__.startswith("authsvc")]
    columns = {field.name for model in ours for field in model._meta.fields}
    assert columns & {"age", "birthdate", "birth_date", "date_of_birth", "least_age"} == set()


def test_while_the_policy_is_broken_the_notice_says_the_shipped_age(subject: Subject) -> None:
    publish_least_age(age=21, published_by="admin")
    PolicyVersion.objects.update(digest="0")
    assert current_notice(subject.tenant).least_age == 18
