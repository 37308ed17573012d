"""Settings of a test run: the product's own, in the `test` environment."""

import os

os.environ.setdefault("VISOR_ENVIRONMENT", "test")
if "VISOR_TEST_DATABASE_URL" in os.environ:
    os.environ["VISOR_DATABASE_URL"] = os.environ["VISOR_TEST_DATABASE_URL"]

from config.settings import *  # noqa: F403 - the environment must be set first
