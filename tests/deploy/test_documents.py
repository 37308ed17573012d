"""Every command, unit and file that the operator's papers name is there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from deploy.rehearse.units import SERVICES
from tests.deploy.rendered import ROOT

PAPERS = ("docs/hardening.md", "docs/incident.md", "docs/installing-containers.md", "docs/upgrading.md")
COMMAND = re.compile(r"manage\.py ((?:[a-z_]+)(?: [^`|&\n]*)?)")
UNIT = re.compile(r"visor-[a-z]+\.(?:service|socket)")
FILE = re.compile(r"\b((?:deploy|tests)/[A-Za-z0-9_./-]+[A-Za-z0-9_*])")
TARGET = re.compile(r"(?:^|`)make ([a-z-]+)", re.MULTILINE)


def text(paper: str) -> str:
    return (ROOT / paper).read_text(encoding="utf-8")


def commands(paper: str) -> Iterator[tuple[str, list[str]]]:
    for line in COMMAND.findall(text(paper)):
        name, *told = shlex.split(line.split("#")[0].split(";")[0].strip(" `.,)"), posix=True)
        yield name, told


@pytest.mark.parametrize("paper", PAPERS)
def test_each_command_takes_what_it_is_told(paper: str) -> None:
    known = get_commands()
    for name, told in commands(paper):
        assert name in known, f"manage.py {name}"
        app = known[name]
        command = app if not isinstance(app, str) else load_command_class(app, name)
        parser = command.create_parser("manage.py", name)
        options = {flag for action in parser._actions for flag in action.option_strings}
        assert {word for word in told if word.startswith("--")} <= options, f"manage.py {name} {told}"


@pytest.mark.parametrize("paper", PAPERS)
def test_each_unit_file_and_target_is_there(paper: str) -> None:
    said = text(paper)
    assert set(UNIT.findall(said)) - {"visor-web.socket", "visor-portal.socket", *SERVICES} == set()
    missing = [name for name in FILE.findall(said) if not any(ROOT.glob(name))]
    assert missing == []
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [name for name in TARGET.findall(said) if f"\n{name}:" not in makefile] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_each_link_leads_somewhere(paper: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(paper))
    assert [link for link in links if not (Path(ROOT / paper).parent / link).exists()] == []
