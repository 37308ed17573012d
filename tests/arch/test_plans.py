"""The count of the OpenID checklist's tests by plan."""

from dataclasses import dataclass, field

from tests.plans import PROPERTY, lines


@dataclass
class Report:
    """What pytest keeps of a test."""

    user_properties: list[tuple[str, object]] = field(default_factory=list)


def test_each_plan_has_a_line_with_its_outcomes() -> None:
    both = Report([(PROPERTY, ["BASIC", "FAPI"])])
    stats = {"passed": [both, both, Report(), Report([("other", ["BASIC"])])], "failed": [both]}
    assert list(lines(stats)) == [
        "OpenID basic     2 passed, 1 failed",
        "OpenID fapi      2 passed, 1 failed",
    ]
    assert list(lines({})) == []
