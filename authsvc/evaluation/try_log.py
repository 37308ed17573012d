"""The tries of an evaluation as they are made, one JSON line each, so that a broken-off run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

One = TypeVar("One")


class TryLog(Generic[One]):
    """The tries kept in a file, which holds for one set of conditions; without a path nothing is kept.

    A try is a dataclass of JSON values; `read` makes one of its JSON. Raises ValueError where the file was
    made under other conditions, or is no such file.
    """

    def __init__(
        self, path: Path | None, conditions: Mapping[str, Any], read: Callable[[dict[str, Any]], One]
    ) -> None:
        self._path = path
        self.tries: list[One] = []
        if path is None:
            return
        if not path.exists():
            path.write_text(json.dumps(conditions) + "\n", encoding="utf-8")
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        if json.loads(head) != conditions:
            raise ValueError(f"{path} was made under other conditions: {head}")
        self.tries = [read(json.loads(line)) for line in lines]

    def keeping(self, tries: Iterable[One]) -> Iterator[One]:
        """Yield the tries, each one kept first."""
        for one in tries:
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(cast(Any, one))) + "\n")
            yield one
