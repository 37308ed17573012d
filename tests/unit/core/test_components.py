"""What the installation is made of is declared once, and read strictly."""

import json
from typing import Any

import pytest

from authsvc.core.components import OF_A_WORKER, Component, read_components
from authsvc.core.installation import away_from, own, region_of

pytestmark = pytest.mark.requirement("S5.4-02")

DECLARED = {
    "provider": {"grade": "L3", "region": "eu-central"},
    "worker:default": {"grade": "L2"},
    "worker:east": {"region": "ap-1"},
    "store": {"grade": "L4", "region": "eu-central"},
    "keys": {"grade": "L3", "region": "eu-central"},
}
READ = (
    Component("provider", "", "L3", "eu-central"),
    Component("worker", "default", "L2", ""),
    Component("worker", "east", "L2", "ap-1"),
    Component("store", "", "L4", "eu-central"),
    Component("keys", "", "L3", "eu-central"),
)


def test_each_part_has_a_grade_and_a_region() -> None:
    assert read_components(json.dumps(DECLARED)) == READ
    assert read_components("{}") == ()


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("eu", "must be a JSON object"),
        ("[]", "must be a JSON object"),
        ('{"database": {"grade": "L2"}}', "must declare provider, worker:POOL, store, objects"),
        ('{"worker": {"grade": "L2"}}', "must declare"),
        ('{"worker:": {"grade": "L2"}}', "must declare"),
        ('{"worker:East": {"grade": "L2"}}', "must declare"),
        ('{"store:one": {"grade": "L2"}}', "must declare"),
        ('{"store": "L2"}', "must say grade and region of store"),
        ('{"store": {}}', "must say grade and region of store"),
        ('{"store": {"grade": "L2", "place": "eu"}}', "must say grade and region of store"),
        ('{"store": {"grade": "L5"}}', "must grade store as one of L1, L2, L3, L4, not 'L5'"),
        ('{"store": {"grade": 2}}', "must grade store"),
        ('{"store": {"grade": ["L2"]}}', "must grade store"),
        ('{"store": {"region": "EU"}}', "must name the region of store"),
        ('{"store": {"region": "-eu"}}', "must name the region of store"),
        ('{"store": {"region": 1}}', "must name the region of store"),
        ('{"store": {"grade": "L4"}, "store": {"grade": "L1"}}', "must declare nothing twice"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(declared: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_components(declared)


def test_a_process_knows_its_own_parts(settings: Any) -> None:
    settings.COMPONENTS, settings.WORKER_POOL = READ, "east"
    assert own("provider", "worker") == (READ[0], READ[2])
    assert own("push") == ()
    assert (region_of("worker"), region_of("store"), region_of("mail")) == ("ap-1", "eu-central", "")
    settings.WORKER_POOL = "west"
    assert own("worker") == ()


@pytest.mark.requirement("S10-12")
def test_where_references_lie_is_in_a_region_or_said_to_be_elsewhere(settings: Any) -> None:
    settings.COMPONENTS = READ
    assert away_from("eu-central") == ""
    said = "the store is in eu-central and the key service is in eu-central"
    assert away_from("ap-1") == said
    settings.COMPONENTS = READ[:4]
    assert away_from("eu-central") == "the key service is in no named region"


@pytest.mark.requirement("S10-12")
def test_an_object_store_is_a_part_where_the_process_is_told_of_one(settings: Any) -> None:
    outside = Component("objects", "", "L1", "ap-1")
    settings.COMPONENTS = (*READ, outside)
    assert (own("objects"), away_from("eu-central")) == ((), "")
    settings.OBJECTS = {**settings.OBJECTS, "url": "https://objects.example"}
    assert own(*OF_A_WORKER) == (READ[1], READ[3], READ[4], outside)
    assert away_from("eu-central") == "the object store is in ap-1"
