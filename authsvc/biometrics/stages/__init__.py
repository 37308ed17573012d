"""The stages of the biometric system: pure, and none knows another (see ../pipeline.py for their order)."""
