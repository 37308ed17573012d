"""`make demo MODEL=…` with a letter that no policy can name."""

import re

import pytest
from django.core.management import CommandError, call_command

from authsvc.core.application_models import REFUSED


@pytest.mark.django_db
@pytest.mark.requirement("S6.3-02")
@pytest.mark.parametrize("letter", REFUSED)
def test_the_demo_of_a_model_that_is_not_offered_says_why(
    monkeypatch: pytest.MonkeyPatch, letter: str
) -> None:
    monkeypatch.setenv("MODEL", letter)
    said = f"MODEL={letter}: models: {letter} is refused: {REFUSED[letter]}"
    with pytest.raises(CommandError, match=re.escape(said)):
        call_command("demo_data")
