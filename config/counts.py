"""The folder in which the processes of one service count together (prometheus_client's multiprocess mode)."""

import atexit
import os
import shutil
import tempfile
from typing import Final

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client finds it, and whatever forks from this process, too."""


def shared_folder() -> None:
    """Make the folder, where there is none yet; whoever made it removes it as it ends."""
    if FOLDER in os.environ:
        return
    folder = os.environ[FOLDER] = tempfile.mkdtemp(prefix="visor-counts-")
    atexit.register(_remove, folder, os.getpid())


def _remove(folder: str, maker: int) -> None:
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)
