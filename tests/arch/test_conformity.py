"""docs/conformity.md says what the tests say."""

import csv
from pathlib import Path

import pytest

from tests import conformity


def test_the_table_is_current() -> None:
    written = conformity.TABLE.read_text(encoding="utf-8")
    assert written == conformity.render(conformity.mapping()), "run `make conformity` and commit the result"


def test_every_entry_of_the_catalogue_is_listed_once() -> None:
    ids = [entry.id for entry in conformity.catalogue()]
    assert len(ids) == len(set(ids))
    assert {entry.priority for entry in conformity.catalogue()} == {"must", "should"}


def test_an_unknown_entry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text('@pytest.mark.requirement("S0-99")\ndef test_x(): ...\n')
    with pytest.raises(conformity.ConformityProblem, match="S0-99"):
        conformity.mapping(tmp_path)


def test_an_id_that_is_computed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("@pytest.mark.requirement(ID)\ndef test_x(): ...\n")
    with pytest.raises(conformity.ConformityProblem, match="plain string"):
        conformity.mapping(tmp_path)


def test_markers_of_functions_classes_modules_and_parameters_count(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(
        'pytestmark = pytest.mark.requirement("S5.2-01")\n'
        '@pytest.mark.requirement("S5.2-02")\nclass TestA:\n'
        '    @pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.requirement("S5.2-03"))])\n'
        "    def test_b(self, n): ...\n"
    )
    assert conformity.mapping(tmp_path) == {
        "S5.2-01": ["test_x.py"],
        "S5.2-02": ["test_x.py::TestA"],
        "S5.2-03": ["test_x.py::TestA::test_b"],
    }


def test_the_catalogue_has_the_columns_that_the_table_shows() -> None:
    with conformity.CATALOGUE.open(encoding="utf-8", newline="") as file:
        assert csv.DictReader(file).fieldnames == ["id", "priority", "title"]
