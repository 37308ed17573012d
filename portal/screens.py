"""The screens of a tenant, a line each; navigation, routes, the gate and the sweep over tenants follow it.

A new screen is a module with views and `urlpatterns`, and a line here. The route that navigation leads to
bears the screen's name; every route of a screen has a name that no other one has.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Final

from django.urls import URLPattern, include, path
from django.urls.resolvers import URLResolver
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from authsvc.management.permissions import Permission


@dataclass(frozen=True)
class Screen:
    """A part of the portal.

    `icon` is one of templates/components/icons, `routes` the module of its urlpatterns, `permission` what
    it takes to see any of its pages. `sent_by_readers` are the routes that take a form of somebody who only
    sees: what they do changes nothing that is kept of anybody else.
    """

    name: str
    label: str | Promise
    icon: str
    routes: str
    permission: Permission
    sent_by_readers: Collection[str] = ()

    @property
    def at(self) -> str:
        """Where it stands under the tenant's address: at its name, and the first one at the root."""
        return "" if self is SCREENS[0] else f"{self.name}/"

    @property
    def patterns(self) -> Sequence[URLPattern]:
        """Its routes; raises ImportError where the table names no module."""
        found: Sequence[URLPattern] = import_module(self.routes).urlpatterns
        return found


SCREENS: Final = (
    Screen(
        "overview",
        _("Overview"),
        "overview",
        "portal.overview.urls",
        Permission.SEE_OVERVIEW,
        sent_by_readers=("filter-keep", "filter-drop"),
    ),
    Screen("attempts", _("Attempts"), "attempts", "portal.attempts.urls", Permission.SEE_ATTEMPTS),
    Screen("people", _("People"), "people", "portal.people.urls", Permission.SEE_PEOPLE),
    Screen(
        "relying-parties",
        _("Relying parties"),
        "parties",
        "portal.relying_parties.urls",
        Permission.SEE_RELYING_PARTIES,
    ),
    Screen("provider", _("Provider"), "provider", "portal.provider.urls", Permission.SEE_PROVIDER),
    Screen("policies", _("Policies"), "policies", "portal.policies.urls", Permission.SEE_POLICIES),
    Screen("evidence", _("Evidence"), "face", "portal.evidence.urls", Permission.SEE_EVIDENCE),
    Screen(
        "audit",
        _("Audit log"),
        "audit",
        "portal.auditlog.urls",
        Permission.SEE_AUDIT,
        sent_by_readers=("audit-check",),
    ),
    Screen("approvals", _("Approvals"), "approvals", "portal.approvals.urls", Permission.SEE_APPROVALS),
    Screen("team", _("Team"), "team", "portal.team.urls", Permission.SEE_TEAM),
    Screen("single-sign-on", _("Single sign-on"), "link", "portal.single_sign_on.urls", Permission.SEE_TEAM),
    Screen(
        "self-enrolment",
        _("Self-enrolment"),
        "person",
        "portal.self_enrolment.urls",
        Permission.SEE_PROVIDER,
    ),
    Screen("settings", _("Settings"), "settings", "portal.settings.urls", Permission.SEE_SETTINGS),
)


def routes() -> list[URLResolver]:
    """Return the routes of every screen, for a tenant's part of the portal."""
    return [path(screen.at, include(screen.routes)) for screen in SCREENS]


def visible(permissions: Collection[Permission]) -> list[Screen]:
    """Return the screens that somebody with these permissions may see, in the order of navigation."""
    return [screen for screen in SCREENS if screen.permission in permissions]


@cache
def screen_of(route_name: str | None) -> Screen | None:
    """Return the screen that a route of a tenant belongs to, by the route's name; None for no screen's."""
    return next(
        (screen for screen in SCREENS if route_name in {route.name for route in screen.patterns}), None
    )
