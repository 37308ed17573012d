"""What the process is told: typed, known, and in words that say what is wrong."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from config.environment import Environment, EnvironmentProblem, name_environment, read
from config.variables import SUBJECTS
from tests.unit.config.process import python

Tell = Callable[..., Environment]
REQUIRED = {
    "VISOR_BASE_URL": "https://id.example.org",
    "VISOR_DATABASE_URL": "postgres://visor@db/visor",
    "VISOR_BROKER_URL": "redis://:password@broker/0",
}


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch) -> Tell:
    """Return a function that reads an environment in which nothing but its arguments is told."""

    def told(**given: str) -> Environment:
        for name in list(os.environ):
            if name.startswith("VISOR_"):
                monkeypatch.delenv(name)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        return read()

    return told


def test_without_a_word_it_is_one_machine(tell: Tell) -> None:
    told = tell()
    assert (told.environment, told.base_url) == ("local", "http://localhost:8000")
    assert told.roles == ["web", "provider", "worker", "portal"]
    assert told.simulator
    assert told.sandbox_authenticator


@pytest.mark.parametrize("share", ["-0.1", "1.1"])
def test_a_share_is_from_nothing_to_all(tell: Tell, share: str) -> None:
    with pytest.raises(EnvironmentProblem, match="VISOR_CUE_SHARE"):
        tell(VISOR_CUE_SHARE=share)


def test_values_are_typed(tell: Tell) -> None:
    told = tell(
        VISOR_ROLES=" web, portal ,",
        VISOR_SIMULATOR="Off",
        VISOR_BEHIND_PROXY="1",
        VISOR_BASE_URL="http://x.example/",
        VISOR_FACE_MODEL_SHA256="AB",
        VISOR_FACE_MODEL_MEAN="0",
        VISOR_MODEL_CACHE="/models",
    )
    assert told.roles == ["web", "portal"]
    assert (told.simulator, told.behind_proxy) == (False, True)
    assert told.base_url == "http://x.example"
    assert (told.face_model_sha256, told.face_model_mean) == ("ab", 0.0)
    assert told.model_cache == Path("/models")
    with pytest.raises(ValidationError, match="frozen"):
        told.roles = []


def test_production_has_defaults_of_its_own(tell: Tell) -> None:
    told = tell(VISOR_ENVIRONMENT="production", **REQUIRED)
    assert (told.roles, told.simulator, told.sandbox_authenticator) == ([], False, False)


@pytest.mark.parametrize("missing", REQUIRED)
def test_production_must_be_told_where_it_is_and_what_it_uses(tell: Tell, missing: str) -> None:
    given = {name: value for name, value in REQUIRED.items() if name != missing}
    with pytest.raises(EnvironmentProblem, match=f"^{missing} is not set$"):
        tell(VISOR_ENVIRONMENT="production", **given)


def test_an_empty_variable_counts_as_not_given(tell: Tell) -> None:
    assert tell(VISOR_ROLES="", VISOR_SIMULATOR="", VISOR_LOG_LEVEL="") == tell()
    with pytest.raises(EnvironmentProblem, match="VISOR_BASE_URL is not set"):
        tell(**{**REQUIRED, "VISOR_ENVIRONMENT": "production", "VISOR_BASE_URL": ""})


@pytest.mark.requirement("S9.4-14")
def test_any_value_may_stand_in_a_file_which_goes_before(tell: Tell, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgres://visor:secret@db/visor\n")
    (tmp_path / "roles").write_text("worker\n")
    told = tell(
        VISOR_DATABASE_URL_FILE=str(tmp_path / "url"),
        VISOR_DATABASE_URL="sqlite:///else",
        VISOR_ROLES_FILE=str(tmp_path / "roles"),
    )
    assert told.database_url == "postgres://visor:secret@db/visor"
    assert told.roles == ["worker"]


def test_a_file_counts_as_set_in_production(tell: Tell, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("https://id.example.org")
    given = {**REQUIRED, "VISOR_ENVIRONMENT": "production", "VISOR_BASE_URL_FILE": str(tmp_path / "url")}
    del given["VISOR_BASE_URL"]
    assert tell(**given).base_url == "https://id.example.org"


def test_the_path_of_the_secrets_file_is_no_value_in_a_file(tell: Tell) -> None:
    assert tell(VISOR_SECRETS_FILE="/run/secrets.json").secrets_file == Path("/run/secrets.json")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"VISOR_SIMULATOR": "maybe"}, "VISOR_SIMULATOR must be yes or no, not 'maybe'"),
        ({"VISOR_PORT": "http"}, "VISOR_PORT must be a whole number, not 'http'"),
        ({"VISOR_FACE_MODEL_MEAN": "x"}, "VISOR_FACE_MODEL_MEAN must be a number, not 'x'"),
        ({"VISOR_ENVIRONMENT": "prod"}, "VISOR_ENVIRONMENT must be local, test or production, not 'prod'"),
        ({"VISOR_FACE_MODEL_CROP": "round"}, "VISOR_FACE_MODEL_CROP must be arcface or dlib, not 'round'"),
        (
            {"VISOR_BEHIND_PROXY": "x", "VISOR_SIMULATOR": "z"},
            "VISOR_SIMULATOR must be yes or no, not 'z'; VISOR_BEHIND_PROXY must be yes or no, not 'x'",
        ),
    ],
)
def test_a_wrong_value_is_said_in_one_sentence(tell: Tell, given: dict[str, str], sentence: str) -> None:
    with pytest.raises(EnvironmentProblem) as problem:
        tell(**given)
    assert str(problem.value) == sentence


@pytest.mark.requirement("S6.1-01")
@pytest.mark.parametrize("roles", ["king", "web,king"])
def test_an_unknown_role_is_refused(tell: Tell, roles: str) -> None:
    with pytest.raises(
        EnvironmentProblem, match=r"^VISOR_ROLES must be web, provider, worker or portal, not 'king'$"
    ):
        tell(VISOR_ROLES=roles)


@pytest.mark.requirement("S9.4-14")
@pytest.mark.parametrize(
    ("unknown", "nearest"),
    [
        ("VISOR_BASEURL", "VISOR_BASE_URL"),
        ("VISOR_SIMULATER", "VISOR_SIMULATOR"),
        ("VISOR_DATABASE_URL_FIEL", "VISOR_DATABASE_URL_FILE"),
    ],
)
def test_an_unknown_variable_names_the_nearest_known_one(tell: Tell, unknown: str, nearest: str) -> None:
    with pytest.raises(EnvironmentProblem) as problem:
        tell(**{unknown: "x"})
    assert str(problem.value) == f"{unknown} is not a variable of Visor; the nearest is {nearest}"


def test_what_is_secret_is_not_printed(tell: Tell) -> None:
    told = tell(VISOR_DATABASE_URL="postgres://visor:hidden@db/visor", VISOR_ADMIN_PASSWORD="hidden")
    assert "hidden" not in repr(told)


def test_the_settings_of_one_environment_refuse_to_be_anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISOR_ENVIRONMENT", "local")
    with pytest.raises(EnvironmentProblem, match="'local', and these are the settings of 'production'"):
        name_environment("production")


@pytest.mark.parametrize("module", ["config.settings", "config.settings.test", "config.settings.local"])
def test_each_way_to_name_the_settings_leads_to_one_environment(tmp_path: Path, module: str) -> None:
    ask = "from django.conf import settings; print(settings.ENVIRONMENT)"
    done = python(ask, DJANGO_SETTINGS_MODULE=module, VISOR_DATA_DIR=str(tmp_path))
    assert done.stdout.strip() == {"config.settings.test": "test"}.get(module, "local"), done.stderr


def test_what_a_process_is_told_is_what_the_reference_lists() -> None:
    assert (*SUBJECTS, BaseSettings) == Environment.__bases__
