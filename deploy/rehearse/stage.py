"""Where a rehearsal plays: the machine, who signs for its servers, and how commands are run there."""

import secrets
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.rehearse.certificates import Authority
from deploy.rehearse.machine import Machine
from devtools.stack.services import postgres_binary

RELEASE: Final = "/opt/visor/current"
TRUSTED: Final = "/etc/ssl/visor.pem"
"""The certificate that every process trusts, and no other."""
_TAIL: Final = 3000


class NotAsTold(Exception):
    """Something of the installation is not as docs/ says; the message says what."""


@dataclass(frozen=True)
class Stage:
    """The machine, and the passwords that its operator chose."""

    made: Machine
    requests: int
    authority: Authority = field(default_factory=Authority.new)
    administrator: str = field(default_factory=secrets.token_urlsafe)
    broker: str = field(default_factory=secrets.token_urlsafe)

    def command(self, text: str, *, within: str, user: str = "root", **told: str) -> list[str]:
        """Return the command that runs lines of a shell in the release's folder, within a namespace."""
        env = [f"{name}={value}" for name, value in {**_usual(), **told}.items()]
        shell = ["bash", "-euo", "pipefail", "-c", f"cd {RELEASE}\n{text}"]
        return self.made.entered("env", "-i", *env, *shell, user=user, within=within)

    def run(self, text: str, *, within: str = "commands", user: str = "root", **told: str) -> str:
        """Return what lines of a shell print. Raises NotAsTold where one fails."""
        command = self.command(text, within=within, user=user, **told)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = f"{done.stdout}{done.stderr}".strip()
            raise NotAsTold(f"status {done.returncode} of\n{text.strip()}\n{said[-_TAIL:]}")
        return done.stdout

    def as_role(self, role: str, text: str) -> str:
        """Return what lines print that are run as a role: its user, environment, secrets and namespace."""
        told = f"set -a; . /etc/visor/{role}.env; set +a\n{text}"
        return self.run(told, within=role, user=f"visor-{role}")

    def write(self, name: str, content: str, *, mode: int = 0o644) -> None:
        """Write a file of the machine."""
        path = self.made.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=mode)
        path.write_text(content, encoding="utf-8")

    def logs(self) -> str:
        """Return the end of what each unit has written, where it has written anything."""
        found = sorted(self.made.path("/run/log-of").glob("*"))
        texts = {path.name: path.read_text(encoding="utf-8", errors="replace").strip() for path in found}
        return "\n".join(f"--- {name}\n{text[-_TAIL:]}" for name, text in texts.items() if text)


def _usual() -> dict[str, str]:
    folders = [f"{RELEASE}/venv/web/bin", str(Path(postgres_binary("psql") or "/usr/bin/psql").parent)]
    return {
        "PATH": ":".join([*folders, "/usr/sbin", "/usr/bin", "/sbin", "/bin"]),
        "HOME": "/run",
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": "/opt/python/lib",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SSL_CERT_FILE": TRUSTED,
        "REQUESTS_CA_BUNDLE": TRUSTED,
    }
