"""The demo's month: what it says of time, coverage and completion agrees with itself, whoever adds it up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from learning.project.demo import people
from learning.project.demo.curriculum import COURSES
from learning.project.demo.film.scenes import length_s
from learning.project.demo.studying import STOP_MS, WEAK_BRANCH
from tests.learning.project.loading import ROOT, Loaded, environment

LOCAL = ZoneInfo("Asia/Shanghai")
SLICES = "SELECT user_id, activity_id, unit_id, started_at, ended_at FROM study_studyslice ORDER BY user_id, started_at"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


def slices(loaded: Loaded) -> list[tuple[int, int, int, datetime, datetime]]:
    return [(user, what, unit, at(start), at(end)) for user, what, unit, start, end in loaded.ask(SLICES)]


def lessons(loaded: Loaded) -> dict[int, tuple[int, list[dict[str, Any]]]]:
    """Lesson → its course and its parts."""
    rows = loaded.ask("SELECT id, parent_id, parts FROM study_activity WHERE kind = 'lesson'")
    return {lesson: (course, json.loads(parts)) for lesson, course, parts in rows}


def test_the_courses_are_published_with_their_film_and_handout(loaded: Loaded) -> None:
    assert loaded.count("SELECT count(*) FROM study_activity WHERE kind = 'course' AND is_open") == 2
    assert len(lessons(loaded)) >= 8
    material = {
        kind: rest
        for kind, *rest in loaded.ask(
            "SELECT kind, state, duration_ms, subtitles <> '', json_array_length(pages) FROM courses_material"
        )
    }
    assert material["video"][0] == material["pdf"][0] == "ready"
    assert abs(material["video"][1] - length_s() * 1000) <= 100
    assert material["video"][2]
    assert material["pdf"][3] == 2


def test_nobody_studies_twice_at_once_or_after_the_load_or_across_midnight(loaded: Loaded) -> None:
    found = slices(loaded)
    opened = at(loaded.ask("SELECT min(enrolled_at) FROM study_enrolment")[0][0])
    formal = int(loaded.said[0]["formal_exam"])
    # The load: this exam opened two hours before it.
    latest = at(dict(loaded.windows[0])[formal]) + timedelta(hours=2)
    for before, after in pairwise(found):
        if before[0] == after[0]:
            assert before[4] <= after[3]
    for _user, _what, _unit, start, end in found:
        assert opened <= start < end <= latest
        assert start.astimezone(LOCAL).date() == (end - timedelta(milliseconds=1)).astimezone(LOCAL).date()
        assert 6 <= start.astimezone(LOCAL).hour <= 22


def test_study_time_is_the_same_by_person_by_unit_by_lesson_and_by_session(loaded: Loaded) -> None:
    by_user: dict[int, timedelta] = defaultdict(timedelta)
    by_unit: dict[int, timedelta] = defaultdict(timedelta)
    by_lesson: dict[tuple[int, int], timedelta] = defaultdict(timedelta)
    for user, what, unit, start, end in slices(loaded):
        by_user[user] += end - start
        by_unit[unit] += end - start
        by_lesson[user, what] += end - start
    assert sum(by_user.values(), timedelta()) == sum(by_unit.values(), timedelta())
    assert 90 <= len(by_user) <= 140
    credited = loaded.ask(
        "SELECT user_id, activity_id, sum(credited_ms) FROM study_studysession GROUP BY 1, 2"
    )
    assert {key: span // timedelta(milliseconds=1) for key, span in by_lesson.items()} == {
        (user, what): ms for user, what, ms in credited
    }


def test_a_lesson_says_about_how_long_it_takes(loaded: Loaded) -> None:
    spent: dict[int, list[float]] = defaultdict(list)
    for lesson, ms in loaded.ask(
        "SELECT activity_id, sum(credited_ms) FROM study_studysession GROUP BY user_id, activity_id"
    ):
        spent[lesson].append(ms / 60_000)
    nominal = dict(loaded.ask("SELECT id, nominal_minutes FROM study_activity WHERE kind = 'lesson'"))
    assert set(spent) == set(nominal)
    for lesson, minutes in nominal.items():
        assert minutes / 2 <= median(spent[lesson]) <= minutes * 2


def test_a_lesson_is_completed_exactly_by_whom_coverage_says(loaded: Loaded) -> None:
    covered = {
        (user, what, part): (have, total)
        for user, what, part, have, total in loaded.ask(
            "SELECT user_id, activity_id, part, covered_ms, total_ms FROM study_coverage"
        )
    }
    seen = {(user, what) for user, what, _part in covered}
    completed = {
        tuple(row)
        for row in loaded.ask(
            "SELECT c.user_id, c.activity_id FROM study_completion c JOIN study_activity a ON a.id = c.activity_id"
            " WHERE a.kind = 'lesson'"
        )
    }
    parts = {lesson: asked for lesson, (_course, asked) in lessons(loaded).items()}

    def enough(user: int, lesson: int) -> bool:
        for part in parts[lesson]:
            have, total = covered.get((user, lesson, part["key"]), (0, 1))
            percent = 90 if part["kind"] == "video" else 100
            if part["required"] and have * 100 < total * percent:
                return False
        return True

    assert completed == {(user, lesson) for user, lesson in seen if enough(user, lesson)}
    assert 0 < len(completed) < len(seen)


def test_a_course_is_completed_exactly_by_whom_all_its_lessons_are(loaded: Loaded) -> None:
    done: dict[int, set[int]] = defaultdict(set)
    for user, what in loaded.ask("SELECT user_id, activity_id FROM study_completion"):
        done[user].add(what)
    of_course: dict[int, set[int]] = defaultdict(set)
    for lesson, (course, _parts) in lessons(loaded).items():
        of_course[course].add(lesson)
    for course, asked in of_course.items():
        finished = {user for user, what in done.items() if course in what}
        assert finished == {user for user, what in done.items() if asked <= what}
        enrolled = loaded.count(f"SELECT count(*) FROM study_enrolment WHERE activity_id = {course:d}")
        assert 20 <= len(finished) < enrolled


def test_the_first_member_holds_a_certificate_and_stopped_in_the_film(loaded: Loaded) -> None:
    number = loaded.said[0]["logins"]["member"]["number"]
    ((user,),) = loaded.ask(f"SELECT id FROM organisation_user WHERE number = '{number}'")
    completed = loaded.ask(
        "SELECT a.title FROM study_completion c JOIN study_activity a ON a.id = c.activity_id"
        f" WHERE a.kind = 'course' AND c.user_id = {user:d}"
    )
    assert completed == [("党章学习入门",)]
    assert loaded.count(f"SELECT count(*) FROM courses_certificate WHERE user_id = {user:d}") == 1
    film = next(
        (lesson, part)
        for lesson, (_course, parts) in lessons(loaded).items()
        for part in parts
        if part["kind"] == "video"
    )
    ((position, have, done),) = loaded.ask(
        "SELECT position_ms, covered_ms, completed_at FROM study_coverage"
        f" WHERE user_id = {user:d} AND activity_id = {film[0]:d} AND part = '{film[1]['key']}'"
    )
    assert (position, have, done) == (STOP_MS, STOP_MS, None)


def test_the_class_has_people_of_many_branches_and_a_whole_plan(loaded: Loaded) -> None:
    (members, branches) = loaded.ask(
        "SELECT count(*), count(DISTINCT unit_id) FROM organisation_classmember"
    )[0]
    assert (members, branches) == (20, 12)
    assert loaded.ask("SELECT state FROM organisation_trainingclass") == [("running",)]
    plan = loaded.ask("SELECT kind FROM courses_planitem ORDER BY position")
    assert [kind for (kind,) in plan] == ["course", "course", "exam", "reflection", "hours"]
    states = {state for (state,) in loaded.ask("SELECT DISTINCT state FROM courses_reflection")}
    assert {"submitted", "marked"} <= states


def test_whoever_must_study_a_course_is_among_those_it_is_meant_for(loaded: Loaded) -> None:
    meant = {course.title: set(course.statuses) for course in COURSES}
    rows = loaded.ask(
        "SELECT DISTINCT a.title, m.person_status FROM study_enrolment e JOIN study_activity a ON a.id = e.activity_id"
        " JOIN organisation_membership m ON m.user_id = e.user_id WHERE m.to_date IS NULL"
    )
    assert {title for title, _status in rows} == set(meant)
    assert all(status in meant[title] for title, status in rows)


def test_people_came_in_the_year_of_their_number_and_before_the_term(loaded: Loaded) -> None:
    rows = loaded.ask(
        "SELECT u.number, m.from_date FROM organisation_membership m JOIN organisation_user u ON u.id = m.user_id"
    )
    enrolled = loaded.ask("SELECT min(enrolled_at) FROM study_enrolment")[0][0]
    assert all(day < enrolled[:10] for _number, day in rows)
    planned = {person.number: person.joined for person in people.members()}
    for number, day in rows:
        if number in planned:
            assert number[:4] == str(planned[number].year)
            assert day <= planned[number].isoformat()  # earlier where the clock has not come so far
    assert len({day for _number, day in rows}) > 60


def test_study_does_not_begin_on_the_minute_or_last_as_long_each_time(loaded: Loaded) -> None:
    found = slices(loaded)
    assert len({start.second for _user, _what, _unit, start, _end in found}) > 40
    number = loaded.said[0]["logins"]["member"]["number"]
    ((first,),) = loaded.ask(f"SELECT id FROM organisation_user WHERE number = '{number}'")
    sessions = loaded.ask(
        f"SELECT credited_ms / 1000, started_at FROM study_studysession WHERE user_id = {first:d}"
    )
    assert len({seconds for seconds, _at in sessions}) == len(sessions) >= 7
    assert len({at(opened).second for _seconds, opened in sessions}) > 3


def test_one_branch_lags_behind_all_others(loaded: Loaded) -> None:
    rows = loaded.ask(
        "SELECT u.code, count(DISTINCT e.user_id), count(DISTINCT s.user_id) FROM study_enrolment e"
        " JOIN organisation_unit u ON u.id = e.unit_id LEFT JOIN study_studyslice s ON s.user_id = e.user_id"
        " GROUP BY u.code"
    )
    shares = {code: studied / expected for code, expected, studied in rows}
    assert len(shares) == 12
    assert min(shares, key=shares.__getitem__) == WEAK_BRANCH


def test_nobody_in_it_is_real(loaded: Loaded) -> None:
    """Names come from two short lists; nobody has a telephone or an address."""
    rows = loaded.ask("SELECT full_name, phone, email FROM organisation_user")
    officers = {officer.person.full_name.split()[-1] for officer in people.officers()}
    invented = {person.full_name for person in people.members()} | officers
    assert {name for name, _phone, _email in rows} == invented
    assert all(not phone and not email for _name, phone, email in rows)


def test_the_folded_figures_are_those_of_a_rebuild(loaded: Loaded) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "rebuild_reports", "--check"]
    done = subprocess.run(
        command, env=environment(loaded.var), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert loaded.count("SELECT count(*) FROM reports_foldedattempt") > 150
