"""What a sign-in costs by application model: time, bytes up and down, the worker's time, beside G's.

Where a page compares, it costs a load and a comparison there too: the files, as a browser gets them for the
first time, and both times in Chromium, on one thread.

The software phone signs in with another photograph than it enrolled with. Its time is that of a whole
sign-in without the cues'; bytes are those of the bodies that it sends and is sent. Models take turns, and the
median of each counts. Where nothing is kept, and so nobody compared, a camera opens for a site that asks for
presence alone: that is the sign-in which is measured then.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
import requests

from authsvc.biometrics.records.page import NETWORK
from authsvc.core.application_models import APPLICATION_MODELS, ApplicationModel
from authsvc.limits.register import unlimited
from benchmarks.figures import Figure
from devtools.laboratory.device_engine import ServersOwnEngine
from devtools.laboratory.page_engine import FILES, page_engine
from devtools.phone.authenticator import Authenticator
from devtools.phone.phone import Denied, Person, SoftwarePhone, Step
from devtools.rendering import photographs
from devtools.rendering.render import render_burst
from devtools.stack.stack import Stack, running

SIGN_INS: Final = 15
LOADS: Final = 5
DESCRIBED: Final = 30
CHALLENGE: Final = {"steps": [{"cue": "centre", "ms": 1000}], "frames": {"min": 10, "max": 40, "fps": 10}}
ROOT: Final = Path(__file__).resolve().parent.parent
PHOTOS: Final = ROOT / "build" / "photos" / "obama"
STATIC: Final = ROOT / "build" / "static"
MODELS: Final = {row.letter: row for row in APPLICATION_MODELS}
BASE: Final = next(row.letter for row in APPLICATION_MODELS if row.default)
_CUES: Final = 7
"""The step in which the person follows the cues: as long for every model."""
_JUDGED: Final = re.compile(r"capture (\S+) judged in ([\d.]+) ms")


@dataclass
class Spent:
    """What sign-ins by one model took, each in a list: milliseconds and bytes."""

    time: list[float] = field(default_factory=list)
    up: list[float] = field(default_factory=list)
    down: list[float] = field(default_factory=list)
    worker: list[float] = field(default_factory=list)


class _Counting(SoftwarePhone):
    """Counts what it sends, is sent and waits for."""

    def __init__(self, person: Person) -> None:
        super().__init__(person, tries=1, on_step=self._add)
        self.up = self.down = 0
        self.ms = 0.0
        self.browser.session.hooks["response"].append(self._count)

    def _add(self, step: Step) -> None:
        self.ms += step.ms if step.number != _CUES else 0.0

    def _count(self, response: requests.Response, *_: Any, **__: Any) -> None:
        sent = response.request.body
        self.up += len(sent) if isinstance(sent, bytes | str) else 0
        self.down += len(response.content)


def measure() -> Iterable[Figure]:
    """Yield, of each model, the medians of a sign-in and their ratios to the default model's."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), VISOR_LOG_LEVEL="INFO", VISOR_LIMITS=unlimited()) as stack,
    ):
        # The phone compares here, in this process, by the engine that settings name; the server has its own.
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
        spent = _sign_ins(stack, {letter: _enrolled(stack, letter) for letter in MODELS})
    for letter in MODELS:
        yield from _figures(letter, spent[letter], spent[BASE])
    for letter in MODELS:
        if MODELS[letter].sends_to_phone:
            yield from _in_the_page(letter)


