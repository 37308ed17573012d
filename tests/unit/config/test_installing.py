"""What `manage.py setup` asks, writes, and becomes (O13)."""

import base64
import hmac
import os
import pwd
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from config.installing import answers, environment, roles_sql, steps
from config.installing.answers import AnswerProblem, Answers
from config.installing.environment import ROLES_WITH_FILES
from config.installing.layout import IN_CONTAINERS, KEYS_IN_CONTAINERS, Layout, user_of
from config.installing.steps import Installation
from config.safety import problems
from tests.unit.config.test_safety import SAFE

SAID = {
    "base_url": "https://id.example.org/",
    "broker_url": "redis://:pass word$HOME@localhost:6379/0",
    "mail_host": "mail.example.org",
    "tenant": "harbour",
    "tenant_name": "Harbour & Sons",
    "owner": "ada@example.org",
}
AT = Layout("systemd", Path("/etc/visor"), Path("/var/lib/visor"))


def test_o13_every_question_is_asked_with_its_usual_answer_and_again_where_that_cannot_be() -> None:
    prompts: list[str] = []
    shown: list[str] = []
    said = iter(["http://id.example.org", "https://id.example.org"])
    given = {field.description: SAID.get(name, "") for name, field in Answers.model_fields.items()}

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        wanted = next(value for description, value in given.items() if prompt.startswith(str(description)))
        return next(said, wanted) if len(prompts) <= 2 else wanted

    found = answers.asked(ask, ask, shown.append)
    assert shown == ["base_url begins with https:// and names a host: passkeys work nowhere else"]
    assert len(prompts) == len(Answers.model_fields) + 1
    assert "The database, without a user [postgres://localhost/visor]: " in prompts
    assert "Its port [587]: " in prompts
    assert found == answers.checked(SAID)
    assert found.base_url == "https://id.example.org"


def test_secrets_are_not_asked_for_where_they_are_shown() -> None:
    quiet: list[str] = []
    given = iter([SAID.get(name, "") for name in Answers.model_fields])

    def ask_quietly(prompt: str) -> str:
        quiet.append(prompt)
        return next(given)

    answers.asked(lambda _: next(given), ask_quietly, print)
    assert [prompt.partition(",")[0].partition(" as ")[0].partition(":")[0] for prompt in quiet] == [
        "The same",
        "Redis",
        "That user's password",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"base_url": "http://id.example.org"}, "base_url begins with https://"),
        ({"broker_url": "redis://127.0.0.1/0"}, "broker_url is redis://:PASSWORD@HOST:6379/0"),
        ({"database_url": "postgres://web@db/visor"}, "database_url names no user"),
        ({"tenant": "Harbour"}, "tenant String should match"),
        ({"mail_hosts": "mail.example.org"}, "mail_hosts is no question"),
        ({"mail_from": "it's"}, "mail_from holds no quotation mark"),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_by_its_name(changes: dict[str, str], said: str) -> None:
    with pytest.raises(AnswerProblem, match=f"^{re.escape(said)}"):
        answers.checked({**SAID, **changes})


def test_a_file_that_is_no_toml_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text("base_url = https://id.example.org")
    for name in ("wrong.toml", "none.toml"):
        with pytest.raises(AnswerProblem, match=name):
            answers.from_file(tmp_path / name)


@pytest.mark.parametrize("role", ROLES_WITH_FILES)
def test_a_shell_reads_of_a_file_what_was_written(tmp_path: Path, role: str) -> None:
    told = environment.variables(role, answers.checked(SAID), AT)
    path = tmp_path / f"{role}.env"
    path.write_text(environment.text(told))
    assert environment.read(path) == told
    shown = subprocess.run(
        ["bash", "-c", f"set -a; . {path}; env -0"], env={}, capture_output=True, text=True, check=True
    )
    read = dict(line.split("=", 1) for line in shown.stdout.split("\0") if line.startswith("VISOR_"))
    assert read == told


def test_o13_only_scheduled_work_is_told_of_checkpoints_and_workers_of_no_mail() -> None:
    told = {role: environment.variables(role, answers.checked(SAID), AT) for role in ROLES_WITH_FILES}
    having = {role for role, variables in told.items() if "VISOR_CHECKPOINT_KEY_FILE" in variables}
    assert having == {"provider"}
    sending = {role for role, variables in told.items() if "VISOR_MAIL_HOST" in variables}
    assert sending == {"web", "provider", "portal"}
    assert {told[role]["VISOR_ROLES"] for role in ("migrator", "backup")} == {""}
    assert len({variables["VISOR_SECRETS_FILE"] for variables in told.values()}) == len(told)
    assert problems(SAFE) == []


def test_no_password_stands_in_the_statements() -> None:
    held = {name: {"database_password": f"secret-{name}"} for name in ("web", "provider", "worker", "portal")}
    held |= {name: {"database_password": f"secret-{name}"} for name in ("migrator", "backup")}
    made = roles_sql.statements("visor", held)
    assert "secret-" not in made
    assert made.count("CREATE ROLE visor_") == len(held)


def test_a_verifier_is_that_of_the_standard() -> None:
    """By the exchange of RFC 7677 section 3: what the server would say of its key."""
    nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    salt = "W22ZaJ0SNY7soEsUEjb6gQ=="
    exchange = f"n=user,r=rOprNGfwEbeRWgbNEkqO,r={nonce},s={salt},i=4096,c=biws,r={nonce}"
    made = roles_sql.verifier("pencil", base64.b64decode(salt))
    assert made.startswith(f"SCRAM-SHA-256$4096:{salt}$")
    served = base64.b64decode(made.rpartition(":")[2])
    signature = base64.b64encode(hmac.digest(served, exchange.encode(), "sha256"))
    assert signature == b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_a_command_becomes_its_roles_user_where_root_installs(monkeypatch: pytest.MonkeyPatch) -> None:
    users = {"visor-web": SimpleNamespace(pw_uid=7001, pw_gid=7002)}
    monkeypatch.setattr(pwd, "getpwnam", lambda name: users[name])
    monkeypatch.setattr("config.installing.layout._group", lambda: 7003)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert user_of("web") == {"user": 7001, "group": 7002, "extra_groups": [7003]}
    assert user_of("portal") == {}
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert user_of("web") == {}


def test_beside_compose_root_owns_secrets_and_each_roles_group_reads_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, tuple[int, int]] = {}

    def chown(path: Path, user: int, group: int) -> None:
        given[path.name] = (user, group)

    monkeypatch.setattr(os, "chown", chown)
    site = Installation(answers.checked(SAID), Layout("compose", tmp_path, tmp_path), print)
    for step in (steps.write_secrets, steps.write_environments):
        step(site)
    wanted = {f"{role}.json": (0, number) for role, number in IN_CONTAINERS.items()}
    wanted |= {"sequencer.json": (0, IN_CONTAINERS["provider"]), "broker_url": (0, KEYS_IN_CONTAINERS)}
    assert given == wanted
    assert {(tmp_path / "secrets" / name).stat().st_mode & 0o777 for name in given} == {0o640}
    assert {path.name for path in tmp_path.iterdir()} == {".env", "secrets"}
    assert environment.read(tmp_path / ".env") == environment.for_compose(site.said)
