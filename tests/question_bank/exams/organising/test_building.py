"""From nothing to a published exam: sections, cells with live supply, fixed questions, rules, copies."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from learning.organisation.models import AuditEntry
from question_bank.exams.errors import NotPossible
from question_bank.exams.models import Cell, Exam, ExamPool, FixedItem, Section
from question_bank.exams.organising import blueprints, building
from question_bank.exams.organising.trial import trial_paper
from question_bank.exams.publishing import parts_of
from tests.factories import (
    NOW,
    make_attempt,
    make_bank,
    make_candidate,
    make_chapter,
    make_exam,
    make_question,
    make_unit,
    make_user,
)

from .conftest import School, publish, signed_in

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def draft(school: School) -> Exam:
    return building.create_exam(
        title="党章考试", kind="formal", owner_unit=school.root, by=school.people["office"], now=NOW
    )


def cell_data(bank: Any, **fields: Any) -> dict[str, Any]:
    return {
        "bank": bank.pk,
        "kind": "single",
        "difficulty_min": 1,
        "difficulty_max": 5,
        "tags_text": "",
        "n": 20,
        "mark": "2",
        **fields,
    }


def test_a_new_exam_is_a_draft_with_a_blueprint_of_its_own_and_is_written_down(draft: Exam) -> None:
    assert draft.state == Exam.State.DRAFT
    assert draft.opens_at > NOW
    assert not parts_of(draft.blueprint_id).sections
    assert AuditEntry.objects.filter(action="exam.create", object_id=str(draft.pk)).exists()


def test_section_cell_and_publish_by_the_pages(school: School, draft: Exam) -> None:
    client = signed_in(school.people["office"])
    bank = make_bank(school.root)
    for _n in range(3):
        make_question(bank)
    client.post(
        reverse("manage_section_add", args=[draft.pk]),
        {"title": "一、单选题", "shuffle_questions": "on", "multiple": "exact"},
    )
    section = Section.objects.get(blueprint=draft.blueprint)
    assert section.rule == {"multiple": "exact"}
    assert not section.shuffle_options
    add = reverse("manage_cell_add", args=[draft.pk, section.pk])
    assert client.post(add, cell_data(bank, n=3)).status_code == 302
    publish(client, draft)
    draft.refresh_from_db()
    assert draft.state == Exam.State.DRAFT  # no candidates yet
    make_candidate(draft, make_user(unit=school.branch))
    publish(client, draft)
    draft.refresh_from_db()
    assert draft.state == Exam.State.PUBLISHED
    assert ExamPool.objects.filter(exam=draft).count() == 3


def test_supply_is_told_before_anything_is_saved(school: School, draft: Exam) -> None:
    bank = make_bank(school.root)
    chapter = make_chapter(bank)
    below = make_chapter(bank, "第一条", chapter)
    other = make_chapter(bank, "附则")
    for each in (chapter, below, other):
        make_question(bank, chapter=each)
    section = Section.objects.create(blueprint=draft.blueprint, order=1, title="一")
    client = signed_in(school.people["office"])
    add = reverse("manage_cell_add", args=[draft.pk, section.pk])
    told = client.post(add, cell_data(bank, look="1", chapters=[chapter.pk])).content.decode()
    assert "需 20，可用 2" in told
    assert "supply--short" in told
    assert not Cell.objects.exists()
    told = client.post(add, cell_data(bank, look="1", n=2, chapters=[chapter.pk])).content.decode()
    assert "需 2，可用 2" in told
    assert "supply--short" not in told


def test_cells_that_share_questions_are_named_where_they_are_short_together(
    school: School, draft: Exam
) -> None:
    bank = make_bank(school.root)
    for _n in range(3):
        make_question(bank)
    section = Section.objects.create(blueprint=draft.blueprint, order=1, title="单选部分")
    Cell.objects.create(section=section, order=1, bank=bank, kind="single", n=2, mark=1)
    client = signed_in(school.people["office"])
    told = client.post(
        reverse("manage_cell_add", args=[draft.pk, section.pk]), cell_data(bank, look="1", n=2)
    ).content.decode()
    assert "需 2，可用 3" in told
    assert "单选部分·单选题" in told
    assert "合计需 4，可用 3" in told


def test_a_bank_of_another_unit_cannot_be_drawn_from(school: School, draft: Exam) -> None:
    foreign = make_bank(make_unit(name="外校"))
    section = Section.objects.create(blueprint=draft.blueprint, order=1, title="一")
    make_bank(school.root)
    client = signed_in(school.people["college_office"])
    theirs = building.create_exam(
        title="院考", kind="formal", owner_unit=school.college, by=school.people["college_office"], now=NOW
    )
    make_bank(school.college)
    section = Section.objects.create(blueprint=theirs.blueprint, order=1, title="一")
    answer = client.post(reverse("manage_cell_add", args=[theirs.pk, section.pk]), cell_data(foreign))
    assert answer.status_code == 422
    assert not Cell.objects.exists()


def test_fixed_questions_are_found_by_words_and_added_once(school: School, draft: Exam) -> None:
    bank = make_bank(school.root)
    wanted = make_question(bank, stem="<p>党的宗旨是什么？</p>")
    make_question(bank, stem="<p>别的题</p>")
    section = Section.objects.create(blueprint=draft.blueprint, order=1, title="一")
    client = signed_in(school.people["office"])
    url = reverse("manage_fixed_add", args=[draft.pk, section.pk])
    page = client.get(url, {"q": "宗旨"}).content.decode()
    assert "党的宗旨是什么" in page
    assert "别的题" not in page
    for _again in range(2):
        client.post(url, {"question": [wanted.pk], "mark": "5"})
    item = FixedItem.objects.get()
    assert (item.version_id, item.mark) == (wanted.current_id, Decimal(5))


def test_sections_change_places_and_copies_keep_everything(school: School, draft: Exam) -> None:
    source = make_exam(unit=school.root)
    blueprints.copy_parts(source=source.blueprint_id, target=draft.blueprint_id)
    blueprints.copy_parts(source=source.blueprint_id, target=draft.blueprint_id)
    first, second = Section.objects.filter(blueprint=draft.blueprint).order_by("order")
    blueprints.move_section(section=second, up=True)
    blueprints.move_section(section=second, up=True)
    now = list(
        Section.objects.filter(blueprint=draft.blueprint).order_by("order").values_list("pk", flat=True)
    )
    assert now == [second.pk, first.pk]
    original = parts_of(source.blueprint_id).cells
    copied = list(Cell.objects.filter(section=first).order_by("order"))
    assert [(c.kind, c.n, c.mark) for c in copied] == [(c.kind, c.n, c.mark) for c in original]


def test_a_cell_that_feeds_a_published_exam_stays(school: School) -> None:
    exam = make_exam(unit=school.root)
    cell = Cell.objects.filter(section__blueprint=exam.blueprint).select_related("section").first()
    assert cell
    with pytest.raises(NotPossible):
        blueprints.remove_cell(cell=cell)
    Exam.objects.filter(pk=exam.pk).update(state=Exam.State.WITHDRAWN)
    blueprints.remove_cell(cell=cell)
    assert not Cell.objects.filter(pk=cell.pk).exists()


def test_a_copy_has_rules_but_no_candidates_and_a_resit_shares_the_blueprint(school: School) -> None:
    exam = make_exam(
        unit=school.root, candidates=[make_user(unit=school.branch)], password="暗号", limit_s=2700
    )
    office = school.people["office"]
    copy = building.copy_exam(exam_id=exam.pk, title="副本", kind="mock", by=office, now=NOW)
    assert (copy.limit_s, copy.password, copy.state) == (2700, "", Exam.State.DRAFT)
    assert not copy.candidates.exists()
    assert copy.blueprint_id != exam.blueprint_id
    resit = building.copy_exam(exam_id=exam.pk, title="补考", kind="resit", by=office, now=NOW)
    assert resit.blueprint_id == exam.blueprint_id


def test_time_changes_after_the_first_entry_need_a_reason_and_move_running_deadlines(school: School) -> None:
    member = make_user(unit=school.branch)
    exam = make_exam(unit=school.root, candidates=[member], limit_s=7200)
    attempt = make_attempt(exam, member)
    assert attempt.deadline_at == exam.closes_at
    office = school.people["office"]
    later = {"closes_at": exam.closes_at + HOUR / 2}
    with pytest.raises(building.ReasonNeeded):
        building.change_exam(exam_id=exam.pk, changes=later, by=office, now=NOW)
    building.change_exam(exam_id=exam.pk, changes={"title": "新名"}, by=office, now=NOW)
    building.change_exam(exam_id=exam.pk, changes=later, by=office, now=NOW, reason="停电")
    attempt.refresh_from_db()
    exam.refresh_from_db()
    assert attempt.deadline_at == exam.closes_at
    assert attempt.clock_rev == 2
    entry = AuditEntry.objects.filter(action="exam.change").latest("pk")
    assert entry.data["reason"] == "停电"


def test_the_page_asks_for_the_reason_and_takes_it(school: School) -> None:
    member = make_user(unit=school.branch)
    exam = make_exam(unit=school.root, candidates=[member])
    make_attempt(exam, member)
    client = signed_in(school.people["office"])
    url = reverse("manage_exam_settings", args=[exam.pk, "time"])
    data = {
        "time-opens_at": "2026-06-01T08:00",
        "time-closes_at": "2026-06-01T12:00",
        "time-limit_min": "30",
        "time-end_policy": "dynamic",
        "time-earliest_submit_min": "0",
        "time-max_attempts": "1",
        "time-delay_min": "0",
        "time-score_policy": "best",
    }
    asked = client.post(url, data)
    assert asked.status_code == 422
    assert "已有 1 人进入考试" in asked.content.decode()
    assert client.post(url, {**data, "reason": ""}).status_code == 422
    assert client.post(url, {**data, "reason": "推迟"}).status_code == 302
    before, exam = exam, Exam.objects.get(pk=exam.pk)
    assert exam.closes_at == before.closes_at + 2 * HOUR
    assert exam.opens_at == before.opens_at


def test_the_password_is_never_written_down(school: School, draft: Exam) -> None:
    building.change_exam(
        exam_id=draft.pk, changes={"password": "天安门"}, by=school.people["office"], now=NOW
    )
    assert "天安门" not in str(AuditEntry.objects.latest("pk").data)


def test_a_teacher_builds_but_changes_no_published_exam(school: School, draft: Exam, exam: Exam) -> None:
    client = signed_in(school.people["teacher"])
    data = {"basics-title": "新名称", "basics-kind": "formal", "basics-instructions": ""}
    assert client.post(reverse("manage_exam_settings", args=[draft.pk, "basics"]), data).status_code == 302
    assert client.post(reverse("manage_exam_settings", args=[exam.pk, "basics"]), data).status_code == 404
    assert client.post(reverse("manage_exam_publish", args=[draft.pk])).status_code == 404


def test_bands_are_lines_and_wrong_lines_are_named(school: School, draft: Exam) -> None:
    client = signed_in(school.people["office"])
    url = reverse("manage_exam_settings", args=[draft.pk, "release"])
    data = {
        "release-score_release": "manual",
        "release-answer_release": "manual",
        "release-pass_percent": "60",
        "release-bands_text": "60 合格\n90% 优秀",
    }
    assert client.post(url, data).status_code == 302
    draft.refresh_from_db()
    assert draft.bands == [{"from": "90", "name": "优秀"}, {"from": "60", "name": "合格"}]
    refused = client.post(url, {**data, "release-bands_text": "优秀 90"})
    assert refused.status_code == 422
    assert "优秀 90" in refused.content.decode()


def test_the_trial_paper_is_the_seeds_and_leaves_nothing_behind(school: School) -> None:
    bank = make_bank(school.root)
    for _n in range(12):
        make_question(bank)
    exam = make_exam(unit=school.root, bank=bank, kinds=["single"], published=False)
    Cell.objects.filter(section__blueprint=exam.blueprint).update(n=6)
    first = trial_paper(exam=exam, seed=1, now=NOW)
    again = trial_paper(exam=exam, seed=1, now=NOW)
    other = trial_paper(exam=exam, seed=2, now=NOW)
    stems = [[item["stem"] for item in paper.sections[0]["items"]] for paper in (first, again, other)]
    assert stems[0] == stems[1] != stems[2]
    assert first.count == 6
    assert not first.frozen
    assert "key" not in first.sections[0]["items"][0]
    assert not exam.attempts.exists()


def test_a_trial_of_too_small_a_pool_says_so(school: School) -> None:
    exam = make_exam(unit=school.root, kinds=["single"], published=False)
    Cell.objects.filter(section__blueprint=exam.blueprint).update(n=6)
    page = signed_in(school.people["office"]).get(reverse("manage_trial", args=[exam.pk]))
    assert page.status_code == 200
    assert "抽不出完整的试卷" in page.content.decode()
