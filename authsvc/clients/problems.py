"""What is wrong with a registration, field by field."""

from collections import defaultdict

from authsvc.core.texts import Text, in_english


class RegistrationProblems(Exception):
    """A registration that could never work, or must not; `fields` maps a field to its messages."""

    def __init__(self, fields: dict[str, list[Text]]) -> None:
        super().__init__(
            "; ".join(f"{name}: {' '.join(map(in_english, said))}" for name, said in fields.items())
        )
        self.fields = fields


class Problems:
    """Collects messages while the checks run."""

    def __init__(self) -> None:
        self._fields: defaultdict[str, list[Text]] = defaultdict(list)

    def add(self, field: str, message: Text) -> None:
        """Note a message under its field."""
        self._fields[field].append(message)

    def raise_if_any(self) -> None:
        """Raise RegistrationProblems where something was noted."""
        if self._fields:
            raise RegistrationProblems(dict(self._fields))
