"""The hash of each record that the release ships; `manage.py evaluate DATASET --ship` writes this file."""

from typing import Final

SHA256: Final = {
    "2026-11-28-584d1027ef": "e2443baec6e63b93f1de95cb5e95dd66ef82329eec1a4e0a7bef3ba1f6ba3f5f",
}
