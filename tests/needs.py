"""What a test may need besides Python packages, and how to tell whether this machine has it.

`@pytest.mark.needs("postgresql")` skips a test where the service is missing, and `make test` closes with
the list of what did not run. In continuous integration (CI=true) a missing service is a failure.
"""

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELS = Path(os.environ.get("VISOR_MODELS", ROOT / "build" / "models"))
PHOTOS = Path(os.environ.get("VISOR_PHOTOS", ROOT / "build" / "photos"))
TRACKING = ROOT / "build" / "static" / "vendor" / "tracking"
NODE_PACKAGES = ROOT / "node_modules"


def postgresql() -> str | None:
    return None if os.environ.get("VISOR_TEST_DATABASE_URL") else "no PostgreSQL (make system-deps)"


def redis() -> str | None:
    return None if os.environ.get("VISOR_TEST_REDIS_URL") else "no Redis (make system-deps)"


def chromium_path() -> str | None:
    """Return the browser that tests drive: $VISOR_CHROMIUM, or the machine's own."""
    named = os.environ.get("VISOR_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


def chromium() -> str | None:
    return None if chromium_path() else "no Chromium (make system-deps)"


def apache() -> str | None:
    module = Path("/usr/lib/apache2/modules/mod_auth_openidc.so")
    found = shutil.which("apache2", path=f"{os.environ.get('PATH', '')}:/usr/sbin") and module.exists()
    return None if found else "no Apache with mod_auth_openidc (make system-deps)"


def node() -> str | None:
    found = shutil.which("node") and (NODE_PACKAGES / "openid-client").exists()
    return None if found else "no Node packages (make test fetches them)"


def node_runner() -> str | None:
    return None if shutil.which("node") else "no Node (make system-deps)"


def softhsm_module() -> Path | None:
    """Return the library of SoftHSM, a security module in software."""
    found = Path("/usr/lib").glob("**/softhsm/libsofthsm2.so")
    return next(found, None) if shutil.which("softhsm2-util") else None


def softhsm() -> str | None:
    found = softhsm_module() and importlib.util.find_spec("pkcs11")
    return None if found else "no SoftHSM (make system-deps)"


def pgbouncer_program() -> str | None:
    """Return PgBouncer, a pooler of PostgreSQL's connections."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def pgbouncer() -> str | None:
    return None if pgbouncer_program() else "no PgBouncer (make system-deps)"


def photos() -> str | None:
    return None if (PHOTOS / "obama").is_dir() else "no photographs (make photos)"


def models() -> str | None:
    return None if MODELS.is_dir() else "no face networks (make models)"


def tracking() -> str | None:
    return None if (TRACKING / "facemesh.onnx").is_file() else "nothing that follows a face (make setup)"


PROBES: dict[str, Callable[[], str | None]] = {
    "postgresql": postgresql,
    "redis": redis,
    "chromium": chromium,
    "apache": apache,
    "node": node,
    "node-runner": node_runner,
    "softhsm": softhsm,
    "pgbouncer": pgbouncer,
    "photos": photos,
    "models": models,
    "tracking": tracking,
}


def missing(services: tuple[str, ...]) -> str | None:
    """Say why the first of the named services cannot be used, or None. Raises KeyError for an unknown one."""
    return next((reason for name in services if (reason := PROBES[name]())), None)
