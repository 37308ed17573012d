"""The reference of every variable, docs/settings.md, made from config/variables.py and config/safety.py."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from authsvc.core.components import Component
from config.environment import variable_name
from config.safety import NAMES_A_ROLE, RULES
from config.variables import IN_PRODUCTION, REQUIRED, ROOT, SHOWN, SUBJECTS, Tools, extra

PATH: Final = ROOT / "docs" / "settings.md"
_HEAD: Final = """# Settings

Written by `make settings-reference` from `config/variables.py` and `config/safety.py`; a test compares them.

Every setting is a variable of the environment. A variable `NAME` may be given as `NAME_FILE`, the path of a
file that holds the value; the tools of the last table alone read theirs from the environment only. An empty
variable counts as not given, and an unknown one that begins with `VISOR_` is an error, which names the
nearest known one. Lists are written with commas; yes and no as `yes` or `no`.

Production (`VISOR_ENVIRONMENT=production`) refuses to start with anything that its column does not allow.
"""
_TYPES: Final[Mapping[object, str]] = {
    str: "text",
    SecretStr: "text",
    bool: "yes or no",
    int: "whole number",
    float: "number",
    Path: "path",
    Component: "JSON",
}


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join([_HEAD, *(_section(subject) for subject in SUBJECTS)])


def _section(subject: type[BaseModel]) -> str:
    rows = [_row(name, field, subject) for name, field in subject.model_fields.items()]
    head = ["| variable | type | default | meaning | in production |", "|---|---|---|---|---|"]
    return "\n".join([f"## {subject.__doc__}\n", *head, *rows, ""])


def _row(name: str, field: FieldInfo, subject: type[BaseModel]) -> str:
    variable = variable_name(name)
    demands = "no use" if subject is Tools else _demands(variable, field)
    return (
        f"| `{variable}` | {_type(field.annotation)} | {_default(field)} | {field.description} | {demands} |"
    )


def _type(annotation: object) -> str:
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if get_origin(annotation) is list:
        return "list"
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    return _TYPES[parts[0] if parts else annotation]


def _default(field: FieldInfo) -> str:
    shown: str = extra(field, SHOWN, "")
    return shown or _value(field.default)


def _value(value: object) -> str:
    match value:
        case None | "" | []:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return f"`{','.join(value)}`"
    return f"`{value}`"


def _demands(variable: str, field: FieldInfo) -> str:
    usual = extra(field, IN_PRODUCTION)
    demands = [rule.demand for rule in RULES if rule.variable == variable]
    if variable == "VISOR_ROLES":
        demands.append(NAMES_A_ROLE)
    if usual == REQUIRED:
        demands.insert(0, "must be set")
    elif usual is not None:
        demands.insert(0, f"default {_value(usual)}")
    return "; ".join(demands)
