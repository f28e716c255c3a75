"""The keys of entries and viewers say what the live rules say: every person with every object of a school made by chance."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.utils import timezone

from courses.models.topics import TopicBook
from courses.reading.doors import entry_to, organised_topics, topics_for
from learning.organisation.models import Membership, User
from learning.organisation.permissions import Action, people_allowing
from learning.study.models import Activity
from question_bank.exams.models import Exam
from question_bank.exams.organising.listing import visible_exams
from question_bank.questions.models import Question
from search.models import Kind
from search.services.viewers import EVERYTHING, Viewer, viewer_of
from search.sources.registry import Draft, sources
from tests.factories import NOW
from tests.search.school import School, make_school

SEEDS = range(2)
TODAY = timezone.localdate(NOW)
Live = dict[Kind, set[int]]


def entries() -> dict[Kind, list[Draft]]:
    return {
        kind: source.drafts(list(chain.from_iterable(source.every())), now=NOW)
        for kind, source in sources().items()
    }


def fits(viewer: Viewer, draft: Draft) -> bool:
    return viewer.keys is None or bool(viewer.keys & draft.audience)


def opens(page: Any, user: User) -> bool:
    try:
        entry_to(page, user=user, now=NOW)
    except Http404:
        return False
    return type(page).objects.live().filter(pk=page.pk).exists()


def live_rules(user: User, school: School) -> Live:
    """What the rooms themselves would open, asked in their own words."""
    open_courses = set(Activity.objects.courses().filter(is_open=True).values_list("key", flat=True))
    topics = set(topics_for(user, now=NOW).values_list("pk", flat=True))
    topics |= set(organised_topics(user).values_list("pk", flat=True))
    exams = set(visible_exams(user).values_list("pk", flat=True))
    exams |= set(Exam.objects.for_member(user).values_list("pk", flat=True))
    questions = Question.objects.allowing(user, Action.BANK_VIEW).filter(retired_at=None)
    here = Membership.objects.on(TODAY).filter(user=OuterRef("pk"))
    people = people_allowing(user, Action.MEMBER_VIEW, day=TODAY).filter(Exists(here), is_active=True)
    return {
        Kind.COURSE: {page.pk for page in school.courses if opens(page, user)},
        # A lesson of a withdrawn course opens to its organisers, but it is not something to find.
        Kind.LESSON: {
            page.pk
            for page in school.lessons
            if opens(page, user) and f"page:{home_of(page).pk}" in open_courses
        },
        Kind.TOPIC: topics,
        Kind.BOOK: set(TopicBook.objects.filter(topic__in=topics).values_list("pk", flat=True)),
        Kind.EXAM: exams,
        Kind.QUESTION: set(questions.values_list("pk", flat=True)),
        Kind.MEMBER: set(people.values_list("pk", flat=True)),
    }


def home_of(lesson: Any) -> Any:
    return lesson.get_ancestors().get(depth=3)


def as_seen(users: Iterable[User], *, launched: bool) -> list[User]:
    """As a session has them: active, nothing known of them yet."""
    found = list(User.objects.filter(pk__in=[user.pk for user in users], is_active=True))
    for user in found:
        user.launched = launched
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_keys_in_common_are_what_the_live_rules_open(seed: int) -> None:
    school = make_school(seed)
    drafts = entries()
    seen = dict.fromkeys(Kind, 0)
    for launched in (False, True):
        # Of the launched ones those with roles or groups matter most; they come last.
        for user in as_seen(school.users[-12:] if launched else school.users, launched=launched):
            viewer, live = viewer_of(user, now=NOW), live_rules(user, school)
            for kind, rows in drafts.items():
                found = {draft.object_id for draft in rows if fits(viewer, draft)}
                assert found == live[kind], (kind, launched, user.pk)
                doors = sources()[kind].doors(user, [draft.object_id for draft in rows], now=NOW)
                assert set(doors) == live[kind], (kind, launched, user.pk)
                seen[kind] += len(found)
    assert all(seen.values()), seen  # no kind that nobody finds: it would have compared nothing


@pytest.mark.django_db
def test_who_is_nobody_in_particular_finds_and_opens_everything() -> None:
    make_school(0)
    for kind, rows in entries().items():
        ids = [draft.object_id for draft in rows]
        assert ids
        assert all(fits(EVERYTHING, draft) for draft in rows)
        assert set(sources()[kind].doors(None, ids, now=NOW)) == set(ids)


@pytest.mark.django_db
def test_who_is_stopped_or_signed_out_finds_and_opens_nothing() -> None:
    school = make_school(0)
    stopped = User.objects.get(is_active=False)
    for user in (stopped, AnonymousUser()):
        assert viewer_of(user, now=NOW).keys == frozenset()
        for kind, rows in entries().items():
            assert not sources()[kind].doors(user, [draft.object_id for draft in rows], now=NOW)
    assert school.users


@pytest.mark.django_db
def test_keys_are_letters_and_digits() -> None:
    school = make_school(1)
    held = chain.from_iterable(
        viewer_of(user, now=NOW).keys or () for user in as_seen(school.users, launched=False)
    )
    carried = chain.from_iterable(draft.audience for rows in entries().values() for draft in rows)
    for key in {*held, *carried}:
        assert key.isascii()
        assert key.isalnum()
        assert key == key.lower()
