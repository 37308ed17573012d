"""Signed notes and checkpoints (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature); pure."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = 1
COSIGNATURE: Final = 4
_DASH: Final = "\u2014 "
_ID: Final = 4
_KEY: Final = 32
_TIME: Final = 8


class BadNote(Exception):
    """A text is no note, no checkpoint or no key, or nobody whom we trust signed it."""


@dataclass(frozen=True)
class Verifier:
    """A public key and its name, as `name+id+key` writes them."""

    name: str
    public: bytes
    algorithm: int = ED25519

    @property
    def ident(self) -> bytes:
        """Four bytes by which a signature names its key."""
        content = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return hashlib.sha256(content).digest()[:_ID]

    def __str__(self) -> str:
        return f"{self.name}+{self.ident.hex()}+{_text(bytes([self.algorithm]) + self.public)}"

    @classmethod
    def read(cls, text: str) -> "Verifier":
        """Return the key that a text names; raises BadNote."""
        # Base64 may hold a plus of its own, a name may not.
        name, _, rest = text.strip().partition("+")
        ident, _, encoded = rest.partition("+")
        key = _bytes(encoded)
        found = cls(name, key[1:], key[0] if key else 0)
        if (
            len(key) != 1 + _KEY
            or found.ident.hex() != ident
            or found.algorithm not in (ED25519, COSIGNATURE)
        ):
            raise BadNote(f"{text!r} is no key of a note")
        return found

    def verified(self, text: str, signature: bytes) -> bool:
        """Tell whether a signature, without the key's id, is this key's on a note's text."""
        message = text.encode()
        if self.algorithm == COSIGNATURE:
            moment = int.from_bytes(signature[:_TIME], "big")
            message, signature = cosigned(text, moment), signature[_TIME:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself: its name, how many entries it has, and their root; `note` is the whole."""

    origin: str
    size: int
    root: bytes
    note: str

    @property
    def text(self) -> str:
        """The part that is signed."""
        return checkpoint_text(self.origin, self.size, self.root)


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """Return the part of a checkpoint that is signed."""
    return f"{origin}\n{size}\n{_text(root)}\n"


def cosigned(text: str, moment: int) -> bytes:
    """Return what a witness signs, for a time in seconds since 1970."""
    return f"cosignature/v1\ntime {moment}\n{text}".encode()


def sign(text: str, name: str, signer: Ed25519PrivateKey) -> str:
    """Return the note of a text, with one signature by a log's key."""
    verifier = Verifier(name, signer.public_key().public_bytes_raw())
    return f"{text}\n{signature_line(name, verifier.ident + signer.sign(text.encode()))}"


def signature_line(name: str, signature: bytes) -> str:
    """Return the line of a signature, which begins with its key's id."""
    return f"{_DASH}{name} {_text(signature)}\n"


def read_checkpoint(note: str, *verifiers: Verifier) -> Checkpoint:
    """Return a checkpoint that one of the keys signed, the log's name being that key's.

    Raises BadNote.
    """
    text, signatures = _apart(note)
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[1].isdecimal() or str(int(lines[1])) != lines[1]:
        raise BadNote("the note is no checkpoint")
    root = _bytes(lines[2])
    if len(root) != _KEY:
        raise BadNote("the checkpoint has no root")
    for verifier in verifiers:
        for name, signature in signatures:
            said = signature[_ID:] if signature[:_ID] == verifier.ident else b""
            if name == verifier.name and said and verifier.verified(text, said):
                return Checkpoint(lines[0], int(lines[1]), root, note)
    raise BadNote("no key that is trusted here signed the checkpoint")


def good_lines(note: str, lines: str, *verifiers: Verifier) -> str:
    """Return those of some signature lines that one of the keys made on a note's text."""
    text, _ = _apart(note)
    _, signatures = _apart(f"{text}\n{lines}")
    good = [
        signature_line(name, signature)
        for name, signature in signatures
        for verifier in verifiers
        if (name, signature[:_ID]) == (verifier.name, verifier.ident)
        and verifier.verified(text, signature[_ID:])
    ]
    return "".join(good)


def _apart(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    text, gap, rest = note.rpartition("\n\n")
    lines = rest.split("\n")
    if not gap or lines[-1] or not all(line.startswith(_DASH) for line in lines[:-1]):
        raise BadNote("the text is no signed note")
    found = []
    for line in lines[:-1]:
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        found.append((name, _bytes(encoded)))
    return text + "\n", found


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadNote(f"{text!r} is no Base64") from None
