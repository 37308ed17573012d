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
COMPARING = ROOT / "build" / "static" / "vendor" / "comparing"
SCHEMAS = ROOT / "build" / "schemas"
TOOLS = ROOT / "build" / "tools"
GO_PATH = Path("/usr/share/gocode")
NODE_PACKAGES = ROOT / "node_modules"

SHELL = "chromium-headless-shell"


def postgresql() -> str | None:
    return None if os.environ.get("VISOR_TEST_DATABASE_URL") else "no PostgreSQL (make system-deps)"


def redis() -> str | None:
    return None if os.environ.get("VISOR_TEST_REDIS_URL") else "no Redis (make system-deps)"


def chromium_path(*, whole: bool = False) -> str | None:
    """Return the browser that tests drive: $VISOR_CHROMIUM, or the machine's own.

    That is Chromium's shell, which draws no windows around its pages and opens one in a quarter of the time.
    The `whole` browser is there for what the shell has not: push messages, and a question before a camera.
    """
    names = ("chromium", "chromium-browser") if whole else (SHELL, "chromium", "chromium-browser")
    return os.environ.get("VISOR_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


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


def go_program() -> str | None:
    """Return Go's own program, where the module of its checksum database lies beside it."""
    there = GO_PATH.joinpath("src/golang.org/x/mod/sumdb/tlog").is_dir()
    return shutil.which("go", path=f"/usr/bin:{os.environ.get('PATH', '')}") if there else None


def go() -> str | None:
    return None if go_program() else "no Go with golang.org/x/mod (make system-deps)"


def nginx_program() -> str | None:
    """Return nginx, the proxy of the reference in deploy/nginx."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def gettext() -> str | None:
    return None if shutil.which("xgettext") else "no GNU gettext (make system-deps)"


def promtool() -> str | None:
    return None if shutil.which("promtool") else "no promtool (make system-deps)"


def nginx() -> str | None:
    return None if nginx_program() else "no nginx (make system-deps)"


def nginx_js() -> str | None:
    found = Path("/usr/lib/nginx/modules/ngx_http_js_module.so").exists()
    return None if found else "no nginx with JavaScript (make system-deps)"


def schemas() -> str | None:
    return None if (SCHEMAS / "compose.json").is_file() else "no schemas of containers (make test)"


def helm() -> str | None:
    found = all((TOOLS / name).is_file() for name in ("helm", "kubeconform"))
    return None if found else "no Helm and kubeconform (make campaign builds them)"


def systemd() -> str | None:
    return None if shutil.which("systemd-analyze") else "no systemd (make system-deps)"


def faketime_library() -> Path | None:
    """Return libfaketime, by which a process reads another time."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def faketime() -> str | None:
    return None if faketime_library() else "no libfaketime (make system-deps)"


def photos() -> str | None:
    return None if (PHOTOS / "obama").is_dir() else "no photographs (make photos)"


def models() -> str | None:
    return None if MODELS.is_dir() else "no face networks (make models)"


def tracking() -> str | None:
    return None if (TRACKING / "facemesh.onnx").is_file() else "nothing that follows a face (make setup)"


def comparing() -> str | None:
    found = any(COMPARING.glob("*.onnx"))
    return None if found else "no face network for pages (make test lays it out)"


PROBES: dict[str, Callable[[], str | None]] = {
    "postgresql": postgresql,
    "redis": redis,
    "chromium": chromium,
    "apache": apache,
    "node": node,
    "node-runner": node_runner,
    "softhsm": softhsm,
    "pgbouncer": pgbouncer,
    "go": go,
    "nginx": nginx,
    "nginx-js": nginx_js,
    "gettext": gettext,
    "promtool": promtool,
    "systemd": systemd,
    "schemas": schemas,
    "helm": helm,
    "faketime": faketime,
    "photos": photos,
    "models": models,
    "tracking": tracking,
    "comparing": comparing,
}


def missing(services: tuple[str, ...]) -> str | None:
    """Say why the first of the named services cannot be used, or None. Raises KeyError for an unknown one."""
    return next((reason for name in services if (reason := PROBES[name]())), None)
