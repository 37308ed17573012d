"""The statements that `database_roles` would run, for an administrator who runs them by themselves.

Passwords are in them as SCRAM-SHA-256 verifiers (RFC 5803, as PostgreSQL writes them): who reads the file
gets into nothing by it.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final

from authsvc.tenancy.grants import DATABASE_ROLES, MIGRATOR, ROLE_PREFIX
from config.secrets import DATABASE

_ITERATIONS: Final = 4096
_SALT: Final = 16


def statements(database: str, held: Mapping[str, Mapping[str, str]]) -> str:
    """Return what makes the roles, and a database that is the migrator's to fill; psql runs it."""
    made = [
        "-- As the administrator of the server: psql --file THIS postgres",
        f"CREATE DATABASE {_quoted(database)};",
    ]
    for role in DATABASE_ROLES:
        password = held[role.removeprefix(ROLE_PREFIX)][DATABASE]
        made.append(f"CREATE ROLE {role} LOGIN NOINHERIT PASSWORD '{verifier(password)}';")
    made += [
        f"\\connect {_quoted(database)}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
        f"REVOKE CREATE, TEMPORARY ON DATABASE {_quoted(database)} FROM PUBLIC;",
        "GRANT USAGE ON SCHEMA public TO PUBLIC;",
        f"GRANT USAGE, CREATE ON SCHEMA public TO {MIGRATOR};",
    ]
    return "\n".join(made) + "\n"


def verifier(password: str, salt: bytes = b"") -> str:
    """Return what a server keeps of a password of ASCII characters; the salt is new each time."""
    salt = salt or secrets.token_bytes(_SALT)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, _ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    served = hmac.digest(salted, b"Server Key", "sha256")
    said = [base64.b64encode(each).decode() for each in (salt, stored, served)]
    return f"SCRAM-SHA-256${_ITERATIONS}:{said[0]}${said[1]}:{said[2]}"


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
