"""The hash of each record that the release ships; `manage.py evaluate DATASET --ship` writes this file."""

from typing import Final

SHA256: Final = {
    "2026-11-26-ab87dd11ab": "60c8ed01071369b3a7e06db73c0c81977afa50b473b4144df94a2de78e1ba42d",
}
