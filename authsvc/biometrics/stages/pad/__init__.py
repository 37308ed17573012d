"""Presentation attack detection over a burst (ISO/IEC 30107): signals, calibration, fusion, a verdict.

families.py lists the modules that hold signals; each declares the calibration and the failure mode of its
own. fusion.py weighs them together under one version. docs/liveness.md says what is claimed, on which
evidence.
"""
