"""What could be shown: every template, every code of a refusal, every rule that ends on a page."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from authsvc.core.errors import Refused
from authsvc.oidc.requests.book import TABLE
from authsvc.oidc.wire.refusal import RequestRefused

ROOT = Path(__file__).resolve().parents[3]
OIDC = ROOT / "authsvc" / "oidc"
# At the authorization endpoint a refusal up to this rule is a page; later ones go to the relying party.
LAST_ON_A_PAGE = "redirect_uri"

NOT_PAGES = {
    "414.html": "what the server itself answers before Django: tests/unit/config/test_serving.py",
    "branding/mail.html": "what a mail is made of: tests/unit/branding/test_mails.py",
}
NOT_TO_PEOPLE = {
    "accept": "no page of ours asks for another form",
    "no-length": "a browser always says how long a body is",
    "truncated": "whose connection broke is told so by the page itself: the screen `offline`",
    "empty-body": "no page of ours sends one",
    "agent-refused": "a policy that lets no browser in has no page",
    "attestation-refused": "no page of ours says that something vouches for it",
    "bad-want": "a page of ours that is to compare asks for the reference, and for nothing else",
    "not-attested": "a page of ours that may not be sent a reference is offered no face",
    "not-released": "a page of ours is sent the reference before it asks for a challenge, or stops",
    "verdict-refused": "said to the worker alone",
    "export-not-allowed": "said to the command line, and at the screen where another can be asked for",
    "not-believed": "such a row is read as absent, and a page shows what it shows without it",
    "not-permitted": "said as 403 (Portal: a form that the role may not send)",
}
NOT_ON_A_PAGE = {
    "consent": "goes back to the relying party, who shows what comes of it",
    "presence-demanded": "goes back to the relying party likewise",
}


def templates() -> set[str]:
    """The templates of the site; the partner's are its own (tests/unit/rp/test_dead_ends.py)."""
    folder = ROOT / "templates"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*.html")}
    return {name for name in names if not name.startswith("rp/")}


def codes() -> set[str]:
    """The codes of Refused, wherever it is raised."""
    return {code for path in (ROOT / "authsvc").rglob("*.py") for code in _codes(path)}


def _codes(path: Path) -> Iterator[str]:
    for call in _calls(path):
        named = isinstance(call.func, ast.Name) and call.func.id in {"Refused", "NoticeChanged"}
        called = isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "super().__init__"
        first = call.args[0] if call.args else None
        if (named or called) and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def rules() -> set[str]:
    """The rules of RequestRefused in the modules that show pages."""
    early = [row[0] for row in TABLE if row[1]]
    early = early[: early.index(LAST_ON_A_PAGE) + 1]
    files = [
        *(OIDC / "requests" / "rules" / f"{name}.py" for name in early),
        OIDC / "wire" / "parameters.py",
        OIDC / "authorize" / "views.py",
        OIDC / "interaction.py",
        OIDC / "ciba" / "waiting.py",
        OIDC / "ciba" / "views.py",
        OIDC / "sandbox" / "views.py",
        OIDC / "sessions" / "logout" / "request.py",
        OIDC / "sessions" / "logout" / "views.py",
    ]
    return {rule for path in files for rule in _rules(path)}


def _rules(path: Path) -> Iterator[str]:
    for call in _calls(path):
        name = ast.unparse(call.func)
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        rule = given.get("rule") if name == "RequestRefused" else None
        if name == "_refused" and call.args:
            rule = call.args[0]
        if isinstance(rule, ast.Constant) and " " not in str(rule.value):
            yield str(rule.value)


def _calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node


@contextmanager
def listening(codes: set[str], rules: set[str]) -> Iterator[None]:
    """Note every refusal that is made while the block runs."""
    refuse, refuse_request = Refused.__init__, RequestRefused.__init__

    def note(self: Refused, code: str, *arguments: Any, **more: Any) -> None:
        codes.add(code)
        refuse(self, code, *arguments, **more)

    def note_rule(self: RequestRefused, *arguments: Any, rule: str, **more: Any) -> None:
        rules.add(rule)
        refuse_request(self, *arguments, rule=rule, **more)

    with patch.object(Refused, "__init__", note), patch.object(RequestRefused, "__init__", note_rule):
        yield
