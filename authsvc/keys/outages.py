"""Telling a fault of ours from somebody who does not answer at the moment."""

from typing import Final

from django.db import InterfaceError, OperationalError

from authsvc.keys.service.interface import KeyServiceDown

_READ_ONLY: Final = "25006"


def is_outage(problem: BaseException | None) -> bool:
    """Whether database or key service did not answer, answer nobody new, or take nothing at the moment.

    What was raised while that was cleared away counts as it; so does a standby on which nothing is written
    yet (PostgreSQL's 25006), to which connections lead while one takes over from another.
    """
    while problem is not None:
        if isinstance(problem, OperationalError | InterfaceError | KeyServiceDown):
            return True
        if getattr(problem, "sqlstate", None) == _READ_ONLY:
            return True
        problem = problem.__cause__ or problem.__context__
    return False
