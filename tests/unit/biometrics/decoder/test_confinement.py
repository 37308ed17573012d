"""The confinement: what goes wrong in one confined process ends there."""

import ctypes
import os
import resource
import signal
import socket
import time
from pathlib import Path

import pytest

from authsvc.biometrics.decoder.confinement import Confinement, LimitReached
from authsvc.biometrics.decoder.program import CHANNEL
from authsvc.biometrics.decoder.seccomp import hide_memory
from tests.campaign import Size

from .misbehaviour import FAULTS, REACHES, read_memory

MODULE = "tests.unit.biometrics.decoder.misbehaviour"
NOBODY = 65534
SILENT = ("write to the log",)


@pytest.fixture(scope="module")
def confinement() -> Confinement:
    OTHERS.update(children(os.getpid()))
    found = Confinement(MODULE)
    found.start()
    return found


# What the test run itself has started before: servers, a browser, another confinement.
OTHERS: set[int] = set()


def own_children() -> list[int]:
    return [child for child in children(os.getpid()) if child not in OTHERS]


def copied(confinement: Confinement) -> bytes:
    word, memory = confinement.run("copy", b"abc", room=3)
    assert word == "copy done"
    return memory.tobytes()


def test_work_sees_what_is_given_and_writes_into_its_room(confinement: Confinement) -> None:
    assert copied(confinement) == b"abc"


def test_pieces_follow_one_another(confinement: Confinement) -> None:
    assert confinement.run("copy twice", b"abc", room=6)[1].tobytes() == b"abcabc"


def test_more_than_a_sockets_buffer_comes_through(confinement: Confinement) -> None:
    given = os.urandom(3_000_000)
    assert confinement.run("copy", given, room=len(given))[1].tobytes() == given


@pytest.mark.requirement("S8.1-07")
def test_writing_more_than_there_is_room_for_is_refused(confinement: Confinement) -> None:
    with pytest.raises(LimitReached):
        confinement.run("copy twice", b"abc", room=5)
    assert copied(confinement) == b"abc"


@pytest.mark.requirement("S8.1-07")
@pytest.mark.parametrize("fault", [*FAULTS, "talk"])
def test_a_fault_reaches_its_limit_and_the_next_call_is_served(confinement: Confinement, fault: str) -> None:
    with pytest.raises(LimitReached):
        confinement.run(fault, b"", room=1, wall_seconds=2)
    assert copied(confinement) == b"abc"


def test_nothing_is_left_running(confinement: Confinement) -> None:
    with pytest.raises(LimitReached):
        confinement.run("sleep", b"", room=1, wall_seconds=1)
    copied(confinement)
    deadline = time.monotonic() + 10
    # One waits for the next order.
    while len(left := [one for each in own_children() for one in children(each) if state(one) != "Z"]) > 1:
        assert time.monotonic() < deadline, f"{left} still run"
        time.sleep(0.02)


def test_a_killed_server_is_replaced(confinement: Confinement) -> None:
    before = own_children()
    for child in before:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    # One that waited serves once more, then there is a new server.
    assert copied(confinement) == b"abc"
    time.sleep(0.2)
    assert copied(confinement) == b"abc"
    assert own_children() != before


@pytest.mark.requirement("S8.1-07")
@pytest.mark.parametrize("what", [one for one in REACHES if one not in SILENT])
def test_a_confined_process_reaches_nothing_beside_its_work(
    confinement: Confinement, what: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"kept")
    order = f"reach {what.replace(' ', '_')} {os.getpid()} {file}"
    assert confinement.run(order, b"", room=1)[0] == "refused"
    assert file.read_bytes() == b"kept"


@pytest.mark.requirement("S8.1-07")
def test_a_confined_process_is_not_heard(confinement: Confinement, capfd: pytest.CaptureFixture[str]) -> None:
    Confinement(MODULE).run("reach write_to_the_log 0 x", b"", room=1)
    assert "forged" not in capfd.readouterr().err


