"""The biometric pipeline beside plain face_recognition on the same pictures, in the same run.

Turn about, and the fastest round of each counts: what slows a round is other work on the machine. Both sides
run on one thread, but ours decodes in a confined process while the worker takes the pixels in, and the next
such process is made ready meanwhile, on a second core where there is one. "Two processes against one" shows
what that costs where there is none to spare.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from benchmarks.figures import Figure

if TYPE_CHECKING:
    from authsvc.biometrics.challenges import Part

PHOTOS: Final = Path(os.environ.get("VISOR_PHOTOS", "build/photos"))
PERSON: Final = "obama"
SIZES: Final = {"640×480": (640, 480), "1280×720": (1280, 720)}
ROUNDS: Final = 9
BURST: Final = 10
TEN: Final = {"min": BURST, "max": BURST, "fps": 6, "width": 640, "height": 480}
BURSTS: Final = 4
"""Bursts that the figures are the mean of: each answers a challenge of its own, and some move more."""
PROCESSES: Final = 2
SAMPLES_A_PROCESS: Final = 12
SIGN_INS: Final = 3
"""Bursts as a sign-in asks for them: movements and light, and as many frames as the page takes of them."""
THRESHOLD: Final = 0.5
"""Of both sides' comparisons; no figure depends on its value."""

# Milliseconds of the least work that a stage of a burst must do, measured beside it: see `_floors`.
Floors = Mapping[str, float]


@dataclass(frozen=True)
class Material:
    """A burst of the person as a sample, with what is needed to verify it."""

    sample: bytes
    context: Any
    thresholds: Any
    reference: Any


def measure() -> Iterator[Figure]:
    """Measure; the first figures are those with an aim."""
    _prepare()
    for size in SIZES:
        yield from _one_frame(size)
    yield from _burst()
    yield from _sign_in()
    yield from _two_processes()


def _prepare() -> None:
    """Set Django up, then start what decodes before the models are loaded, as a worker does."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import django

    django.setup()
    cv2.setNumThreads(1)
    from authsvc.biometrics.engines.loading import load_engine
    from authsvc.biometrics.stages.decode import DECODER

    DECODER.start()
    load_engine()


def _fastest(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Return the fewest milliseconds of each work, run turn about after one round that does not count."""
    times: list[list[float]] = [[] for _ in works]
    for number in range(rounds + 1):
        for work, taken in zip(works, times, strict=True):
            started = time.perf_counter()
            work()
            if number:
                taken.append((time.perf_counter() - started) * 1000)
    return [min(taken) for taken in times]


def _one_frame(size: str) -> Iterator[Figure]:
    """One picture, from its file to a decision: ours in its confined process, with its mirror image too."""
    from authsvc.biometrics.engines.loading import load_engine
    from authsvc.biometrics.stages import comparison, decision, features
    from authsvc.biometrics.stages.decode.jpeg import read_header
    from authsvc.biometrics.stages.decode.pictures import decode_pictures
    from authsvc.biometrics.types import Descriptors, QualityResult, Template

    jpeg = _photograph(SIZES[size])
    engine = load_engine()
    key, binding = secrets.token_bytes(32), {"engine": engine.engine_id}
    quality = QualityResult(100.0, (100.0,), {}, True)
    reference: list[Template] = []

    def ours(mirrored: bool) -> bool:
        (image,) = decode_pictures([jpeg], [read_header(jpeg)])
        landmarks = engine.landmarks(image, engine.detect(image)[0])
        vectors = engine.features([image], [landmarks], mirrored=[mirrored])
        made = features.assess(Descriptors(vectors, (0,), engine.apart), quality)
        if not reference:
            reference.append(Template(made.vectors, made.weights, engine.engine_id))
        compared = comparison.assess(made, reference[0], engine_id=engine.engine_id, threshold=THRESHOLD)
        part = decision.sign_part("comparison", {"passed": compared.matched}, binding=binding, key=key)
        found = decision.decide([part], binding=binding, key=key, expected=("comparison",))
        return found.outcome == "accepted"

    theirs, simple, mirrored = _fastest(lambda: _plain(jpeg), lambda: ours(False), lambda: ours(True))
    yield Figure(f"one frame {size}: face_recognition", theirs, "ms")
    yield Figure(f"one frame {size}: Visor", simple, "ms")
    yield Figure(f"one frame {size}: faster by", theirs / simple, "times", "≥ 6")
    yield Figure(f"one frame {size}: faster by, with the mirror image", theirs / mirrored, "times")


_known: list[np.ndarray] = []


