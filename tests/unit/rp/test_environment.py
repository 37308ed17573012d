"""What the site is told, and when it does not start."""

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from rp.demo import environment
from rp.demo.proven import proven

NAMES = (
    "PARTNER_ISSUER",
    "PARTNER_CLIENT_ID",
    "PARTNER_CLIENT_SECRET",
    "PARTNER_SECRET_KEY",
    "PARTNER_LIVENESS",
)
WRITTEN = {"issuer": "https://a.example/", "client_id": "a", "client_secret": "s"}


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch: pytest.MonkeyPatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_the_demo_file_is_used_and_the_environment_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "demo.json").write_text(json.dumps(WRITTEN), encoding="utf-8")
    assert environment.registration(tmp_path) == environment.Registration(**WRITTEN)
    monkeypatch.setenv("PARTNER_CLIENT_ID", "b")
    assert environment.registration(tmp_path).client_id == "b"


def test_without_a_registration_it_says_what_to_do(tmp_path: Path):
    with pytest.raises(ImproperlyConfigured, match="PARTNER_ISSUER"):
        environment.registration(tmp_path)


def test_the_key_is_made_once_for_this_account_only(tmp_path: Path):
    key = environment.secret_key(tmp_path)
    assert len(key) >= 64
    assert environment.secret_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "partner.key").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["partner.key"]


def test_who_starts_together_reads_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PARTNER_SECRET_KEY", raising=False)
    together = Barrier(8)

    def start(_: int) -> str:
        together.wait()
        return environment.secret_key(tmp_path)

    for _ in range(20):
        with ThreadPoolExecutor(8) as pool:
            (key,) = set(pool.map(start, range(8)))
        assert len(key) == 64
        (tmp_path / "partner.key").unlink()


def test_a_site_without_a_registration_for_liveness_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert environment.liveness(tmp_path) is None
    known: dict[str, Any] = {"issuer": "https://a.example/", "client_id": "a", "key": {"kty": "EC"}}
    (tmp_path / "demo.json").write_text(json.dumps({"parties": {"presence": known}}), encoding="utf-8")
    assert environment.liveness(tmp_path) == environment.KeyRegistration(**known)
    (tmp_path / "own.json").write_text(json.dumps({**known, "client_id": "b"}), encoding="utf-8")
    monkeypatch.setenv("PARTNER_LIVENESS", str(tmp_path / "own.json"))
    assert environment.liveness(tmp_path).client_id == "b"
    assert "kty" not in repr(environment.liveness(tmp_path))


def test_the_secret_is_not_shown(tmp_path: Path):
    assert "client_secret" not in repr(environment.Registration(**WRITTEN))


@pytest.mark.parametrize(("url", "starts"), [("http://bank.example", False), ("https://bank.example", True)])
def test_elsewhere_than_on_this_machine_https_is_needed(tmp_path: Path, url: str, starts: bool):
    given = {f"PARTNER_{name.upper()}": value for name, value in WRITTEN.items()}
    own = {"VISOR_DATA_DIR": str(tmp_path), "PARTNER_BASE_URL": url, **given}
    code = "from rp.demo import settings as s; assert s.SESSION_COOKIE_SECURE and s.CSRF_COOKIE_SECURE"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **own}, check=False, capture_output=True
    )
    assert (done.returncode == 0) is starts, done.stderr


def test_what_was_proven_is_put_in_words():
    claims = {"acr": "urn:visor:L2", "auth_time": 1_800_000_000, "amr": ["hwk", "face", "new"]}
    words = proven(claims, now=1_800_000_007.9)
    assert (words["level"], words["age"], words["methods"][2]) == ("Two factors", 7, "new")
    assert words["methods"][0].startswith("a passkey")
    assert words["face"] == []


def test_t08_the_partner_says_what_captured_the_face():
    face = {"match": "server", "pad": "remote", "capture": "browser", "model": "G"}
    said = proven({"face": face}, now=0)["face"]
    assert said[0] == "compared by the server"
    assert "whoever controls the page controls the camera" in said[2]
    assert proven({"face": {"capture": "orbit"}}, now=0)["face"] == ["capture: orbit"]
    assert proven({"face": "odd"}, now=0)["face"] == []


def test_a_phone_beside_is_said_in_words() -> None:
    assert proven({"handoff": "number"}, now=0)["devices"].startswith("a phone proved it")
    assert proven({"handoff": "carrier pigeon"}, now=0)["devices"] == "carrier pigeon"
    assert proven({}, now=0)["devices"] == ""
