"""The lane of beats over HTTP: what it answers, and that it leaves what the site's own way leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from learning.organisation.models import User
from learning.study import lane as study_lane
from learning.study.beating import Reply, apply_beat, parse_beat
from learning.study.models import Completion, Coverage, StudySlice
from learning.study.services.erasing import erase_study
from learning.study.services.publishing import close_activity
from learning.study.services.sessions import open_session
from learning.study.tokens import study_token
from tests.factories import NOW, make_unit, make_user
from tests.lane_client import in_lane
from tests.learning.study.factories import (
    Page,
    after,
    credited_s,
    make_course,
    make_lesson,
    text,
    video,
)
from tests.learning.study.study_lane import StudyClient, told

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def member() -> User:
    return make_user(unit=make_unit())


@pytest.fixture
def page(member: User) -> Page:
    return Page(member, make_lesson(make_course(member.memberships.get().unit), video(600), text(5_000)))


def run(work: Callable[[StudyClient], Awaitable[Any]]) -> Any:
    database = connection.settings_dict
    return in_lane(work, database, now=after(15), client=StudyClient)


def test_a_beat_is_answered_with_what_it_brought(page: Page) -> None:
    async def story(lane: StudyClient) -> Any:
        return (await lane.beat(page, **told(1, 15, media=[[0, 14.5]], rate=1.5, position=14.5))).json

    assert run(story) == {"credited_ms": 15_000, "coverage": 0.024, "completed": False, "lease": "held"}
    assert Coverage.objects.get().position_ms == 14_500


def test_pages_of_many_people_beat_at_once(page: Page) -> None:
    unit = page.user.memberships.get().unit
    pages = [page, *(Page(make_user(unit=unit), page.lesson) for _ in range(30))]

    async def story(lane: StudyClient) -> list[int]:
        answers = []
        for number in (1, 2, 3):
            lane.now = after(15 * number)
            beats = (lane.beat(each, **told(number, 15 * number, read={"t": [5_000]})) for each in pages)
            answers = await asyncio.gather(*beats)
        return [answer.json["credited_ms"] for answer in answers]

    assert run(story) == [45_000] * 31
    assert StudySlice.objects.count() == 31
    assert all(each.covered_ms == 5_000 for each in Coverage.objects.all())


def test_the_lane_completes_lesson_and_course(member: User) -> None:
    course = make_course(member.memberships.get().unit)
    page = Page(member, make_lesson(course, text(5_000), minutes=45))

    async def story(lane: StudyClient) -> Any:
        return (await lane.beat(page, **told(1, 15, read={"t": [5_000]}))).json

    assert run(story)["completed"] is True
    hours = dict(Completion.objects.values_list("activity", "credit_hours"))
    assert {key: str(value) for key, value in hours.items()} == {page.lesson.pk: "1.00", course.pk: "0.00"}


def test_the_lane_learns_of_a_lesson_published_anew(page: Page) -> None:
    async def story(lane: StudyClient) -> list[float]:
        first = await lane.beat(page, **told(1, 15, media=[[0, 15]]))
        await in_thread(make_lesson, page.lesson.parent, video(30), key=page.lesson.key, now=after(16))
        lane.now = after(30)
        second = await lane.beat(page, **told(2, 30, media=[[0, 15]]))
        return [first.json["coverage"], second.json["coverage"]]

    assert run(story) == [pytest.approx(15 / 605, abs=1e-4), 0.5]


async def in_thread(work: Callable[..., Any], *args: Any, **fields: Any) -> Any:
    def closing() -> Any:
        try:
            return work(*args, **fields)
        finally:
            connection.close()

    return await asyncio.to_thread(closing)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"seq": 1, "elapsed_ms": 1},
        {**told(1, 1), "seq": -1},
        {**told(1, 1), "active_ms": -5},
        {**told(1, 1), "active_ms": 2**60},
        {**told(1, 1), "active_ms": "15000"},
        {**told(1, 1), "elapsed_ms": True},
        {**told(1, 1), "late": 1},
        {**told(1, 1), "media": [[0]]},
        {**told(1, 1), "media": [[-1, 5]]},
        {**told(1, 1), "media": [[0, 1e300]]},
        {**told(1, 1), "media": "all"},
        {**told(1, 1), "rate": 0},
        {**told(1, 1), "rate": 1000},
        {**told(1, 1), "read": [1]},
        {**told(1, 1), "read": {"t": 5}},
        {**told(1, 1), "read": {"t": [-1]}},
        {**told(1, 1), "position": -1},
        {**told(1, 1), "part": 7},
    ],
)
def test_a_malformed_beat_is_refused_and_changes_nothing(page: Page, body: dict[str, Any]) -> None:
    async def story(lane: StudyClient) -> Any:
        answer = await lane.beat(page, **body)
        return answer.status, answer.code

    assert run(story) == (400, "malformed")
    assert not StudySlice.objects.exists()


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999"])
def test_numbers_that_are_none_are_refused(page: Page, number: bytes) -> None:
    async def story(lane: StudyClient) -> Any:
        body = b'{"seq": 1, "elapsed_ms": 15000, "active_ms": ' + number + b"}"
        return (await lane.post(f"/api/study/{page.session.pk}/beats", body, page.token)).code

    assert run(story) == "malformed"


def test_more_than_a_page_can_have_is_too_large(page: Page) -> None:
    async def story(lane: StudyClient) -> list[int]:
        many = [[each, each + 0.5] for each in range(300)]
        bodies = [
            told(1, 15, media=many),
            told(1, 15, read={"t": [0] * 3000}),
            told(1, 15, note="x" * 70_000),
        ]
        return [(await lane.beat(page, **body)).status for body in bodies]

    assert run(story) == [413, 413, 413]


def test_a_token_is_good_for_its_own_session_and_for_two_days(page: Page) -> None:
    other = Page(make_user(unit=page.user.memberships.get().unit), page.lesson)

    async def story(lane: StudyClient) -> list[str]:
        codes = [(await lane.beat(page, token=token, **told(1, 15))).code for token in ("", "x", other.token)]
        codes.append((await lane.post("/api/study/x/beats", b"{}", page.token)).code)
        assert (await lane.beat(page, **told(1, 15))).status == 200
        lane.now = after(49 * 3600)
        codes.append((await lane.beat(page, **told(2, 30))).code)
        return codes

    assert run(story) == ["bad_token"] * 5


def test_a_token_in_the_body_does_as_well(page: Page) -> None:
    async def beacon(lane: StudyClient) -> int:
        body = orjson.dumps({**told(1, 15), "token": page.token})
        return (await lane.post(f"/api/study/{page.session.pk}/beats", body)).status

    assert run(beacon) == 200


def test_closed_and_erased_are_told_apart(page: Page) -> None:
    other = Page(make_user(unit=page.user.memberships.get().unit), make_lesson(page.lesson.parent))
    close_activity(key=page.lesson.key, now=after(5))
    erase_study(user=other.user, by=page.user, reason="本人申请", now=after(5))

    async def story(lane: StudyClient) -> list[Any]:
        answers = [await lane.beat(each, **told(1, 15)) for each in (page, other)]
        return [(answer.status, answer.code) for answer in answers]

    assert run(story) == [(403, "not_open"), (404, "not_found")]


def test_a_flood_of_beats_of_one_person_is_slowed_down(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_lane, "MOST_IN_WINDOW", 3)

    async def story(lane: StudyClient) -> Any:
        answers = [await lane.beat(page, **told(number, 15)) for number in range(1, 5)]
        lane.now = after(80)
        later = await lane.beat(page, **told(9, 80))
        return [answer.status for answer in answers], answers[3].headers["retry-after"], later.status

    assert run(story) == ([200, 200, 200, 429], "60", 200)


def test_the_lane_and_the_sites_own_way_leave_the_same_rows(member: User) -> None:
    course = make_course(member.memberships.get().unit)
    lesson = make_lesson(course, video(60), text(5_000, 9_000))
    twin = make_user(unit=member.memberships.get().unit)
    one, two = Page(member, lesson), Page(twin, lesson)
    bodies = [
        (15, {"media": [[0, 15]], "read": {"t": [2_000, 0]}}),
        (31, {"media": [[40, 60]], "read": {"t": [9_000, 0]}, "position": 60}),
        (46, {"media": [[15, 45]], "read": {"t": [9_000, 14_000]}}),
        (500, {"late": True}),
    ]

    async def story(lane: StudyClient) -> list[Any]:
        said = []
        for number, (at, more) in enumerate(bodies, 1):
            lane.now = after(at)
            said.append((await lane.beat(one, **told(number, at, **more))).json)
        return said

    by_lane = run(story)
    by_site = []
    for number, (at, more) in enumerate(bodies, 1):
        given = apply_beat(session=two.session, beat=parse_beat(told(number, at, **more)), now=after(at))
        assert isinstance(given, Reply)
        by_site.append(given.as_json())
    assert by_lane == by_site
    assert rows_of(member) == rows_of(twin)
    assert credited_s(member) > 46


def rows_of(user: User) -> list[Any]:
    coverage = Coverage.objects.filter(user=user).order_by("part")
    slices = StudySlice.objects.filter(user=user).order_by("started_at")
    completions = Completion.objects.filter(user=user).order_by("activity")
    return [
        list(
            coverage.values(
                "part", "spans", "covered_ms", "total_ms", "position_ms", "completed_at", "updated_at"
            )
        ),
        list(slices.values("activity", "unit", "started_at", "ended_at", "kind")),
        list(completions.values("activity", "unit", "completed_at", "credit_hours", "kind")),
        list(
            user.study_sessions.values(
                "last_recv_at", "last_seq", "elapsed_ms", "credited_ms", "late_ms", "reads"
            )
        ),
    ]


def test_a_beat_that_passes_the_lane_by_is_credited_all_the_same(member: User, client: Client) -> None:
    now = timezone.now()
    lesson = make_lesson(make_course(member.memberships.get().unit, now=now), now=now)
    client.force_login(member)
    answer = client.post(
        "/api/study", {"activity": str(lesson.pk), "tab": "t-1"}, content_type="application/json"
    )
    assert answer.status_code == 201
    opened = answer.json()
    beat = client.post(
        f"/api/study/{opened['session']}/beats",
        told(1, 15),
        content_type="application/json",
        headers={"X-Study-Token": opened["token"]},
    )
    assert beat.status_code == 200
    assert beat.json()["lease"] == "held"


@pytest.mark.parametrize(
    ("activity", "status", "code"),
    [
        ("999999", 404, "not_found"),
        ("x", 404, "not_found"),
        ("9" * 19, 404, "not_found"),
        ("", 404, "not_found"),
    ],
)
def test_what_is_not_there_cannot_be_opened(
    member: User, client: Client, activity: str, status: int, code: str
) -> None:
    client.force_login(member)
    answer = client.post("/api/study", {"activity": activity, "tab": "t"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_locked_lesson_is_not_open(member: User, client: Client) -> None:
    course = make_course(member.memberships.get().unit, rules={"in_order": True})
    make_lesson(course)
    second = make_lesson(course)
    client.force_login(member)
    answer = client.post(
        "/api/study", {"activity": str(second.pk), "tab": "t"}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not_open")


def test_a_stranger_is_not_signed_in(client: Client) -> None:
    answer = client.post("/api/study", {"activity": "1", "tab": "t"}, content_type="application/json")
    assert answer.status_code == 401


def test_the_same_tab_gets_the_same_session_and_another_user_none(member: User) -> None:
    lesson = make_lesson(make_course(member.memberships.get().unit))
    first, _token = open_session(user=member, activity_id=lesson.pk, tab="t", now=NOW)
    again, token = open_session(user=member, activity_id=lesson.pk, tab="t", now=after(5))
    assert first == again
    assert token == study_token(first, now=after(5))
