"""Topics and the books they list: found by members of the owner and of the units below it, and by its organisers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from courses.models import TopicPage
from courses.models.topics import TopicBook
from courses.reading.doors import organised_topics, topics_for
from learning.organisation.models import User
from learning.organisation.permissions import Action, scopes
from question_bank.questions.models import Bank, Chapter
from search.models import Kind

from . import keys
from .base import Draft, ids_of, may_pass
from .courses import addresses
from .texts import body_of, names_in, plain, title_of, year_of
from .units import Tree


class TopicSource:
    kind = Kind.TOPIC

    def drafts(self, ids: Sequence[int], *, now: datetime) -> list[Draft]:
        tree = Tree()
        return [
            Draft(
                object_id=page.pk,
                title=title_of(page.title),
                body=body_of([page.summary, plain(page.intro)]),
                audience=found_by(page, tree),
                topics=(page.title,),
                units=tree.labels(page.owner_unit_id),
                year=year_of(page.first_published_at),
            )
            for page in TopicPage.objects.live().filter(pk__in=ids)
        ]

    def every(self) -> Iterator[list[int]]:
        return ids_of(TopicPage.objects.live())

    def doors(self, user: User | None, ids: Sequence[int], *, now: datetime) -> dict[int, str]:
        return open_topics(user, ids, now)


class BookSource:
    kind = Kind.BOOK

    def drafts(self, ids: Sequence[int], *, now: datetime) -> list[Draft]:
        tree = Tree()
        books = TopicBook.objects.filter(pk__in=ids, topic__live=True).select_related("topic")
        return [self._draft(book, tree) for book in books]

    @staticmethod
    def _draft(book: TopicBook, tree: Tree) -> Draft:
        authors = names_in(book.author)
        bare_number = book.isbn.replace("-", "").replace(" ", "")
        numbers = dict.fromkeys([book.isbn, bare_number])
        return Draft(
            object_id=book.pk,
            title=title_of(book.title),
            body=body_of([book.author, book.publisher, *numbers, book.access_note]),
            audience=found_by(book.topic, tree),
            names=authors,
            topics=(book.topic.title,),
            teachers=authors,
            units=tree.labels(book.topic.owner_unit_id),
            year=year_of(book.topic.first_published_at),
        )

    def every(self) -> Iterator[list[int]]:
        return ids_of(TopicBook.objects.filter(topic__live=True))

    def doors(self, user: User | None, ids: Sequence[int], *, now: datetime) -> dict[int, str]:
        """The topic's page, at the book."""
        topic_of = dict(TopicBook.objects.filter(pk__in=ids).values_list("pk", "topic_id"))
        pages = open_topics(user, list(topic_of.values()), now)
        return {pk: f"{pages[topic]}#book-{pk}" for pk, topic in topic_of.items() if topic in pages}


def found_by(page: TopicPage, tree: Tree) -> frozenset[str]:
    """As doors.topics_for and doors.organised_topics say."""
    return frozenset({keys.reader(page.owner_unit_id)} | tree.overseers(keys.courses_of, page.owner_unit_id))


def open_topics(user: User | None, ids: Sequence[int], now: datetime) -> dict[int, str]:
    pages = TopicPage.objects.live().filter(pk__in=ids)
    if user is not None:
        if not may_pass(user):
            return {}
        pages = pages.filter(pk__in=seen_by(user, now).values("pk"))
    return addresses(pages)


def seen_by(user: User, now: datetime) -> QuerySet[TopicPage]:
    return topics_for(user, now=now) | organised_topics(user)


def titles_hidden_from(user: User | None, *, now: datetime) -> frozenset[str]:
    """Topics that the person may not open, by title: a course says all topics that list it, of whatever unit, and whoever
    finds the course is not to learn of them. A title that is also one of an open topic, or of a chapter among the
    person's questions, is none. At most two queries beside the person's roles."""
    if user is None:
        return frozenset()
    if not may_pass(user):
        return frozenset(TopicPage.objects.live().values_list("title", flat=True))
    seen = ExpressionWrapper(Q(pk__in=seen_by(user, now).values("pk")), output_field=BooleanField())
    rows = list(TopicPage.objects.live().annotate(seen=seen).values_list("title", "seen"))
    hidden = {title for title, seen in rows if not seen} - {title for title, seen in rows if seen}
    if hidden and scopes(user, Action.BANK_VIEW):
        chapters = Chapter.objects.filter(parent=None, bank__in=Bank.objects.allowing(user, Action.BANK_VIEW))
        hidden.difference_update(chapters.filter(name__in=hidden).values_list("name", flat=True))
    return frozenset(hidden)