def _plain(jpeg: bytes) -> bool:
    """Decode, describe and compare as face_recognition's documentation does.

    In a frame where it finds no face it has less to do, and its time still counts.
    """
    import face_recognition

    found = face_recognition.face_encodings(face_recognition.load_image_file(io.BytesIO(jpeg)))[:1]
    if not _known:
        _known.extend(found)
    return bool(found and face_recognition.compare_faces(_known, found[0])[0])


def _photograph(size: tuple[int, int]) -> bytes:
    """Return a photograph as a frame of this size, its face as large as in front of a phone."""
    from authsvc.biometrics.engines.loading import load_engine

    picture = cv2.imread(str(PHOTOS / PERSON / "01.jpg"))
    if picture is None:
        raise FileNotFoundError("no photographs: run `make photos`")
    left, top, right, bottom = load_engine().detect(np.ascontiguousarray(picture[:, :, ::-1]))[0]
    width, height = size
    scale = 0.42 * height / (bottom - top)
    middle = np.array([left + right, top + bottom]) / 2 * scale
    shift = np.array([[scale, 0, width / 2 - middle[0]], [0, scale, height / 2 - middle[1]]], np.float32)
    frame = cv2.warpAffine(picture, shift, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def _material(
    limits: Mapping[str, int], seed: int = 1, mix: tuple[Part, ...] = ("turn",)
) -> tuple[Material, list[bytes]]:
    from authsvc.biometrics.challenges import draw_challenge
    from authsvc.biometrics.engines.loading import load_engine
    from authsvc.biometrics.pipeline import run
    from authsvc.biometrics.templates import decode_template
    from authsvc.biometrics.types import CaptureContext, Thresholds
    from authsvc.core.stages import ENROL
    from devtools.phone import sealing
    from devtools.rendering import photographs
    from devtools.rendering.render import render_burst

    photograph = photographs.read(PHOTOS / PERSON)[0]
    key = sealing.new_session_key()
    thresholds = Thresholds("bench", "1e-4", THRESHOLD, 40.0, None, allow_simulated=True)
    rng = np.random.default_rng(seed)
    # The same bursts in every run, so that two runs can be compared.
    chance = Random(seed)  # noqa: S311 - no secret hangs on it
    for _ in range(20):
        challenge = draw_challenge(mix=mix, rng=chance)
        steps = [
            {name: value for name, value in asdict(step).items() if value is not None}
            for step in challenge.steps
        ]
        rendered, camera = render_burst(photograph, {"steps": steps, "frames": dict(limits)}, rng)
        binding = sealing.Binding("bench", challenge.nonce, "device")
        manifest = sealing.manifest(sealing.Capture(rendered, camera, None), binding, key)
        sample = sealing.container(manifest, rendered)
        context = CaptureContext("bench", 1, challenge, sealing.public_jwk(key))
        made = run(
            ENROL, sample, context=context, thresholds=thresholds, engine=load_engine(), part_key=bytes(32)
        )
        if made.template is not None:
            reference = decode_template(made.template)
            material = Material(sample, context, thresholds, reference)
            if _outcome(material).decision.outcome == "accepted":
                return material, [one.jpeg for one in rendered]
    raise RuntimeError("no burst of the software phone was accepted")


def _outcome(material: Material) -> Any:
    from authsvc.biometrics.engines.loading import load_engine
    from authsvc.biometrics.pipeline import run
    from authsvc.core.stages import VERIFY

    return run(
        VERIFY,
        material.sample,
        context=material.context,
        thresholds=material.thresholds,
        open_reference=lambda _: material.reference,
        engine=load_engine(),
        part_key=bytes(32),
    )


def _verify(material: Material) -> Any:
    outcome = _outcome(material)
    if outcome.decision.outcome != "accepted":
        raise RuntimeError(f"the burst was {outcome.decision}: {outcome.detail}")
    return outcome


def _burst() -> Iterator[Figure]:
    bursts = [_material(TEN, seed=1 + number) for number in range(BURSTS)]
    measured = [_one_burst(material, jpegs) for material, jpegs in bursts]
    theirs, whole, overhead = np.mean([one[:3] for one in measured], axis=0).tolist()
    yield Figure(f"burst of {BURST}: face_recognition", theirs, "ms")
    yield Figure(f"burst of {BURST}: Visor, every stage", whole, "ms")
    yield Figure(f"burst of {BURST}: faster by", theirs / whole, "times", "≥ 10")
    yield Figure(
        f"burst of {BURST}: whole against the sum of its stages",
        100 * overhead,
        "%",
        "≤ 110",
    )
    floors = _floors(*bursts[0])
    for name in measured[0][3]:
        yield Figure(f"burst of {BURST}: {name}", float(np.mean([one[3][name] for one in measured])), "ms")
        if name in floors:
            yield Figure(f"burst of {BURST}: {name}, its floor", floors[name], "ms")


def _sign_in() -> Iterator[Figure]:
    """What a sign-in takes of a worker that has nothing else to do, from the opened sample to the verdict.

    Processor time is the worker's alone, without the confined process that decodes.
    """
    from authsvc.biometrics.challenges import FRAMES

    walls, times, frames = [], [], []
    for number in range(SIGN_INS):
        material, jpegs = _material(FRAMES, seed=11 + number, mix=("turn", "light"))
        frames.append(len(jpegs))
        for _ in range(3):
            started, used = time.perf_counter(), time.process_time()
            _verify(material)
            walls.append((time.perf_counter() - started) * 1000)
            times.append((time.process_time() - used) * 1000)
    yield Figure("sign-in: frames", float(np.mean(frames)), "")
    yield Figure("sign-in: verdict, median", float(np.median(walls)), "ms", "≤ 250")
    yield Figure("sign-in: processor time of the worker, median", float(np.median(times)), "ms", "≤ 260")


def _one_burst(material: Material, jpegs: list[bytes]) -> tuple[float, float, float, Mapping[str, float]]:
    """Return milliseconds: theirs, ours; ours over the sum of its stages; and milliseconds of each stage."""
    stages: list[Mapping[str, float]] = []
    walls: list[float] = []

    def ours() -> None:
        started = time.perf_counter()
        stages.append(_verify(material).timings)
        walls.append((time.perf_counter() - started) * 1000)

    theirs, whole = _fastest(lambda: [_plain(jpeg) for jpeg in jpegs], ours, rounds=5)
    overhead = float(
        np.median([wall / sum(timings.values()) for wall, timings in zip(walls, stages, strict=True)][1:])
    )
    return theirs, whole, overhead, {name: min(one[name] for one in stages[1:]) for name in stages[0]}


def _floors(material: Material, jpegs: list[bytes]) -> Floors:
    """Return the least that stages cost: bare calls of the libraries on the same pictures, nothing else.

    decode: the JPEG decoder. tracking: one detection at half size, landmarks in every frame. description:
    the network on as many chips.
    """
    from authsvc.biometrics.description import CONTINUITY, PROBE
    from authsvc.biometrics.engines.loading import load_engine

    engine: Any = load_engine()
    images = [cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR_RGB) for one in jpegs]
    box = engine.detect(images[0])[0]
    chip = engine.aligned(images[0], engine.landmarks(images[0], box))
    chips = [chip] * (CONTINUITY + PROBE.mirrored)

    def decoded() -> None:
        for one in jpegs:
            cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR_RGB)

    def tracked() -> None:
        engine.scan(images[0], smallest=160)
        for image in images:
            engine.landmarks(image, box)

    names = ("decode", "tracking", "description")
    return dict(zip(names, _fastest(decoded, tracked, lambda: engine.describe(chips)), strict=True))


