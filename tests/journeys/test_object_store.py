"""References in a store of objects that somebody else runs: enrolment, sign-in, faults, erasure."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.stack.console import console
from devtools.stack.stack import Stack, running
from tests import models
from tests.bucket import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, Bucket, bucket_at_work
from tests.models import enrolled

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs("photos"),
    pytest.mark.requirement("S8.1-05", "S8.1-06"),
]
HERE = tuple(letter for letter in models.LETTERS if letter not in models.KEPT_BY_PHONES)
TOLD = """
from authsvc.audit.models import AuditEvent
from authsvc.vault.models import DueObject, Moment, Reference
rows = [*Reference.objects.all(), *Moment.objects.all()]
print(json.dumps({
    "here": sum(bool(row.sealed_template) for row in rows),
    "due": DueObject.objects.count(),
    "events": list(AuditEvent.objects.filter(tag__startswith="vault:store:").values_list("tag", "reason")),
}))
"""
WITHDRAW = """
from authsvc.management import faces
from authsvc.management.actors import COMMAND_LINE
from authsvc.subjects.models import Subject
faces.withdraw(by=COMMAND_LINE, subject=Subject.objects.get(name={name!r}))
"""


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with bucket_at_work() as store:
        yield store


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, bucket: Bucket) -> Iterator[Stack]:
    """A product whose new references come to lie in the store."""
    product = running(
        tmp_path_factory.mktemp("outside"),
        VISOR_REFERENCE_STORE="objects",
        VISOR_OBJECTS_URL=bucket.url,
        VISOR_OBJECTS_BUCKET=BUCKET,
        VISOR_OBJECTS_REGION=REGION,
        VISOR_OBJECTS_ACCESS_KEY=ACCESS_KEY,
        VISOR_OBJECTS_SECRET_KEY=SECRET_KEY,
    )
    with product as made, console(made.env) as commands:
        yield replace(made, console=commands)


def told(stack: Stack) -> dict[str, Any]:
    said: dict[str, Any] = stack.python(TOLD)
    return said


def until(met: Callable[[], bool]) -> None:
    """Wait for what a worker does every five seconds."""
    for _ in range(60):
        if met():
            return
        time.sleep(0.25)
    raise AssertionError("nothing came of it within 15 s")


def signed_in(stack: Stack, person: Person) -> str:
    """Sign in with the face, and return the model that the token names."""
    phone = SoftwarePhone(person)
    assert phone.sign_in(f"{stack.partner_url}/members").status_code == 200
    said = phone.browser.get(f"{stack.partner_url}/whoami.json", accept="application/json").json()
    return str(said["face"]["model"])


def refused(stack: Stack, person: Person) -> Denied:
    with pytest.raises(Denied) as denied:
        SoftwarePhone(person, tries=1).sign_in(f"{stack.partner_url}/members")
    return denied.value


@contextmanager
def altering(bucket: Bucket) -> Iterator[None]:
    bucket.tampers = lambda _, content: content[::-1]
    yield
    bucket.tampers = None


@contextmanager
def losing(bucket: Bucket) -> Iterator[None]:
    kept, bucket.objects = bucket.objects, {}
    yield
    bucket.objects = kept


@contextmanager
def away(bucket: Bucket) -> Iterator[None]:
    bucket.answers = 503
    yield
    bucket.answers = 0


FAULTS = {
    altering: ("vault:store:untrue", "altered"),
    losing: ("vault:store:untrue", "lost"),
    away: ("vault:store:away", "reference-unusable"),
}


@pytest.mark.modes("enrolment", "sign-in", "erasure")
@pytest.mark.parametrize("letter", models.by_turns(0, HERE))
def test_a_reference_lies_outside_and_lets_in_whom_it_should(
    stack: Stack, photos: Path, bucket: Bucket, letter: str
) -> None:
    name = f"Is kept outside by {letter}"
    person = enrolled(stack, photos, name, letter)
    until(lambda: told(stack)["due"] == 0)
    assert (told(stack)["here"], len(bucket.objects)) == (0, 1)
    bucket.asked.clear()
    assert signed_in(stack, person) == letter
    assert [method for method, _, status in bucket.asked if status == 200] == ["GET"]
    events = told(stack)["events"]
    for fault, event in FAULTS.items():
        with fault(bucket):
            assert refused(stack, person).step == 10
        said = told(stack)["events"]
        assert said[len(events)] == list(event)
        events = said
    assert signed_in(stack, person) == letter  # and nobody is locked out
    stack.python(WITHDRAW.format(name=name))
    until(lambda: told(stack)["due"] == 0)
    assert not bucket.objects
