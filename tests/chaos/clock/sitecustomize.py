"""Read by a Python process whose clock libfaketime sets, as it starts.

libfaketime 0.9.10 refuses a sleep by Python's way of it once the clock differs.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex, /) -> None:
    select.select([], [], [], float(seconds))


time.sleep = _sleep
