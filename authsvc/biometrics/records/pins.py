"""The hash of each record that the release ships; `manage.py evaluate DATASET --ship` writes this file."""

from typing import Final

SHA256: Final = {
    "2026-11-26-ab87dd11ab": "0c2bb469297fc8019e6f9c63c983e5369156dbd1d414cc9b7a9cedb4872fb016",
}
