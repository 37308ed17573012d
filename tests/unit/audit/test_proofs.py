"""Proofs of the log hold by our verifier, one file, and by one that others wrote; an altered one by none."""

import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from authsvc.audit import tree
from authsvc.audit.anchors import folder
from authsvc.audit.models import AuditEvent, StoredCheckpoint
from authsvc.audit.proofs import NotInTheLog, growth, receipt, write_tiles
from authsvc.audit.sequencing import origin_of, sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.writers import verifier
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from devtools import verify_log
from tests import needs
from tests.factories import make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-12")]
ROUNDS = (1, 255, 1, 44)


@pytest.fixture(autouse=True)
def tenant() -> Iterator[Tenant]:
    """A log of 301 entries, signed for at 1, 256, 257 and 301."""
    row, signed = make_tenant("audited"), set(accumulate(ROUNDS))
    with tenant_scope(row.id):
        for number in range(sum(ROUNDS)):
            record(Tag.TRANSACTION_OPENED, transaction=f"t{number}", subject="someone", number=number)
            if number + 1 in signed:
                sequence()
        yield row


@pytest.fixture
def key(tenant: Tenant) -> str:
    return str(verifier(origin_of(tenant.pk)))


def at(position: int) -> AuditEvent:
    return AuditEvent.objects.order_by("sequence")[position]


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 512, 513, 600])
def test_every_proof_of_a_log_of_any_size_holds(size: int) -> None:
    leaves = [str(number).encode() for number in range(size)]
    hashes, tiles, edge = list(map(tree.leaf_hash, leaves)), {}, tree.Edge()
    for hashed in hashes:
        for tile in edge.append(hashed):
            tiles[tile.level, tile.index] = tile

    def read(level: int, first: int, count: int) -> list[bytes]:
        rows = hashes if level == 0 else [tiles[level - 1, index].root for index in range(first + count)]
        return rows[first : first + count]

    assert edge.root() == tree.root_over(hashes) == tree.edge_of(size, read).root()
    new = verify_log.Checkpoint("", size, edge.root())
    for place in {0, 1, 254, 255, 256, size // 2, size - 1} & set(range(size)):
        proof = tree.inclusion(place, size, read)
        assert verify_log.root_by_inclusion(leaves[place], place, size, proof) == new.root
        old = verify_log.Checkpoint("", place, tree.root_over(hashes[:place]))
        verify_log.check_growth(old, new, tree.consistency(place, size, read))


def test_a_receipt_holds_and_opens_what_its_holder_may_read(key: str) -> None:
    said = receipt(at(270), opened=True)
    event = verify_log.check_receipt(said, verify_log.read_key(key))
    assert (event["transaction"], event["subject"], event["writer"]) == ("t270", "someone", "web")
    closed = receipt(at(270), opened=False)
    assert "someone" not in json.dumps(closed)
    assert "transaction" not in verify_log.check_receipt(closed, verify_log.read_key(key))


@pytest.mark.parametrize("change", ["leaf", "index", "proof", "checkpoint", "personal", "another log"])
def test_a_receipt_that_was_changed_does_not_hold(key: str, change: str) -> None:
    said: dict[str, Any] = receipt(at(270), opened=True)
    if change == "another log":
        key = str(verifier("another"))
    elif change == "index":
        said["index"] = 269
    elif change == "proof":
        said["proof"][0] = b64encode(bytes(32)).decode()
    else:
        said[change] = said[change].replace("0", "1", 1)
    with pytest.raises((verify_log.Wrong, ValueError)):
        verify_log.check_receipt(said, verify_log.read_key(key))


def test_an_event_that_waits_has_no_receipt() -> None:
    with pytest.raises(NotInTheLog):
        receipt(record(Tag.CLIENT_CREATED), opened=False)


def test_growth_holds_and_that_of_another_log_does_not(key: str) -> None:
    known = verify_log.read_key(key)
    said = growth(1, 301)
    proof = [b64decode(each) for each in said["proof"]]
    old, new = (verify_log.read_checkpoint(said[each], known) for each in ("before", "checkpoint"))
    verify_log.check_growth(old, new, proof)
    with pytest.raises(verify_log.Wrong):
        verify_log.check_growth(old._replace(root=new.root), new, proof)
    with pytest.raises(NotInTheLog):
        growth(2, 301)


def test_the_verifier_is_one_file_that_needs_nothing_of_ours(
    tmp_path: Path, tenant: Tenant, key: str
) -> None:
    out = tmp_path / "receipt.json"
    call_command("audit", "prove", tenant=tenant.slug, event=at(270).pk, out=str(out))
    call_command("audit", "growth", tenant=tenant.slug, old=1, size=301, out=str(tmp_path / "growth.json"))
    call_command("audit", "tiles", tenant=tenant.slug, out=str(tmp_path / "log"))
    kept = next(path for path in _anchors() if path.stem == str(tenant.pk))
    runs = [
        ["receipt", str(out)],
        ["growth", str(tmp_path / "growth.json")],
        ["tiles", str(tmp_path / "log"), "--kept", str(kept)],
    ]
    for run in runs:
        done = _alone(*run, "--key", key)
        assert done.returncode == 0, done.stderr
    assert "301 entries, whole" in done.stdout
    bundle = tmp_path / "log" / "tile" / "entries" / "000"
    bundle.write_bytes(bundle.read_bytes().replace(b"opened", b"closed", 1))
    done = _alone(*runs[-1], "--key", key)
    assert (done.returncode, "does not hold" in done.stderr) == (1, True)


def _anchors() -> list[Path]:
    path = folder._path()
    assert path is not None
    return list(path.parent.iterdir())


def _alone(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-I", verify_log.__file__, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.needs("go")
def test_a_verifier_that_others_wrote_takes_the_same_tiles(tmp_path: Path, key: str) -> None:
    write_tiles(tmp_path / "log")
    before = StoredCheckpoint.objects.get(size=257)
    program = Path(__file__).parent / "others" / "verify.go"

    def verified() -> "subprocess.CompletedProcess[str]":
        arguments = [str(tmp_path / "log"), key, "257", before.root]
        told = {**os.environ, "GO111MODULE": "off", "GOPATH": str(needs.GO_PATH), "GOFLAGS": ""}
        told |= {"GOCACHE": str(tmp_path / "cache"), "GOROOT": ""}
        command = [needs.go_program() or "go", "run", str(program), *arguments]
        return subprocess.run(command, env=told, capture_output=True, text=True, check=False)

    done = verified()
    assert (done.stdout, done.returncode) == ("301 entries\n", 0), done.stderr
    tile = tmp_path / "log" / "tile" / "0" / "000"
    content = bytearray(tile.read_bytes())
    content[40] ^= 1
    tile.write_bytes(content)
    assert verified().returncode != 0
