"""What production refuses to start with (SA-02, S9.4-14); each rule says what to do.

`refuse_unsafe` asks the settings of every process and command. `refuse_without_role` is asked by whatever
serves or takes tasks: commands of manage.py alone need no role. `refuse_unsafe_database` asks the database of
the same processes, by Django's checks, and `refuse_wide_credential` who they are there.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.checks import Tags, run_checks
from django.db import Error, connection

from authsvc.core.components import EVERY_TIME
from authsvc.core.redis_servers import is_redis
from authsvc.tenancy.sql import Standing, standing

Settings = Mapping[str, Any]

# Django's back ends that send nothing, and keep or show what they should.
_SHOWING: Final = frozenset(
    f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "filebased", "locmem")
)


class UnsafeSettings(Exception):
    """Production settings that would put people at risk; the message lists every one."""


@dataclass(frozen=True)
class Rule:
    """A variable, what production demands of it, and whether settings meet that."""

    variable: str
    demand: str
    met: Callable[[Settings], bool]

    def __str__(self) -> str:
        return f"{self.variable} {self.demand}"


def _has_https(settings: Settings) -> bool:
    return str(settings["BASE_URL"]).startswith("https://")


def _refuses_the_phone(settings: Settings) -> bool:
    return not settings["SIMULATOR_ENABLED"]


def _has_no_plain_forms(settings: Settings) -> bool:
    return not settings["SANDBOX_AUTHENTICATOR_ENABLED"]


def _has_postgresql(settings: Settings) -> bool:
    return str(settings["DATABASES"]["default"]["ENGINE"]).endswith("postgresql")


def _has_a_closed_broker(settings: Settings) -> bool:
    broker = str(settings["CELERY_BROKER_URL"])
    return is_redis(broker) and "@" in broker


def _counts_together(settings: Settings) -> bool:
    return str(settings["CACHES"]["default"]["BACKEND"]).endswith("RedisCache")


def _tells_visitors_apart(settings: Settings) -> bool:
    return settings["SECURE_PROXY_SSL_HEADER"] is None or settings["PROXY_COUNT"] >= 1


def _shows_no_mail(settings: Settings) -> bool:
    return str(settings["EMAIL_BACKEND"]) not in _SHOWING


def _knows_who_takes_mail(settings: Settings) -> bool:
    return bool(settings["EMAIL_HOST"]) or not _by_smtp(settings)


def _encrypts_mail(settings: Settings) -> bool:
    return bool(settings["EMAIL_USE_TLS"] or settings["EMAIL_USE_SSL"]) or not _by_smtp(settings)


def _pushes_to_services_alone(settings: Settings) -> bool:
    return all(_is_public_name(name) for name in settings["PUSH_SERVICES"])


def _is_public_name(name: str) -> bool:
    """Whether it is a host's name with a dot whose last part is no number."""
    return re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*", name) is not None


def _says_who_pushes(settings: Settings) -> bool:
    return str(settings["PUSH_CONTACT"]).startswith(("mailto:", "https://"))


def _by_smtp(settings: Settings) -> bool:
    """Whether the process sends mail, and by SMTP: workers and commands send none."""
    sends = set(settings["ROLES"]) - {"worker"}
    return bool(sends) and str(settings["EMAIL_BACKEND"]).endswith("smtp.EmailBackend")


def _names_its_hosts(settings: Settings) -> bool:
    return "*" not in settings["ALLOWED_HOSTS"]


def _waits_for_the_cues(settings: Settings) -> bool:
    return bool(settings["CUE_SHARE"] == 1)


def _declares_what_all_touch(settings: Settings) -> bool:
    declared = {part.kind for part in settings["COMPONENTS"]}
    used = {*EVERY_TIME, *(("objects",) if settings["OBJECTS"]["url"] else ())}
    return not declared or used <= declared


def _knows_its_pool(settings: Settings) -> bool:
    pools = {part.name for part in settings["COMPONENTS"] if part.kind == "worker"}
    return "worker" not in settings["ROLES"] or not settings["COMPONENTS"] or settings["WORKER_POOL"] in pools


