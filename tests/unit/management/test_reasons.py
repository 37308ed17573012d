"""Every reason that a worker gives has words for the auditor."""

import pytest

from authsvc.biometrics.types import Reason
from authsvc.management.attempts.reasons import _WORKER, reason_text


@pytest.mark.parametrize("reason", Reason)
def test_a_worker_s_reason_is_told_in_words(reason: Reason) -> None:
    assert reason in _WORKER
    assert str(reason_text(str(reason)))
