"""The hash of each record that the release ships; `manage.py evaluate DATASET --ship` writes this file."""

from typing import Final

SHA256: Final = {
    "2026-11-26-ab87dd11ab": "558852f278794bc8849be6a375bc5b878af8aa03080044cd3f0f7af2756e35f0",
}
