"""Application set-up: rows are sealed on the way, as those of every other sealed model."""

from django.apps import AppConfig


class HostsConfig(AppConfig):
    """Label `hosts`."""

    name = "authsvc.hosts"
    label = "hosts"
