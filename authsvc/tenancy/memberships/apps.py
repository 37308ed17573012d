"""Application set-up of the memberships: installed where users are, so not in a worker."""

from django.apps import AppConfig


class MembershipsConfig(AppConfig):
    """An application of its own, as its table points at users, whom only the portal's processes know."""

    name = "authsvc.tenancy.memberships"
    label = "memberships"
