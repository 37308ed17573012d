"""The list of limits: what is limited, by what it is counted, how many, per how long.

A row says beside these two things more. `without_store` is what happens while the counters cannot be asked:
"shut" lets nobody in, for what somebody might guess and for the face; "bounded" lets as many in as each
process counts by itself, for the passkey and for programs. And `guards` says that the number protects
somebody from guessing or from being pestered: VISOR_LIMITS lowers it and never raises it; every other number
keeps floods out, and suits an installation or not.

By address means: by the address that docs/operations.md says how to come by; of IPv6 the network.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from authsvc.limits.limit import Limit

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def _flood(name: str, most: int, per: timedelta, *, by: str, of: str) -> Limit:
    return Limit(name, most, per, by, of, without_store="bounded", guards=False)


def _face(name: str, most: int, per: timedelta, *, by: str) -> Limit:
    return Limit(name, most, per, by, "challenges of a face", guards=False)


def _guard(name: str, most: int, per: timedelta, *, by: str, of: str) -> Limit:
    return Limit(name, most, per, by, of)


# --- what people do with a browser
PAGES: Final = _flood("pages-address", 6000, _MINUTE, by="address", of="pages and steps of people")
SIGN_INS: Final = _flood("sign-ins-address", 600, _MINUTE, by="address", of="sign-ins begun")
SIGN_INS_CLIENT: Final = _flood("sign-ins-client", 3000, _MINUTE, by="relying party", of="sign-ins begun")
SIGN_INS_TENANT: Final = _flood("sign-ins-tenant", 6000, _MINUTE, by="organisation", of="sign-ins begun")
ENROLMENT_LINK: Final = _flood("enrolment-link", 60, _HOUR, by="enrolment link", of="enrolments begun")

# Each process counts these by itself, in its own memory (config/strangers.py).
REFUSED: Final = _flood(
    "refused-address", 30, _MINUTE, by="address", of="refusals, after which strangers wait their turn"
)

# --- passkeys and faces
PASSKEY: Final = _flood("passkey-device", 120, _HOUR, by="passkey", of="proofs by a passkey")
PASSKEY_PERSON: Final = _flood("passkey-person", 240, _HOUR, by="person", of="proofs by a passkey")
FACE: Final = _face("face-device", 30, 10 * _MINUTE, by="passkey")
FACE_PERSON: Final = _face("face-person", 60, _HOUR, by="person")
FACE_TENANT: Final = _face("face-tenant", 1200, _MINUTE, by="organisation")
POOR_SAMPLES: Final = _guard("poor-sample", 20, _DAY, by="person", of="samples that cost no try")

# --- what programs of relying parties ask
PROGRAMS: Final = _flood("programs-address", 6000, _MINUTE, by="address", of="requests of programs")
PROGRAMS_CLIENT: Final = _flood(
    "programs-client", 6000, _MINUTE, by="relying party", of="requests of programs"
)
PUSHED: Final = _flood(
    "pushed-public", 120, _MINUTE, by="relying party without a secret, and address", of="requests pushed"
)
REGISTRATIONS: Final = _flood("registrations-address", 300, _HOUR, by="address", of="registrations")
CIBA_HINT: Final = _guard("ciba-hint", 5, 2 * _MINUTE, by="relying party and hint", of="sign-ins asked for")
CIBA_PERSON: Final = _guard("ciba-person", 10, _HOUR, by="person", of="sign-ins asked for")
LIVENESS: Final = _flood("liveness-client", 600, _MINUTE, by="relying party", of="liveness sessions opened")
# Counted in the table of attempts, as long as each is open.
LIVENESS_OPEN: Final = _flood(
    "liveness-open", 300, 5 * _MINUTE, by="relying party", of="liveness sessions open at once"
)
# Apart from the organisation's own: whoever holds a session has proven no person.
LIVENESS_SESSION: Final = _face("liveness-session", 30, 10 * _MINUTE, by="session of liveness")
LIVENESS_TENANT: Final = _face("liveness-tenant", 600, _MINUTE, by="organisation, in sessions of liveness")

# --- what somebody might guess
RECOVERY: Final = _guard("recovery-person", 20, _HOUR, by="person", of="recovery codes")
RECOVERY_ADDRESS: Final = _guard("recovery-address", 10, 10 * _MINUTE, by="address", of="recovery codes")
# An administrator's passkey is counted nowhere: nobody guesses one, and nobody is locked out of it.
PASSWORD_HERE: Final = _guard(
    "portal-password-account-address", 5, 5 * _MINUTE, by="account and address", of="passwords"
)
PASSWORD: Final = _guard("portal-password-account", 100, _HOUR, by="account", of="passwords")
PASSWORD_ADDRESS: Final = _guard("portal-password-address", 100, 10 * _MINUTE, by="address", of="passwords")
CODE_HERE: Final = _guard(
    "portal-code-account-address", 5, 5 * _MINUTE, by="account and address", of="codes of an app"
)
CODE: Final = _guard("portal-code-account", 30, _HOUR, by="account", of="codes of an app")
# Each one makes us ask somebody else's server.
BY_PROVIDER: Final = _flood(
    "own-provider-address", 60, _MINUTE, by="address", of="sign-ins at an organisation's own provider"
)

# They ask somebody else's server, too, and may enter people.
SELF_ENROLMENT: Final = _flood(
    "self-enrolment-address", 60, _MINUTE, by="address", of="sign-ins of people at their own provider"
)
SELF_ENROLMENT_TENANT: Final = _flood(
    "self-enrolment-tenant", 1200, _MINUTE, by="organisation", of="sign-ins of people at their own provider"
)

# --- what is written down of it
FAILURES_NOTED: Final = _guard(
    "portal-failure-noted", 20, _HOUR, by="account, factor and reason", of="events of failed sign-ins"
)

LIMITS: Final[Mapping[str, Limit]] = {
    limit.name: limit for limit in list(globals().values()) if isinstance(limit, Limit)
}


def read_numbers(text: str) -> dict[str, int]:
    """Return the numbers of VISOR_LIMITS, `name=most` with commas; raises ValueError in a sentence's end."""
    return dict(_read(each) for each in text.split(",") if each.strip())


