"""What an operator is asked: the one table of questions, whose rows a file answers too (TOML)."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from authsvc.core.redis_servers import Watched, is_redis, is_sentinel


class AnswerProblem(Exception):
    """An answer is missing or cannot be used; the message says which and why."""


def _https(given: str) -> str:
    if not given.startswith("https://") or not urlsplit(given).hostname:
        raise ValueError("begins with https:// and names a host: passkeys work nowhere else")
    return given.rstrip("/")


def _postgresql(given: str) -> str:
    if not given.startswith(("postgres://", "postgresql://")):
        raise ValueError("begins with postgres://")
    return given


def _nobody(given: str) -> str:
    if urlsplit(_postgresql(given)).username:
        raise ValueError("names no user: each process connects by its own role")
    if not urlsplit(given).path.strip("/"):
        raise ValueError("ends with the database's name")
    return given


def _redis(given: str) -> str:
    if not is_redis(given) or "@" not in given:
        raise ValueError("is redis://:PASSWORD@HOST:6379/0, rediss:// with TLS, or sentinel://…?master=NAME")
    if is_sentinel(given):
        Watched.of(given)
    return given


def _administrator(given: str) -> str:
    return _postgresql(given) if given else given


def _one_line(given: str) -> str:
    if "'" in given or "\n" in given:
        raise ValueError("holds no quotation mark ' and no line break: it goes into an environment file")
    return given


Line = Annotated[str, AfterValidator(_one_line)]


class Answers(BaseModel):
    """Everything that is asked; a field without a default has to be answered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: Annotated[Line, AfterValidator(_https)] = Field(description="The address that people see")
    database_url: Annotated[Line, AfterValidator(_nobody)] = Field(
        "postgres://localhost/visor", description="The database, without a user"
    )
    database_administrator_url: Annotated[Line, AfterValidator(_administrator)] = Field(
        "",
        description="The same as the server's administrator, once, to make it and its roles; empty: "
        "statements for them are written",
        json_schema_extra={"secret": True},
    )
    broker_url: Annotated[Line, AfterValidator(_redis)] = Field(
        description="Redis, with its password", json_schema_extra={"secret": True}
    )
    mail_host: Line = Field(min_length=1, description="The SMTP server that takes mail")
    mail_port: int = Field(587, gt=0, lt=65536, description="Its port")
    mail_tls: Literal["starttls", "implicit"] = Field("starttls", description="How it is encrypted")
    mail_user: Line = Field("", description="The user to give it, if any")
    mail_password: Line = Field("", description="That user's password", json_schema_extra={"secret": True})
    mail_from: Line = Field("", description="Whom mails say that they are from")
    tenant: Line = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$", description="The first organisation's part of addresses"
    )
    tenant_name: Line = Field(min_length=1, description="Its name")
    tenant_kind: Literal["live", "sandbox"] = Field("live", description="What it is for")
    owner: Line = Field(
        pattern=r"^[^@\s]+@[^@\s]+$", description="Its first owner's e-mail address, who is invited"
    )
    pages: Line = Field(
        "", description="The folder that pages' files are laid out in; empty: build/collected of this release"
    )
    proxies: int = Field(1, ge=1, le=9, description="How many proxies stand before Visor; one ends TLS")

    @property
    def sender(self) -> str:
        """Whom mails are from."""
        return self.mail_from or f"Visor <visor@{urlsplit(self.base_url).hostname}>"


_SENTENCES: Final = {"missing": "is not answered", "extra_forbidden": "is no question"}


def from_file(path: Path) -> Answers:
    """Return the answers of a TOML file. Raises AnswerProblem with everything that is wrong."""
    try:
        return checked(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise AnswerProblem(f"{path}: {problem}") from None


def checked(given: Mapping[str, Any]) -> Answers:
    """Return the answers. Raises AnswerProblem with everything that is wrong."""
    try:
        return Answers(**given)
    except ValidationError as problem:
        raise AnswerProblem("; ".join(map(_sentence, problem.errors()))) from None


def asked(
    ask: Callable[[str], str], ask_secretly: Callable[[str], str], say: Callable[[str], None]
) -> Answers:
    """Ask for everything, one after the other, and again for what cannot be used."""
    given: dict[str, Any] = {}
    for name, field in Answers.model_fields.items():
        noted = field.json_schema_extra
        secret = isinstance(noted, dict) and bool(noted.get("secret"))
        usual = "" if field.is_required() or field.default == "" else f" [{field.default}]"
        while True:
            said = (ask_secretly if secret else ask)(f"{field.description}{usual}: ").strip()
            tried = {**given, name: said} if said or field.is_required() else given
            if problem := _problem_of(name, tried):
                say(problem)
                continue
            given = tried
            break
    return checked(given)


def _problem_of(name: str, given: Mapping[str, Any]) -> str:
    try:
        Answers(**given)
    except ValidationError as problem:
        found = [_sentence(error) for error in problem.errors() if error["loc"][:1] == (name,)]
        return found[0] if found else ""
    return ""


def _sentence(error: Any) -> str:
    name = str(error["loc"][0]) if error["loc"] else "the file"
    if error["type"] == "value_error":
        return f"{name} {error['ctx']['error']}"
    return f"{name} {_SENTENCES.get(error['type'], error['msg'])}"
