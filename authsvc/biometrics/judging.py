"""From a stored capture to a judgement: opens sample and reference in memory, runs the pipeline, forgets both."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from authsvc.biometrics import pipeline
from authsvc.biometrics.engines import load_engine
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.evaluation.records import EvaluationRecord, load_current
from authsvc.biometrics.stages.comparison import Template, decode_template
from authsvc.biometrics.types import Challenge, Manifest, Reason, StageError, Thresholds
from authsvc.biometrics.unsealing import unseal_sample
from authsvc.keys.samples import CannotUnseal
from authsvc.policy.evaluate import Policy
from authsvc.policy.services import current_policy
from authsvc.privacy.consent import live_consent
from authsvc.subjects.models import Device
from authsvc.transactions.models import Capture, Transaction
from authsvc.vault import services as vault

log = logging.getLogger(__name__)

MODEL = vault.MODEL
