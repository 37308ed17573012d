"""What each signal says of each species by itself."""

import pytest

from authsvc.biometrics.stages.pad.fusion import VETO, likelihood_ratio
from authsvc.biometrics.stages.pad.signals import CALIBRATIONS
from authsvc.evaluation.pad_contributions import Contribution, as_json, as_table, contributions
from authsvc.evaluation.pad_trials import Trial


def trial(species: str, **scores: float) -> Trial:
    return Trial(species, "nobody", "attack", "", 0.0, 0.002, scores)


TRIALS = [
    trial("egg-print", depth=0.5, relief=0.9),
    trial("egg-print", depth=0.9, relief=0.9),
    trial("egg-print", depth=float("nan")),
    trial("egg-print"),
    trial("bona-fide", depth=1.0),
]


@pytest.mark.requirement("S8.1-01")
def test_a_signals_share_is_of_all_tries_and_its_mean_of_those_with_a_score() -> None:
    found = {(one.species, one.signal): one for one in contributions(TRIALS)}
    floor = CALIBRATIONS["depth"].floor
    middle = likelihood_ratio("depth", 0.9)
    assert floor <= VETO < middle
    assert list(found) == [("egg-print", "relief"), ("egg-print", "depth"), ("bona-fide", "depth")]
    depth = found["egg-print", "depth"]
    assert (depth.tries, depth.told, depth.alone, depth.share) == (4, 3, 2, 0.5)
    assert depth.mean == pytest.approx((floor + middle + floor) / 3)
    assert found["egg-print", "relief"].alone == 0
    assert (found["bona-fide", "depth"].alone, found["bona-fide", "depth"].tries) == (0, 1)


def test_the_table_has_a_row_a_signal_and_a_column_a_species() -> None:
    found = contributions(TRIALS)
    lines = as_table(found).splitlines()
    assert lines[0] == "| signal | egg-print | bona-fide |"
    (relief,) = (line for line in lines if line.startswith("| relief"))
    assert relief.endswith("| – |")
    (depth,) = (line for line in lines if line.startswith("| depth"))
    assert depth.split(" | ")[1].startswith("50%, ")


def test_the_report_has_every_row_with_its_share() -> None:
    one = Contribution("egg-print", "depth", 4, 3, 2, -3.3)
    (row,) = as_json([one])
    assert row.pop("share") == 0.5
    assert Contribution(**row) == one