def _is_one_role(settings: Settings) -> bool:
    return len(set(settings["ROLES"])) <= 1


def _reaches_its_module(settings: Settings) -> bool:
    module = settings["PKCS11"]
    return settings["KEY_SERVICE"] != "pkcs11" or bool(module["module"] and module["pin"])


def _reaches_its_service(settings: Settings) -> bool:
    service = settings["TRANSIT"]
    told = str(service["url"]).startswith("https://") and service["token"]
    return settings["KEY_SERVICE"] != "transit" or bool(told)


def _names_its_object_store(settings: Settings) -> bool:
    url = str(settings["OBJECTS"]["url"])
    return url.startswith("https://") if url else settings["REFERENCE_STORE"] != "objects"


def _reaches_its_object_store(settings: Settings) -> bool:
    store = settings["OBJECTS"]
    asks = "worker" in settings["ROLES"] and bool(store["url"])
    return not asks or bool(store["bucket"] and store["access_key"] and store["secret_key"])


def _gives_its_key_to_workers_alone(settings: Settings) -> bool:
    return not (set(settings["ROLES"]) - {"worker"} and settings["OBJECTS"]["secret_key"])


def _knows_the_checkpoint_key(settings: Settings) -> bool:
    return "provider" not in settings["ROLES"] or settings["CHECKPOINT_KEY_FILE"] is not None


def _keeps_checkpoints_elsewhere(settings: Settings) -> bool:
    return "provider" not in settings["ROLES"] or bool(settings["LOG_ANCHOR"] or settings["LOG_WITNESS"])


def _knows_its_witness(settings: Settings) -> bool:
    witness = str(settings["LOG_WITNESS"])
    return not witness or (witness.startswith("https://") and bool(settings["LOG_WITNESS_KEY"]))


RULES: Final[tuple[Rule, ...]] = (
    Rule("VISOR_BASE_URL", "must be https", _has_https),
    Rule(
        "VISOR_SIMULATOR",
        "must be off: the software phone never passes for real",
        _refuses_the_phone,
    ),
    Rule("VISOR_SANDBOX_AUTHENTICATOR", "must be off", _has_no_plain_forms),
    Rule("VISOR_CUE_SHARE", "must be 1: nobody answers before the cues are over", _waits_for_the_cues),
    Rule("VISOR_DATABASE_URL", "must be PostgreSQL", _has_postgresql),
    Rule("VISOR_BROKER_URL", "must be Redis, with its password", _has_a_closed_broker),
    Rule(
        "VISOR_PROXY_COUNT",
        "must be 1 or more behind a proxy: limits would take all visitors for one",
        _tells_visitors_apart,
    ),
    Rule(
        "VISOR_CACHE_URL",
        "must be Redis: counters that processes do not share limit nobody",
        _counts_together,
    ),
    Rule(
        "VISOR_EMAIL_BACKEND",
        "must send mail, not show it: a reset link in a log opens an account",
        _shows_no_mail,
    ),
    Rule("VISOR_MAIL_HOST", "must name the SMTP server", _knows_who_takes_mail),
    Rule(
        "VISOR_MAIL_TLS", "must be starttls or implicit: mails hold links that open accounts", _encrypts_mail
    ),
    Rule(
        "VISOR_PUSH_SERVICES",
        "must be names of hosts, in small letters: whatever they name is called",
        _pushes_to_services_alone,
    ),
    Rule("VISOR_PUSH_CONTACT", "must begin with mailto: or https:", _says_who_pushes),
    Rule("VISOR_ALLOWED_HOSTS", "must not hold *", _names_its_hosts),
    Rule(
        "VISOR_PKCS11_MODULE", "must be set, with VISOR_PKCS11_PIN, where keys lie there", _reaches_its_module
    ),
    Rule(
        "VISOR_TRANSIT_URL",
        "must be https, with VISOR_TRANSIT_TOKEN, where keys lie there",
        _reaches_its_service,
    ),
    Rule(
        "VISOR_OBJECTS_URL",
        "must be https, and named in every process where references lie there",
        _names_its_object_store,
    ),
    Rule(
        "VISOR_OBJECTS_SECRET_KEY",
        "must be set in workers, with VISOR_OBJECTS_ACCESS_KEY and VISOR_OBJECTS_BUCKET",
        _reaches_its_object_store,
    ),
    Rule(
        "VISOR_OBJECTS_SECRET_KEY",
        "must not be set in processes of other roles: they ask nothing of the store",
        _gives_its_key_to_workers_alone,
    ),
    Rule(
        "VISOR_CHECKPOINT_KEY_FILE",
        "must name the file with the key that signs the log's checkpoints, where scheduled work is done",
        _knows_the_checkpoint_key,
    ),
    Rule(
        "VISOR_LOG_ANCHOR",
        "must name a folder for checkpoints, or VISOR_LOG_WITNESS a witness: the database's owner could "
        "rewrite the log unnoticed",
        _keeps_checkpoints_elsewhere,
    ),
    Rule("VISOR_LOG_WITNESS", "must be https, with VISOR_LOG_WITNESS_KEY", _knows_its_witness),
    Rule(
        "VISOR_COMPONENTS",
        "must declare provider, store and keys, and objects where there is such a store, where it declares "
        "anything: sign-ins touch them",
        _declares_what_all_touch,
    ),
    Rule(
        "VISOR_WORKER_POOL",
        "must be a pool that VISOR_COMPONENTS declares, where that declares anything",
        _knows_its_pool,
    ),
    Rule("VISOR_ROLES", "must name one role alone: each has its own secrets and database role", _is_one_role),
)
NAMES_A_ROLE: Final = (
    "must name what a process is that serves or takes tasks: web, provider, worker or portal"
)


