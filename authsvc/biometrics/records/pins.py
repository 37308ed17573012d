"""The hash of each record that the release ships; `manage.py evaluate DATASET --ship` writes this file."""

from typing import Final

SHA256: Final = {
    "2026-11-29-50c8efa9bf": "0bd13c2ddcccc2780aa340a6687a3d262b80433c71d4f39062229b0d09d99491",
    "2026-11-29-ce8598ec80": "0251d2cb5555a7644278583dfb2e96ea1cfcbebb58c309d2282b9c24586044c2",
}
