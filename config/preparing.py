"""Commands that run before there is an installation: without its variables, its database and its secrets."""

import sys
from typing import Final

COMMANDS: Final = frozenset({"generate_secrets", "setup", "collectstatic"})


def is_preparing() -> bool:
    """Tell whether this process is such a command."""
    return sys.argv[1:2] != [] and sys.argv[1] in COMMANDS
