"""`make demo`: prepare the data, start the processes, sign a person in, and stay until Ctrl-C.

Web, worker, scheduled work, sweeper and partner site are those of devtools/demo/Procfile, kept together by
honcho; what they print goes to var/demo.log. DEMO_EXIT=1 ends after the scripted sign-ins, with their exit
status.
VISOR_PORT and PARTNER_PORT choose other ports than 8000 and 8001, MODEL the application model by its letter;
WORKFLOW=W2 lets a desk begin what the phone proves; LIVENESS=1 shows liveness as a service, not sign-ins.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent.parent
PROCFILE = ROOT / "devtools" / "demo" / "Procfile"
START_SECONDS = 90


class DemoProblem(Exception):
    """The demo cannot start; the message says what to do."""


def environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of every process of the demo; what is given stays."""
    data = Path(given.get("VISOR_DATA_DIR", ROOT / "var"))
    web, partner = given.get("VISOR_PORT", "8000"), given.get("PARTNER_PORT", "8001")
    defaults = {
        "VISOR_ENVIRONMENT": "local",
        "VISOR_DATA_DIR": str(data),
        "VISOR_SECRETS_FILE": str(data / "secrets.json"),
        "VISOR_PHOTOS": str(ROOT / "build" / "photos"),
        "VISOR_PORT": web,
        "PARTNER_PORT": partner,
        "VISOR_BASE_URL": f"http://localhost:{web}",
        "PARTNER_BASE_URL": f"http://127.0.0.1:{partner}",
        "VISOR_LOG_LEVEL": "WARNING",
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{given.get('PATH', '')}"
    # The settings of who starts the product, a test run for one, are not the product's.
    own = {"DJANGO_SETTINGS_MODULE": "config.settings", "PATH": path, "PYTHONUNBUFFERED": "1"}
    return {**defaults, **given, **own}


def require_free_ports(env: dict[str, str]) -> None:
    """Raise DemoProblem where another program listens on one of our ports."""
    for variable in ("VISOR_PORT", "PARTNER_PORT"):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(env[variable]))) == 0:
                raise DemoProblem(
                    f"port {env[variable]} is in use; choose another: make demo {variable}=NUMBER"
                )


def manage(env: dict[str, str], *arguments: str) -> int:
    """Run a command of manage.py and return its exit status."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments], env=env, check=False
    ).returncode


def prepare(env: dict[str, str]) -> None:
    """Make secrets, tables and demo data where they are missing. Raises DemoProblem."""
    for step in _steps(Path(env["VISOR_SECRETS_FILE"])):
        if manage(env, *step) != 0:
            raise DemoProblem(f"manage.py {step[0]} failed")


def _steps(secrets: Path) -> list[tuple[str, ...]]:
    build: list[tuple[str, ...]] = [("migrate", "--verbosity", "0"), ("demo_data",)]
    if not secrets.exists():
        return [("generate_secrets",), *build]
    if "seal_private_key_web" in secrets.read_text(encoding="utf-8"):
        return [("generate_secrets",), *build]
    # The demo of a release before seals: whoever starts it vouches for its rows.
    return [("generate_secrets",), build[0], ("seal_rows",), *build[1:]]


@contextlib.contextmanager
def processes(env: dict[str, str], *names: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the Procfile's processes, or the named ones, while the block runs; the end of one ends all."""
    command = [sys.executable, "-m", "honcho", "--procfile", str(PROCFILE), "--app-root", str(ROOT)]
    with (Path(env["VISOR_DATA_DIR"]) / "demo.log").open("wb") as log:
        runner = subprocess.Popen(
            [*command, "start", *names], env=env, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield runner
    finally:
        runner.terminate()
        try:
            runner.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(runner.pid, signal.SIGKILL)
            runner.wait()


def answers(url: str) -> bool:
    """Tell whether a page answers with 2xx."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own http addresses
            return True
    except (urllib.error.URLError, OSError):
        return False


def await_ready(env: dict[str, str], runner: subprocess.Popen[bytes], *, worker: bool = True) -> None:
    """Wait until both sites answer and a `worker` has published a sample key. Raises DemoProblem."""
    pages = [
        f"http://127.0.0.1:{env['VISOR_PORT']}/{'readyz' if worker else 'healthz'}",
        f"http://127.0.0.1:{env['PARTNER_PORT']}/healthz",
    ]
    log = Path(env["VISOR_DATA_DIR"]) / "demo.log"
    deadline = time.monotonic() + START_SECONDS
    while pages:
        if runner.poll() is not None:
            raise DemoProblem(f"a process ended while starting; the end of {log}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise DemoProblem(f"{pages[0]} does not answer; the end of {log}:\n{tail(log)}")
        if answers(pages[0]):
            pages.pop(0)
        else:
            time.sleep(0.2)


def tail(log: Path) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-25:])


def shown(env: Mapping[str, str]) -> str:
    """Return the command of manage.py that shows what is asked for."""
    return "demo_liveness" if env.get("LIVENESS") == "1" else "demo_signin"


def places(env: dict[str, str]) -> str:
    """Return where to go next, as text."""
    demo = json.loads((Path(env["VISOR_DATA_DIR"]) / "demo.json").read_text(encoding="utf-8"))
    harbour, town = (
        f"{admin['email']}  /  {admin['password']}" for admin in (demo["admin"], demo["town"]["admin"])
    )
    rows = {
        "Partner site": demo["partner"],
        "  ask to be let in": demo["start"],
        "Portal": demo["portal"],
        "  sign in as": harbour,
        "  or, Demo Town": town,
        "Enrol yourself": demo["webcam_enrolment_url"],
        "Show that you are there": f"{demo['partner']}/vote",
        "Log": str(Path(env["VISOR_DATA_DIR"]) / "demo.log"),
    }
    width = max(map(len, rows)) + 2
    return "\n".join(f"  {name:<{width}}{value}" for name, value in rows.items())


def stop(signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)


def run(env: dict[str, str]) -> int:
    """Show the demo and return the exit status of the scripted sign-ins. Raises DemoProblem."""
    require_free_ports(env)
    Path(env["VISOR_DATA_DIR"]).mkdir(parents=True, exist_ok=True)
    prepare(env)
    with processes(env) as runner:
        await_ready(env, runner)
        status = manage(env, shown(env))
        if env.get("DEMO_EXIT") == "1":
            return status
        print(f"\n{places(env)}\n\nRunning until Ctrl-C.", flush=True)
        runner.wait()
        raise DemoProblem(f"a process ended:\n{tail(Path(env['VISOR_DATA_DIR']) / 'demo.log')}")


def main() -> None:
    signal.signal(signal.SIGTERM, stop)
    try:
        status = run(environment())
    except KeyboardInterrupt:
        print("\nStopped.")
        status = 0
    except DemoProblem as problem:
        print(f"The demo cannot go on: {problem}", file=sys.stderr)
        status = 1
    raise SystemExit(status)


if __name__ == "__main__":
    main()
