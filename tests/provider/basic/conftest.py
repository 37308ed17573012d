"""The basic plan runs with both ways of answering: by a redirect, and by a form (the Form Post plan)."""

import pytest

from authsvc.tenancy.models import Tenant
from tests.provider.browser import Browser


@pytest.fixture(params=["query", "form_post"])
def visitor(tenant: Tenant, request: pytest.FixtureRequest) -> Browser:
    """A browser without cookies, whose requests ask for one of the response modes."""
    return Browser(tenant, mode=None if request.param == "query" else request.param)
