"""The list of limits: it is documented, complete, and what guards somebody is only lowered."""

import re
from pathlib import Path

import pytest

from authsvc.limits.register import LIMITS, read_numbers, table

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_the_page_for_operators_has_the_list() -> None:
    assert "\n".join(table()) in PAGE


def test_every_kind_is_counted() -> None:
    kinds = {limit.by for limit in LIMITS.values()}
    assert {"address", "relying party", "person", "passkey", "organisation", "enrolment link"} <= kinds


def test_every_limit_is_of_the_list_and_spent_somewhere() -> None:
    sources = [
        path.read_text(encoding="utf-8")
        for top in ("authsvc", "portal")
        for path in (ROOT / top).rglob("*.py")
        if path.parent.name != "limits" or path.parent.parent.name != "authsvc"
    ]
    register = (ROOT / "authsvc" / "limits" / "register.py").read_text(encoding="utf-8")
    rows = re.findall(r"^([A-Z_]+): Final = _(?:flood|face|guard)\(", register, re.MULTILINE)
    assert len(rows) == len(LIMITS)
    assert {row for row in rows if not any(re.search(rf"\b{row}\b", text) for text in sources)} == set()
    assert not [text for text in sources if re.search(r"\bLimit\(", text)]


def test_the_face_and_what_can_be_guessed_are_shut_without_the_store() -> None:
    shut = {limit.name for limit in LIMITS.values() if limit.without_store == "shut"}
    assert {name for name in LIMITS if name.startswith(("face", "portal", "recovery", "poor"))} <= shut
    assert {"passkey-device", "sign-ins-address", "programs-address"} & shut == set()


def test_an_operator_sets_numbers_by_name() -> None:
    assert read_numbers("programs-address=9, portal-code-account=3") == {
        "programs-address": 9,
        "portal-code-account": 3,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("program-address=9", "names no limit"),
        ("programs-address", "a number above 0"),
        ("programs-address=0", "a number above 0"),
        ("portal-code-account=31", "may lower"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_numbers(text)
