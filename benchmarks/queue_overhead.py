"""What the queue costs: from upload to verdict, less the time in which the sample is judged."""

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from authsvc.limits.register import unlimited
from benchmarks.figures import Figure
from devtools.phone.authenticator import Authenticator
from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.stack import Stack, running

SIGN_INS = 15
PHOTOS = Path(__file__).resolve().parent.parent / "build" / "photos" / "obama"
_JUDGED = re.compile(r"capture (\S+) judged in ([\d.]+) ms")


def measure() -> Iterable[Figure]:
    """Yield the medians on the embedded transport and on Redis, over whole sign-ins."""
    for transport, embedded in (("embedded transport", True), ("Redis", False)):
        with (
            tempfile.TemporaryDirectory() as folder,
            running(
                Path(folder), embedded=embedded, VISOR_LOG_LEVEL="INFO", VISOR_LIMITS=unlimited()
            ) as stack,
        ):
            _sign_in(stack)
            waits = _waits(stack)
        yield Figure(f"queue overhead, {transport}, median", median(waits), "ms", "< 50")
        yield Figure(f"queue overhead, {transport}, longest of {len(waits)}", max(waits), "ms")


def _sign_in(stack: Stack) -> None:
    passkeys = Authenticator()
    enrolling = Person(photographs.read(PHOTOS / "01.jpg"), authenticator=passkeys)
    SoftwarePhone(enrolling).enrol(stack.new_link("A person of the benchmark"))
    person = Person(photographs.read(PHOTOS / "03.jpg"), authenticator=passkeys)
    for _ in range(SIGN_INS):
        try:
            SoftwarePhone(person).sign_in(f"{stack.partner_url}/members")
        except Denied as denied:  # a refusal crosses the queue as an acceptance does
            print(f"  one sign-in was refused: {denied}")


def _waits(stack: Stack) -> list[float]:
    """Return, for each verdict, milliseconds between upload and verdict less those of judging."""
    log = (stack.data_dir / "demo.log").read_text(encoding="utf-8", errors="replace")
    judged = {capture: float(ms) for capture, ms in _JUDGED.findall(log)}
    rows = stack.python(
        "from authsvc.transactions.models import Capture\n"
        "rows = Capture.objects.filter(submitted_at__isnull=False, decided_at__isnull=False)\n"
        "took = {row.id: (row.decided_at - row.submitted_at).total_seconds() * 1000 for row in rows}\n"
        "print(json.dumps(took))"
    )
    return [took - judged[capture] for capture, took in rows.items() if capture in judged]
