"""The words of the capture page's scripts: each name they use has a text, and each text is used."""

import json
import re
from pathlib import Path

from authsvc.biometrics.stages.quality import HINTS
from authsvc.capture.texts import TEXTS, page_texts
from authsvc.transactions.models import Transaction
from tests.factories import make_subject
from tests.unit.capture.agent import Agent

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = "".join(path.read_text() for path in (ROOT / "static/js/capture").glob("*.js"))
NAMED = set(re.findall(r'say\("([^"]+)"', SCRIPTS))
BEGUN = set(re.findall(r"say\(`([^`$]+)\$", SCRIPTS))
(LISTED,) = re.findall(r"`hint` is one of (.*?)\. A refusal", (ROOT / "docs/protocol.md").read_text())
# Of a lost sample the page says what became of it, since there is nothing to do better.
CODES = set(re.findall(r"`([^`]+)`", LISTED)) - {"lost"}


def test_scripts_name_texts_that_there_are() -> None:
    assert {"place", "restart"} <= NAMED <= TEXTS.keys()
    assert {"closed.", "cue.", "hint.", "live.", "passkey.", "refused.", "why."} == BEGUN


def test_every_text_is_named() -> None:
    unnamed = TEXTS.keys() - NAMED
    assert {name for name in unnamed if not name.startswith(tuple(BEGUN))} == set()


def test_c07_every_error_of_a_passkey_has_its_text() -> None:
    source = (ROOT / "static/js/capture/ceremony.js").read_text()
    told = set(re.findall(r'(?:get|create): "([^"]+)"', source))
    texts = {name.removeprefix("passkey.") for name in TEXTS if name.startswith("passkey.")}
    said = {name for name in texts if not name.endswith("title")}
    assert len(told) >= 8
    assert said == told | {"failed", "exists-elsewhere", "exists-recovered"}
    assert {name.removesuffix(".title") for name in texts - said - {"title"}} <= said


def test_every_hint_of_the_protocol_has_its_text() -> None:
    said = {name.removeprefix("hint.") for name in TEXTS if name.startswith("hint.")}
    assert said == CODES
    assert set(HINTS.values()) <= said


def test_the_page_carries_them(agent: Agent) -> None:
    row = agent.open(Transaction.Kind.ENROL, subject=make_subject())
    page = agent.client.get(f"/t/{agent.tenant.slug}/signin/{row.id}/").content.decode()
    (config,) = re.findall(r'<script id="agent-config" type="application/json">(.*?)</script>', page)
    assert json.loads(config)["texts"] == page_texts()
