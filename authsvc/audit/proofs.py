"""What shows to others that the log holds an event, or has only grown; `devtools/verify_log.py` checks it."""

import base64
from pathlib import Path
from typing import Any, Final

from authsvc.audit import contents
from authsvc.audit.contents import Hashes, newest_checkpoint
from authsvc.audit.leaves import personal_of
from authsvc.audit.models import AuditEvent, Position, StoredCheckpoint
from authsvc.audit.notes import Checkpoint
from authsvc.audit.sequencing import LogBroken, origin_of, trusted_row
from authsvc.audit.tree import HASH, WIDTH, consistency, inclusion, leaf_hash, root_by
from authsvc.audit.writers import leaf_of_row, verifier
from authsvc.tenancy.scope import current_tenant_id

_FOLDED: Final = 1000


class NotInTheLog(Exception):
    """The event is not in the log yet, or there is no such checkpoint."""


def receipt(event: AuditEvent, *, opened: bool) -> dict[str, Any]:
    """Return the proof that an event is in its log, under the newest checkpoint.

    `opened` adds what the leaf says of people under an HMAC alone, with its salt: for who knows it anyway.
    Raises NotInTheLog; a receipt can be had about two seconds after the event.
    """
    place, stored = Position.objects.filter(event=event.sequence).first(), newest_checkpoint()
    checkpoint = None if stored is None else _checked(stored)
    if place is None or stored is None or checkpoint is None or place.position >= checkpoint.size:
        raise NotInTheLog(f"event {event.sequence} is not in the log")
    leaf = contents.leaves(place.position, place.position + 1)[0]
    proof = inclusion(place.position, checkpoint.size, Hashes())
    said = {
        **_log(stored),
        "index": place.position,
        "leaf": leaf.decode(),
        "proof": list(map(_text, proof)),
    }
    if opened and event.salt is not None and leaf_of_row(vars(event)) == leaf:
        said |= {"salt": bytes(event.salt).hex(), "personal": personal_of(vars(event))}
    return said


def is_proven(event: AuditEvent) -> bool:
    """Tell whether an event stands in its log as its row says it, under a checkpoint that was signed.

    Who can write to the database alone makes no such event. False too while it waits to come in.
    """
    leaf, stored = leaf_of_row(vars(event)), newest_checkpoint()
    place = Position.objects.filter(event=event.sequence).first()
    if leaf is None or stored is None or place is None:
        return False
    try:
        checkpoint = _checked(stored)
        proof = inclusion(place.position, checkpoint.size, Hashes())
        return root_by(leaf_hash(leaf), place.position, checkpoint.size, proof) == checkpoint.root
    except (LogBroken, contents.Gone, ValueError):
        return False


def growth(old: int, size: int) -> dict[str, Any]:
    """Return the proof that a log of `old` entries is the beginning of one of `size`, with both checkpoints.

    Raises NotInTheLog where one of them was not signed.
    """
    before, after = (StoredCheckpoint.objects.filter(size=each).first() for each in (old, size))
    if before is None or after is None or old > size:
        raise NotInTheLog(f"there are no checkpoints of {old} and {size} entries")
    proof = consistency(_checked(before).size, _checked(after).size, Hashes())
    return {**_log(after), "before": _note(before), "proof": list(map(_text, proof))}


def write_tiles(folder: Path) -> int:
    """Write the log of the tenant in scope as c2sp.org/tlog-tiles lays it out; return its size.

    What is there is overwritten: full tiles never change. Raises NotInTheLog for one without entries.
    """
    stored = newest_checkpoint()
    if stored is None:
        raise NotInTheLog("the log has no entries")
    size, read = _checked(stored).size, Hashes()
    for begin, entries in contents.bundles(size):
        content = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
        _write(folder, "entries", begin // WIDTH, len(entries), content)
    level, count = 0, size
    while count:
        for index in range(-(-count // WIDTH)):
            width = min(WIDTH, count - index * WIDTH)
            _write(folder, str(level), index, width, b"".join(read(level, index * WIDTH, width)))
        level, count = level + 1, count // WIDTH
    (folder / "checkpoint").write_text(_note(stored), encoding="utf-8")
    return size


def _write(folder: Path, level: str, index: int, width: int, content: bytes) -> None:
    parts = [f"{index % _FOLDED:03}"]
    while index >= _FOLDED:
        index //= _FOLDED
        parts.insert(0, f"x{index % _FOLDED:03}")
    path = folder.joinpath("tile", level, *parts)
    if width < WIDTH:
        path = path.with_name(f"{path.name}.p") / str(width)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _log(stored: StoredCheckpoint) -> dict[str, str]:
    origin = origin_of(current_tenant_id())
    return {"log": origin, "key": str(verifier(origin)), "checkpoint": _note(stored)}


def _note(stored: StoredCheckpoint) -> str:
    return stored.note + stored.cosignatures


def _checked(stored: StoredCheckpoint) -> Checkpoint:
    return trusted_row(stored, origin_of(current_tenant_id()))


def _text(hashed: bytes) -> str:
    assert len(hashed) == HASH
    return base64.b64encode(hashed).decode()
