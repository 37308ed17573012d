"""A tenant's token-signing keys: made, staged, rotated, revoked, and held parsed in memory.

Each algorithm has a `next` key, published before it signs; one `current` key that signs; and
`previous` keys, published until nothing signed by them is alive (S9.4-09).
"""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.ids import new_id
from authsvc.core.remembered import Remembered
from authsvc.keys.algorithms import SIGNING
from authsvc.keys.kek import TOKEN, kek, may_use
from authsvc.keys.models import SigningKey
from authsvc.keys.problems import NoSigningKey
from authsvc.keys.schedule import KEEP_PREVIOUS, ROTATE_AFTER, STAGE_FOR, began_to_sign, usable_from
from authsvc.keys.vouching import is_ours, private_context, vouch
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id

_RSA_BITS = 3072
# Made with the tenant; keys of the other algorithms are made when a relying party first needs one.
ALWAYS = ("RS256", "ES256")

State = SigningKey.State
PUBLISHED = (State.NEXT, State.CURRENT, State.PREVIOUS)


@dataclass(frozen=True)
class Signer:
    """A current key, parsed: its id, its algorithm, and the key itself."""

    kid: str
    algorithm: str
    key: Key


@dataclass(frozen=True)
class KeyRing:
    """What one process holds of a tenant's keys: signers, public keys, and the key set as it is served."""

    signers: dict[str, Signer]
    public: dict[str, Key]
    document: bytes
    etag: str


# A rotation made by another process is noticed within this many seconds, far inside STAGE_FOR.
_rings: Remembered[UUID, KeyRing] = Remembered(seconds=10, outlasts=3600)
# By kid. Parsing an RSA private key costs 53 ms, a hundred times as much as signing with it.
_parsed: Remembered[str, Key] = Remembered(seconds=24 * 3600)


def key_ring() -> KeyRing:
    """Return the keys of the tenant in scope, read again from the database every ten seconds.

    A tenant without keys gets its first ones here.
    """
    return _rings.get_or_make(current_tenant_id(), _load)


def signer(algorithm: str) -> Signer:
    """Return the current key of an algorithm, made now where it was never needed; raises NoSigningKey."""
    if algorithm not in SIGNING:
        raise NoSigningKey(algorithm)
    found = key_ring().signers.get(algorithm)
    if found is None:
        ensure_keys([algorithm])
        return key_ring().signers[algorithm]
    return found


def verification_key(kid: str) -> Key | None:
    """Return the public key that a token of this tenant names, or None for an unknown or retired one."""
    return key_ring().public.get(kid)


def forget_rings() -> None:
    """Drop what this process holds of the tenant in scope, so that the next use reads the database."""
    _rings.forget(current_tenant_id())


@transaction.atomic
def ensure_keys(algorithms: Iterable[str] = ALWAYS, *, actor: str = "") -> None:
    """Give the tenant in scope a current and a next key of each algorithm that lacks one."""
    _lock_tenant()
    _retire_foreign(actor)
    held = {(key.algorithm, key.state) for key in _published()}
    for algorithm in algorithms:
        for state in (State.CURRENT, State.NEXT):
            if (algorithm, state) not in held:
                _create(algorithm, state, actor)
    forget_rings()


@transaction.atomic
def rotate(algorithm: str, *, actor: str = "", emergency: bool = False) -> None:
    """Make the staged key current, keep the old one for verification, and stage another.

    A process that may not make keys (the portal) leaves that to the web role, which notices within
    seconds. Raises NoSigningKey where no key has been staged for an hour, unless it is an emergency: relying
    parties would meet a key that they have not seen.
    """
    _lock_tenant()
    staged = _one(algorithm, State.NEXT)
    if staged is None or (usable_from(staged) > now() and not emergency):
        raise NoSigningKey(f"no {algorithm} key has been staged for {STAGE_FOR}")
    current = _one(algorithm, State.CURRENT)
    if current is not None:
        _move(current, State.PREVIOUS)
    _move(staged, State.CURRENT)
    _create(algorithm, State.NEXT, actor)
    record(Tag.KEY_ROTATED, actor=actor, kid=staged.kid, algorithm=algorithm, emergency=emergency)
    forget_rings()


@transaction.atomic
def revoke(kid: str, *, actor: str = "") -> bool:
    """Retire a key at once: nothing that it signed verifies any more; a current one is replaced first.

    False for a key that had left already. Raises SigningKey.DoesNotExist.
    """
    _lock_tenant()
    key = SigningKey.objects.get(kid=kid)
    if key.state == State.RETIRED:
        return False
    if key.state == State.CURRENT:
        _replace(key.algorithm, actor)
    elif key.state == State.NEXT:
        _create(key.algorithm, State.NEXT, actor)
    _move(key, State.RETIRED)
    record(Tag.KEY_REVOKED, actor=actor, kid=kid, algorithm=key.algorithm)
    forget_rings()
    return True


