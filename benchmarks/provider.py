"""The OpenID provider beside django-oauth-toolkit and npm's oidc-provider, in the same run.

The Django sides run on PostgreSQL under gunicorn with the same settings; oidc-provider is one process that
keeps everything in memory. The databases gather statistics after the first round, as a server that runs on
does by itself. All sign RS256 with 3072 bits. django-oauth-toolkit compares client secrets unhashed here: its
default, PBKDF2, would decide every comparison alone. Sides take turns, and the fastest round of each counts,
for documents the median of the rounds' ratios: what slows a round is other work on the machine. The load
comes from this machine.
"""

import base64
import hashlib
import secrets
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from benchmarks.figures import Figure
from benchmarks.load import CONNECTIONS, Answer, Run, drive
from benchmarks.serving import Side, analyse, started
from benchmarks.sides.counting import HEADER

ROUNDS = 3
EXCHANGES = 100
# A round of documents is so short that one lucky moment decides it; so there are many, and the median counts.
DOCUMENT_ROUNDS = 20
DOCUMENTS = 500
PUBLIC = ("discovery", "JWKS")
VERIFIER = secrets.token_urlsafe(32)
_CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()

Runs = dict[tuple[str, str], list[Run]]


def measure() -> Iterator[Figure]:
    """Yield what the aims ask for, then each step on each side."""
    runs: Runs = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        sides = started(Path(folder), stack)
        for side in sides:  # warms caches and connections up
            list(_documents(side, 40))
            list(steps(side, 16))
        analyse(sides)
        for _ in range(ROUNDS):
            for side in sides:
                for step, run in steps(side, EXCHANGES):
                    runs[step, side.name].append(run)
        for _ in range(DOCUMENT_ROUNDS):
            for side in sides:
                for step, run in _documents(side, DOCUMENTS):
                    runs[step, side.name].append(run)
    best = {key: max(found, key=lambda run: run.rate) for key, found in runs.items()}
    yield from _aims(best)
    yield from _document_aims(runs)
    for (step, name), run in sorted(best.items()):
        yield from _figures(f"{step}, {name}", run)


def _aims(best: dict[tuple[str, str], Run]) -> Iterator[Figure]:
    for name, aim in (("code→token RS256", "≥ 3"), ("userinfo", "≥ 1"), ("introspection", "≥ 1")):
        ratio = best[name, "Visor"].rate / best[name, "django-oauth-toolkit"].rate
        yield Figure(f"{name}, Visor to django-oauth-toolkit", ratio, "×", aim)
    spent = statements(best["code→token RS256", "Visor"]) or 0
    yield Figure("code→token RS256, Visor, statements", spent, "", "≤ 4")


def _document_aims(runs: Runs) -> Iterator[Figure]:
    """Compare each round with the empty view's of the same round, which met the same noise."""
    empty = runs["empty view", "Django"]
    for name in PUBLIC:
        shares = [own.rate / its.rate for own, its in zip(runs[name, "Visor"], empty, strict=True)]
        yield Figure(f"{name}, Visor to an empty Django view", median(shares), "×", "≥ 0.8")


def _figures(name: str, run: Run) -> Iterator[Figure]:
    yield Figure(f"{name}, rate", run.rate, "/s")
    yield Figure(f"{name}, p50", run.percentile(0.5), "ms")
    yield Figure(f"{name}, p95", run.percentile(0.95), "ms")
    counted = statements(run)
    if counted is not None:
        yield Figure(f"{name}, statements", counted, "")


def statements(run: Run) -> float | None:
    """Return the greatest number of statements that most requests stay within; None for other sides."""
    counts = sorted(int(found) for answer in run.answers if (found := answer.header(HEADER)))
    return float(counts[int(0.9 * (len(counts) - 1))]) if counts else None


def _documents(side: Side, count: int) -> Iterator[tuple[str, Run]]:
    if not side.clients:
        yield "empty view", _all(side, 200, [_get(side.root + "empty")] * count)
        return
    yield "discovery", _all(side, 200, [_get(side.discovery)] * count)
    yield "JWKS", _all(side, 200, [_get(side.metadata["jwks_uri"])] * count)


def steps(side: Side, count: int, *, proofs: bool = True) -> Iterator[tuple[str, Run]]:
    """Yield each step of a round: `count` requests of each kind, with DPoP's too unless without `proofs`."""
    for algorithm in side.clients:
        yield from _exchanges(side, algorithm, count, dpop=False)
        if proofs and "dpop_signing_alg_values_supported" in side.metadata:
            yield from _exchanges(side, algorithm, count, dpop=True)


