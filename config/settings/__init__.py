"""Django's settings: those of local, test or production, as VISOR_ENVIRONMENT says.

    parts/         the settings by subject, as production has them
    base.py        all the parts
    relaxed.py     base, without what only a public site needs: what local and test share
    local.py  test.py  production.py

`config.settings` answers with the settings of the environment when it is first asked, and not before: so
`config.settings.test` can be named too (pytest, mypy) without a look at the settings of any other.
"""

from importlib import import_module
from types import ModuleType
from typing import Any


def _chosen() -> ModuleType:
    from config.settings.given import given

    return import_module(f"config.settings.{given.environment}")


def __getattr__(name: str) -> Any:
    if name.isupper():
        return getattr(_chosen(), name)
    raise AttributeError(name)


def __dir__() -> list[str]:
    return dir(_chosen())
