"""T06: whatever comes from outside has a longest, and what is longer is named and not kept."""

import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django import forms

from authsvc.core.lengths import (
    LONGEST_NAME,
    LONGEST_REQUEST,
    LONGEST_TEXT,
    MOST_MEMBERS,
    MOST_PARAMETERS,
    MOST_VALUES,
    OTHER,
    PARAMETERS,
    json_problem,
    parameter_problem,
    request_problem,
)

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", [*PARAMETERS, "anything", "code_verifier", "nonce"])
def test_each_parameter_has_a_longest(name: str) -> None:
    most = PARAMETERS.get(name, OTHER).characters
    assert parameter_problem(name, "x" * most) == ""
    said = parameter_problem(name, "x" * (most + 1))
    assert said.startswith(f"{name} of {most + 1} characters")
    assert "xx" not in said


@pytest.mark.parametrize("name", [name for name, bound in PARAMETERS.items() if bound.words])
def test_each_list_has_a_most(name: str) -> None:
    most = PARAMETERS[name].words
    assert parameter_problem(name, " ".join(["x"] * most)) == ""
    assert "words" in parameter_problem(name, " ".join(["x"] * (most + 1)))


def test_names_and_all_together_have_a_longest() -> None:
    assert "name" in parameter_problem("n" * (LONGEST_NAME + 1), "")
    many = {str(number): "" for number in range(MOST_PARAMETERS + 1)}
    assert "parameters" in request_problem(many)
    long = {name: "x" * PARAMETERS[name].characters for name in ("request", "client_assertion", "token")}
    assert str(LONGEST_REQUEST) in request_problem({**long, "claims": "x"})
    assert request_problem({"state": "x", "scope": "openid"}) == ""


@pytest.mark.parametrize(
    "value",
    [
        {"a": ["x" * (LONGEST_TEXT + 1)]},
        {"x" * (LONGEST_TEXT + 1): 1},
        [0] * (MOST_MEMBERS + 1),
        {str(number): 0 for number in range(MOST_MEMBERS + 1)},
        [[0] * MOST_MEMBERS] * (MOST_VALUES // MOST_MEMBERS),
    ],
)
def test_json_has_a_longest_everywhere(value: Any) -> None:
    assert json_problem(value)
    assert json_problem({"a": [1, "x", None, {"b": []}]}) == ""


# Codes of an app, read by django-allauth.
ALLAUTHS = {"AppForm.code", "CodeForm.code", "CodeAgainForm.code"}


def all_forms() -> list[type[forms.BaseForm]]:
    paths = [*(ROOT / "portal").rglob("forms.py"), *(ROOT / "authsvc").rglob("forms.py")]
    modules = [import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)) for path in paths]
    found = {each for module in modules for _, each in inspect.getmembers(module, inspect.isclass)}
    return sorted(
        (
            each
            for each in found
            if issubclass(each, forms.BaseForm) and each.__module__.startswith(("po", "au"))
        ),
        key=lambda each: each.__qualname__,
    )


def test_each_text_of_a_form_has_a_longest() -> None:
    """Blocks have one of their own; what django-allauth asks for is bounded by the body."""
    missing = [
        f"{form.__name__}.{name}"
        for form in all_forms()
        for name, field in getattr(form, "base_fields", {}).items()
        if type(field) in {forms.CharField, forms.EmailField} and not field.max_length
    ]
    assert set(missing) == ALLAUTHS
    assert len(all_forms()) > 10
