"""The hash of each record that the release ships; `manage.py evaluate DATASET --ship` writes this file."""

from typing import Final

SHA256: Final = {
    "2026-11-29-d19d91b175": "d959762725702493e16f9504b78f6afbf963189b9fe6e1e4030edff1e00c20f4",
}
