"""The next release takes over while people ask on and on, and one step back.

While no release has been made there is none before this one. So the next one is this one under another
number, with a migration more, which locks a table that every request reads and makes an index beside them.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from deploy.rehearse import documented, installation
from deploy.rehearse.outside import PEOPLE
from deploy.rehearse.stage import NotAsTold, Stage
from deploy.rehearse.units import PROCESSES

_NEXT: Final = "/opt/visor/releases/visor-0.2.0"
"""As docs/upgrading.md calls it."""
_MIGRATION: Final = '''from django.db import migrations


class Migration(migrations.Migration):
    """What a release that comes could add."""

    atomic = False
    dependencies = [("tenancy", "{before}")]
    operations = [
        migrations.RunSQL("ALTER TABLE tenancy_tenant ADD COLUMN rehearsed text"),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY rehearsed ON audit_auditevent (tag)"),
    ]
'''
_SECONDS: Final = 1800


def unpack(stage: Stage) -> None:
    """Lay the next release beside the one that runs."""
    site = "lib/python3*/site-packages"
    stage.made.run(
        "bash",
        "-euo",
        "pipefail",
        "-c",
        f"""
cp --archive --one-file-system "$(readlink --canonicalize /opt/visor/current)" {_NEXT}
for group in web worker; do
  mount --bind /opt/visor/current/venv/$group/{site} {_NEXT}/venv/$group/{site}
done
sed --in-place 's/^version = .*/version = "0.2.0"/' {_NEXT}/pyproject.toml
""",
    )
    folder = f"{_NEXT}/authsvc/tenancy/migrations"
    before = max(path.stem for path in stage.made.path(folder).glob("0*.py"))
    name = f"{int(before[:4]) + 1:04}_rehearsed"
    stage.write(f"{folder}/{name}.py", _MIGRATION.format(before=before))


def under_load(stage: Stage) -> str:
    """Upgrade by the page's lines, and go one step back, while nobody is refused."""
    blocks = documented.blocks("upgrading.md", "On a plain machine")
    lay = next(block for block in blocks if "visor-migrate" in block)
    restart = next(block for block in blocks if "systemctl restart" in block)
    before = installation.current(stage)
    with _asking(stage) as found:
        stage.run(f"cd {_NEXT}\n{_secrets_line()}\n{lay}")
        stage.run(restart)
        _require_release(stage, _NEXT)
        stage.made.run("ln", "--symbolic", "--force", "--no-dereference", before, "/opt/visor/current")
        stage.run(restart)
        _require_release(stage, before)
    failed = {kind: many for kind, many in found.items() if not kind.endswith(" 200")}
    if failed:
        raise NotAsTold(f"while releases changed: {failed}, of {found}")
    return f"{sum(found.values())} requests, none failed"


def _secrets_line() -> str:
    page = (documented.DOCS / "upgrading.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"`(venv/web/bin/python manage\.py generate_secrets [^`]+)`", page)
    return str(line)


@contextmanager
def _asking(stage: Stage) -> Iterator[dict[str, int]]:
    """Let somebody outside ask while the block runs; what became of it is known after."""
    found: dict[str, int] = {}
    asking = f"exec python -m deploy.rehearse.load {PEOPLE} {stage.requests}"
    over = stage.made.path(f"{PEOPLE}/over")
    with subprocess.Popen(
        stage.command(asking, within="outside"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield found
        finally:
            over.touch()
        said, problem = process.communicate(timeout=_SECONDS)
        over.unlink()
        if process.returncode:
            raise NotAsTold(problem[-3000:])
        found.update(json.loads(said))


def _require_release(stage: Stage, folder: str) -> None:
    installation.await_ready(stage)
    other = [unit for unit in PROCESSES if installation.release_of(stage, unit) != folder]
    if other:
        raise NotAsTold(f"{', '.join(other)} do not run {folder}")
