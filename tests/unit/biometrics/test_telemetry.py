"""The library that runs the networks reports to nobody (docs/adr/0526)."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LOADS = re.compile(r"^\s*(?:import|from) onnxruntime\b", re.MULTILINE)
# A network that hands on what it is given, and the session that runs it.
SESSION = """
import onnx
import {package}
import onnxruntime
value = lambda name: onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1])
node = onnx.helper.make_node("Identity", ["a"], ["b"])
graph = onnx.helper.make_graph([node], "g", [value("a")], [value("b")])
model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=10)
onnxruntime.InferenceSession(model.SerializeToString())
"""


def left_by_a_session(home: Path, package: str) -> list[str]:
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", SESSION.format(package=package)], env=env, check=True, cwd=home)
    return [path.name for path in home.rglob("*")]


@pytest.mark.requirement("S10-05")
def test_a_session_keeps_no_id_and_no_events(tmp_path: Path) -> None:
    assert left_by_a_session(tmp_path, "authsvc.biometrics.engines") == []


def test_nothing_loads_the_library_before_that() -> None:
    """Only modules of the package do, and its own comes first."""
    folders = ("authsvc", "config", "portal", "rp", "devtools", "deploy", "benchmarks")
    found = {
        path.parent.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if LOADS.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"authsvc/biometrics/engines"}
