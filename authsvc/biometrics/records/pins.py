"""The hash of each record that the release ships; `manage.py evaluate DATASET --ship` writes this file."""

from typing import Final

SHA256: Final = {
    "2026-11-26-ab87dd11ab": "0607bb0a13d26d08d1cf03d3634e8115f5386c701a368d773491c8df6e943e8a",
}
