"""What is wrong with a change of a provider's options."""

from authsvc.core.texts import Text


class OptionRefused(Exception):
    """The tenant cannot have this; `option` names what was refused, and is "" where it is none alone."""

    def __init__(self, option: str, said: Text) -> None:
        super().__init__(said)
        self.option = option
