"""Hashes of a release's files, and an SSH signature over them, which everybody's own ssh-keygen verifies."""

import hashlib
import subprocess
from pathlib import Path
from typing import Final

SUMS: Final = "SHA256SUMS"
NAMESPACE: Final = "visor-release"
"""What the signature is for: one by the same key for something else is none of a release."""
_SIGNER: Final = "visor"
VERIFY: Final = (
    f"ssh-keygen -Y verify -f allowed_signers -I {_SIGNER} -n {NAMESPACE} -s {SUMS}.sig < {SUMS}"
    f" && sha256sum --check {SUMS}"
)
"""What verifies a release in its folder, beside a file that says whose key it is."""


def allowed_signers(public_key: str) -> str:
    """Return the content of that file."""
    return f'{_SIGNER} namespaces="{NAMESPACE}" {public_key}'


def write_sums(folder: Path) -> Path:
    """Write the hash of each file of a folder, as `sha256sum --check` reads it."""
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith(SUMS))
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in names]
    (folder / SUMS).write_text("\n".join(lines) + "\n", encoding="ascii")
    return folder / SUMS


def sign(sums: Path, key: Path) -> None:
    """Sign the hashes by a private key of SSH (or its public part, with the key in an agent or a token)."""
    sums.with_name(f"{SUMS}.sig").unlink(missing_ok=True)
    command = ["ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-f", str(key), str(sums)]
    subprocess.run(command, check=True, capture_output=True)
