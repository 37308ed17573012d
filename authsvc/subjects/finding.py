"""Finding people by the beginnings of words, in an index of words."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from authsvc.core.words import beginnings, looked_for
from authsvc.subjects.models import Subject, Word, words_of

_AT_ONCE: Final = 1000
_FEW: Final = 10_000


class Search:
    """Whom a text finds: people of whom every word of it begins a word; a text without words finds nobody.

    Of very many it is the first, by so many `words`, so that a single letter costs no more than a name.
    """

    def __init__(self, text: str, *, words: int) -> None:
        self._found = _found(text)
        self._words = words
        self._several = len(looked_for(text)) > 1

    @property
    def keys(self) -> Any:
        """The keys of those people, as a filter by `__in` takes them."""
        if self._several:
            return set(self._looked_up[: self._words])
        return self._found.values("subject")[: self._words]

    def among_few(self, people: QuerySet[Subject], *, most: int) -> list[UUID] | None:
        """Return the keys of up to so many of these people whom the text finds; None of many people.

        Each of few is asked for the words. Of many that would cost more than to begin with the words.
        """
        asked = people.order_by().values_list("pk", flat=True)
        if asked[_FEW : _FEW + 1].exists():
            return None
        found = self._found.filter(subject__in=asked[:_FEW]).values_list("subject", flat=True)
        return list(found.distinct()[:most])

    @cached_property
    def leaves_out(self) -> bool:
        """Whether the text begins more words than are looked at, so that not everybody may be found."""
        if self._several:
            return len(self._looked_up) > self._words
        return self._found[self._words : self._words + 1].exists()

    @cached_property
    def _looked_up(self) -> list[UUID]:
        """Looked up once for all that is asked: whom several words find are few and cost most."""
        return list(self._found.values_list("subject", flat=True)[: self._words + 1])


def first_found(people: QuerySet[Subject], text: str, *, most: int) -> list[Subject]:
    """Return up to so many of those people by name: those whose word comes first in the order of words.

    The longest word of the text is looked up, and the others are asked of whom it finds: without an order of
    people, it costs the same whatever their number.
    """
    # A person stands there once for each of their words that begins so.
    rows = _found(text).order_by("word", "subject").values_list("subject", flat=True)
    ids = list(dict.fromkeys(rows[: 4 * most]))
    known = {person.pk: person for person in people.filter(pk__in=ids[:most])}
    return sorted((known[pk] for pk in ids if pk in known), key=attrgetter("name"))


def _found(text: str) -> QuerySet[Word]:
    """Return the words that the longest word of a text begins, of people who have the others too.

    A text without words begins none.
    """
    longest, *others = sorted(looked_for(text), key=len, reverse=True) or [""]
    if not longest:
        return Word.objects.none()
    rows = _with(longest)
    for word in others:
        rows = rows.filter(Exists(_with(word).filter(subject=OuterRef("subject"))))
    return rows


def _with(word: str) -> QuerySet[Word]:
    first, last = beginnings(word)
    return Word.objects.filter(word__gte=first, word__lt=last)


def fill(people: Any, rows: Any) -> int:
    """Store the words of everybody who has none, and return how many people that were.

    `people` and `rows` are querysets over people and words, of this release or as a migration knows them.
    """
    without = people.filter(~Exists(rows.filter(subject=OuterRef("pk")))).only(
        "tenant", "name", "external_id", "claims"
    )
    count = 0
    for some in _groups(without.iterator(chunk_size=_AT_ONCE)):
        rows.bulk_create(
            [
                rows.model(tenant_id=person.tenant_id, subject_id=person.pk, word=word)
                for person in some
                for word in words_of(person)
            ],
            ignore_conflicts=True,
        )
        count += len(some)
    return count


def _groups(people: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(people)
    while some := list(islice(left, _AT_ONCE)):
        yield some
