"""Lay the network that tells by one picture how alive a face looks into a folder.

It comes out of the npm package named below, of which nothing else is kept and no code is run. Only who sets
VISOR_PASSIVE_LIVENESS needs it, so that set-up does not fetch it.
"""

import subprocess
from pathlib import Path
from typing import Final

from authsvc.biometrics.engines.passive import FILE, SHA256
from deploy.archives import member_bytes, run

ARCHIVE: Final = "faceplugin-face-recognition-js"
VERSION: Final = "0.0.1"
MEMBER: Final = f"package/model/{FILE}"


def fetch(folder: Path) -> None:
    """Bring the package's archive by npm. Raises CalledProcessError, or OSError where there is no npm."""
    command = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder)]
    subprocess.run([*command, f"{ARCHIVE}@{VERSION}"], check=True, stdout=subprocess.DEVNULL)


def lay_out(archives: Path, target: Path) -> int:
    """Write the network into the folder `target`; return 1. Raises ArchiveProblem where it is another one."""
    content = member_bytes(archives, ARCHIVE, MEMBER, SHA256)
    target.mkdir(parents=True, exist_ok=True)
    (target / FILE).write_bytes(content)
    return 1


if __name__ == "__main__":
    run(fetch, "models", lay_out, says=__doc__)
