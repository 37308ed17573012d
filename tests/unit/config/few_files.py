"""A site behind the real worker in a process that may have few files open, until its input ends.

    python -m tests.unit.config.few_files FILES

says its port.
"""

import resource
import sys

from tests.unit.config.served import Site, served

if __name__ == "__main__":
    with served(Site()) as ((_, port), _):
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[1])))
        print(port, flush=True)
        sys.stdin.read()
