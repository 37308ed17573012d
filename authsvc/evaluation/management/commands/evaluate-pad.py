"""`manage.py evaluate-pad --recordings DIR`; the name's dash makes a module that nothing can import."""

from authsvc.evaluation.management.evaluate_pad import EvaluatePad


class Command(EvaluatePad):
    """See EvaluatePad."""
