"""The hash of each record that the release ships; `manage.py evaluate DATASET --ship` writes this file."""

from typing import Final

SHA256: Final = {
    "2026-11-26-ab87dd11ab": "af73bb17386ae07fae2bb9612c88978282a03c00f978776b453794127813397a",
}
