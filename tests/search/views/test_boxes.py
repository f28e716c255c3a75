"""Where the search box is: in the bar of every page of somebody who is signed in, and not while an exam is written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from learning.organisation.models import Role, User
from tests.factories import make_attempt, make_exam, make_unit, make_user

from .conftest import client_of

pytestmark = pytest.mark.django_db

BOX = 'id="site-search"'
DOOR = "data-search-link"


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.fixture
def member() -> User:
    return make_user(unit=make_unit())


@pytest.mark.parametrize(
    "door", ["home", "exam_list", "notebook", "practice", "me", "own_study", "own_report"]
)
def test_box_and_its_door_for_phones_stand_in_the_bar(member: User, door: str) -> None:
    html = shown(client_of(member), reverse(door))
    assert html.count(BOX) == html.count(DOOR) == 1
    assert f'action="{reverse("search")}"' in html
    assert f'data-suggest="{reverse("search_suggest")}"' in html


def test_box_stands_in_the_bar_of_courses_and_of_missing_pages(member: User) -> None:
    client = client_of(member)
    assert BOX in shown(client, reverse("wagtail_serve", args=[""]))
    assert BOX in client.get(f"{reverse('exam_list')}999999/").content.decode()


def test_organisers_have_it_on_the_pages_outside_the_admin() -> None:
    root = make_unit()
    assert BOX in shown(client_of(make_user(roles=[(Role.SCHOOL_OFFICE, root)])), reverse("manage_exams"))


@pytest.mark.parametrize("door", ["login", "activate", "room_login"])
def test_strangers_have_no_box(client: Client, door: str) -> None:
    html = shown(client, reverse(door))
    assert BOX not in html
    assert "search_box.js" not in html


def test_nobody_searches_on_the_pages_of_an_open_attempt(member: User) -> None:
    now = timezone.now()
    exam = make_exam(
        candidates=[member], opens_at=now - timedelta(hours=1), closes_at=now + timedelta(hours=2)
    )
    attempt = make_attempt(exam, member, now=now - timedelta(minutes=5))
    for door in ("attempt", "attempt_summary"):
        html = shown(client_of(member), reverse(door, args=[attempt.pk]))
        assert reverse("search") not in html


def test_frame_of_a_campus_platform_has_the_door_in_its_bar(member: User) -> None:
    framed = render_to_string("site/offline.html", {"site": {"in_frame": True}, "user": member})
    assert f'<a class="button button--icon" href="{reverse("search")}">' in framed
    bare = render_to_string("site/frame.html", {"site": {"in_frame": True}, "user": member})
    assert reverse("search") not in bare


def test_box_asks_the_database_nothing(member: User) -> None:
    client = client_of(member)
    shown(client, reverse("me"))
    with CaptureQueriesContext(connection) as queries:
        assert BOX in shown(client, reverse("me"))
    assert not [query["sql"] for query in queries if "search_" in query["sql"]]
