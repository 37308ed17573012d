"""Checks what Visor's audit log hands out, without Visor: receipts, proofs of growth, tiles.

    python verify_log.py receipt   RECEIPT.json  --key KEY [--witness KEY]
    python verify_log.py growth    PROOF.json    --key KEY
    python verify_log.py tiles     FOLDER        --key KEY [--kept CHECKPOINTS.jsonl]

One file, for anybody: it needs Python 3.11 and the package `cryptography`, and reads no other file of ours.
KEY is the log's public key as a signed note writes it, from somebody you trust, and not from the file that is
checked. The formats: RFC 6962 section 2.1, c2sp.org/signed-note, tlog-checkpoint, tlog-tiles,
tlog-cosignature; docs/audit.md says what a leaf holds. It ends with status 0 where everything holds.
"""

import argparse
import base64
import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Wrong(Exception):
    """Something does not hold; the message says what."""


class Key(NamedTuple):
    """A public key of a signed note."""

    name: str
    ident: bytes
    algorithm: int
    public: bytes


class Checkpoint(NamedTuple):
    """What a log says of itself."""

    origin: str
    size: int
    root: bytes


def read_key(text: str) -> Key:
    """Return the key that `name+id+base64` stands for."""
    name, _, rest = text.partition("+")
    ident, _, encoded = rest.partition("+")
    content = base64.b64decode(encoded, validate=True)
    expected = hashlib.sha256(name.encode() + b"\n" + content).digest()[:4]
    if bytes.fromhex(ident) != expected or len(content) != 33:
        raise Wrong("the key is not one")
    return Key(name, expected, content[0], content[1:])


def read_checkpoint(note: str, *keys: Key) -> Checkpoint:
    """Return a checkpoint that each of the keys signed."""
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for key in keys:
        if not any(_is_by(key, line, text) for line in signatures.splitlines()):
            raise Wrong(f"{key.name} has not signed the checkpoint")
    origin, size, root = text.split("\n")[:3]
    if keys and origin != keys[0].name:
        raise Wrong("the checkpoint is of another log")
    return Checkpoint(origin, int(size), base64.b64decode(root, validate=True))


