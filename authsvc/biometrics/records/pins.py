"""The hash of each record that the release ships; `manage.py evaluate DATASET --ship` writes this file."""

from typing import Final

SHA256: Final = {
    "2026-11-28-2b359f8ccd": "64d7a9e26c60ef97332347421eb23658eaebb0c8784a76c9ace870909f235ee2",
}
