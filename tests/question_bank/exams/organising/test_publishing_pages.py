"""Publishing asks first and says what it will do; the rail says what was published and whether that still stands."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from learning.organisation.models import AuditEntry
from question_bank.exams.models import Cell, Exam, ExamPool, FixedItem, Section
from question_bank.exams.organising.changes import NOTHING, changes_since_publication, plan_changes
from question_bank.exams.publishing import NotAsShown, drawn_now, parts_of, publish_exam, supply_for
from tests.factories import NOW, make_attempt, make_candidate, make_exam, make_question, make_user

from .conftest import School, publish, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(school: School) -> Exam:
    """A draft that lacks nothing: two questions of 10 points, one candidate who may sit and one who may not."""
    exam = make_exam(
        unit=school.root, kinds=["single", "short"], mark="10", title="结业考试", published=False
    )
    make_candidate(exam, make_user(unit=school.branch))
    make_candidate(exam, make_user(unit=school.branch), state="exempt")
    return exam


@pytest.fixture
def office(school: School) -> Any:
    return signed_in(school.people["office"])


def rail(client: Any, exam: Exam) -> str:
    page = client.get(reverse("manage_exam", args=[exam.pk])).content.decode()
    return str(page[page.index('id="checklist"') : page.index("</aside>")])


def asked(client: Any, exam: Exam) -> str:
    return str(client.get(reverse("manage_exam_publish", args=[exam.pk])).content.decode())


def test_publishing_asks_first_and_says_whom_when_and_what(office: Any, ready: Exam) -> None:
    text = asked(office, ready)
    assert "1 人可以进入" in text
    assert "另有 1 人免考" in text
    assert "2 题，共 20 分" in text
    assert "试卷冻结" in text
    assert "马上可以进入" in text
    ready.refresh_from_db()
    assert ready.state == Exam.State.DRAFT
    assert publish(office, ready).status_code == 302
    ready.refresh_from_db()
    assert ready.state == Exam.State.PUBLISHED
    assert AuditEntry.objects.filter(action="exam.publish", object_id=str(ready.pk)).count() == 1


def test_a_post_that_confirmed_nothing_publishes_nothing(office: Any, ready: Exam) -> None:
    assert office.post(reverse("manage_exam_publish", args=[ready.pk])).status_code == 422
    ready.refresh_from_db()
    assert ready.state == Exam.State.DRAFT


def test_what_changed_after_the_question_is_shown_before_it_is_published(office: Any, ready: Exam) -> None:
    url = reverse("manage_exam_publish", args=[ready.pk])
    seen = office.get(url).context["seen"]
    Cell.objects.filter(kind="single").update(mark=30)
    answer = office.post(url, {"seen": seen})
    assert answer.status_code == 422
    assert "还没有发布" in answer.content.decode()
    assert "2 题，共 40 分" in answer.content.decode()
    ready.refresh_from_db()
    assert ready.state == Exam.State.DRAFT
    assert not ExamPool.objects.filter(exam=ready).exists()


def test_the_service_publishes_what_was_seen_or_nothing(school: School, ready: Exam) -> None:
    with pytest.raises(NotAsShown):
        publish_exam(exam_id=ready.pk, by=school.people["office"], now=NOW, seen="other")
    ready.refresh_from_db()
    assert (ready.state, ready.pool_version) == (Exam.State.DRAFT, 0)


def test_an_exam_that_is_not_ready_goes_back_to_its_checklist(office: Any, ready: Exam) -> None:
    ready.candidates.all().delete()
    answer = office.get(reverse("manage_exam_publish", args=[ready.pk]))
    assert answer.status_code == 302
    assert answer["Location"].endswith("#checklist")


def test_the_rail_says_published_with_its_time_until_something_differs(office: Any, ready: Exam) -> None:
    assert "检查全部通过，可以发布" in rail(office, ready)
    publish(office, ready)
    said = rail(office, ready)
    assert "已发布，2026年6月1日" in said
    assert "可以发布" not in said
    assert "重新发布" not in said
    Cell.objects.filter(kind="single").update(mark=5)
    said = rail(office, ready)
    assert "组卷规则已改，可重新发布" in said
    assert "重新发布…" in said
    publish(office, ready)
    assert "组卷规则已改" not in rail(office, ready)


def test_a_question_added_to_the_bank_shows_as_a_change_of_what_may_be_drawn(
    office: Any, ready: Exam
) -> None:
    publish(office, ready)
    make_question(Cell.objects.filter(kind="single").get().bank)
    assert "可抽的试题已变，可重新发布" in rail(office, ready)
    assert "可抽的试题新增 1 道" in asked(office, ready)


def test_publishing_again_says_who_has_started_and_what_differs_for_the_others(
    office: Any, ready: Exam
) -> None:
    publish(office, ready)
    ready.refresh_from_db()
    attempt = make_attempt(ready, ready.candidates.get(state="eligible").user)
    section = Section.objects.get(blueprint=ready.blueprint)
    bank = Cell.objects.filter(section=section)[0].bank
    extra = make_question(bank, "true_false").current
    FixedItem.objects.create(section=section, order=9, version=extra, mark=5)
    text = asked(office, ready)
    assert "已有 1 人开始，其中 1 人正在作答" in text
    assert "之后开始的人与已开始的人不同" in text
    assert "题数：2 题改为 3 题" in text
    assert "总分：20 分改为 25 分" in text
    paper = attempt.paper
    publish(office, ready)
    attempt.refresh_from_db()
    assert attempt.paper == paper


def test_nothing_differs_right_after_publishing(school: School, ready: Exam) -> None:
    exam = publish_exam(exam_id=ready.pk, by=school.people["office"], now=NOW)
    parts = parts_of(exam.blueprint_id)
    live = drawn_now(parts, supply_for(exam, parts))
    assert changes_since_publication(exam, live) == NOTHING


def section(title: str = "一", n: int = 2, **fields: Any) -> dict[str, Any]:
    return {
        "title": title,
        "instructions": "",
        "shuffle_questions": True,
        "shuffle_options": True,
        "rule": {},
        "parts": [{"cell": 1, "n": n, "mark": "2.00"}],
        **fields,
    }


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([section()], [section()], []),
        ([section()], [section(n=3)], ["题数：2 题改为 3 题。", "总分：4 分改为 6 分。", "“一”：2 题 4 分改为3 题 6 分。"]),
        ([section()], [section(rule={"multiple": "exact"})], ["“一”：多选题计分有改动。"]),
        ([section()], [section(shuffle_options=False)], ["“一”：打乱题序或选项的设置有改动。"]),
        ([section()], [section("甲")], ["大题“一”改名为“甲”。"]),
        ([section(), section("二")], [section("二"), section()], ["大题的次序有改动。"]),
        (
            [section()],
            [section(), section("二", 1)],
            ["题数：2 题改为 3 题。", "总分：4 分改为 6 分。", "新增大题“二”：1 题 2 分。"],
        ),
        (
            [section(), section("二", 1)],
            [section()],
            ["题数：3 题改为 2 题。", "总分：6 分改为 4 分。", "删去大题“二”（1 题 2 分）。"],
        ),
    ],
)  # fmt: skip
def test_changes_of_a_plan_in_words(
    before: list[dict[str, Any]], after: list[dict[str, Any]], said: list[str]
) -> None:
    assert plan_changes({"sections": before}, {"sections": after}) == said
