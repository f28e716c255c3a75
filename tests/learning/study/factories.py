"""The least valid things to study; what matters is said in the test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from learning.organisation.models import Unit, User
from learning.study.beating import Beat, Reply, apply_beat
from learning.study.models import Activity, StudySession, StudySlice
from learning.study.services.publishing import publish_activity
from learning.study.services.sessions import open_session
from tests.factories import NOW

_numbers = count(1)
NOMINAL = {"kind": "nominal", "minutes_per_hour": 45}


def video(seconds: int = 600, key: str = "v", **fields: Any) -> dict[str, Any]:
    return {"key": key, "kind": "video", "title": "录像", "length_ms": seconds * 1000, **fields}


def text(*least_ms: int, key: str = "t", **fields: Any) -> dict[str, Any]:
    return {"key": key, "kind": "text", "title": "文章", "least_ms": list(least_ms), **fields}


def deed(kind: str = "link", key: str = "d", **fields: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "title": "任务", **fields}


def make_course(unit: Unit, *, now: datetime = NOW, **fields: Any) -> Activity:
    n = next(_numbers)
    values: dict[str, Any] = {
        "key": f"page:{n}",
        "kind": Activity.Kind.COURSE,
        "title": f"课程{n}",
        "owner_unit": unit,
        "credit": NOMINAL,
    }
    return publish_activity(**values | fields, now=now)


def make_lesson(
    course: Activity, *parts: dict[str, Any], now: datetime = NOW, minutes: int = 30, **fields: Any
) -> Activity:
    n = next(_numbers)
    values: dict[str, Any] = {
        "key": f"page:{n}",
        "kind": Activity.Kind.LESSON,
        "title": f"课时{n}",
        "owner_unit": course.owner_unit,
        "parent": course,
        "position": n,
        "nominal_minutes": minutes,
        "parts": parts or [video()],
    }
    return publish_activity(**values | fields, now=now)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


class Page:
    """A lesson's page: one tab, with its own counters. `at` are seconds after NOW."""

    def __init__(self, user: User, lesson: Activity, *, at: float = 0, tab: str = "") -> None:
        self.user, self.lesson, self.opened = user, lesson, at
        self.session, self.token = open_session(
            user=user, activity_id=lesson.pk, tab=tab or f"tab-{next(_numbers)}", now=after(at)
        )
        self.seq, self.active_ms = 0, 0

    def beat(self, at: float, active: float | None = None, **fields: Any) -> Any:
        """A beat received `at` seconds after NOW; `active` seconds in all, the page's whole age if not given."""
        return apply_beat(session=self.session, beat=self.next_beat(at, active, **fields), now=after(at))

    def next_beat(self, at: float, active: float | None = None, **fields: Any) -> Beat:
        self.seq += 1
        age_ms = round((at - self.opened) * 1000)
        active_ms = age_ms if active is None else round(active * 1000)
        values: dict[str, Any] = {
            "seq": self.seq,
            "elapsed_ms": age_ms,
            "active_ms": active_ms,
            "visible_ms": age_ms,
        }
        if "media" in fields:
            fields["media"] = pieces(fields["media"])
        return Beat(**values | fields)


def pieces(media: Sequence[Sequence[float]]) -> tuple[tuple[int, int], ...]:
    return tuple((round(a * 1000), round(b * 1000)) for a, b in media)


def credited_s(user: User) -> float:
    """Seconds in all slices of the user."""
    return sum(
        (each.ended_at - each.started_at).total_seconds() for each in StudySlice.objects.filter(user=user)
    )


def reply(answer: Any) -> Reply:
    assert isinstance(answer, Reply), answer
    return answer


def stored(page: Page) -> StudySession:
    return StudySession.objects.get(pk=page.session.pk)
