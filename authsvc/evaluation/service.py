"""What evaluations judge by: the service's own settings, as a tenant has them that changed none."""

from typing import Final

from authsvc.policy.evaluate import DEFAULT, Policy, read_policy

SERVICE: Final[Policy] = read_policy(DEFAULT)
"""The default policy. No policy may ask for less, so nobody meets a laxer service than what is measured."""
