"""Face models behind one small interface; `loading.load_engine(name)` gives the process its engine."""

import os

# ONNX Runtime, which runs the networks, would keep an id of the machine and send reports of its use to its
# makers. It asks this once, when it is loaded, which nothing but this package does (docs/adr/0526).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