def _exchanges(side: Side, algorithm: str, count: int, *, dpop: bool) -> Iterator[tuple[str, Run]]:
    authorized = _authorized(side, algorithm, count)
    exchanged = redeemed(side, algorithm, _codes(authorized), dpop=dpop)
    yield f"code→token {algorithm}{' with DPoP' if dpop else ''}", exchanged
    if algorithm != "RS256" or dpop:
        return
    yield "authorize with a session", authorized
    if "pushed_authorization_request_endpoint" in side.metadata:
        endpoint = side.metadata["pushed_authorization_request_endpoint"]
        yield "PAR", _all(side, 201, [_post(side, endpoint, algorithm, _request(side, algorithm))] * count)
    tokens = [answer.json() for answer in exchanged.answers]
    access = [found["access_token"] for found in tokens]
    userinfo = side.metadata["userinfo_endpoint"]
    yield "userinfo", _all(side, 200, [_get(userinfo, Authorization=f"Bearer {token}") for token in access])
    introspection = side.metadata["introspection_endpoint"]
    yield (
        "introspection",
        _all(side, 200, [_post(side, introspection, algorithm, {"token": token}) for token in access]),
    )
    spent = [{"grant_type": "refresh_token", "refresh_token": found["refresh_token"]} for found in tokens]
    token_endpoint = side.metadata["token_endpoint"]
    yield "refresh", _all(side, 200, [_post(side, token_endpoint, algorithm, body) for body in spent])


def codes_of(side: Side, algorithm: str, count: int) -> list[str]:
    """Return so many new codes."""
    return _codes(_authorized(side, algorithm, count))


def redeemed(
    side: Side, algorithm: str, codes: Iterable[str], *, dpop: bool = False, at_once: int = CONNECTIONS
) -> Run:
    """Exchange codes for tokens; raises RuntimeError where one is refused."""
    return _all(side, 200, (_redemption(side, algorithm, code, dpop=dpop) for code in codes), at_once)


def _authorized(side: Side, algorithm: str, count: int) -> Run:
    return _all(side, (302, 303), [_get(_authorization(side, algorithm), Cookie=side.cookie)] * count)


def _codes(authorized: Run) -> list[str]:
    return [_code(answer) for answer in authorized.answers]


def _code(answer: Answer) -> str:
    location = answer.header("Location")
    found = parse_qs(urlsplit(location).query).get("code")
    if not found:
        raise RuntimeError(f"no code: {location}")
    return found[0]


def _all(
    side: Side, expected: int | tuple[int, ...], requests: Iterable[bytes], at_once: int = CONNECTIONS
) -> Run:
    """Drive the requests; raises RuntimeError for any other answer, since a refusal is quick."""
    run = drive(side.port, requests, at_once)
    statuses = (expected,) if isinstance(expected, int) else expected
    for answer in run.answers:
        if answer.status not in statuses:
            raise RuntimeError(f"{side.name} answered {answer.status}: {answer.head} {answer.body[:500]!r}")
    return run


def _request(side: Side, algorithm: str) -> dict[str, str]:
    return {
        "client_id": side.clients[algorithm][0],
        "response_type": "code",
        "redirect_uri": side.redirect_uri,
        "scope": side.scope,
        "state": "state",
        "nonce": "nonce",
        "code_challenge": _CHALLENGE,
        "code_challenge_method": "S256",
    }


def _authorization(side: Side, algorithm: str) -> str:
    return f"{side.metadata['authorization_endpoint']}?{urlencode(_request(side, algorithm))}"


def _redemption(side: Side, algorithm: str, code: str, *, dpop: bool) -> bytes:
    endpoint = side.metadata["token_endpoint"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": side.redirect_uri,
        "code_verifier": VERIFIER,
    }
    headers = {"DPoP": _proof(endpoint)} if dpop else {}
    return _post(side, endpoint, algorithm, form, **headers)


def _proof(endpoint: str) -> str:
    header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": _KEY.as_dict(private=False)}
    claims = {"htm": "POST", "htu": endpoint, "iat": int(time.time()), "jti": secrets.token_hex(12)}
    return jwt.encode(header, claims, _KEY, algorithms=["ES256"])


def _post(side: Side, url: str, algorithm: str, form: dict[str, str], **headers: str) -> bytes:
    pair = ":".join(side.clients[algorithm])
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return _message("POST", url, urlencode(form), headers)


def _get(url: str, **headers: str) -> bytes:
    return _message("GET", url, "", headers)


def _message(method: str, url: str, body: str, headers: dict[str, str]) -> bytes:
    parts = urlsplit(url)
    lines = {"Host": parts.netloc, **headers}
    if body:
        lines |= {
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body.encode())),
        }
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n{body}".encode()


_KEY = ECKey.generate_key("P-256")
