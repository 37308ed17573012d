"""The rotation of keys in secrets files: the next one is introduced, taken into use, the old one retired.

Every step is a change of the files alone, and processes read them again while they run (config/reloading.py).
Between two steps every process must have read the files: a key is accepted everywhere before the first
process uses it, and until nothing is left that was made with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from authsvc.keys.held import NEXT, PREVIOUS
from config import rewrapping, secretfiles, secrets
from config.rewrapping import Renewed
from config.roles import ROLES
from config.secrets import (
    DJANGO,
    RECEIVING,
    SEALING,
    WRITING,
    Content,
    log_key_of,
    seal_key_of,
    task_key_of,
)

_REQUESTS: Final = "requests that are on their way: 1 minute"
_PAGES: Final = "open pages: 1 hour; of the portal sessions and open forms: 24 hours"
_EVENTS: Final = "events that are not in the log yet: 1 minute"
_TASKS: Final = "tasks that are on their way: 5 minutes"
Sections = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Rotated:
    """A secret that can be rotated: what makes new ones of it anew, and for how long the old one is of use.

    `renew` makes everything that was made with an older one anew, and says what that was. `kept` says in
    words what still needs the old one after that, and for how long.
    """

    section: str
    name: str
    kept: str
    renew: Callable[[], Renewed] = Renewed

    def __str__(self) -> str:
        return f"{self.section}.{self.name}"


KEYS: Final[Mapping[str, Rotated]] = {
    str(key): key
    for key in (
        Rotated("web", "token_kek", _REQUESTS, rewrapping.token_keys),
        Rotated("web", RECEIVING, _REQUESTS, rewrapping.received),
        Rotated("worker", "vault_kek", _TASKS, rewrapping.vault_keys),
        Rotated("worker", "key_store", _TASKS, rewrapping.stored_keys),
        Rotated("worker", "verdict_private_key", "verdicts of open sign-ins: 15 minutes", rewrapping.signed),
        # A process that is the portal too, as on one machine, seals second factors by its first role's key.
        *(Rotated(role, DJANGO, _PAGES, rewrapping.second_factors) for role in ROLES),
        *(Rotated(role, task_key_of(role), "tasks that wait: 1 hour") for role in ROLES),
        *(Rotated(role, seal_key_of(role), _REQUESTS, rewrapping.seals) for role in SEALING),
        *(Rotated(writer, log_key_of(writer), _EVENTS) for writer in WRITING),
    )
}


@dataclass(frozen=True)
class Files:
    """Where the secrets lie: one file, or a folder with a file a role."""

    place: Path

    def read(self) -> Sections:
        """Return all sections. Raises SecretsProblem."""
        return secretfiles.joined(secrets.read(path) for path in self._paths().values())

    def write(self, whole: Content) -> None:
        """Put the sections back into their files; owners and modes stay."""
        parts = secretfiles.split(whole) if self.place.is_dir() else {"": whole}
        for section, path in self._paths().items():
            if secrets.read(path) != parts[section]:
                secrets.replace(path, parts[section])

    def _paths(self) -> dict[str, Path]:
        if not self.place.is_dir():
            return {"": self.place}
        return {name: path for name, path in secretfiles.paths(self.place).items() if path.exists()}


def state(whole: Content, key: Rotated) -> str:
    """Return how far a rotation is: `in use`, `introduced`, `switched`."""
    held = whole.get(key.section, {})
    return (
        "introduced" if key.name + NEXT in held else "switched" if key.name + PREVIOUS in held else "in use"
    )


def is_switched(whole: Content, key: Rotated) -> bool:
    """Tell whether the new one is in use, and the old one accepted still."""
    return state(whole, key) == "switched"


def there(whole: Content) -> list[Rotated]:
    """Return the keys that these files hold."""
    return [key for key in KEYS.values() if key.name in whole.get(key.section, {})]


def introduce(whole: Sections, key: Rotated) -> None:
    """Add the next one, which is accepted from now on; nothing happens in the middle of a rotation."""
    if state(whole, key) != "in use":
        return
    fresh = secrets.generate()
    for section, name in _places(whole, key):
        whole[section][name + NEXT] = fresh[section][name]


def switch(whole: Sections, key: Rotated) -> None:
    """Use the next one, and accept the present one still."""
    for section, name in _places(whole, key):
        held = whole[section]
        held[name + PREVIOUS], held[name] = held[name], held.pop(name + NEXT)


def retire(whole: Sections, key: Rotated) -> None:
    """Remove the old one."""
    for section, name in _places(whole, key):
        whole[section].pop(name + PREVIOUS, None)


def _places(whole: Content, key: Rotated) -> list[tuple[str, str]]:
    """Return where a secret lies: its section, others that share it, and the other half of its pair."""
    value = whole[key.section][key.name]
    shared = [(section, key.name) for section, held in whole.items() if held.get(key.name) == value]
    pairs = [half for pair in secretfiles.PAIRS if (key.section, key.name) in pair for half in pair]
    return list(dict.fromkeys([*shared, *pairs]))
