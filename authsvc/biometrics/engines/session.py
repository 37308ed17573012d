"""A model under onnxruntime, with a session of its own for every process."""

from __future__ import annotations

import os

import numpy as np
import onnxruntime

from authsvc.biometrics.types import Array

from .base import ModelProblem


class Session:
    """Runs a model that has one input, a batch, and one output; onnxruntime's threads survive no fork.

    `kind` is the input's type ("tensor(uint8)", "tensor(float)"), `shape` its shape without the batch, and
    `width` the length of an output row. Raises ModelProblem for any other model.
    """

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        self._model, self._threads = model, threads
        self._sessions: dict[int, onnxruntime.InferenceSession] = {}
        inputs, outputs = self._here.get_inputs(), self._here.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1 or len(outputs[0].shape) != 2:
            raise ModelProblem("a face model has one input, and one output of batch × features")
        self._name, self.kind, self.shape = inputs[0].name, inputs[0].type, tuple(inputs[0].shape[1:])
        self.width = outputs[0].shape[1]
        if not isinstance(self.width, int):
            raise ModelProblem("the model's file must fix how many features it gives")
        self._sessions.clear()  # A parent that only forks needs no session's memory.

    def run(self, batch: np.ndarray) -> Array:
        """Return n×width float32 for a batch of n."""
        (output,) = self._here.run(None, {self._name: batch})
        return np.asarray(output, np.float32)

    @property
    def _here(self) -> onnxruntime.InferenceSession:
        process = os.getpid()
        if process not in self._sessions:
            self._sessions = {process: self._opened()}
        return self._sessions[process]

    def _opened(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(self._model, options, providers=["CPUExecutionProvider"])
        except Exception as problem:  # noqa: BLE001 - onnxruntime has no common error of its own
            raise ModelProblem(f"onnxruntime refuses the model: {str(problem)[:200]}") from None
