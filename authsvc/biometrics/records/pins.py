"""The hash of each record that the release ships; `manage.py evaluate DATASET --ship` writes this file."""

from typing import Final

SHA256: Final = {
    "2026-11-28-9b4d6619b1": "a5ab0380f5a9b01fee5654b047c39a3b2c912e1372d4387da2ef4c0a0ba055d0",
}
