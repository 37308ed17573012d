"""What this process is told; every setting that can be chosen comes from here."""

from typing import Final

from config import environment

given: Final = environment.read()
