"""The enrolment application."""

from django.apps import AppConfig


class EnrolmentConfig(AppConfig):
    """Registers EnrolmentLink."""

    name = "authsvc.enrolment"
    label = "enrolment"