@pytest.mark.requirement("S8.1-07")
def test_nobody_of_the_same_user_reads_a_hidden_process() -> None:
    """Root may read everything, so another user tries."""
    reader, writer = os.pipe()
    hidden = os.fork()
    if hidden == 0:
        if os.getuid() == 0:
            os.setuid(NOBODY)
        be_readable()  # A process that changes its user is hidden without our doing.
        hide_memory()
        os.write(writer, b"1")
        time.sleep(30)
        os._exit(0)
    os.read(reader, 1)
    looking = os.fork()
    if looking == 0:
        if os.getuid() == 0:
            os.setuid(NOBODY)
        try:
            read_memory(hidden)
        except PermissionError:
            os._exit(0)
        os._exit(1)
    assert os.waitpid(looking, 0)[1] == 0
    os.kill(hidden, signal.SIGKILL)
    os.waitpid(hidden, 0)


def be_readable() -> None:
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)


def waiting(program: int) -> int:
    """Return the child that waits for an order, once it does."""
    deadline = time.monotonic() + 10
    while not (found := [one for one in children(program) if state(one) == "S"]):
        assert time.monotonic() < deadline, "none waits"
        time.sleep(0.01)
    return found[-1]


@pytest.mark.requirement("S8.1-07")
def test_an_order_outlives_the_death_of_who_waited_for_it() -> None:
    before = set(children(os.getpid()))
    confinement = Confinement(MODULE)
    assert copied(confinement) == b"abc"
    (program,) = set(children(os.getpid())) - before
    for _ in range(5):
        os.kill(waiting(program), signal.SIGKILL)
        assert copied(confinement) == b"abc"
    assert waiting(program)


def test_a_program_that_cannot_start_is_an_error_at_every_call(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(LimitReached):
        Confinement("tests.unit.biometrics.no_such_module").run("copy", b"abc", room=3)


@pytest.mark.parametrize("ignored", [signal.SIGCHLD, signal.SIGALRM])
def test_what_signals_the_worker_ignores_does_not_matter(ignored: signal.Signals) -> None:
    kept = signal.signal(ignored, signal.SIG_IGN)
    try:
        confinement = Confinement(MODULE)
        assert [copied(confinement) for _ in range(5)] == [b"abc"] * 5
        assert ignored.name not in confinement.run("ignored signals", b"", room=1)[0]
    finally:
        signal.signal(ignored, kept)


def test_a_worker_with_many_files_open_is_served() -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit[1] < 1300:
        pytest.skip("the system allows too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (1300, limit[1]))
    many = [os.dup(0) for _ in range(1050)]
    try:
        confinement = Confinement(MODULE)
        before = set(children(os.getpid()))
        assert [copied(confinement) for _ in range(4)] == [b"abc"] * 4
        assert len(set(children(os.getpid())) - before) == 1, "one program serves them all"
    finally:
        for one in many:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)


@pytest.mark.requirement("S8.1-07")
def test_nothing_that_the_worker_has_open_is_shared() -> None:
    reader, writer = os.pipe()
    with socket.socket() as outside:
        # Far from the numbers that a confined process uses itself, and as a careless library leaves it.
        inherited = os.dup2(outside.fileno(), 200, inheritable=True)
        confinement = Confinement(MODULE)
        confinement.start()
        opened = confinement.run("descriptors", b"", room=1)[0].split()
        os.close(inherited)
    assert {"0", "1", "2", str(CHANNEL)} < set(opened)
    assert str(inherited) not in opened
    os.close(writer)
    os.set_blocking(reader, False)
    assert os.read(reader, 1) == b"", "somebody else still holds the other end"
    os.close(reader)


@pytest.mark.requirement("S8.1-07")
def test_no_secret_of_the_environment_is_shared(
    confinement: Confinement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISOR_SECRET", "of the worker alone")
    assert "VISOR" not in Confinement(MODULE).run("environment", b"", room=1)[0]


def test_a_forked_worker_shares_the_confinement(confinement: Confinement) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0 if copied(confinement) == b"abc" else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert copied(confinement) == b"abc"


def test_a_quick_word_is_never_lost(confinement: Confinement, size: Size) -> None:
    """The word may overtake the handle that ends its process."""
    assert all(copied(confinement) == b"abc" for _ in range(size("words", sample=300, whole=10_000)))


def test_too_long_an_order_is_refused(confinement: Confinement) -> None:
    with pytest.raises(LimitReached):
        confinement.run("x" * 20_000, b"", room=1)


def children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(one) for one in listed.split()]


def state(process: int) -> str:
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):  # It ended since it was listed.
        return "Z"
    return status.rpartition(")")[2].split()[0]
