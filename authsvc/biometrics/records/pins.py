"""The hash of each record that the release ships; `manage.py evaluate DATASET --ship` writes this file."""

from typing import Final

SHA256: Final = {
    "2026-11-26-ab87dd11ab": "bacfcf47774dfb2ffe37e59397962951b44690642050e1316544fd2fb0aa95de",
}
