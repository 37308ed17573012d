"""A reference's serialised form: labelled with format, engine, size and count (S9.2-09)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import numpy as np

from authsvc.biometrics.types import FeatureResult, Reason, StageError, Template

FORMAT: Final = "visor-features/1"
MOST_VECTORS: Final = 16


def encode_template(features: FeatureResult, *, engine: str) -> bytes:
    """Return a template as bytes: a line of JSON, then n×d little-endian float32 and n weights."""
    count, size = features.vectors.shape
    head = json.dumps({"format": FORMAT, "engine": engine, "count": count, "size": size})
    return (
        head.encode()
        + b"\n"
        + features.vectors.astype("<f4").tobytes()
        + features.weights.astype("<f4").tobytes()
    )


def decode_template(data: bytes) -> Template:
    """Return the template of these bytes; raises StageError for another format, size or content."""
    try:
        head, body = data.split(b"\n", 1)
        label = json.loads(head)
        count, size = int(label["count"]), int(label["size"])
        if label["format"] != FORMAT or not 0 < count <= MOST_VECTORS:
            raise ValueError("another format")
        values = np.frombuffer(body, "<f4")
        if len(values) != count * size + count or not np.isfinite(values).all():
            raise ValueError("sizes do not fit")
    except (ValueError, KeyError, TypeError) as problem:
        raise StageError(Reason.REFERENCE, detail=str(problem)) from None
    return Template(values[: count * size].reshape(count, size), values[count * size :], str(label["engine"]))


def join_moments(moments: Sequence[Template]) -> Template:
    """Return the templates of several moments as one, in which each counts alike (docs/adr/0335).

    Raises StageError where there is none, and where two engines or sizes are among them.
    """
    kinds = {(moment.engine, moment.vectors.shape[1]) for moment in moments}
    if len(kinds) != 1:
        raise StageError(Reason.REFERENCE, detail=f"moments of {len(kinds)} kinds")
    shares = [moment.weights / len(moments) for moment in moments]
    vectors = np.concatenate([moment.vectors for moment in moments])
    return Template(vectors, np.concatenate(shares), moments[0].engine)
