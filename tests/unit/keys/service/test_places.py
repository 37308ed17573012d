"""One word for every place where keys lie: the same tests over a folder, SoftHSM and a transit service."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import uuid4

import pytest

from authsvc.keys.service.interface import BadName, CannotUnwrap, KeyGone, KeyService
from authsvc.seals.kinds import KINDS
from authsvc.seals.sealing import Stored, counter_of
from tests.unit.keys.service.places import file_keys, module_keys, transit_keys

pytestmark = pytest.mark.requirement("S9.4-09")
PLACES = [
    pytest.param(file_keys, id="file"),
    pytest.param(module_keys, id="pkcs11", marks=pytest.mark.needs("softhsm")),
    pytest.param(transit_keys, id="transit"),
]
AAD = b"tenant, row and version"
_numbers = itertools.count()


@pytest.fixture(scope="module", params=PLACES)
def keys(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyService]:
    place: Callable[[Path], AbstractContextManager[KeyService]] = request.param
    with place(tmp_path_factory.mktemp("place")) as opened:
        yield opened


@pytest.fixture
def name() -> str:
    """A name that no test had before."""
    return f"reference/{next(_numbers)}"


@pytest.fixture
def made(keys: KeyService, name: str) -> str:
    """The name of a key that is there."""
    keys.create(name)
    return name


@pytest.mark.parametrize("content", [b"", b"x", b"\x00" * 32, b"a secret" * 500])
def test_what_is_wrapped_comes_back_and_does_not_show(keys: KeyService, made: str, content: bytes) -> None:
    wrapped = keys.wrap(made, content, AAD)
    assert keys.unwrap(made, wrapped, AAD) == content
    assert len(content) < 8 or content not in wrapped
    assert keys.wrap(made, content, AAD) != wrapped


@pytest.mark.parametrize("aad", [b"", AAD[:-1], AAD + b"\x00", AAD.upper()])
def test_another_context_opens_nothing(keys: KeyService, made: str, aad: bytes) -> None:
    with pytest.raises(CannotUnwrap):
        keys.unwrap(made, keys.wrap(made, b"secret", AAD), aad)


def test_another_key_opens_nothing(keys: KeyService, made: str) -> None:
    keys.create(f"{made}-other")
    with pytest.raises(CannotUnwrap):
        keys.unwrap(f"{made}-other", keys.wrap(made, b"secret", AAD), AAD)


def test_altered_content_opens_nothing(keys: KeyService, made: str) -> None:
    wrapped = keys.wrap(made, b"secret", AAD)
    # The last characters of base64 may hold bits that nobody reads.
    for place in range(0, len(wrapped) - 4, 5):
        altered = wrapped[:place] + bytes([wrapped[place] ^ 1]) + wrapped[place + 1 :]
        with pytest.raises(CannotUnwrap):
            keys.unwrap(made, altered, AAD)


@pytest.mark.parametrize("garbage", [b"", b"\x00", b"\x00\x00\x00\x01", b"vault:v1:", b"\xff" * 60])
def test_garbage_opens_nothing(keys: KeyService, made: str, garbage: bytes) -> None:
    with pytest.raises(CannotUnwrap):
        keys.unwrap(made, garbage, AAD)


@pytest.mark.parametrize(
    "use",
    [
        lambda keys, name: keys.wrap(name, b"secret", AAD),
        lambda keys, name: keys.unwrap(name, b"\x00\x00\x00\x01" + b"x" * 60, AAD),
        lambda keys, name: keys.is_current(name, b"\x00\x00\x00\x01" + b"x" * 60),
        lambda keys, name: keys.rotate(name),
        lambda keys, name: keys.retire(name),
    ],
    ids=["wrap", "unwrap", "is_current", "rotate", "retire"],
)
@pytest.mark.parametrize("destroyed", [False, True], ids=["never made", "destroyed"])
def test_a_key_that_is_not_there_is_used_for_nothing(
    keys: KeyService, name: str, use: Callable[[KeyService, str], object], destroyed: bool
) -> None:
    if destroyed:
        keys.create(name)
        keys.destroy(name)
    with pytest.raises(KeyGone):
        use(keys, name)
    assert not keys.exists(name)


@pytest.mark.requirement("S9.2-13")
def test_t10_what_is_destroyed_stays_destroyed(keys: KeyService, made: str) -> None:
    wrapped = keys.wrap(made, b"secret", AAD)
    assert keys.exists(made)
    for _ in range(2):
        keys.destroy(made)
    assert not keys.exists(made)
    with pytest.raises(KeyGone):
        keys.create(made)
    with pytest.raises(KeyGone):
        keys.unwrap(made, wrapped, AAD)


def test_a_name_may_be_destroyed_before_its_key_is_made(keys: KeyService, name: str) -> None:
    keys.destroy(name)
    with pytest.raises(KeyGone):
        keys.create(name)


def test_making_a_key_again_changes_nothing(keys: KeyService, made: str) -> None:
    wrapped = keys.wrap(made, b"secret", AAD)
    keys.create(made)
    assert keys.unwrap(made, wrapped, AAD) == b"secret"
    assert keys.is_current(made, wrapped)


def test_an_older_version_unwraps_until_it_is_retired(keys: KeyService, made: str) -> None:
    first = keys.wrap(made, b"first", AAD)
    keys.rotate(made)
    second = keys.wrap(made, b"second", AAD)
    keys.rotate(made)
    third = keys.wrap(made, b"third", AAD)
    assert [keys.unwrap(made, one, AAD) for one in (first, second, third)] == [b"first", b"second", b"third"]
    assert [keys.is_current(made, one) for one in (first, second, third)] == [False, False, True]
    keys.retire(made)
    assert keys.unwrap(made, third, AAD) == b"third"
    for old in (first, second):
        with pytest.raises(CannotUnwrap):
            keys.unwrap(made, old, AAD)


def test_a_counter_only_grows(keys: KeyService, name: str) -> None:
    assert keys.current(name) == 0
    assert [keys.advance(name), keys.advance(name), keys.current(name)] == [1, 2, 2]
    assert [keys.advance(name, at_least=7), keys.advance(name, at_least=7)] == [7, 7]
    assert [keys.advance(name, at_least=3), keys.advance(name), keys.current(name)] == [7, 8, 8]
    assert keys.current(f"{name}-other") == 0


def test_every_place_counts_for_seals(keys: KeyService) -> None:
    """The longest name that a sealed row's counter has (authsvc/seals)."""
    stored = Stored(uuid4(), ("r" * 24, "d" * 64), (), None, over=False)
    longest = counter_of(max(KINDS, key=lambda kind: len(kind.name)), stored)
    assert keys.current(longest) == 0
    assert keys.advance(longest, at_least=2) == keys.current(longest) == 2


def test_a_counter_is_no_key(keys: KeyService, made: str) -> None:
    keys.advance(made)
    keys.destroy(made)
    assert keys.current(made) == 1
    assert keys.advance(made) == 2


def test_no_two_get_the_same_number(keys: KeyService, name: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        numbers = list(threads.map(lambda _: keys.advance(name), range(24)))
    assert sorted(numbers) == list(range(1, 25))


@pytest.mark.parametrize("name", ["", "/x", "../x", "a b", "a\x00", "é", "x" * 201, ".x"])
def test_an_odd_name_is_refused(keys: KeyService, name: str) -> None:
    for use in (keys.create, keys.destroy, keys.exists, keys.advance, keys.current):
        with pytest.raises(BadName):
            use(name)
