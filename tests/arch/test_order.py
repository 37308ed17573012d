"""The longest files begin first, and those that share a product stay together."""

import pytest

from tests.order import LONGEST, ROOT, TOGETHER, sort, together


class Item:
    def __init__(self, name: str, number: int) -> None:
        self.path, self.number = ROOT / name, number


def test_the_longest_come_first_and_nothing_else_moves() -> None:
    last, first = LONGEST[-1], LONGEST[0]
    names = ["tests/b.py", last, "tests/a.py", first, "tests/b.py", first]
    items = [Item(name, number) for number, name in enumerate(names)]
    sort(items)  # type: ignore[arg-type]
    assert [item.number for item in items] == [3, 5, 1, 0, 2, 4]


def test_files_that_share_a_product_go_to_one_process() -> None:
    assert {together(place) for place in TOGETHER["product"]} == {"product"}
    assert together("tests/browser/portal/test_team.py") == "product"
    assert together("tests/browser/capture/test_look.py") == "tests/browser/capture/test_look.py"


@pytest.mark.parametrize("name", LONGEST)
def test_each_of_them_is_there(name: str) -> None:
    assert (ROOT / name).exists()