def rotate_due(actor: str = "schedule") -> None:
    """Rotate what is older than 90 days and retire what nothing alive was signed with; for the scheduler."""
    ensure_keys(_incomplete(_published()), actor=actor)
    for key in SigningKey.objects.filter(state=State.CURRENT, state_changed_at__lt=now() - ROTATE_AFTER):
        # A key that was staged too late is left for a later run.
        with suppress(NoSigningKey):
            rotate(key.algorithm, actor=actor)
    SigningKey.objects.filter(state=State.PREVIOUS, state_changed_at__lt=now() - KEEP_PREVIOUS).update(
        state=State.RETIRED, state_changed_at=now(), public_seal=None
    )
    forget_rings()


def _load() -> KeyRing:
    keys = _ours()
    lacking = _incomplete(keys)
    if lacking:
        ensure_keys(lacking)
        keys = _ours()
    document = json.dumps({"keys": [key.public_jwk for key in keys]}).encode()
    return KeyRing(
        signers={key.algorithm: _signer(key) for key in keys if key.state == State.CURRENT},
        public={key.kid: import_key(key.public_jwk) for key in keys},
        document=document,
        etag='"' + hashlib.sha256(document).hexdigest()[:32] + '"',
    )


def _published() -> list[SigningKey]:
    return list(SigningKey.objects.filter(state__in=PUBLISHED).order_by("created_at", "kid"))


def _ours() -> list[SigningKey]:
    return [key for key in _published() if is_ours(key)]


def _retire_foreign(actor: str) -> None:
    for key in _published():
        if not is_ours(key):
            _move(key, State.RETIRED)
            record(Tag.KEY_REVOKED, actor=actor, reason="foreign", kid=key.kid, algorithm=key.algorithm)


def _incomplete(keys: Iterable[SigningKey]) -> list[str]:
    # A tenant without keys, and algorithms whose key was moved by a process that makes none.
    held = {(key.algorithm, key.state) for key in keys}
    used = {*ALWAYS, *(algorithm for algorithm, _ in held)}
    return sorted(
        algorithm for algorithm in used if not {(algorithm, State.CURRENT), (algorithm, State.NEXT)} <= held
    )


def _replace(algorithm: str, actor: str) -> None:
    if _one(algorithm, State.NEXT) is not None:
        rotate(algorithm, actor=actor, emergency=True)
        return
    # Nothing is staged, and the key that somebody may know must go all the same.
    for state in (State.CURRENT, State.NEXT):
        _create(algorithm, state, actor)


def _signer(row: SigningKey) -> Signer:
    return Signer(row.kid, row.algorithm, _parsed.get_or_make(row.kid, lambda: _open(row)))


def _open(row: SigningKey) -> Key:
    opened = kek(TOKEN).unwrap(bytes(row.sealed_private), private_context(row))
    return import_key(json.loads(opened))


def _create(algorithm: str, state: State, actor: str) -> None:
    if not may_use(TOKEN):
        # The portal moves keys and can neither make nor open one (S6.1-01); `_load` makes it.
        return
    kid = new_id()
    key = _generate(algorithm)
    row = SigningKey(
        tenant_id=current_tenant_id(),
        kid=kid,
        algorithm=algorithm,
        state=state,
        public_jwk={**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": algorithm},
        state_changed_at=now(),
        became_current_at=now() if state == State.CURRENT else None,
    )
    vouch(row)
    private = json.dumps(key.as_dict(private=True)).encode()
    row.sealed_private = kek(TOKEN).wrap(private, private_context(row))
    row.save(force_insert=True)
    record(Tag.KEY_CREATED, actor=actor, kid=kid, algorithm=algorithm)


def _generate(algorithm: str) -> Key:
    if algorithm == "ES256":
        return ECKey.generate_key("P-256")
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519")
    return RSAKey.generate_key(_RSA_BITS)


def _one(algorithm: str, state: State) -> SigningKey | None:
    return SigningKey.objects.filter(algorithm=algorithm, state=state).first()


def _move(key: SigningKey, state: State) -> None:
    moment = now()
    key.became_current_at = moment if state == State.CURRENT else began_to_sign(key)
    key.state = state
    key.state_changed_at = moment
    if state in {State.PREVIOUS, State.RETIRED}:
        # It never signs again.
        key.sealed_private = b""
        _parsed.forget(key.kid)
    if state == State.RETIRED:
        # Nor is it published again, whoever moves it back.
        key.public_seal = None
    moved = ("state", "state_changed_at", "became_current_at")
    key.save(update_fields=[*moved, "sealed_private", "public_seal"])


def _lock_tenant() -> Any:
    return Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