def _two_processes() -> Iterator[Figure]:
    """As many samples a process, in one process and in two at once: forked after the models, as a pool."""
    material, _ = _material(TEN, seed=2)
    rates = {1: 0.0, PROCESSES: 0.0}
    for _ in range(3):
        for count in rates:
            rates[count] = max(rates[count], _rate(material, count))
    yield Figure("verifications a second, one process", rates[1], "1/s")
    yield Figure("verifications a second, two processes", rates[PROCESSES], "1/s")
    yield Figure("two processes against one", rates[PROCESSES] / rates[1], "times", "≥ 1.8")
    yield Figure("memory of a forked worker that it does not share", _own_memory(material), "MB")


def _own_memory(material: Material) -> float:
    """Return the megabytes that a worker of the pool has to itself after a few samples."""
    forking = multiprocessing.get_context("fork")
    kilobytes = forking.Value("d")

    def work() -> None:
        for _ in range(4):
            _verify(material)
        lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
        kilobytes.value = next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty"))

    worker = forking.Process(target=work)
    worker.start()
    worker.join()
    return float(kilobytes.value) / 1024


def _rate(material: Material, count: int) -> float:
    forking = multiprocessing.get_context("fork")
    ready, go = forking.Semaphore(0), forking.Event()
    workers = [forking.Process(target=_work, args=(material, ready, go)) for _ in range(count)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    started = time.perf_counter()
    go.set()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("a worker failed")
    return count * SAMPLES_A_PROCESS / (time.perf_counter() - started)


def _work(material: Material, ready: Any, go: Any) -> None:
    _verify(material)
    ready.release()
    go.wait()
    for _ in range(SAMPLES_A_PROCESS):
        _verify(material)
