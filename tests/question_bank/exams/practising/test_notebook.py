"""The notebook: fed by practice and by released exams, never before; left by a streak or by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from question_bank.engine.kinds import Kind, PaperItem
from question_bank.exams.marks import settle_marks
from question_bank.exams.models import Attempt, CollectedAttempt, Mark, NotebookEntry, NotebookTry
from question_bank.exams.practising import notebook, runs
from question_bank.exams.practising.collecting import collect, due_today, is_right
from question_bank.exams.practising.errors import RunNotFound
from question_bank.exams.practising.overview import Filters, overview_of
from question_bank.exams.releasing import release, revoke_release
from question_bank.exams.taking.adjusting import reopen_attempt, void_attempt
from question_bank.exams.taking.closing import close_attempts, locked_attempt
from question_bank.questions.models import KnowledgePoint, QuestionVersion
from tests.factories import (
    NOW,
    make_bank,
    make_candidate,
    make_chapter,
    make_exam,
    make_question,
    make_unit,
    make_user,
)

from .making import DAY, MINUTE, answer, make_member, make_open_bank, sit, start

pytestmark = pytest.mark.django_db
LATER = NOW + 2 * MINUTE
AFTER_CLOSE = NOW + timedelta(hours=1)
WRONG = {1: "o0", 2: ["o1"], 3: True}  # of single, multiple, true_false: two wrong, one right


def entries(member, now=LATER):
    collect(user=member, now=now)
    return list(NotebookEntry.objects.of(member).order_by("pk"))


def redo(member, entry, given, *, now):
    found = NotebookEntry.objects.select_related("question").get(pk=entry.pk)
    return answer(runs.start_redo(entries=[found], by=member, seed=1, now=now), 1, given, now=now)


# ---- from practice ----


def test_a_wrong_practice_answer_comes_in_with_its_source_and_the_own_answer():
    member = make_member()
    bank = make_open_bank(member, "党章题库")
    question = make_question(bank)
    answer(start(member, bank), 1, "o2")
    entry = NotebookEntry.objects.get()
    assert (entry.user, entry.question, entry.version) == (member, question, question.current)
    assert (entry.source, entry.source_kind, entry.last_answer) == ("党章题库", "practice", "o2")
    assert (entry.wrong_count, entry.right_streak, entry.left_at) == (1, 0, None)
    assert entry.due_date == DAY + timedelta(days=1)


def test_three_right_redos_in_a_row_take_it_out_and_an_error_brings_it_back(settings):
    settings.NOTEBOOK_RIGHTS_TO_LEAVE = 3
    member = make_member()
    bank = make_open_bank(member)
    make_question(bank)
    answer(start(member, bank), 1, "o2")
    entry = NotebookEntry.objects.get()
    for day in (1, 3, 7):
        assert NotebookEntry.objects.of(member).active().count() == 1
        redo(member, entry, "o1", now=NOW + timedelta(days=day))
    entry.refresh_from_db()
    assert (entry.right_streak, entry.left_at) == (3, NOW + timedelta(days=7))
    redo(member, entry, "o3", now=NOW + timedelta(days=8))
    entry.refresh_from_db()
    assert (entry.wrong_count, entry.right_streak, entry.left_at) == (2, 0, None)
    assert (entry.last_answer, entry.source) == ("o3", bank.name)
    assert entry.tries.count() == 5


@pytest.mark.parametrize(("wanted", "used"), [(1, 1), (5, 5), (0, 1), (9, 5)])
def test_the_site_says_how_many_right_answers_between_one_and_five(settings, wanted, used):
    settings.NOTEBOOK_RIGHTS_TO_LEAVE = wanted
    assert notebook.rights_to_leave() == used


def test_a_redo_asks_the_current_version_or_else_the_one_answered_wrongly():
    member = make_member()
    bank = make_open_bank(member)
    question = make_question(bank)
    answer(start(member, bank), 1, "o2")
    old = question.current
    new = QuestionVersion.objects.create(
        question=question,
        no=2,
        status="ready",
        kind="true_false",
        stem="新",
        body={},
        key=False,
        created_at=NOW,
    )
    question.current = new
    question.save()
    entry = NotebookEntry.objects.select_related("question").get()
    assert [i["v"] for i in runs.start_redo(entries=[entry], by=member, seed=1, now=NOW).paper] == [new.pk]
    question.current = None
    question.save()
    entry = NotebookEntry.objects.select_related("question").get()
    assert [i["v"] for i in runs.start_redo(entries=[entry], by=member, seed=1, now=NOW).paper] == [old.pk]


def test_kept_stays_taken_out_goes_and_notes_are_the_members_own():
    member, stranger = make_member(), make_member()
    bank = make_open_bank(member)
    make_question(bank)
    answer(start(member, bank), 1, "o2")
    pk = NotebookEntry.objects.get().pk
    for day in (1, 2, 3):
        redo(member, NotebookEntry.objects.get(), "o1", now=NOW + timedelta(days=day))
    assert NotebookEntry.objects.get().left_at is not None
    assert notebook.keep_entry(entry_id=pk, keep=True, by=member).left_at is None
    redo(member, NotebookEntry.objects.get(), "o1", now=NOW + timedelta(days=4))
    assert NotebookEntry.objects.get().left_at is None
    assert notebook.keep_entry(entry_id=pk, keep=False, by=member).left_at == NOW + timedelta(days=3)
    redo(member, NotebookEntry.objects.get(), "o2", now=NOW + timedelta(days=5))
    taken = NOW + timedelta(days=6)
    assert notebook.take_out_entry(entry_id=pk, by=member, now=taken).left_at == taken
    redo(member, NotebookEntry.objects.get(), "o2", now=NOW + timedelta(days=7))
    assert NotebookEntry.objects.get().left_at is None
    assert notebook.write_note(entry_id=pk, text=" 记住\0 " + "长" * 600, by=member).note.startswith(
        "记住 长"
    )
    assert len(NotebookEntry.objects.get().note) == 500
    with pytest.raises(RunNotFound):
        notebook.keep_entry(entry_id=pk, keep=True, by=stranger)
    with pytest.raises(RunNotFound):
        notebook.take_out_entry(entry_id=pk, by=stranger, now=NOW)
    with pytest.raises(RunNotFound):
        notebook.write_note(entry_id=pk, text="", by=stranger)


# ---- from exams ----


def test_a_released_exam_brings_its_wrong_answers_in_once():
    member = make_member()
    exam = make_exam(title="党章考试", answer_release="at_marked")
    attempt = sit(exam, member, WRONG)
    found = entries(member)
    assert [(e.source, e.source_kind, e.last_answer) for e in found] == [
        ("党章考试", "exam", "o0"),
        ("党章考试", "exam", ["o1"]),
    ]
    assert found[0].last_wrong_at == attempt.submitted_at
    assert len(entries(member)) == 2
    assert NotebookTry.objects.count() == 2


def test_blank_slots_are_wrong_and_half_right_ones_too():
    member = make_member()
    sit(make_exam(answer_release="at_marked"), member, {1: "o1", 2: ["o0"]})
    assert [e.last_answer for e in entries(member)] == [["o0"], None]


def test_what_was_left_blank_in_practice_is_no_error_and_no_try():
    member = make_member()
    exam = make_exam(kind="practice", answer_release="at_marked", max_attempts=9)
    sit(exam, member, {1: "o2"})
    [entry] = entries(member)
    assert (entry.wrong_count, entry.last_answer) == (1, "o2")
    sit(exam, member, {}, now=LATER)
    [entry] = entries(member)
    assert (entry.wrong_count, entry.tries.count()) == (1, 1)


def test_blanks_of_practice_taken_in_before_leave_again():
    member = make_member()
    attempt = sit(make_exam(kind="practice", answer_release="at_marked"), member, WRONG)
    collected = len(entries(member))
    blank = make_question(make_bank())
    entry = NotebookEntry.objects.create(
        user=member, question=blank, version=blank.current, source_kind="exam", source="练习"
    )
    entry.tries.create(
        at=NOW, correct=False, version=blank.current, source_kind="exam", source="练习", attempt=attempt
    )
    notebook.rewrite_entries([entry])
    CollectedAttempt.objects.filter(attempt=attempt).update(marks=f"{attempt.receipt_number}/0")
    assert len(entries(member)) == collected


def test_a_practice_exam_comes_in_the_same_way():
    member = make_member()
    sit(make_exam(kind="practice", answer_release="at_marked"), member, WRONG)
    assert len(entries(member)) == 2


def test_without_a_release_there_is_no_trace_of_what_was_wrong():
    member = make_member()
    sit(make_exam(), member, WRONG)
    assert entries(member) == []
    assert due_today(user=member, day=DAY + timedelta(days=9), now=LATER) == 0
    assert not NotebookEntry.objects.exists()
    assert not NotebookTry.objects.exists()
    assert not CollectedAttempt.objects.exists()


def test_at_close_waits_for_the_end_and_for_whoever_still_sits():
    member, late = make_member(), make_member()
    exam = make_exam(answer_release="at_close", end_policy="independent", candidates=[member, late])
    sit(exam, member, WRONG)
    assert entries(member, now=AFTER_CLOSE - MINUTE) == []
    other = sit(exam, late, {})
    Attempt.objects.filter(pk=other.pk).update(state=Attempt.State.IN_PROGRESS)
    assert entries(member, now=AFTER_CLOSE + MINUTE) == []
    Attempt.objects.filter(pk=other.pk).update(state=Attempt.State.MARKED)
    assert len(entries(member, now=AFTER_CLOSE + MINUTE)) == 2


def test_a_scheduled_release_brings_them_in_from_its_moment_on():
    member, releaser = make_member(), make_user()
    exam = make_exam()
    sit(exam, member, WRONG)
    at = NOW + timedelta(days=1)
    release(exam_id=exam.pk, what=["answers", "key"], at=at, by=releaser, now=LATER)
    assert entries(member, now=at - MINUTE) == []
    assert len(entries(member, now=at)) == 2


@pytest.mark.parametrize("what", [["score"], ["answers"], ["score", "comments"]])
def test_a_release_without_the_key_is_not_enough(what):
    member = make_member()
    exam = make_exam()
    sit(exam, member, WRONG)
    release(exam_id=exam.pk, what=what, at=LATER, by=make_user(), now=LATER)
    assert entries(member) == []


def test_a_release_for_one_unit_reaches_its_members_only():
    college = make_unit(make_unit())
    inside, outside = make_member(make_unit(college)), make_member()
    exam = make_exam(candidates=[inside, outside])
    for each in (inside, outside):
        sit(exam, each, WRONG)
    release(exam_id=exam.pk, what=["answers", "key"], unit=college, at=LATER, by=make_user(), now=LATER)
    assert len(entries(inside)) == 2
    assert entries(outside) == []


def test_a_revoked_release_takes_its_entries_away_and_keeps_the_note_for_the_next_one():
    member, releaser = make_member(), make_user()
    exam = make_exam()
    sit(exam, member, WRONG)
    answers, _key = release(exam_id=exam.pk, what=["answers", "key"], at=LATER, by=releaser, now=LATER)
    first = entries(member)[0]
    notebook.write_note(entry_id=first.pk, text="记住", by=member)
    revoke_release(release_id=answers.pk, reason="有误", by=releaser, now=LATER + MINUTE)
    assert entries(member, now=LATER + MINUTE) == []
    first.refresh_from_db()
    assert (first.wrong_count, first.last_answer, first.source) == (0, None, "")
    release(exam_id=exam.pk, what=["answers", "key"], at=LATER, by=releaser, now=LATER + 2 * MINUTE)
    assert [e.note for e in entries(member, now=LATER + 2 * MINUTE)] == ["记住", ""]


def test_a_revoked_exam_leaves_the_errors_of_practice():
    member, releaser = make_member(), make_user()
    exam = make_exam(kinds=["single"])
    attempt = sit(exam, member, {1: "o0"})
    rows = release(exam_id=exam.pk, what=["answers", "key"], at=LATER, by=releaser, now=LATER)
    (entry,) = entries(member)
    redo(member, entry, "o3", now=LATER)
    revoke_release(release_id=rows[0].pk, reason="有误", by=releaser, now=LATER + MINUTE)
    (entry,) = entries(member, now=LATER + MINUTE)
    assert (entry.wrong_count, entry.last_answer) == (1, "o3")
    assert not NotebookTry.objects.filter(attempt=attempt).exists()


def test_a_void_attempt_is_taken_out():
    member = make_member()
    attempt = sit(make_exam(answer_release="at_marked"), member, WRONG)
    assert len(entries(member)) == 2
    void_attempt(attempt_id=attempt.pk, reason="作弊", by=make_user(), now=LATER)
    assert entries(member) == []


def test_a_reopened_attempt_is_taken_out_and_comes_in_as_it_was_handed_in_again():
    member, by = make_member(), make_user()
    attempt = sit(make_exam(kinds=["single"], answer_release="at_marked"), member, {1: "o0"})
    assert len(entries(member)) == 1
    reopen_attempt(attempt_id=attempt.pk, seconds=600, reason="误交", by=by, now=LATER)
    assert entries(member) == []
    attempt.items.update(answer="o2")
    close_attempts([locked_attempt(attempt.pk)], finish_kind="self", by=member, now=LATER + MINUTE)
    assert [e.last_answer for e in entries(member, now=LATER + MINUTE)] == ["o2"]
    assert NotebookTry.objects.count() == 1


def test_a_reopening_between_two_visits_is_noticed():
    member, by = make_member(), make_user()
    attempt = sit(make_exam(kinds=["single"], answer_release="at_marked"), member, {1: "o0"})
    assert len(entries(member)) == 1
    reopen_attempt(attempt_id=attempt.pk, seconds=600, reason="误交", by=by, now=LATER)
    attempt.items.update(answer="o1")
    close_attempts([locked_attempt(attempt.pk)], finish_kind="self", by=member, now=LATER + MINUTE)
    assert entries(member, now=LATER + MINUTE) == []


def test_a_regrade_is_followed():
    member = make_member()
    attempt = sit(make_exam(kinds=["single"], answer_release="at_marked"), member, {1: "o0"})
    assert len(entries(member)) == 1
    version = QuestionVersion.objects.get(pk=attempt.paper[0]["v"])
    Mark.objects.create(attempt=attempt, slot=1, value="2.00", source="regrade", version=version, at=LATER)
    settle_marks(attempt=locked_attempt(attempt.pk), now=LATER)
    assert entries(member) == []


def test_a_void_question_is_nobodys_error_and_a_corrected_one_shows_its_right_key():
    member = make_member()
    exam = make_exam(kinds=["single", "single"], answer_release="at_marked")
    attempt = sit(exam, member, {1: "o0", 2: "o0"})
    void, corrected = (item["v"] for item in attempt.paper)
    old = QuestionVersion.objects.get(pk=corrected)
    new = QuestionVersion.objects.create(
        question=old.question,
        no=2,
        status="ready",
        kind="single",
        stem="改",
        body=old.body,
        key="o3",
        created_at=NOW,
    )
    exam.corrections = {str(void): {"void": True}, str(corrected): {"version": new.pk}}
    exam.save()
    (entry,) = entries(member)
    assert entry.version == new


def test_an_attempt_waiting_for_a_marker_waits_here_too_and_the_pass_mark_judges_a_text():
    member = make_member()
    exam = make_exam(kinds=["short", "single"], answer_release="at_marked", mark="10")
    attempt = sit(exam, member, {1: "我的答案", 2: "o0"})
    assert attempt.state == Attempt.State.MARKING
    assert entries(member) == []
    version = QuestionVersion.objects.get(pk=attempt.paper[0]["v"])
    Mark.objects.create(attempt=attempt, slot=1, value="7.00", source="manual", version=version, at=LATER)
    settle_marks(attempt=locked_attempt(attempt.pk), now=LATER)
    assert [e.last_answer for e in entries(member)] == ["o0"]


@pytest.mark.parametrize(
    ("kind", "mark", "right"),
    [("single", "2", True), ("multiple", "1.99", False), ("short", "1.2", True), ("short", "1.19", False)],
)
def test_the_full_mark_is_right_and_a_text_needs_the_pass_mark(kind, mark, right):
    item = PaperItem(1, Kind(kind), Decimal("2.00"))
    assert is_right(item, Decimal(mark), Decimal(60)) is right


def test_a_right_answer_in_an_exam_counts_for_the_streak():
    member = make_member()
    exam = make_exam(kinds=["single"], answer_release="at_marked", max_attempts=2)
    sit(exam, member, {1: "o0"})
    sit(exam, member, {1: "o1"}, now=NOW + 10 * MINUTE)
    (entry,) = entries(member, now=NOW + 12 * MINUTE)
    assert (entry.wrong_count, entry.right_streak) == (1, 1)


def test_other_members_exams_stay_theirs():
    member, other = make_member(), make_member()
    exam = make_exam(answer_release="at_marked", candidates=[member, other])
    sit(exam, other, WRONG)
    assert entries(member) == []
    assert not NotebookEntry.objects.exists()


# ---- the overview ----


def test_due_today_and_the_filters_choose():
    member = make_member()
    bank = make_open_bank(member, "题库甲")
    chapter = make_chapter(bank, "总纲")
    point = KnowledgePoint.objects.create(bank=bank, name="党的性质")
    first, second = make_question(bank, chapter=chapter), make_question(bank, "true_false")
    first.knowledge_points.add(point)
    run = start(member, bank)
    answer(run, 1, "o2")
    answer(run, 2, False, now=NOW + timedelta(days=2))
    exam = make_exam(title="考试甲", kinds=["fill"], answer_release="at_marked")
    make_candidate(exam, member)
    sit(exam, member, {})
    collect(user=member, now=LATER)
    by_question = dict(NotebookEntry.objects.values_list("question", "pk"))

    def chosen(day=DAY, **filters):
        return set(overview_of(user=member, day=day, filters=Filters(**filters)).chosen)

    assert chosen() == set()
    tomorrow = DAY + timedelta(days=1)
    assert chosen(tomorrow) == set(by_question.values()) - {by_question[second.pk]}
    assert chosen(show="all", source="题库甲") == {by_question[first.pk], by_question[second.pk]}
    assert chosen(show="all", kind="true_false") == {by_question[second.pk]}
    assert chosen(show="all", chapter=chapter.pk) == {by_question[first.pk]}
    assert chosen(show="all", point=point.pk) == {by_question[first.pk]}
    assert chosen(show="left") == set()
    found = overview_of(user=member, day=tomorrow, filters=Filters())
    assert (found.active, found.due, found.left) == (3, 2, 0)
    assert [(group.name, group.n, group.due) for group in found.points] == [("党的性质", 1, 1)]
    assert {(group.name, group.n) for group in found.sources} == {("题库甲", 2), ("考试甲", 1)}


@pytest.mark.parametrize("exams", [1, 6])
def test_looking_again_costs_the_same_however_many_exams(exams):
    member = make_member()
    policies = ["at_marked", "at_close", "manual"]
    for n in range(exams):
        sit(make_exam(answer_release=policies[n % 3]), member, WRONG)
    collect(user=member, now=AFTER_CLOSE)
    with CaptureQueriesContext(connection) as queries:
        collect(user=member, now=AFTER_CLOSE)
    assert len(queries) <= 4