def _is_by(key: Key, line: str, text: str) -> bool:
    mark, name, encoded = [*line.split(" "), "", ""][:3]
    signature = base64.b64decode(encoded)
    if mark != "\u2014" or name != key.name or signature[:4] != key.ident:
        return False
    message, signature = text.encode(), signature[4:]
    if key.algorithm == 4:  # a witness's, with its time
        moment, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        message = f"cosignature/v1\ntime {moment}\n".encode() + message
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of an entry."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_by_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """Return the root to which a proof leads (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        raise Wrong("the index is not one of the log's")
    hashed, last = leaf_hash(leaf), size - 1
    for step in proof:
        if last == 0:
            raise Wrong("the proof is too long")
        if index & 1 or index == last:
            hashed = node_hash(step, hashed)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            hashed = node_hash(hashed, step)
        index, last = index >> 1, last >> 1
    if last:
        raise Wrong("the proof is too short")
    return hashed


def check_growth(old: Checkpoint, new: Checkpoint, proof: list[bytes]) -> None:
    """Check that one log is the beginning of another (RFC 9162 section 2.1.4.2)."""
    if old.size == new.size or old.size == 0:
        if proof or (old.size == new.size and old.root != new.root):
            raise Wrong("the two checkpoints are of different logs")
        return
    steps = iter([old.root, *proof] if old.size & (old.size - 1) == 0 else proof)
    place, last = old.size - 1, new.size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = next(steps, b"")
    for step in steps:
        if last == 0:
            raise Wrong("the proof is too long")
        if place & 1 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    if (before, after, last) != (old.root, new.root, 0):
        raise Wrong("the later log is no continuation of the earlier one")


def check_receipt(said: dict[str, Any], *keys: Key) -> dict[str, Any]:
    """Check a receipt, and return what its event says."""
    checkpoint, leaf = read_checkpoint(said["checkpoint"], *keys), said["leaf"].encode()
    proof = [base64.b64decode(each) for each in said["proof"]]
    if root_by_inclusion(leaf, said["index"], checkpoint.size, proof) != checkpoint.root:
        raise Wrong("the log does not hold the event")
    event: dict[str, Any] = json.loads(leaf)
    if "personal" in said:
        opened = hmac.digest(bytes.fromhex(said["salt"]), said["personal"].encode(), "sha256").hex()
        if opened != event["personal"]:
            raise Wrong("what the receipt says of people is not what the log holds")
        event |= json.loads(said["personal"])
    return event


class Tiles:
    """A log in a folder, as c2sp.org/tlog-tiles lays it out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, level: str, index: int, width: int) -> bytes:
        """Return a tile's content."""
        parts, rest = [f"{index % 1000:03}"], index // 1000
        while rest:
            parts.insert(0, f"x{rest % 1000:03}")
            rest //= 1000
        path = self.folder.joinpath("tile", level, *parts)
        return (path if width == 256 else path.with_name(path.name + ".p") / str(width)).read_bytes()

    def leaves(self, size: int) -> Iterator[bytes]:
        """Yield every entry."""
        for index in range(-(-size // 256)):
            content, at = self.read("entries", index, min(256, size - index * 256)), 0
            while at < len(content):
                end = at + 2 + int.from_bytes(content[at : at + 2], "big")
                yield content[at + 2 : end]
                at = end

    def check(self, key: Key, kept: dict[int, bytes]) -> Checkpoint:
        """Check every entry and every tile against the checkpoint, and against kept ones."""
        checkpoint = read_checkpoint((self.folder / "checkpoint").read_text(encoding="utf-8"), key)
        if max(kept, default=0) > checkpoint.size:
            raise Wrong(f"the log had {max(kept)} entries once, and has {checkpoint.size}")
        stack: list[tuple[int, bytes]] = []
        hashes: dict[int, list[bytes]] = {}
        for number, leaf in enumerate(self.leaves(checkpoint.size), 1):
            count, hashed = 1, leaf_hash(leaf)
            hashes.setdefault(0, []).append(hashed)
            while stack and stack[-1][0] == count:
                count, hashed = 2 * count, node_hash(stack.pop()[1], hashed)
                if count & (count - 1) == 0 and (count.bit_length() - 1) % 8 == 0:
                    hashes.setdefault((count.bit_length() - 1) // 8, []).append(hashed)
            stack.append((count, hashed))
            if kept.get(number, b"") not in (b"", _folded(stack)):
                raise Wrong(f"the first {number} entries are not those of a kept checkpoint")
        if sum(count for count, _ in stack) != checkpoint.size or _folded(stack) != checkpoint.root:
            raise Wrong("the entries are not those of the checkpoint")
        for level, row in hashes.items():
            for index in range(-(-len(row) // 256)):
                part = row[index * 256 : (index + 1) * 256]
                if self.read(str(level), index, len(part)) != b"".join(part):
                    raise Wrong(f"tile {index} of level {level} is not that of the entries")
        return checkpoint


def _folded(stack: list[tuple[int, bytes]]) -> bytes:
    if not stack:
        return hashlib.sha256(b"").digest()
    hashed = stack[-1][1]
    for _, left in reversed(stack[:-1]):
        hashed = node_hash(left, hashed)
    return hashed


def kept_in(path: Path | None, key: Key) -> dict[int, bytes]:
    """Return the roots of kept checkpoints by their size."""
    lines = [] if path is None else path.read_text(encoding="utf-8").splitlines()
    found = [read_checkpoint(json.loads(line)["note"], key) for line in lines]
    return {each.size: each.root for each in found}


def _checked(options: argparse.Namespace) -> str:
    keys = [read_key(text) for text in (options.key, options.witness) if text]
    if options.what == "tiles":
        found = Tiles(options.path).check(keys[0], kept_in(options.kept, keys[0]))
        return f"{found.origin}: {found.size} entries, whole"
    said = json.loads(options.path.read_text(encoding="utf-8"))
    if options.what == "receipt":
        return json.dumps(check_receipt(said, *keys), indent=2, ensure_ascii=False)
    old, new = read_checkpoint(said["before"], keys[0]), read_checkpoint(said["checkpoint"], keys[0])
    check_growth(old, new, [base64.b64decode(each) for each in said["proof"]])
    return f"{new.origin}: {old.size} entries are the beginning of {new.size}"


def main() -> int:
    """Check what the arguments say."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=["receipt", "growth", "tiles"])
    parser.add_argument("path", type=Path)
    parser.add_argument("--key", required=True, help="the log's public key")
    parser.add_argument("--witness", help="the public key of a witness that must have signed too")
    parser.add_argument("--kept", type=Path, help="the file of checkpoints that was kept elsewhere")
    try:
        print(_checked(parser.parse_args()))
    except (Wrong, OSError, ValueError, KeyError, TypeError) as problem:
        print(f"does not hold: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
