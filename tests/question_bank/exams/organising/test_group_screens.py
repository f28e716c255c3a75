"""What the teachers of a teaching group find on the organisers' screens: their own people and nothing of anybody else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from learning.organisation.models import GroupRole, Role, TeachingGroup, User
from learning.organisation.permissions import Action
from learning.organisation.services.groups import keep_members, keep_staff, remove_member, remove_staff
from question_bank.exams import manage_urls
from question_bank.exams.candidates import admit_group
from question_bank.exams.models import (
    Attempt,
    Candidate,
    Exam,
    Mark,
    MarkClaim,
    Release,
    Result,
    SavedComment,
)
from question_bank.exams.organising import marking_desk
from tests.factories import NOW, make_attempt, make_candidate, make_exam, make_group, make_user
from tests.launching import allow_launching, launched

from .conftest import School, handed_in, signed_in

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)

OPEN_TO_ASSISTANT = {
    "manage_exams",
    "manage_exams_export",
    "manage_candidates",
    "manage_candidates_export",
    "manage_monitor",
    "manage_monitor_board",
    "manage_marking",
    "manage_marking_next",
    "manage_marking_item",
    "manage_comment_remove",
}
OPEN_TO_TEACHER = OPEN_TO_ASSISTANT | {"manage_results", "manage_results_export", "manage_attempt"}
LISTS = ["manage_exams", "manage_candidates", "manage_monitor", "manage_monitor_board", "manage_results"]


@dataclass
class Groups:
    """`ours` with its teacher and assistant, `second` with its own teacher; both sit the exam, and so does `outsider`."""

    ours: TeachingGroup
    second: TeachingGroup
    teacher: User
    assistant: User
    second_teacher: User
    mine: Attempt
    theirs: Attempt
    outside: Attempt

    @property
    def foreign(self) -> list[Attempt]:
        return [self.theirs, self.outside]


@pytest.fixture
def groups(school: School, exam: Exam, settings: Any) -> Groups:
    allow_launching(settings)
    mine, theirs, outsider = (
        make_user(f"2026{n}", name=name, unit=school.branch)
        for n, name in enumerate(("本班学员", "邻班学员", "班外考生"))
    )
    ours, second = make_group(mine, title="本班"), make_group(theirs, title="邻班")
    teacher, assistant, second_teacher = make_user(), make_user(), make_user()
    keep_staff(group=ours, user=teacher, role=GroupRole.TEACHER, now=NOW)
    keep_staff(group=ours, user=assistant, role=GroupRole.ASSISTANT, now=NOW)
    keep_staff(group=second, user=second_teacher, role=GroupRole.TEACHER, now=NOW)
    for group in (ours, second):
        admit_group(exam_id=exam.pk, group=group, by=None, now=NOW)
    make_candidate(exam, outsider)
    attempts = [handed_in(exam, user, text=f"{user.full_name}答") for user in (mine, theirs, outsider)]
    return Groups(ours, second, teacher, assistant, second_teacher, *attempts)


@pytest.fixture(params=["launched", "own session"])
def session(request: pytest.FixtureRequest) -> Any:
    """Rights over a group are the same whether the platform opened the session or the person has logged in."""
    return launched if request.param == "launched" else signed_in


def args_of(exam: Exam, attempt: Attempt, user: User) -> dict[str, list[Any]]:
    """For each address of the room, arguments of objects that exist."""
    comment = SavedComment.objects.create(by=user, version_id=attempt.paper[1]["v"], text="要点齐全")
    release = Release.objects.create(exam=exam, what="score", at=NOW)
    cell = exam.blueprint.sections.first().cells.first()
    known = {
        "run_id": 1,
        "section_id": cell.section_id,
        "cell_id": cell.pk,
        "item_id": 1,
        "version_id": attempt.paper[1]["v"],
        "attempt_id": attempt.pk,
        "slot": 2,
        "comment_id": comment.pk,
        "release_id": release.pk,
        "exam_id": exam.pk,
        "part": "basics",
    }
    return {each.name: [known[name] for name in each.pattern.converters] for each in manage_urls.urlpatterns}


@pytest.mark.parametrize("role", list(GroupRole))
def test_every_address_is_open_or_closed_as_the_table_says(
    exam: Exam, groups: Groups, session: Any, role: GroupRole
) -> None:
    user = groups.teacher if role == GroupRole.TEACHER else groups.assistant
    allowed = OPEN_TO_TEACHER if role == GroupRole.TEACHER else OPEN_TO_ASSISTANT
    client, args = session(user), args_of(exam, groups.mine, user)
    for name, arguments in args.items():
        url = reverse(name, args=arguments)
        answers = {client.get(url).status_code, client.post(url).status_code}
        if name in allowed:
            assert answers & {200, 302}, name
        else:
            assert answers <= {404, 405}, (name, answers)
            assert 404 in answers, name


WHOLE_EXAM = [
    ("manage_monitor_act", {"act": "pause", "whole": "1", "reason": "试试", "confirm": "1"}),
    ("manage_monitor_act", {"act": "void", "candidate": "mine", "reason": "试试", "confirm": "1"}),
    ("manage_candidates_act", {"act": "remove", "candidate": "mine", "reason": "试试", "confirm": "1"}),
    ("manage_release", {"what": ["score", "key"], "when": "now", "confirm": "1"}),
    ("manage_exam_publish", {"seen": "x"}),
    ("manage_exam_withdraw", {"reason": "试试"}),
    ("manage_exam_copy", {"title": "副本", "kind": "formal"}),
    ("manage_candidates_admit", {}),
    ("manage_candidates_upload", {"numbers": "20261", "confirm": "1"}),
]


@pytest.mark.parametrize(("name", "data"), WHOLE_EXAM)
def test_acts_on_the_whole_exam_find_nothing(
    exam: Exam, groups: Groups, name: str, data: dict[str, Any]
) -> None:
    mine = {"candidate": groups.mine.candidate_id} if data.get("candidate") == "mine" else {}
    before = (Candidate.objects.count(), Release.objects.count(), Exam.objects.count())
    answer = launched(groups.teacher).post(reverse(name, args=[exam.pk]), {**data, **mine})
    assert answer.status_code == 404
    assert before == (Candidate.objects.count(), Release.objects.count(), Exam.objects.count())
    groups.mine.refresh_from_db()
    assert groups.mine.state == Attempt.State.MARKING
    exam.refresh_from_db()
    assert exam.state == Exam.State.PUBLISHED


@pytest.mark.parametrize("name", LISTS)
def test_lists_hold_the_own_people_and_no_sign_of_others(exam: Exam, groups: Groups, name: str) -> None:
    args = [] if name == "manage_exams" else [exam.pk]
    page = launched(groups.teacher).get(reverse(name, args=args)).content.decode()
    assert name == "manage_exams" or groups.mine.user.full_name in page
    for attempt in groups.foreign:
        assert attempt.user.full_name not in page
        assert attempt.user.number not in page


def test_counts_and_figures_are_those_of_the_own_people(exam: Exam, groups: Groups) -> None:
    for attempt in (groups.mine, *groups.foreign):
        marking_desk.give_mark(
            attempt_id=attempt.pk,
            slot=2,
            value=Decimal(10 if attempt == groups.mine else 0),
            comment="",
            seen_mark=0,
            by=groups.teacher,
            now=NOW,
        )
    client = launched(groups.teacher)
    figures = client.get(reverse("manage_results", args=[exam.pk])).context["figures"]
    assert (figures.due, figures.sat, figures.marked, figures.mean) == (1, 1, 1, Decimal(20))
    assert Result.objects.count() == 3
    chips = client.get(reverse("manage_candidates", args=[exam.pk])).context["chips"]
    assert chips[0][2] == 1
    board = client.get(reverse("manage_monitor_board", args=[exam.pk]))
    assert board.context["total"] == 1
    assert sum(count for _name, _label, count in board.context["counts"]) == 1


def test_list_of_exams_counts_the_own_people_alone(exam: Exam, groups: Groups) -> None:
    make_exam(unit=exam.owner_unit, title="别的考试")
    page = launched(groups.teacher).get(reverse("manage_exams"))
    (row,) = page.context["rows"]
    assert (row["exam"], row["candidates"], row["marking"]) == (exam, 1, 1)
    assert row["url"] == reverse("manage_candidates", args=[exam.pk])
    assert not page.context["may_build"]


@pytest.mark.parametrize("name", ["manage_candidates_export", "manage_results_export"])
def test_exports_hold_the_same_rows(exam: Exam, groups: Groups, name: str) -> None:
    answer = launched(groups.teacher).get(reverse(name, args=[exam.pk]))
    rows = list(load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert [row[1] for row in rows[1:]] == ["本班学员"]


def test_export_of_the_list_counts_the_own_people(exam: Exam, groups: Groups) -> None:
    answer = launched(groups.teacher).get(reverse("manage_exams_export"))
    rows = list(load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert [(row[0], row[7]) for row in rows[1:]] == [(exam.title, "1")]


def test_attempt_of_the_own_people_may_be_inspected_and_no_other(
    exam: Exam, groups: Groups, session: Any
) -> None:
    client = session(groups.teacher)
    page = client.get(reverse("manage_attempt", args=[exam.pk, groups.mine.pk]))
    assert "本班学员答" in page.content.decode()
    for attempt in groups.foreign:
        assert client.get(reverse("manage_attempt", args=[exam.pk, attempt.pk])).status_code == 404
        late = reverse("manage_attempt_late", args=[exam.pk, attempt.pk])
        assert client.post(late, {"late": "1-1", "reason": "试试"}).status_code == 404
    other = make_exam(unit=exam.owner_unit)
    assert client.get(reverse("manage_attempt", args=[other.pk, groups.mine.pk])).status_code == 404


def test_answers_of_a_running_exam_are_shown_to_roles_and_not_to_a_groups_teacher(
    school: School, exam: Exam, groups: Groups
) -> None:
    url = reverse("manage_attempt", args=[exam.pk, groups.mine.pk])
    teacher, office = launched(groups.teacher), signed_in(school.people["office"])
    withheld = "考试结束后显示答案"
    page = teacher.get(url).content.decode()
    assert page.count(withheld) == 2
    assert "参考答案" not in page
    assert "参考答案" in office.get(url).content.decode()
    Exam.objects.filter(pk=exam.pk).update(closes_at=NOW)
    assert withheld not in teacher.get(url).content.decode()
    straggler = make_user(unit=school.branch)
    make_candidate(exam, straggler)
    make_attempt(exam, straggler, now=NOW - MINUTE)
    assert withheld in teacher.get(url).content.decode()


def test_assistant_marks_and_never_learns_whom(exam: Exam, groups: Groups) -> None:
    client = launched(groups.assistant)
    assert client.get(reverse("manage_results", args=[exam.pk])).status_code == 404
    assert client.get(reverse("manage_attempt", args=[exam.pk, groups.mine.pk])).status_code == 404
    version = groups.mine.paper[1]["v"]
    page = client.get(reverse("manage_marking_next", args=[exam.pk, version]), follow=True).content.decode()
    assert "本班学员答" in page
    assert groups.mine.user.number not in page
    tabs = [tab.name for tab in client.get(reverse("manage_marking", args=[exam.pk])).context["tabs"]]
    assert tabs == ["manage_candidates", "manage_monitor", "manage_marking"]


def test_queue_holds_the_answers_of_the_own_people(exam: Exam, groups: Groups) -> None:
    overview = launched(groups.teacher).get(reverse("manage_marking", args=[exam.pk]))
    (row,) = overview.context["rows"]
    assert [answer.attempt_id for answer in row["queue"].answers] == [groups.mine.pk]
    assert (overview.context["waiting"], overview.context["attempts_waiting"]) == (1, 1)
    queues = marking_desk.queues(Attempt.objects.markable(groups.teacher, exam))
    assert [queue.total for queue in queues] == [1]


def mark_url(exam: Exam, attempt: Attempt) -> str:
    return reverse("manage_marking_item", args=[exam.pk, attempt.paper[1]["v"], attempt.pk, 2])


MARK = {"value": "7", "comment": "要点缺一", "seen_mark": "0", "seen_rev": "1", "keep_comment": "1"}


@pytest.mark.parametrize("who", ["teacher", "assistant"])
def test_own_people_are_marked_with_claim_comment_and_outcome(
    exam: Exam, groups: Groups, who: str, session: Any
) -> None:
    user: User = getattr(groups, who)
    client = session(user)
    page = client.get(mark_url(exam, groups.mine))
    assert MarkClaim.objects.get().by == user
    seen = {"seen_mark": page.context["form"]["seen_mark"].value() or 0}
    seen["seen_rev"] = page.context["form"]["seen_rev"].value()
    answer = client.post(mark_url(exam, groups.mine), {**MARK, **seen})
    assert answer.status_code == 302
    groups.mine.refresh_from_db()
    assert (groups.mine.state, groups.mine.score) == ("marked", Decimal(17))
    comment = SavedComment.objects.get(by=user)
    assert client.post(reverse("manage_comment_remove", args=[exam.pk, comment.pk])).status_code == 302
    assert not SavedComment.objects.exists()


@pytest.mark.parametrize("who", ["teacher", "assistant"])
def test_foreign_answer_can_be_neither_read_nor_claimed_nor_marked(
    exam: Exam, groups: Groups, who: str
) -> None:
    client = launched(getattr(groups, who))
    for attempt in groups.foreign:
        assert client.get(mark_url(exam, attempt)).status_code == 404
        assert client.post(mark_url(exam, attempt), MARK).status_code == 404
    assert not Mark.objects.exists()
    assert not MarkClaim.objects.exists()


def test_comment_of_another_marker_is_not_theirs_to_delete(exam: Exam, groups: Groups) -> None:
    version = groups.mine.paper[1]["v"]
    foreign = SavedComment.objects.create(by=groups.assistant, version_id=version, text="很好")
    url = reverse("manage_comment_remove", args=[exam.pk, foreign.pk])
    assert launched(groups.teacher).post(url).status_code == 404


def test_each_group_of_an_exam_has_its_own_people(exam: Exam, groups: Groups) -> None:
    page = launched(groups.second_teacher).get(reverse("manage_results", args=[exam.pk])).content.decode()
    assert "邻班学员" in page
    assert "本班学员" not in page
    keep_staff(group=groups.second, user=groups.teacher, role=GroupRole.ASSISTANT, now=NOW)
    client = launched(groups.teacher)
    watched = client.get(reverse("manage_monitor", args=[exam.pk])).content.decode()
    assert "本班学员" in watched
    assert "邻班学员" in watched
    assert "班外考生" not in watched
    results = client.get(reverse("manage_results", args=[exam.pk])).content.decode()
    assert "邻班学员" not in results


def test_who_has_left_the_group_is_still_seen_by_its_teacher(exam: Exam, groups: Groups) -> None:
    remove_member(group=groups.ours, user=groups.mine.user, now=NOW)
    page = launched(groups.teacher).get(reverse("manage_results", args=[exam.pk])).content.decode()
    assert "本班学员" in page


def test_member_who_came_and_went_and_came_is_one_row(exam: Exam, groups: Groups) -> None:
    remove_member(group=groups.ours, user=groups.mine.user, now=NOW)
    keep_members(group=groups.ours, users=[groups.mine.user], now=NOW)
    rows = launched(groups.teacher).get(reverse("manage_results", args=[exam.pk])).context["rows"]
    assert len(rows) == 1


@pytest.mark.parametrize("name", sorted(OPEN_TO_TEACHER))
def test_who_has_ceased_to_teach_finds_nothing(exam: Exam, groups: Groups, name: str) -> None:
    args = args_of(exam, groups.mine, groups.teacher)
    remove_staff(group=groups.ours, user=groups.teacher, now=NOW)
    client = launched(groups.teacher)
    url = reverse(name, args=args[name])
    assert client.get(url).status_code in (404, 405)
    assert client.post(url, MARK).status_code in (404, 405)
    assert {client.get(url).status_code, client.post(url).status_code} & {404}


def test_teacher_of_a_group_that_sits_no_exam_has_no_screens(school: School, exam: Exam) -> None:
    user = make_user()
    keep_staff(group=make_group(), user=user, role=GroupRole.TEACHER, now=NOW)
    assert signed_in(user).get(reverse("manage_exams")).status_code == 404


def test_exam_that_the_group_does_not_sit_is_not_there(exam: Exam, groups: Groups, school: School) -> None:
    other = make_exam(unit=school.root, title="别的考试")
    make_candidate(other, groups.mine.user)
    client = launched(groups.teacher)
    for name in ("manage_candidates", "manage_monitor", "manage_marking", "manage_results"):
        assert client.get(reverse(name, args=[other.pk])).status_code == 404
    assert "别的考试" not in client.get(reverse("manage_exams")).content.decode()


def test_exam_taken_back_to_a_draft_is_closed_to_the_group(exam: Exam, groups: Groups) -> None:
    Exam.objects.filter(pk=exam.pk).update(state=Exam.State.DRAFT)
    client = launched(groups.teacher)
    for name in ("manage_candidates", "manage_monitor", "manage_marking", "manage_results"):
        assert client.get(reverse(name, args=[exam.pk])).status_code == 404


def test_role_counts_in_the_own_session_and_not_in_a_launched_one(
    school: School, exam: Exam, groups: Groups
) -> None:
    office = school.people["office"]
    keep_staff(group=groups.ours, user=office, role=GroupRole.TEACHER, now=NOW)
    assert "班外考生" in signed_in(office).get(reverse("manage_results", args=[exam.pk])).content.decode()
    client = launched(office)
    page = client.get(reverse("manage_results", args=[exam.pk])).content.decode()
    assert "班外考生" not in page
    assert "本班学员" in page
    assert client.get(reverse("manage_exam", args=[exam.pk])).status_code == 404


def test_unit_and_group_are_seen_together_by_who_has_both(school: School, exam: Exam, groups: Groups) -> None:
    watcher = make_user(roles=[(Role.TEACHER, school.other)])
    make_candidate(exam, make_user(unit=school.other_branch, name="本院考生"))
    keep_staff(group=groups.ours, user=watcher, role=GroupRole.TEACHER, now=NOW)
    page = signed_in(watcher).get(reverse("manage_monitor", args=[exam.pk])).content.decode()
    assert "本院考生" in page
    assert "本班学员" in page
    assert "邻班学员" not in page
    # The role reaches over the candidate's unit alone: it marks nothing, the group's people are marked.
    attempts = Attempt.objects.markable(watcher, exam)
    assert set(attempts) == {groups.mine}


LINK = re.compile(r'(?:href|action|hx-get)="(/[^"#]*)"')


@pytest.mark.parametrize("role", list(GroupRole))
def test_no_link_on_the_screens_of_a_launched_session_leads_nowhere(
    exam: Exam, groups: Groups, role: GroupRole
) -> None:
    user = groups.teacher if role == GroupRole.TEACHER else groups.assistant
    client, seen, wanted = launched(user), set(), {reverse("manage_exams")}
    while wanted:
        url = wanted.pop()
        seen.add(url)
        answer = client.get(url)
        assert answer.status_code in (200, 302, 405), url
        if answer.status_code == 200 and url.startswith("/manage/") and not answer.streaming:
            links = LINK.findall(answer.content.decode(errors="ignore").replace("&amp;", "&"))
            wanted |= {
                link for link in links if not link.startswith(("/static/", "/i18n/", "/logout"))
            } - seen
    assert len(seen) > 8
    assert not any(url.startswith("/admin/") for url in seen)


def queries_for(client: Client, url: str) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", [*LISTS, "manage_marking", "manage_results_export"])
def test_screens_cost_the_same_queries_for_few_and_for_many(
    school: School, exam: Exam, groups: Groups, name: str
) -> None:
    client = launched(groups.teacher)
    url = reverse(name, args=[] if name == "manage_exams" else [exam.pk])
    client.get(url)
    few = queries_for(client, url)
    more = [make_user(unit=school.branch) for _ in range(12)]
    keep_members(group=groups.ours, users=more, now=NOW)
    admit_group(exam_id=exam.pk, group=groups.ours, by=None, now=NOW)
    for user in more[:4]:
        handed_in(exam, user)
    for _ in range(4):
        admit_group(exam_id=make_exam(unit=school.root).pk, group=groups.ours, by=None, now=NOW)
    assert queries_for(client, url) == few


def test_role_holders_pay_no_query_for_groups(school: School, exam: Exam) -> None:
    make_candidate(exam, make_user(unit=school.branch))
    client = signed_in(school.people["office"])
    url = reverse("manage_candidates", args=[exam.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    asked = [query["sql"] for query in captured if "groupstaff" in query["sql"]]
    assert len(asked) == 1
    assert "roleassignment" in asked[0]
    assert not [query for query in captured if "groupmember" in query["sql"]]


def test_group_staff_may_not_adjust_their_people(exam: Exam, groups: Groups) -> None:
    assert not Attempt.objects.allowing(groups.teacher, Action.EXAM_ADJUST).exists()
    board = launched(groups.teacher).get(reverse("manage_monitor", args=[exam.pk]))
    assert not board.context["may_adjust"]
    assert board.context["whole_acts"] == ()
