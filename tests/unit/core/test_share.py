"""Rates in per cent, as each language writes them."""

import pytest
from django.utils.translation import override

from authsvc.core.templatetags.visor import share


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (0.0, "0"),
        (0.00002, "0.002"),
        (0.000001, "0.00010"),
        (0.024, "2.4"),
        (0.98, "98"),
        (1.0, "100"),
    ],
)
def test_a_rate_has_as_many_digits_as_it_needs(rate: float, shown: str) -> None:
    assert share(rate) == f"{shown}\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize("language", ["de", "fr"])
def test_the_point_is_the_readers(language: str) -> None:
    with override(language):
        assert share(0.024) == "2,4\N{NO-BREAK SPACE}%"
