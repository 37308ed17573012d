"""Texts that are put into a language where they are shown."""

from django.utils.translation import override

from authsvc.core.texts import grouped


def test_a_number_is_written_as_its_readers_language_has_it() -> None:
    number = grouped(10_000)
    written = []
    for language in ("en", "de", "fr"):
        with override(language):
            written.append(str(number))
    assert written == ["10,000", "10.000", "10\xa0000"]


def test_a_class_is_not_made_for_each_number() -> None:
    assert type(grouped(1)) is type(grouped(2))
