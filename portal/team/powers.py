"""What each role may see and do, told from the one table of permissions."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text
from authsvc.management.approvals import WORDS
from authsvc.management.four_eyes import RULES
from authsvc.management.permissions import SEEING, Permission, acts_of, permissions_of
from authsvc.tenancy.roles import Role


@dataclass(frozen=True)
class Power:
    """A permission: what it is called, who has it by role, and which of its acts may take a second one."""

    label: Text
    held: list[tuple[Text, bool]]
    by_two: list[Text]


def told() -> list[tuple[Text, list[Power]]]:
    """Return every permission, those to see and those to change apart, each in the order of the table."""
    return [
        (_("To see"), _powers(each for each in Permission if each in SEEING)),
        (_("To change"), _powers(each for each in Permission if each not in SEEING)),
    ]


def _powers(permissions: Iterable[Permission]) -> list[Power]:
    return [
        Power(
            each.words,
            [(role.label, each in permissions_of(role)) for role in Role],
            [WORDS[act] for act in acts_of(each) if act in RULES],
        )
        for each in permissions
    ]
