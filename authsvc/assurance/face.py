"""What a token says of a face: where it was compared, what captured it; never how well (ADR 0291). Pure."""

from collections.abc import Mapping
from typing import Any, Final

from authsvc.assurance.evidence import FaceProof, Proven
from authsvc.assurance.levels import Evidence, assess
from authsvc.core.application_models import Place, application_model

MEMBERS: Final = ("match", "pad", "capture", "model")
"""All that stands in the claim `face`."""

_MATCHED_AT: Final[Mapping[Place, str]] = {
    Place.SERVER: "server",
    Place.PHONE: "device",
    Place.NOWHERE: "none",
}


def face_said(proven: Proven) -> dict[str, str] | None:
    """Return the claim `face` of an authentication, None where nobody was seen, or it does not count.

    `match` is "server", "device" or "none": where the face was compared, if it was; `pad`, "remote": that the
    server looked for signs of a presentation attack; `capture`, "browser" or "native": what held the camera;
    `model`, the letter of the application model.
    """
    face, agent = proven.face, proven.agent
    if face is None or not assess(Evidence.from_record(proven)).present:
        return None
    capture = "native" if agent is not None and agent.is_native else "browser"
    return {"match": _matched_at(face), "pad": "remote", "capture": capture, "model": face.model}


def as_claim(stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what tokens carry of a stored claim: {"face": its members and no other}, {} without a face."""
    return {"face": {name: stored.get(name, "none") for name in MEMBERS}} if stored else {}


def is_present(stored: Mapping[str, Any] | None) -> bool:
    """Whether an authentication, by its claim `face`, showed a living person before a camera (ADR 0383)."""
    return stored is not None and stored.get("pad") == "remote"


def _matched_at(face: FaceProof) -> str:
    row = application_model(face.model)
    return _MATCHED_AT[row.compared] if row is not None else "none"
