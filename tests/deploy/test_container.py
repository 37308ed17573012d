"""deploy/container: what the images are made of, who is who in them, and what a release has for them."""

import re
import subprocess

import pytest

from config.installing.layout import IN_CONTAINERS, KEYS_IN_CONTAINERS
from deploy.release.archive import PREPARED
from tests.deploy.rendered import CHART, ROOT
from tests.deploy.test_compose import OURS

TEXT = (ROOT / "deploy" / "container" / "Containerfile").read_text(encoding="utf-8")
INSTRUCTIONS = [
    one.split(maxsplit=1)
    for one in re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    if one
]
LAST = INSTRUCTIONS[max(at for at, one in enumerate(INSTRUCTIONS) if one[0] == "FROM") :]
COPIED = {
    name
    for kind, said in LAST
    if kind == "COPY" and not said.startswith("--from")
    for name in said.split()[:-1]
}
# What no process of an image reads: a volume, what developers write, and the demo's.
ELSEWHERE = {"var", "docs", "build/photos"}
READ = re.compile(r"\bROOT / \"([^\"]+)\"(?: / \"([^\"]+)\")?")


def test_an_image_has_every_file_that_a_process_reads() -> None:
    read = {
        "/".join(filter(None, found))
        for app in ("config", "portal", "authsvc/core")
        for path in (ROOT / app).rglob("*.py")
        for found in READ.findall(path.read_text(encoding="utf-8"))
    }
    assert {"pyproject.toml", "build/models", "locale"} <= read
    wanted = {one for one in read if not any(one.startswith(other) for other in ELSEWHERE)}
    assert {one for one in wanted if not {one, one.partition("/")[0]} & COPIED} == set()


def test_a_release_has_every_file_that_an_image_copies() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    there = {*listed.split(), *PREPARED}
    missing = [one for one in COPIED if not any(each == one or each.startswith(f"{one}/") for each in there)]
    assert missing == []


@pytest.mark.requirement("S9.4-14")
def test_an_image_is_nobodys_with_power_and_has_no_compiler() -> None:
    assert dict(one for one in LAST if one[0] == "USER") == {"USER": "10001:10001"}
    # What is compiled or fetched is so in the stage before.
    (base,) = [said for kind, said in INSTRUCTIONS[: INSTRUCTIONS.index(LAST[0])] if "tzdata" in said]
    (packages,) = re.findall(r"--no-install-recommends ([^&]+)", base)
    assert packages.split() == ["ca-certificates", "python3", "tzdata"]
    assert [said for kind, said in LAST if kind == "RUN" and re.search(r"apt-get|pip|venv", said)] == []


def test_a_role_has_one_number_everywhere() -> None:
    assert {role: int(number) for role, number in re.findall(r"([a-z]+):(1000\d)\b", TEXT)} == IN_CONTAINERS
    assert f"groupadd --gid {KEYS_IN_CONTAINERS} visor-keys" in TEXT
    chart = (CHART / "templates" / "_processes.tpl").read_text(encoding="utf-8")
    assert {role: int(number) for role, number in re.findall(r'"(\w+)" (1000\d)', chart)} == IN_CONTAINERS
    assert f"supplementalGroups: [{KEYS_IN_CONTAINERS}]" in chart
    for one in OURS.values():
        number = IN_CONTAINERS[one["environment"]["VISOR_ROLES"]]
        assert one["user"] == f"{number}:{number}"


def test_an_image_lays_out_every_place_that_a_process_writes_in() -> None:
    laid = {*re.findall(r"--group 1\d+ (/\S+)", TEXT), *(f"/var/lib/visor/{role}" for role in IN_CONTAINERS)}
    wanted = {one.split(":")[1] for service in OURS.values() for one in service["volumes"]}
    assert wanted <= laid
