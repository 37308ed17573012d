"""What a new organisation has yet to do, worked out from what it has; nothing is left when all is done.

Two of the steps are to have read something. That somebody did is kept (models.Read): nothing else shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Exists, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.branding.models import Branding
from authsvc.core.clock import now
from authsvc.core.retention import Row, Swept
from authsvc.core.texts import Text
from authsvc.enrolment import retained as of_enrolment
from authsvc.management import retained as of_management
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.management.models import Read
from authsvc.management.permissions import ROLES, SEEING, Permission
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import SHIPPED
from authsvc.privacy import retained as of_privacy
from authsvc.privacy.notice import CONSENT_MONTHS
from authsvc.transactions import retained as of_transactions

_ADMINISTRATORS: Final = 2
"""So many at least: one alone has nobody to agree, and nobody who lets them in again."""


@dataclass(frozen=True)
class Step:
    """A step: `route` is where it is done, `permission` what that takes, `done` whether it is."""

    name: str
    title: Text
    text: Text
    route: str
    permission: Permission
    done: bool


_STEPS: Final = (
    (
        "party",
        _("Register a relying party"),
        _("A site or app that lets people sign in through Visor."),
        "relying-party-create",
        Permission.CHANGE_RELYING_PARTIES,
    ),
    (
        "test",
        _("Try a sign-in there"),
        _("Open your relying party and press “Test sign-in”: it shows what the site would get."),
        "relying-parties",
        Permission.CHANGE_RELYING_PARTIES,
    ),
    (
        "person",
        _("Invite a person"),
        _("They follow a link, agree, and make a passkey."),
        "person-create",
        Permission.CHANGE_PEOPLE,
    ),
    (
        "colleague",
        _("Invite a second administrator"),
        _("Risky changes take two, and one alone who loses their factors is locked out."),
        "team-invite",
        Permission.CHANGE_TEAM,
    ),
    (
        "look",
        _("Give your pages their look"),
        _("A colour or a logo, on all that people see."),
        "settings-look",
        Permission.CHANGE_SETTINGS,
    ),
    (
        "policy",
        _("Read what sign-ins are judged by"),
        _("The policy that Visor ships is in force until you publish another."),
        "start-policy",
        Permission.CHANGE_SETTINGS,
    ),
    (
        "retention",
        _("Know how long everything is kept"),
        _("People and supervisory authorities will ask you."),
        "start-retention",
        Permission.CHANGE_SETTINGS,
    ),
)


@act
def note_read(*, by: Actor, what: str) -> None:
    """Keep that somebody read the policy, or how long everything is kept; once is enough."""
    kept, made = Read.objects.get_or_create(what=Read.What(what).value, defaults={"by": by.name, "at": now()})
    if made:
        record(Tag.READ_NOTED, actor=by.name, what=kept.what)


def facts() -> dict[str, Any]:
    """Return what is asked of a tenant's row to know which steps are done: a statement's columns, by name.

    They go with another statement about the tenant: the overview has no statement to spare for them.
    """
    published = PolicyVersion.objects.unchecked().filter(number__gt=SHIPPED)
    return {
        "tested": Exists(AuditEvent.objects.filter(tag=Tag.TEST_SIGNED_IN)),
        "administrators": _administrators(),
        "look": Exists(Branding.objects.all()),
        "policy": Exists(published) | Exists(Read.objects.filter(what=Read.What.POLICY)),
        "retention": Exists(Read.objects.filter(what=Read.What.RETENTION)),
    }


def steps(has: Mapping[str, Any]) -> list[Step]:
    """Return the steps in their order, by what the tenant has (overview.totals); none when all are done."""
    done = {
        "party": bool(has["relying_parties"]),
        "test": has["tested"],
        "person": bool(has["people"]),
        "colleague": has["administrators"] >= _ADMINISTRATORS,
        **{name: has[name] for name in ("look", "policy", "retention")},
    }
    found = [Step(*row, done=done[row[0]]) for row in _STEPS]
    return [] if all(step.done for step in found) else found


def _administrators() -> Coalesce:
    """How many members may change something; whether each is believed, the gate asks when they come."""
    # Not above: a process without the portal has no users, and so no memberships to import.
    from authsvc.tenancy.memberships.models import Membership

    roles = [role for role, may in ROLES.items() if not may <= SEEING]
    rows = Membership.in_force.filter(tenant=OuterRef("pk"), role__in=roles).order_by()
    counted = rows.values("tenant").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def kept_for() -> list[tuple[Text, Text]]:
    """Return what is kept of people, and for how long, from the rooms' own registers."""
    days = _("%(days)d days")
    sign_ins, receipts, links, asked = (
        days % {"days": _days(rows, table)}
        for rows, table in (
            (of_transactions.ROWS, "transactions_transaction"),
            (of_privacy.ROWS, "privacy_consentreceipt"),
            (of_enrolment.ROWS, "enrolment_enrolmentlink"),
            (of_management.ROWS, "management_approval"),
        )
    )
    return [
        (_("Pictures of a face"), _("Until they are judged, and three minutes at most")),
        (
            _("What is made of a face"),
            _("Until the person withdraws, and %(months)d months without a sign-in at most")
            % {"months": CONSENT_MONTHS},
        ),
        (_("Attempts to sign in"), sign_ins),
        (_("That somebody agreed, after the agreement has ended"), receipts),
        (_("Enrolment links, after they have expired"), links),
        (_("Requests for a second administrator"), asked),
        (_("The audit log"), _("Thirteen months")),
        (
            _("People’s names and claims, and that they were here"),
            _("Until you close the person; the entry stays, so that nobody else gets their identifier"),
        ),
    ]


def _days(rows: tuple[Row, ...], table: str) -> int:
    return max(row.after for row in rows if isinstance(row, Swept) and row.table == table).days
