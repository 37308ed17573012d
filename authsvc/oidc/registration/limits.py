"""How long an initial access token lives and how often it is used."""

from datetime import timedelta
from typing import Final

LIFE: Final = timedelta(days=7)
LONGEST_LIFE: Final = timedelta(days=90)
MOST_USES: Final = 100
