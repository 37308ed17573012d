"""The biometric system: the pipeline, its stages and engines, and the evaluation of their error rates."""
