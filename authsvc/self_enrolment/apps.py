"""The application of people who enrol by themselves."""

from django.apps import AppConfig


class SelfEnrolmentConfig(AppConfig):
    """Registers PeopleProvider and Arrival."""

    name = "authsvc.self_enrolment"
    label = "self_enrolment"
