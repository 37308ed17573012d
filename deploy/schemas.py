"""Lay the schemas by which deploy/compose.yaml and the chart are checked into build/schemas.

They come out of Go modules, which the module proxy serves, each file checked by its hash; none is kept in
the repository. Kubernetes says what its objects look like in one OpenAPI document: each kind becomes a JSON
schema of its own, named as kubeconform looks for it, which takes no field that Kubernetes does not know.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from deploy.archives import member_bytes, run

COMPOSE: Final = "github.com/compose-spec/compose-go/v2@v2.16.2"
COMPOSE_FILE: Final = "schema/compose-spec.json"
COMPOSE_SHA256: Final = "f266dcbb043229405d7cedd5aec918f9102c2b3d5e3850808fdd8edd564a43ff"
KUBERNETES: Final = "k8s.io/kubernetes@v1.36.3"
KUBERNETES_FILE: Final = "api/openapi-spec/swagger.json"
KUBERNETES_SHA256: Final = "dcede2063da1d7ad62ecb5af8adb6d7fabd0b52385a7fa0048afb491dac90450"
_REF: Final = "#/definitions/"
_EITHER: Final = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
Schema = dict[str, Any]


def fetch(folder: Path) -> None:
    """Fetch the two modules as archives, and nothing that they depend on. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as cache:
        told = {**os.environ, "GOMODCACHE": cache, "GOFLAGS": "-modcacherw"}
        command = ["go", "mod", "download", "-json", COMPOSE, KUBERNETES]
        done = subprocess.run(command, cwd=cache, env=told, check=True, capture_output=True, text=True)
        decoder, text = json.JSONDecoder(), done.stdout.strip()
        while text:
            found, end = decoder.raw_decode(text)
            shutil.copy(found["Zip"], folder / f"{found['Path'].replace('/', '.')}-{found['Version']}.zip")
            text = text[end:].lstrip()


def lay_out(folder: Path, target: Path) -> int:
    """Write the schemas; returns how many. Raises ArchiveProblem where a file is another one."""
    (target / "kubernetes").mkdir(parents=True, exist_ok=True)
    compose = _member(folder, COMPOSE, COMPOSE_FILE, COMPOSE_SHA256)
    (target / "compose.json").write_bytes(compose)
    document = json.loads(_member(folder, KUBERNETES, KUBERNETES_FILE, KUBERNETES_SHA256))
    laid = 1
    for name, schema in kinds(document["definitions"]):
        (target / "kubernetes" / f"{name}.json").write_text(json.dumps(schema), encoding="utf-8")
        laid += 1
    return laid


def kinds(definitions: dict[str, Schema]) -> Iterator[tuple[str, Schema]]:
    """Yield each kind that can be applied, by its name and version in small letters, with its schema."""
    strict = {name: _strict(schema) for name, schema in definitions.items()}
    for name, schema in definitions.items():
        for kind in schema.get("x-kubernetes-group-version-kind", []):
            if "apiVersion" not in schema.get("properties", {}):
                continue
            version = f"{kind['group']}/{kind['version']}".strip("/")
            whole = json.loads(json.dumps(strict[name]))
            whole["properties"]["apiVersion"] = {"const": version}
            whole["properties"]["kind"] = {"const": kind["kind"]}
            needed = {each: strict[each] for each in _reached(name, strict)}
            parts = [kind["kind"], *([kind["group"].split(".")[0]] if kind["group"] else []), kind["version"]]
            yield "-".join(parts).lower(), {**whole, "definitions": needed}


def _member(folder: Path, module: str, file: str, sha256: str) -> bytes:
    path, _, _ = module.partition("@")
    return member_bytes(folder, path.replace("/", "."), f"{module}/{file}", sha256)


def _strict(schema: Any) -> Any:
    """Return a part of the document as JSON schema: numbers where texts may be, and no unknown field."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "int-or-string":
        return _EITHER
    made = {name: _strict(value) for name, value in schema.items() if not name.startswith("x-kubernetes")}
    if "properties" in schema and isinstance(schema["properties"], dict):
        made.setdefault("additionalProperties", False)
    return made


def _reached(name: str, definitions: dict[str, Schema]) -> set[str]:
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            waiting += _named(definitions[each])
    return seen


def _named(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix(_REF)
        for value in schema.values():
            yield from _named(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _named(value)


if __name__ == "__main__":
    run(fetch, "schemas", lay_out, says=__doc__)