def problems(settings: Settings) -> list[str]:
    """Return every unsafe setting of a production process, an empty list where there is none."""
    return [str(rule) for rule in RULES if not rule.met(settings)]


def refuse_unsafe(settings: Settings) -> None:
    """Raise UnsafeSettings with every problem, so that all can be mended in one go."""
    found = problems(settings)
    if found:
        raise UnsafeSettings("refusing to start: " + "; ".join(found))


def refuse_without_role(roles: Sequence[str]) -> None:
    """Raise UnsafeSettings for a process that serves or takes tasks without saying what it is."""
    if not roles:
        raise UnsafeSettings(f"refusing to start: VISOR_ROLES {NAMES_A_ROLE}")


def refuse_unsafe_database(*, production: bool) -> None:
    """Raise UnsafeSettings where a check of the database fails in production; call when Django is set up."""
    if not production:
        return
    failed = run_checks(tags=[Tags.database], databases=["default"])
    said = [f"{one.msg} {one.hint or ''}".strip() for one in failed if one.is_serious()]
    if said:
        raise UnsafeSettings("refusing to start: " + "; ".join(said))


# What a process must not be in the database, and what to do about it (docs/adr/0260, 0262).
_OWN_ROLE: Final = (
    "name no user in VISOR_DATABASE_URL, so that the process connects by its own role, and run `manage.py "
    "database_roles` where there is none"
)
WIDE: Final[tuple[tuple[str, Callable[[Standing], bool]], ...]] = (
    (f"{{user}} is a superuser of the database: {_OWN_ROLE}", lambda found: found.is_super),
    (f"{{user}} goes around row-level security: {_OWN_ROLE}", lambda found: found.bypasses_policies),
    (f"{{user}} owns tables: {_OWN_ROLE}", lambda found: found.owns_tables),
    (
        (
            "a connection pooler stands before PostgreSQL and would tell one organisation's scope to the "
            "connection of another: let VISOR_DATABASE_URL name PostgreSQL itself"
        ),
        lambda found: found.is_pooled,
    ),
)


def refuse_wide_credential(*, production: bool) -> None:
    """Raise UnsafeSettings where a process could go around its grants; call when Django is set up."""
    if not production:
        return
    try:
        found = standing(connection)
    except Error as problem:
        raise UnsafeSettings(f"refusing to start: the database cannot be asked: {problem}") from None
    said = [sentence.format(user=found.user) for sentence, is_so in WIDE if is_so(found)]
    if said:
        raise UnsafeSettings("refusing to start: " + "; ".join(said))
