"""The hash of each record that the release ships; `manage.py evaluate DATASET --ship` writes this file."""

from typing import Final

SHA256: Final = {
    "2026-11-28-929ac95caa": "07f055dba2e3cb6163c2995948af1cae3478590c9e8d3546d89d21c58def5c53",
}
