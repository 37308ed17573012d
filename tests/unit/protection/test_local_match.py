"""Model D: a plan that looks for a living person and no further, and nothing that keeps a reference."""

import pytest

from authsvc.core.application_models import Flow, Place, application_model
from authsvc.core.stages import LIVENESS, Stage
from authsvc.devices.models import Device
from authsvc.protection.base import Compared, Features, Share
from authsvc.protection.local_match import PROTECTION
from authsvc.subjects.models import Subject
from authsvc.vault.opening import CannotOpenReference

pytestmark = pytest.mark.requirement("S6.3-01", "S6.3-04")
NOTHING = Share(b"", "")


def test_its_row_says_that_nothing_is_kept_compared_or_sent_down() -> None:
    row = application_model(PROTECTION.letter)
    assert row is not None
    assert (row.stored, row.compared) == (Place.NOWHERE, Place.NOWHERE)
    assert (row.crossing.up, row.crossing.down) == ((Flow.FRAMES,), (Flow.VERDICT,))
    assert (row.shares, row.earns, row.default, row.agreed) == ((), 0, False, False)


def test_only_liveness_is_judged_and_nothing_is_made_of_the_face() -> None:
    assert [stage for stage in PROTECTION.verify if stage in LIVENESS] == list(LIVENESS)
    left_out = {Stage.FEATURES, Stage.VAULT, Stage.COMPARISON, Stage.AGREEMENT, Stage.TEMPLATE}
    assert left_out.isdisjoint(PROTECTION.verify)
    assert (PROTECTION.enrol, PROTECTION.renew) == ((), ())


def test_nothing_is_asked_for_and_whatever_keeps_or_opens_is_refused() -> None:
    subject, device, made = Subject(), Device(share_kind="prf"), Features(b"t", "e", 1)
    assert PROTECTION.requests(device) is None
    assert PROTECTION.evidence(share_kind="prf") == Compared("D", None)
    with pytest.raises(CannotOpenReference):
        PROTECTION.protect(made, subject=subject, device=device, share=NOTHING, consent="c")
    with pytest.raises(CannotOpenReference):
        PROTECTION.add(made, subject=subject, device=device, share=NOTHING)
    with pytest.raises(CannotOpenReference):
        PROTECTION.open(subject=subject, device=device, share=NOTHING)
    with pytest.raises(CannotOpenReference):
        PROTECTION.admit(device, NOTHING, subject=subject, device=device, share=NOTHING)
