"""A put, an erasure, a move and a sign-in at the same reference at once: nothing is left or lost.

Each of two goes on up to a place where the other could come between, and waits there for a moment: where a
lock keeps the other one away, that moment passes.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connection

from authsvc.core.clock import now
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault import due, lifecycle, moving, opening, outside
from authsvc.vault.models import DueObject, Moment, Reference
from authsvc.vault.stores.chosen import DATABASE, object_store
from authsvc.vault.stores.interface import NotThere, StoreAway, StoreProblem
from tests.bucket import Bucket
from tests.unit.vault.conftest import TEMPLATE, create
from tests.unit.vault.test_outside import AGAIN, add_moment, all_is_due, bucket, kept, opened, tenant

__all__ = ["bucket", "kept", "tenant"]
pytestmark = [
    pytest.mark.needs("postgresql"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.requirement("S8.1-05", "S8.1-06", "S9.2-11"),
]
SECONDS = 20
A_MOMENT = 0.7
Start = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def start(tenant: Tenant) -> Iterator[Start]:
    """Begin something in a thread of its own, in the tenant's scope, as another process would."""

    def run(act: Callable[[], Any]) -> Any:
        try:
            with tenant_scope(tenant.id):
                return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        yield lambda act: pool.submit(run, act)


class Meeting:
    """One has come to a place, and waits there for what the other does then."""

    def __init__(self) -> None:
        self._here, self._done = Event(), Event()

    def wait_there(self) -> None:
        """Wait where the other one could come between."""
        if not self._here.is_set():
            self._here.set()
            self._done.wait(A_MOMENT)

    def come(self) -> None:
        """Wait until the one is there."""
        assert self._here.wait(SECONDS)

    def done(self) -> None:
        """Let the one go on."""
        self._done.set()


@pytest.fixture
def meeting() -> Meeting:
    return Meeting()


def carried_out() -> None:
    """Carry out all that is due, and what comes of that."""
    for _ in range(3):
        all_is_due()
        outside.carry_out_due()


def erase(row: Reference) -> None:
    lifecycle.revoke_reference(pseudonym=row.pk, reason="test")


def waits_in_its_erasure(monkeypatch: pytest.MonkeyPatch, meeting: Meeting) -> None:
    """Let an erasure wait once it has read where its parts lie."""
    delete = due.delete

    def waiting(names: Any) -> None:
        found = list(names)
        meeting.wait_there()
        delete(found)

    monkeypatch.setattr(due, "delete", waiting)


def nothing_is_left(bucket: Bucket) -> None:
    carried_out()
    assert not bucket.objects
    assert not DueObject.objects.exists()
    assert not Moment.objects.exists()
    rows = Reference.objects.values_list("sealed_template", "object_name")
    assert [(bytes(sealed), name) for sealed, name in rows] == [(b"", "")]


@pytest.mark.parametrize("further", [False, True], ids=["its own template", "a moment"])
def test_a_put_while_an_erasure_is_under_way_leaves_no_object(
    bucket: Bucket,
    share: bytes,
    start: Start,
    meeting: Meeting,
    monkeypatch: pytest.MonkeyPatch,
    further: bool,
) -> None:
    row = create(share)
    if further:
        outside.carry_out_due()
        add_moment(row, share)
    waits_in_its_erasure(monkeypatch, meeting)
    erasure = start(lambda: erase(row))
    meeting.come()
    put = start(outside.carry_out_due)
    put.add_done_callback(lambda _: meeting.done())
    assert put.result(SECONDS) == 0
    erasure.result(SECONDS)
    nothing_is_left(bucket)


@pytest.mark.parametrize("further", [False, True], ids=["its own template", "a moment"])
def test_an_erasure_while_a_put_is_under_way_deletes_the_object(
    bucket: Bucket,
    share: bytes,
    start: Start,
    meeting: Meeting,
    monkeypatch: pytest.MonkeyPatch,
    further: bool,
) -> None:
    row = create(share)
    if further:
        outside.carry_out_due()
        add_moment(row, share)
    note = outside._note

    def noted(*given: Any) -> bool:
        meeting.wait_there()
        return note(*given)

    monkeypatch.setattr(outside, "_note", noted)
    put = start(outside.carry_out_due)
    meeting.come()
    erasure = start(lambda: erase(row))
    erasure.add_done_callback(lambda _: meeting.done())
    put.result(SECONDS)
    erasure.result(SECONDS)
    nothing_is_left(bucket)


