"""The organisers' screens: a class from the first form to the certificates; nothing for others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from courses.classes import planning
from courses.models import Certificate, Graduation, PlanItem, Reflection, ReflectionTask
from learning.organisation.models import ClassMember, Role, TrainingClass, Unit, User
from learning.study.models import Enrolment
from question_bank.exams.models import Candidate
from tests.courses.classes.making import (
    complete,
    complete_course,
    make_course,
    make_mark,
    make_result,
    make_task,
)
from tests.factories import NOW, make_class, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def root() -> Unit:
    return make_unit(name="校党委")


@pytest.fixture
def college(root: Unit) -> Unit:
    return make_unit(root, name="电子学院党总支")


@pytest.fixture
def office(college: Unit) -> User:
    return make_user(roles=[(Role.SCHOOL_OFFICE, college)])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="learning.organisation.backends.NumberBackend")
    return client


@pytest.fixture
def admin(office: User) -> Client:
    return signed_in(office)


def at(name: str, *args: object) -> str:
    return reverse(f"classes_admin:{name}", args=args)


def test_class_is_made_planned_filled_started_and_graduated(admin: Client, root: Unit, college: Unit) -> None:
    branch = make_unit(college, name="学生支部")
    good, bad = make_user(name="张好学", unit=branch), make_user(name="李未学", unit=branch)
    facts = {
        "name": "第一期", "code": "2026-1", "owner_unit": college.pk, "from_date": "2026-06-01",
        "to_date": "2026-06-30", "rules": "按时出勤",
    }  # fmt: skip
    assert admin.post(at("class_new"), facts).status_code == 302
    made = TrainingClass.objects.get()
    course, exam = make_course(root, title="校级课程"), make_exam(unit=college, title="结业考试")
    common = {"required": "on", "weight": "1", "due_at": ""}
    assert admin.post(at("item_add", made.pk, "course"), {**common, "activity": course.pk}).status_code == 302
    assert admin.post(at("item_add", made.pk, "exam"), {**common, "exam": exam.pk}).status_code == 302
    reflection = {**common, "title": "心得", "prompt": "谈谈", "min_chars": "10"}
    assert admin.post(at("item_add", made.pk, "reflection"), reflection).status_code == 302
    assert admin.post(at("item_add", made.pk, "hours"), {"hours": "2"}).status_code == 302
    rules = {
        "w_exam": 40, "w_study": 20, "w_reflection": 40, "least_exam": 60, "least_study": 60,
        "least_reflection": 60, "pass_total": 60, "certificate": "on",
    }  # fmt: skip
    assert admin.post(at("class_rules", made.pk), {**rules, "w_exam": 50}).status_code == 422
    assert admin.post(at("class_rules", made.pk), rules).status_code == 302
    told = admin.post(at("members_admit", made.pk), {"units": [college.pk], "look": "1"}).content.decode()
    assert "将新增 2 名学员" in told
    assert not made.members.exists()
    admin.post(at("members_admit", made.pk), {"units": [branch.pk]})
    assert admin.post(at("class_start", made.pk)).status_code == 302
    assert Enrolment.objects.filter(activity=course).count() == 2
    assert Candidate.objects.filter(exam=exam).count() == 2

    complete_course(good, course)
    make_result(exam, good, "90")
    make_mark(good, ReflectionTask.objects.get(), "85")
    board = admin.get(at("class_progress", made.pk)).content.decode()
    for words in ("2/2 课", "90 分", "85 分", "未考", "未写"):
        assert words in board
    preview = admin.get(at("class_graduation", made.pk))
    assert "按目前的成绩可以结业 1 人" in preview.content.decode()
    assert "“结业考试”未完成" in preview.content.decode()
    admin.post(at("graduation_confirm", made.pk), {"seen": preview.context["seen"]})
    assert dict(Graduation.objects.values_list("member__user", "graduated")) == {good.pk: True, bad.pk: False}
    admin.post(at("certificates_issue", made.pk))
    certificate = Certificate.objects.get()
    assert certificate.user == good
    page = admin.get(at("class_graduation", made.pk)).content.decode()
    assert certificate.number in page
    book = load_workbook(BytesIO(admin.get(at("graduation_export", made.pk)).content))
    rows = list(book.active.iter_rows(values_only=True))
    assert [row[1] for row in rows[1:]] == ["张好学", "李未学"]
    assert rows[1][8] == "90"  # 40 % of 90, 20 % of 100, 40 % of 85
    assert rows[1][11] == certificate.number
    found = admin.get(at("class_graduation", made.pk), {"q": "好学"})
    assert [row["certificate"] for row in found.context["rows"]] == [certificate]
    assert not admin.get(at("class_graduation", made.pk), {"q": "无此人"}).context["rows"]
    for said in ("已撤销。", "这份证书已经撤销。"):  # the second time by a double click
        answer = admin.post(
            at("certificate_revoke", made.pk, certificate.pk), {"reason": "替考"}, follow=True
        ).content.decode()
        assert said in answer
        assert f"{certificate.number} · 2026年6月1日" in answer
    certificate.refresh_from_db()
    assert certificate.revoked_at == NOW


def test_class_with_an_unfinished_plan_is_not_started(admin: Client, college: Unit) -> None:
    made = make_class(college, state=TrainingClass.State.DRAFT)
    shown = admin.post(at("class_start", made.pk), follow=True).content.decode()
    assert "还不能开班" in shown
    made.refresh_from_db()
    assert made.state == TrainingClass.State.DRAFT


def urls_of(made: TrainingClass) -> list[str]:
    item = PlanItem.objects.create(training_class=made, kind="hours", hours=Decimal(1))
    member = made.members.get()
    return [
        at("class_edit", made.pk),
        at("class_plan", made.pk),
        at("item_add", made.pk, "course"),
        at("item_edit", made.pk, item.pk),
        at("class_members", made.pk),
        at("members_admit", made.pk),
        at("members_upload", made.pk),
        at("member_act", made.pk, member.pk),
        at("class_progress", made.pk),
        at("progress_export", made.pk),
        at("class_graduation", made.pk),
        at("graduation_export", made.pk),
    ]


def test_every_screen_opens_for_whoever_manages_the_class_and_is_unknown_to_all_others(
    root: Unit, college: Unit, office: User
) -> None:
    made = make_class(college, members=[make_user(unit=college)])
    urls = urls_of(made)
    assert all(signed_in(office).get(url).status_code == 200 for url in urls)
    foreign = make_user(roles=[(Role.SCHOOL_OFFICE, make_unit(root))])
    teacher = make_user(roles=[(Role.TEACHER, root)])
    secretary = make_user(roles=[(Role.SECRETARY, college)])
    for other in (foreign, teacher, secretary):
        client = signed_in(other)
        assert [url for url in urls if client.get(url).status_code != 404] == []
        for name in ("class_start", "class_rules", "graduation_confirm", "certificates_issue"):
            assert client.post(at(name, made.pk)).status_code == 404
    member = signed_in(made.members.get().user)
    assert all(member.get(url).status_code in (302, 404) for url in urls)
    made.refresh_from_db()
    assert made.state == TrainingClass.State.RUNNING


def test_foreign_class_is_neither_listed_nor_counted(admin: Client, root: Unit) -> None:
    make_class(make_unit(root), name="外院的班")
    response = admin.get(at("class_list"))
    assert "外院的班" not in response.content.decode()
    assert response.context["chips"][0][2] == 0


def test_members_come_only_from_the_organiser_s_own_scope(admin: Client, root: Unit, college: Unit) -> None:
    made = make_class(college)
    inside, outside = make_user(unit=college), make_user(unit=make_unit(root, name="外院"))
    foreign_unit = outside.memberships.get().unit
    assert admin.post(at("members_admit", made.pk), {"units": [foreign_unit.pk]}).status_code == 422
    pasted = {"numbers": f"{inside.number}\n{outside.number} 404404"}
    checked = admin.post(at("members_upload", made.pk), pasted)
    assert checked.context["checked"].new == [inside]
    assert checked.context["checked"].unknown == [outside.number, "404404"]
    admin.post(at("members_upload", made.pk), {**pasted, "confirm": "1"})
    assert [each.user for each in made.members.all()] == [inside]


def test_plan_offers_no_exam_or_course_of_others(admin: Client, root: Unit, college: Unit) -> None:
    made = make_class(college)
    other = make_unit(root)
    exam, course = make_exam(unit=other), make_course(other)
    common = {"required": "on", "weight": "1", "due_at": ""}
    assert admin.post(at("item_add", made.pk, "exam"), {**common, "exam": exam.pk}).status_code == 422
    assert admin.post(at("item_add", made.pk, "course"), {**common, "activity": course.pk}).status_code == 422
    assert admin.get(at("item_add", made.pk, "nonsense")).status_code == 404
    assert not made.plan_items.exists()


def test_item_of_another_class_is_not_changed_through_this_one(
    admin: Client, root: Unit, college: Unit
) -> None:
    made, foreign = make_class(college), make_class(make_unit(root))
    item = PlanItem.objects.create(training_class=foreign, kind="hours", hours=Decimal(1))
    assert admin.post(at("item_edit", made.pk, item.pk), {"remove": "1"}).status_code == 404
    assert PlanItem.objects.filter(pk=item.pk).exists()


def test_withdrawing_asks_for_a_reason(admin: Client, college: Unit) -> None:
    made = make_class(college, members=[make_user(unit=college)])
    member = made.members.get()
    assert admin.post(at("member_act", made.pk, member.pk), {"reason": ""}).status_code == 422
    admin.post(at("member_act", made.pk, member.pk), {"reason": "调离"})
    member.refresh_from_db()
    assert member.state == ClassMember.State.WITHDRAWN


def test_board_is_filtered_counted_and_taken_away_alike(admin: Client, office: User, college: Unit) -> None:
    good, idle = make_user(name="勤", unit=college), make_user(name="懒", unit=college)
    made = make_class(college, members=[good, idle])
    course = make_course(college)
    due = NOW - timedelta(days=1)
    planning.add_item(class_id=made.pk, kind="course", activity=course, due_at=due, by=office, now=NOW)
    complete_course(good, course)
    late = admin.get(at("class_progress", made.pk), {"show": "late"})
    assert [row["standing"].member.user for row in late.context["rows"]] == [idle]
    counts = {name: count for name, _label, count in late.context["chips"]}
    assert counts == {"": 2, "all": 1, "open": 1, "late": 1, "none": 1}
    book = load_workbook(BytesIO(admin.get(at("progress_export", made.pk), {"show": "late"}).content))
    assert [row[1] for row in book.active.iter_rows(min_row=2, values_only=True)] == ["懒"]


def test_board_and_its_sheet_show_the_parts_that_make_the_total(
    admin: Client, office: User, college: Unit
) -> None:
    user = make_user(unit=college)
    made = make_class(college, members=[user])
    exam, course = make_exam(unit=college), make_course(college, lessons=3)
    planning.add_item(class_id=made.pk, kind="exam", exam=exam, by=office, now=NOW)
    planning.add_item(class_id=made.pk, kind="course", activity=course, by=office, now=NOW)
    make_result(exam, user, "61.5")
    complete(user, course.children.order_by("position")[0])
    row = admin.get(at("class_progress", made.pk)).context["rows"][0]
    assert [str(each["reached"]) for each in row["parts"]] == ["61.50", "33.33", "None"]
    book = load_workbook(BytesIO(admin.get(at("progress_export", made.pk)).content))
    headings, line = book.active.iter_rows(values_only=True)
    by_name = dict(zip(headings, line, strict=True))
    assert by_name["考试（占 70%）"] == "61.5"
    assert by_name["学习完成（占 10%）"] == "33.33"
    assert not by_name["心得体会（占 20%）"]
    assert by_name["综合成绩（目前）"] == "46.38"  # 43.05 + 3.333


def test_only_exams_and_reflections_have_a_weight_to_change(
    admin: Client, office: User, college: Unit
) -> None:
    made = make_class(college)
    course = planning.add_item(
        class_id=made.pk, kind="course", activity=make_course(college), by=office, now=NOW
    )
    exam = planning.add_item(class_id=made.pk, kind="exam", exam=make_exam(unit=college), by=office, now=NOW)
    for item, weight in ((course, 1), (exam, 3)):
        url = at("item_edit", made.pk, item.pk)
        assert ('name="weight"' in admin.get(url).content.decode()) == (item == exam)
        assert admin.post(url, {"weight": "3", "due_at": ""}).status_code == 302
        item.refresh_from_db()
        assert (item.weight, item.required) == (weight, False)
    assert 'name="weight"' not in admin.get(at("item_add", made.pk, "course")).content.decode()


def test_board_asks_the_same_number_of_questions_for_any_class(
    admin: Client, office: User, college: Unit
) -> None:
    def cost(people: int, courses: int) -> int:
        made = make_class(college, members=[make_user(unit=college) for _ in range(people)])
        for _ in range(courses):
            planning.add_item(
                class_id=made.pk, kind="course", activity=make_course(college), by=office, now=NOW
            )
        admin.get(at("class_progress", made.pk))
        with CaptureQueriesContext(connection) as queries:
            admin.get(at("class_progress", made.pk))
        return len(queries)

    assert cost(1, 1) == cost(12, 4)


def test_reflections_are_marked_one_after_the_other_within_the_scope(root: Unit, college: Unit) -> None:
    teacher = signed_in(make_user(roles=[(Role.TEACHER, college)]))
    task = make_task(college, title="学党章心得")
    rows = [
        Reflection.objects.create(
            task=task, user=make_user(unit=college), text="体会" * 20, rev=1, state="submitted", saved_at=NOW,
            submitted_at=NOW + timedelta(minutes=n),
        )
        for n in range(2)
    ]  # fmt: skip
    assert "学党章心得" in teacher.get(at("task_list")).content.decode()
    assert teacher.get(at("task_texts", task.pk)).status_code == 200
    assert teacher.get(at("task_next", task.pk))["Location"] == at("text_mark", task.pk, rows[0].pk)
    first = at("text_mark", task.pk, rows[0].pk)
    assert teacher.post(first, {"mark": "101", "seen_rev": "1"}).status_code == 422
    marked = teacher.post(first, {"mark": "88.5", "comment": "好", "seen_rev": "1"})
    assert marked["Location"] == at("text_mark", task.pk, rows[1].pk)
    second = at("text_mark", task.pk, rows[1].pk)
    assert teacher.post(second, {"give_back": "1", "back-reason": "", "seen_rev": "1"}).status_code == 422
    teacher.post(second, {"give_back": "1", "back-reason": "太空", "seen_rev": "1"})
    states = list(Reflection.objects.order_by("pk").values_list("state", "mark", "comment"))
    assert states == [("marked", Decimal("88.50"), "好"), ("returned", None, "太空")]
    foreign = signed_in(make_user(roles=[(Role.TEACHER, make_unit(root))]))
    secretary = signed_in(make_user(roles=[(Role.SECRETARY, college)]))
    for other in (foreign, secretary):
        for url in (at("task_texts", task.pk), at("task_next", task.pk), first):
            assert other.get(url).status_code == 404
        assert other.post(first, {"mark": "0", "seen_rev": "1"}).status_code == 404
    assert "学党章心得" not in foreign.get(at("task_list")).content.decode()


def test_menu_shows_classes_and_reflections_to_those_who_may(root: Unit) -> None:
    home = reverse("wagtailadmin_home")
    office = signed_in(make_user(roles=[(Role.SCHOOL_OFFICE, root)])).get(home).content.decode()
    assert at("class_list") in office
    assert at("task_list") in office
    teacher = signed_in(make_user(roles=[(Role.TEACHER, root)])).get(home).content.decode()
    assert at("class_list") not in teacher
    assert at("task_list") in teacher
