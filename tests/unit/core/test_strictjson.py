"""Reading JSON that somebody else wrote."""

import pytest

from authsvc.core.strictjson import NotJson, parse_json


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, '{"a":' * 100_000, "NaN", "-Infinity", "1e999", "9" * 5000, b"\xff", "\ufeff{}"],
)
def test_one_error_for_all_that_is_not_plain_json(text: str | bytes) -> None:
    with pytest.raises(NotJson):
        parse_json(text)


def test_values_come_as_they_are() -> None:
    assert parse_json(b'{"a": [1, -2.5, null, "\xc3\xa4"]}') == {"a": [1, -2.5, None, "ä"]}