def _in_the_page(letter: str) -> Iterator[Figure]:
    """Yield what the comparison takes in a page: the network, all files, a load, and a picture's features.

    What lies beside a file compressed is what a browser gets of it.
    """
    files = [STATIC / path.lstrip("/") for path in FILES.values()]
    built = [path for path in files if path.is_file() and path.suffix in {".js", ".wasm", ".onnx"}]
    network = STATIC / NETWORK
    yield Figure(f"model {letter}, network in the page", network.stat().st_size / 1e6, "MB")
    yield Figure(f"model {letter}, files in the page", sum(map(_sent, built)) / 1e6, "MB")
    (photograph,) = photographs.read(PHOTOS / "03.jpg")
    frames, _ = render_burst(photograph, CHALLENGE, np.random.default_rng(1))
    with page_engine() as page:
        loads = [page.load() for _ in range(LOADS)]
        took = [page.describe([frames[0].jpeg])[1] for _ in range(DESCRIBED)]
    yield Figure(f"model {letter}, load in the page from the same machine", median(loads), "ms")
    yield Figure(f"model {letter}, features of a picture in the page", median(took), "ms")


def _sent(file: Path) -> int:
    compressed = file.with_name(f"{file.name}.br")
    return (compressed if compressed.is_file() else file).stat().st_size


def _figures(letter: str, spent: Spent, base: Spent) -> Iterator[Figure]:
    units = {"time": "ms", "up": "bytes", "down": "bytes", "worker": "ms"}
    for name, unit in units.items():
        value = median(getattr(spent, name))
        yield Figure(f"model {letter}, {name}", value, unit)
        if letter != BASE:
            yield Figure(f"model {letter}, {name}, to {BASE}", value / median(getattr(base, name)), "×")


def _enrolled(stack: Stack, letter: str) -> Person:
    """Enrol somebody by the model; references of the others go on counting."""
    models = list(dict.fromkeys([letter, *MODELS]))
    stack.python(
        "from authsvc.policy.services import publish_models\n"
        f"publish_models(models={models!r}, justification='Measured.', published_by='a benchmark')"
    )
    passkeys = Authenticator()
    enrolling = Person(photographs.read(PHOTOS / "01.jpg"), authenticator=passkeys)
    SoftwarePhone(enrolling).enrol(stack.new_link(f"Measured by {letter}"))
    later = photographs.read(PHOTOS / "03.jpg")
    return Person(later, authenticator=passkeys, engine=ServersOwnEngine())


def _sign_ins(stack: Stack, people: dict[str, Person]) -> dict[str, Spent]:
    """Let each person sign in as often, in turn; a refusal is left out, since it comes sooner."""
    spent = {letter: Spent() for letter in people}
    for _ in range(SIGN_INS):
        for letter, person in people.items():
            phone = _Counting(person)
            try:
                phone.sign_in(stack.partner_url + _page_of(MODELS[letter]))
            except Denied as denied:
                print(f"  one sign-in by {letter} was refused: {denied}")
                continue
            for name, value in (("time", phone.ms), ("up", phone.up), ("down", phone.down)):
                getattr(spent[letter], name).append(value)
    for letter in people:
        spent[letter].worker = _judged(stack, letter)
    return spent


def _page_of(row: ApplicationModel) -> str:
    """Return the page of the partner site whose sign-in opens the camera."""
    return "/members" if row.compares else "/oidc/authenticate/?presence=1&next=/members"


def _judged(stack: Stack, letter: str) -> list[float]:
    """Return the milliseconds that a worker spent on each of a person's accepted sign-ins.

    Where the phone compares it is asked twice: for the reference, and for the sample.
    """
    log = (stack.data_dir / "demo.log").read_text(encoding="utf-8", errors="replace")
    took = {capture: float(ms) for capture, ms in _JUDGED.findall(log)}
    accepted: list[list[str]] = stack.python(
        "from authsvc.transactions.models import Capture\n"
        f"rows = Capture.objects.filter(transaction__subject__name='Measured by {letter}')\n"
        "rows = rows.filter(state='accepted', transaction__kind='authenticate')\n"
        "rows = rows.filter(transaction__decided_at__isnull=False)\n"
        "found = {}\n"
        "for row in rows:\n"
        "    found.setdefault(row.transaction_id, []).append(row.id)\n"
        "print(json.dumps(list(found.values())))"
    )
    return [sum(took[capture] for capture in each) for each in accepted if took.keys() >= set(each)]