def test_a_move_home_while_a_put_is_under_way_loses_nothing(
    bucket: Bucket, share: bytes, start: Start, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = create(share)
    note = outside._note

    def noted(*given: Any) -> bool:
        meeting.wait_there()
        return note(*given)

    monkeypatch.setattr(outside, "_note", noted)
    put = start(outside.carry_out_due)
    meeting.come()
    home = start(lambda: moving.move(outwards=False))
    home.add_done_callback(lambda _: meeting.done())
    put.result(SECONDS)
    home.result(SECONDS)
    carried_out()
    assert opened(row, share) == (TEMPLATE,)
    assert not bucket.objects


def test_a_move_home_turns_what_is_still_to_be_put_into_a_deletion(bucket: Bucket, share: bytes) -> None:
    row = create(share)
    assert moving.move(outwards=False).count == 0
    assert not DueObject.objects.exclude(part="").exists()
    carried_out()
    assert (opened(row, share), bucket.objects) == ((TEMPLATE,), {})
    assert "PUT" not in [method for method, _, _ in bucket.asked]


def test_a_move_home_of_what_is_being_put_leaves_no_object(
    bucket: Bucket, share: bytes, start: Start, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, store = create(share), object_store()

    class Slow:
        def put(self, name: str, content: bytes) -> None:
            meeting.wait_there()
            store.put(name, content)

    monkeypatch.setattr(outside, "object_store", Slow)
    put = start(outside.carry_out_due)
    meeting.come()
    moving.move(outwards=False)
    meeting.done()
    assert put.result(SECONDS) == 0
    monkeypatch.undo()
    carried_out()
    assert (opened(row, share), bucket.objects) == ((TEMPLATE,), {})


@pytest.mark.parametrize("further", [False, True], ids=["its own template", "a moment"])
def test_a_move_home_beside_an_erasure_brings_nothing_back(
    bucket: Bucket,
    share: bytes,
    start: Start,
    settings: Any,
    meeting: Meeting,
    monkeypatch: pytest.MonkeyPatch,
    further: bool,
) -> None:
    settings.REFERENCE_STORE = "database" if further else "objects"
    kept = create(share)
    settings.REFERENCE_STORE = "objects"
    if further:
        add_moment(kept, share)
    assert outside.carry_out_due() == 1
    waits_in_its_erasure(monkeypatch, meeting)
    erasure = start(lambda: erase(kept))
    meeting.come()
    home = start(lambda: moving.move(outwards=False))
    home.add_done_callback(lambda _: meeting.done())
    erasure.result(SECONDS)
    home.result(SECONDS)
    nothing_is_left(bucket)


def test_a_moment_that_is_added_beside_an_erasure_does_not_outlive_it(
    bucket: Bucket,
    kept: Reference,
    share: bytes,
    start: Start,
    meeting: Meeting,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits_in_its_erasure(monkeypatch, meeting)
    erasure = start(lambda: erase(kept))
    meeting.come()
    addition = start(lambda: add_moment(kept, share))
    addition.add_done_callback(lambda _: meeting.done())
    erasure.result(SECONDS)
    with pytest.raises(opening.CannotOpenReference):
        addition.result(SECONDS)
    nothing_is_left(bucket)


def moves_first(monkeypatch: pytest.MonkeyPatch, move: Callable[[], object]) -> None:
    """Let something happen to a part between the reading of its row and of what is sealed."""
    sealed_of = outside.sealed_of

    def then(part: Any) -> bytes:
        move()
        return sealed_of(part)

    monkeypatch.setattr(opening, "sealed_of", then)


def goes_out() -> None:
    moving.move(outwards=True)


def comes_home() -> None:
    moving.move(outwards=False)
    carried_out()


def to_and_fro() -> None:
    comes_home()
    goes_out()


@pytest.mark.parametrize("move", [goes_out, comes_home])
@pytest.mark.parametrize("further", [False, True], ids=["its own template", "a moment"])
def test_a_sign_in_goes_through_while_the_reference_moves(
    bucket: Bucket,
    share: bytes,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    move: Callable[[], object],
    further: bool,
) -> None:
    settings.REFERENCE_STORE = "database"
    row = create(share)
    moment = add_moment(row, share)
    if move is comes_home:
        goes_out()
    moves_first(monkeypatch, move)
    asked = moment.pk if further else row.pk
    assert opened(row, share, asked) == (AGAIN if further else TEMPLATE,)


def test_a_sign_in_follows_a_reference_that_moves_again_and_again(
    bucket: Bucket, share: bytes, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REFERENCE_STORE = "database"
    row, sealed_at, moves = create(share), outside._sealed_at, iter((goes_out, to_and_fro, to_and_fro))

    def later(part: Any) -> bytes:
        next(moves, bool)()
        return sealed_at(part)

    # A move reads what it moves by the same way.
    monkeypatch.setattr(moving, "sealed_of", sealed_at)
    monkeypatch.setattr(outside, "_sealed_at", later)
    assert opened(row, share) == (TEMPLATE,)
    assert next(moves, None) is None


def test_a_sign_in_goes_through_where_the_reference_is_home_again(
    bucket: Bucket, share: bytes, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REFERENCE_STORE = "database"
    row, home = create(share), DATABASE.get

    def meanwhile(name: str) -> bytes:
        monkeypatch.setattr(DATABASE, "get", home)
        goes_out()
        with pytest.raises(NotThere):
            home(name)
        comes_home()
        raise NotThere("it was outside just then")

    monkeypatch.setattr(DATABASE, "get", meanwhile)
    assert opened(row, share) == (TEMPLATE,)


def test_sign_ins_go_through_while_the_reference_moves_to_and_fro(
    bucket: Bucket, share: bytes, start: Start, settings: Any
) -> None:
    settings.REFERENCE_STORE = "database"
    row = create(share)
    over = Event()

    def signs_in() -> int:
        count = 0
        while not over.is_set():
            assert opened(row, share) == (TEMPLATE,)
            count += 1
        return count

    visitors = [start(signs_in) for _ in range(2)]
    try:
        for _ in range(4):
            goes_out()
            comes_home()
    finally:
        over.set()
    assert all(each.result(SECONDS) > 0 for each in visitors)


@pytest.mark.parametrize("further", [False, True], ids=["its own template", "a moment"])
def test_a_sign_in_beside_an_erasure_is_refused_without_an_alarm(
    bucket: Bucket, kept: Reference, share: bytes, monkeypatch: pytest.MonkeyPatch, further: bool
) -> None:
    moment = add_moment(kept, share)
    outside.carry_out_due()

    def erased() -> None:
        erase(kept)
        carried_out()

    moves_first(monkeypatch, erased)
    with pytest.raises(opening.CannotOpenReference) as refused:
        opened(kept, share, moment.pk if further else kept.pk)
    assert not isinstance(refused.value, opening.StoreUntrue)


def test_one_row_that_fails_stops_no_other_and_a_store_that_is_away_does(
    bucket: Bucket, share: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        create(share)
    names = list(DueObject.objects.order_by("due_at").values_list("name", flat=True))
    store = object_store()
    problem: list[StoreProblem] = [NotThere("no such bucket")]

    class Failing:
        def put(self, name: str, content: bytes) -> None:
            if name == names[0]:
                raise problem[0]
            store.put(name, content)

    monkeypatch.setattr(outside, "object_store", Failing)
    assert outside.carry_out_due() == 2
    assert (set(bucket.objects), DueObject.objects.get().name) == ({*names[1:]}, names[0])
    problem[0] = StoreAway("away")
    for _ in range(2):
        create(share)
    all_is_due()
    DueObject.objects.filter(name=names[0]).update(due_at=DueObject.objects.earliest("due_at").due_at)
    DueObject.objects.exclude(name=names[0]).update(due_at=now())
    assert outside.carry_out_due() == 0
    assert DueObject.objects.count() == 3
