"""What every model does alike: it opens what it kept, with what it takes, until that is taken back."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from authsvc.devices.models import Device
from authsvc.keys.service.chosen import key_service
from authsvc.management import people
from authsvc.management.actors import System
from authsvc.protection.base import Features, Share
from authsvc.protection.registry import PROTECTIONS
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault.ageing import as_stored, moments_of, with_moment
from authsvc.vault.lifecycle import revoke_reference
from authsvc.vault.opening import CannotOpenReference
from authsvc.vault.outside import carry_out_due
from authsvc.vault.ownkeys import key_of
from tests import models
from tests.bucket import bucket_at_work
from tests.factories import make_device, make_subject, make_tenant

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("tenant"),
    pytest.mark.requirement("S6.3-01", "S6.3-02"),
]
MADE = Features(b"a template of some length, which nobody else has" * 4, "engine:1", 73)
AGAIN = Features(b"another moment of the same person, in other light" * 4, "engine:1", 70)


class Kept:
    """A person with a reference of a model, and what each of their devices gives of its own."""

    def __init__(self, letter: str) -> None:
        self.protection = PROTECTIONS[letter]
        self.subject: Subject = make_subject(reference="", reference_version=0)
        self.device: Device = make_device(self.subject)
        self.share = self.share_of(self.device)
        self.enrol()

    def share_of(self, device: Device) -> Share:
        kind = self.protection.requests(device) or ""
        return Share(os.urandom(32) if kind else b"", kind)

    def enrol(self) -> None:
        kept = self.protection.protect(
            MADE, subject=self.subject, device=self.device, share=self.share, consent="consent"
        )
        self.subject.reference, self.subject.reference_version = kept.pseudonym, kept.version
        self.subject.reference_moments = as_stored(kept.pseudonym, with_moment([], kept.pseudonym))
        self.subject.save()
        self.share = replace(self.share, bundles=kept.bundles)
        carry_out_due()

    def renew(self) -> None:
        kept = self.protection.add(AGAIN, subject=self.subject, device=self.device, share=self.share)
        moments = with_moment(moments_of(self.subject), kept.moment)
        self.subject.reference_moments = as_stored(kept.pseudonym, moments)
        self.subject.save()
        self.share = replace(self.share, bundles=kept.bundles)
        carry_out_due()

    def opened(self, share: Share | None = None, device: Device | None = None) -> tuple[bytes, ...]:
        return self.protection.open(
            subject=self.subject, device=device or self.device, share=share or self.share
        )


@pytest.fixture
def kept(letter: str) -> Kept:
    return Kept(letter)


@pytest.fixture(params=["database", "objects"], autouse=True)
def _place(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    """Where references come to lie: in the database, and in a store that somebody else runs."""
    if request.param == "database":
        yield
        return
    with bucket_at_work() as bucket:
        settings.REFERENCE_STORE, settings.OBJECTS = "objects", bucket.settings
        yield
        assert all(status < 300 for _, _, status in bucket.asked)


@pytest.mark.modes("renewal", "second passkey")
@pytest.mark.parametrize("letter", models.each())
def test_what_is_kept_is_opened_by_each_device_that_was_let_in(kept: Kept, letter: str) -> None:
    assert kept.opened() == (MADE.template,)
    kept.renew()
    assert kept.opened() == (MADE.template, AGAIN.template)
    second = make_device(kept.subject)
    given = kept.share_of(second)
    let_in = kept.protection.admit(second, given, subject=kept.subject, device=kept.device, share=kept.share)
    assert kept.opened(replace(given, bundles=let_in.bundles), second) == (MADE.template, AGAIN.template)


@pytest.mark.modes("erasure", "revocation")
@pytest.mark.requirement("S9.2-14", "S10-03")
@pytest.mark.parametrize("letter", models.each())
@pytest.mark.parametrize("how", ["erased", "key destroyed", "revoked"])
def test_what_is_taken_back_opens_with_nothing_that_is_left(kept: Kept, letter: str, how: str) -> None:
    kept.renew()
    if how == "erased":
        revoke_reference(pseudonym=kept.subject.reference, reason="test")
    elif how == "key destroyed":
        key_service().destroy(key_of(kept.subject.reference))
    else:
        people.revoke_device(by=System("a test"), device=kept.device)
        kept.subject.refresh_from_db()
        if kept.subject.has_face:
            pytest.fail("the face outlasts the only passkey")
    with pytest.raises(CannotOpenReference):
        kept.opened()


@pytest.mark.modes("attacks")
@pytest.mark.requirement("S8.1-05", "S6.1-02")
@pytest.mark.parametrize("letter", models.WITH_SHARES)
def test_anothers_reference_does_not_open_with_ones_own_share(kept: Kept, letter: str) -> None:
    """Where somebody makes a person's row name it; without shares the row's seal alone forbids that."""
    other = Kept(letter)
    kept.subject.reference = other.subject.reference
    for share in (kept.share, replace(kept.share, bundles=other.share.bundles)):
        with pytest.raises(CannotOpenReference):
            kept.opened(share)


@pytest.mark.modes("attacks")
@pytest.mark.requirement("S6.1-01")
@pytest.mark.parametrize("letter", models.each())
def test_another_tenants_reference_opens_nothing(kept: Kept, letter: str) -> None:
    with tenant_scope(make_tenant().id):
        theirs = Kept(letter)
        theirs.subject.reference = kept.subject.reference
        for share in (theirs.share, kept.share):
            with pytest.raises(CannotOpenReference):
                theirs.opened(share)