def unlimited() -> str:
    """Return what VISOR_LIMITS says where one machine stands for a crowd, as in a benchmark."""
    return ",".join(f"{limit.name}={10**9}" for limit in LIMITS.values() if not limit.guards)


def _read(entry: str) -> tuple[str, int]:
    name, _, number = (part.strip() for part in entry.partition("="))
    limit = LIMITS.get(name)
    if limit is None:
        raise ValueError(f"names no limit by {name!r}; docs/operations.md lists them")
    if not (number.isascii() and number.isdigit() and int(number)):
        raise ValueError(f"must give {name} a number above 0, not {number!r}")
    if limit.guards and int(number) > limit.standard:
        raise ValueError(f"may lower {name}, which guards somebody, and not raise it above {limit.standard}")
    return name, int(number)


def table() -> Iterator[str]:
    """Yield the list as lines of a table in Markdown, for docs/operations.md."""
    yield "| name in VISOR_LIMITS | what | by | how many | without the store |"
    yield "|---|---|---|---|---|"
    for limit in LIMITS.values():
        most = f"at most {limit.standard}" if limit.guards else str(limit.standard)
        yield (
            f"| `{limit.name}` | {limit.of} | {limit.by} | {most} in {_said(limit.per)} | "
            f"{limit.without_store} |"
        )


def _said(per: timedelta) -> str:
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if not per % unit:
            count = per // unit
            return f"a{'n' if name == 'hour' else ''} {name}" if count == 1 else f"{count} {name}s"
    return f"{per.total_seconds():g} seconds"
