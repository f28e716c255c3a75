"""The demo as a newcomer and a script meet it: loaded once for all tests here, in a process and a database of its own."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from learning.organisation.models import Role
from learning.project.demo.school import PARTY_CHAPTERS
from learning.project.demo.short_answers import TOPICS
from tests.learning.project.loading import ROOT, Loaded, environment

ANSWER_S = 60
STOP_S = 20


def test_one_line_of_json_holds_exactly_what_was_agreed(loaded: Loaded) -> None:
    said = loaded.said[0]
    assert set(said) == {"url", "logins", "members", "formal_exam", "practice_exam"}
    assert {"administrator", "organiser", "member"} <= set(said["logins"])
    assert len(said["members"]) == 20
    everybody = [*said["logins"].values(), *said["members"]]
    assert all(set(login) == {"number", "password"} for login in everybody)
    assert said["logins"]["member"] == said["members"][0]
    exams = dict(loaded.ask("SELECT CAST(id AS TEXT), kind FROM exams_exam"))
    assert (exams[said["formal_exam"]], exams[said["practice_exam"]]) == ("formal", "practice")


def test_everything_can_be_searched_when_the_address_is_printed(loaded: Loaded) -> None:
    entries = dict(loaded.ask("SELECT kind, count(*) FROM search_entry GROUP BY kind"))
    assert set(entries) == {"course", "lesson", "topic", "book", "exam", "question", "member"}
    assert entries["question"] == loaded.count("SELECT count(*) FROM questions_question")
    assert entries["exam"] == loaded.count("SELECT count(*) FROM exams_exam")
    assert loaded.count("SELECT count(*) FROM search_place") == sum(entries.values())
    assert loaded.count("SELECT count(*) FROM search_pending") == 0


def test_every_role_of_the_matrix_has_a_login_that_works(loaded: Loaded) -> None:
    held = dict(
        loaded.ask(
            "SELECT u.number, r.role FROM organisation_roleassignment r JOIN organisation_user u ON u.id = r.user_id"
        )
    )
    logins = loaded.said[0]["logins"].values()
    assert {held[login["number"]] for login in logins if login["number"] in held} == {*Role} - {Role.MEMBER}
    stored = {
        number: rest
        for number, *rest in loaded.ask(
            "SELECT number, password, is_active, must_change_password, activated_at FROM organisation_user"
        )
    }
    for login in [*logins, *loaded.said[0]["members"]]:
        _hash, active, must_change, activated = stored[login["number"]]
        assert active
        assert not must_change
        assert activated
    for key in ("administrator", "member"):
        login = loaded.said[0]["logins"][key]
        assert PBKDF2PasswordHasher().verify(login["password"], stored[login["number"]][0])


def test_the_school_is_large_enough_to_be_looked_at(loaded: Loaded) -> None:
    kinds = dict(loaded.ask("SELECT kind, count(*) FROM organisation_unit GROUP BY kind"))
    assert kinds["committee"] == 1
    assert kinds["general_branch"] >= 3
    assert kinds["branch"] >= 9
    assert loaded.count("SELECT count(*) FROM organisation_user") >= 200
    assert loaded.count("SELECT count(*) FROM questions_question") >= 240


def test_a_past_exam_is_marked_and_released_and_the_first_member_sat_it(loaded: Loaded) -> None:
    ((past, marked),) = loaded.ask(
        "SELECT exam_id, count(*) FROM exams_attempt WHERE state = 'marked' GROUP BY exam_id ORDER BY 2 DESC LIMIT 1"
    )
    assert marked >= 150
    assert loaded.count(f"SELECT count(*) FROM exams_release WHERE exam_id = {past:d} AND what = 'score'")
    member = loaded.said[0]["logins"]["member"]["number"]
    sat = loaded.ask(
        "SELECT u.number FROM exams_attempt a JOIN organisation_user u ON u.id = a.user_id"
        f" WHERE a.exam_id = {past:d} AND a.state = 'marked'"
    )
    assert (member,) in sat


def test_everybody_had_the_same_paper_so_that_each_question_can_be_told_about(loaded: Loaded) -> None:
    ((items, least),) = loaded.ask(
        "SELECT count(*), min(n) FROM reports_itemstatistics WHERE exam_id ="
        " (SELECT exam_id FROM reports_itemstatistics GROUP BY exam_id ORDER BY sum(n) DESC LIMIT 1)"
    )
    assert items == 21
    assert least >= 150


def test_every_answer_was_saved_at_its_own_moment_of_the_sitting(loaded: Loaded) -> None:
    rows = loaded.ask(
        "SELECT e.attempt_id, e.slot, e.recv_at, a.started_at, a.submitted_at FROM exams_answerevent e"
        " JOIN exams_attempt a ON a.id = e.attempt_id"
    )
    assert len({(attempt, at) for attempt, _slot, at, *_rest in rows}) == len(rows) > 4000
    assert all(started < at < submitted for _attempt, _slot, at, started, submitted in rows)
    again = Counter((attempt, slot) for attempt, slot, *_rest in rows)
    assert 1 < max(again.values()) <= 3
    assert loaded.count("SELECT count(*) FROM exams_attemptitem WHERE changes > 0") > 10


def test_a_second_run_adds_nothing_and_dates_the_open_exams_anew(loaded: Loaded) -> None:
    assert loaded.said[0] == loaded.said[1]
    assert loaded.counts[0] == loaded.counts[1]
    before, after = (dict(each) for each in loaded.windows)
    moved = {exam for exam in before if before[exam] != after[exam]}
    assert moved == {int(loaded.said[0]["formal_exam"])}
    assert all(after[exam] > before[exam] for exam in moved)
    starts, ends = (dict(each) for each in loaded.ends)
    moved = {exam for exam in starts if starts[exam] != ends[exam]}
    assert moved == {int(loaded.said[0][name]) for name in ("formal_exam", "practice_exam")}
    assert all(ends[exam] > starts[exam] for exam in moved)


def test_formal_exams_ask_about_the_party_and_practice_about_everything(loaded: Loaded) -> None:
    rows = loaded.ask(
        "SELECT DISTINCT e.kind, c.full_name FROM exams_attempt a JOIN exams_exam e ON e.id = a.exam_id"
        " JOIN json_each(a.paper) p JOIN questions_questionversion v ON v.id = json_extract(p.value, '$.v')"
        " JOIN questions_question q ON q.id = v.question_id JOIN questions_chapter c ON c.id = q.chapter_id"
    )
    asked: dict[str, set[str]] = {kind: set() for kind, _name in rows}
    for kind, name in rows:
        asked[kind].add(name.split("/")[0])
    assert asked["formal"] == set(PARTY_CHAPTERS)
    assert asked["practice"] > set(PARTY_CHAPTERS)


def test_members_answer_in_their_own_words(loaded: Loaded) -> None:
    """Nobody copies the notation of a key, and what is written belongs to the question."""
    rows = loaded.ask(
        "SELECT v.kind, v.stem, i.answer FROM exams_attemptitem i JOIN exams_attempt a ON a.id = i.attempt_id"
        " JOIN questions_questionversion v ON v.id = json_extract(a.paper, '$[' || (i.slot - 1) || '].v')"
        " WHERE v.kind IN ('fill', 'short') AND i.answer IS NOT NULL AND i.answer <> 'null'"
    )
    blanks = [blank for kind, _stem, answer in rows if kind == "fill" for blank in json.loads(answer)]
    assert len(blanks) > 500
    assert not [blank for blank in blanks if "/" in blank]
    written = [(stem, json.loads(answer)) for kind, stem, answer in rows if kind == "short"]
    assert len({text for _stem, text in written}) > len(written) * 0.8
    for stem, text in written:
        assert any(
            wording in text
            for fragment, topic in TOPICS.items()
            if fragment in stem
            for _weight, *wordings in topic.points
            for wording in wordings
        )


def test_people_take_different_times_over_a_question(loaded: Loaded) -> None:
    rows = loaded.ask("SELECT slot, active_ms FROM exams_attemptitem WHERE active_ms > 0")
    times = Counter(rows)
    assert max(times.values()) < len(rows) / 500


def test_nobody_sat_an_exam_before_it_opened(loaded: Loaded) -> None:
    """As it stood after the first load; a later start dates the formal exam anew."""
    opened = dict(loaded.windows[0])
    sat = loaded.ask("SELECT exam_id, min(started_at) FROM exams_attempt GROUP BY exam_id")
    assert len(sat) == 3
    assert all(opened[exam] <= first for exam, first in sat)
    enrolled = loaded.ask("SELECT min(enrolled_at) FROM study_enrolment")[0][0]
    assert opened[int(loaded.said[0]["practice_exam"])] < enrolled


def test_database_and_passwords_are_read_by_their_owner_alone_and_used_again(loaded: Loaded) -> None:
    for name in ("demo-logins.json", "dangxiao.sqlite3"):
        assert stat.S_IMODE((loaded.var / name).stat().st_mode) == 0o600
    assert loaded.logins[0] == loaded.logins[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def children_with(var: Path) -> set[int]:
    """The living processes whose environment names this demo's folder, wherever they hang in the tree."""
    mark, found = f"DANGXIAO_VAR={var}\0".encode(), set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (process / "environ").read_bytes():
                found.add(int(process.name))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the processes under /proc")
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_served_demo_answers_and_ends_every_child_when_asked(
    loaded: Loaded, stop: signal.Signals
) -> None:
    port = free_port()
    command = [sys.executable, str(ROOT / "manage.py"), "demo", "--json", "--port", str(port)]
    with subprocess.Popen(
        command, env=environment(loaded.var), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as demo:
        try:
            assert demo.stdout is not None
            said = json.loads(demo.stdout.readline())
            assert said["url"] == f"http://127.0.0.1:{port}"
            with urllib.request.urlopen(f"{said['url']}/healthz", timeout=ANSWER_S) as reply:
                assert json.load(reply)["database"] == "ok"
            deadline = time.monotonic() + ANSWER_S
            while len(children_with(loaded.var)) < 4 and time.monotonic() < deadline:
                time.sleep(0.1)  # worker and beat follow the site
            assert len(children_with(loaded.var)) == 4
            demo.send_signal(stop)
            _out, told = demo.communicate(timeout=STOP_S)
        finally:
            demo.kill()
    assert demo.returncode == 0
    assert children_with(loaded.var) == set()
    assert "No hostname was supplied" not in told
    assert "superuser privileges" not in told  # where the suite runs as root
    assert "Traceback" not in told
