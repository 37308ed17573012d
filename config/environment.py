"""Reads the process's environment into typed values, once; nothing else of config reads it.

A variable `NAME` may be given as `NAME_FILE`, the path of a file that holds the value; that goes before
`NAME`. An empty variable counts as not given.
"""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config.preparing import is_preparing
from config.variables import (
    IN_PRODUCTION,
    REQUIRED,
    Addresses,
    Components,
    Faces,
    KeyPlaces,
    Log,
    Mail,
    Process,
    Pushes,
    References,
    Sandbox,
    Storage,
    Tools,
    Watching,
    extra,
)

PREFIX: Final = "VISOR_"


class EnvironmentProblem(Exception):
    """A variable is missing, unknown, or holds something that cannot be used."""


class _Files(PydanticBaseSettingsSource):
    """The variables whose value stands in a file."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(variable_name(field_name) + "_FILE")
        return (Path(path).read_text(encoding="utf-8").strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in FIELDS.items()}
        return {name: value for name, value in found.items() if value is not None}


class Environment(
    Process,
    Watching,
    Addresses,
    Mail,
    Pushes,
    Storage,
    KeyPlaces,
    References,
    Log,
    Components,
    Faces,
    Sandbox,
    Tools,
    BaseSettings,
):
    """All that a process is told; config/variables.py says what each value means."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Look into files first, then at the variables themselves, and nowhere else."""
        return _Files(settings_cls), env_settings

    @model_validator(mode="before")
    @classmethod
    def _of_production(cls, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("environment") != "production":
            return given
        usual = {name: extra(field, IN_PRODUCTION) for name, field in FIELDS.items()}
        missing = [name for name, value in usual.items() if value == REQUIRED and name not in given]
        if missing and not is_preparing():
            raise EnvironmentProblem(f"{variable_name(missing[0])} is not set")
        return {name: value for name, value in usual.items() if value not in (None, REQUIRED)} | given


FIELDS: Final[dict[str, FieldInfo]] = Environment.model_fields


def variable_name(field: str) -> str:
    """Return the variable of a field: VISOR_BASE_URL of base_url."""
    return PREFIX + field.upper()


def read() -> Environment:
    """Return what this process is told. Raises EnvironmentProblem, in one sentence."""
    _refuse_unknown(os.environ)
    try:
        return Environment()
    except ValidationError as problem:
        raise EnvironmentProblem("; ".join(map(_sentence, problem.errors()))) from None


def name_environment(name: str) -> None:
    """Choose the environment `name` for this process. Raises EnvironmentProblem where another is told."""
    told = os.environ.setdefault(variable_name("environment"), name)
    if told != name:
        raise EnvironmentProblem(f"VISOR_ENVIRONMENT says {told!r}, and these are the settings of {name!r}")


def _refuse_unknown(names: Iterable[str]) -> None:
    known = {variable_name(field) + ending for field in FIELDS for ending in ("", "_FILE")}
    for name in sorted(names):
        if name.startswith(PREFIX) and name not in known:
            nearest = get_close_matches(name, sorted(known), n=1, cutoff=0)[0]
            raise EnvironmentProblem(f"{name} is not a variable of Visor; the nearest is {nearest}")


def _sentence(error: ErrorDetails) -> str:
    name, given = variable_name(str(error["loc"][0])), error["input"]
    match error["type"]:
        case "literal_error":
            wanted = error["ctx"]["expected"].replace("'", "")
        case "bool_parsing":
            wanted = "yes or no"
        case "int_parsing":
            wanted = "a whole number"
        case "float_parsing":
            wanted = "a number"
        case "value_error":
            return f"{name} {error['ctx']['error']}"
        case _:
            return f"{name}: {error['msg']}"
    return f"{name} must be {wanted}, not {given!r}"
