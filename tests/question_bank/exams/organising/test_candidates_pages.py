"""Admitting by units and by numbers within one's own scope; states, extra time, removal; what is exported."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from learning.organisation.models import AuditEntry, PersonStatus, User
from question_bank.exams.models import Candidate, Exam
from tests.factories import NOW, make_attempt, make_candidate, make_membership, make_user

from .conftest import School, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(school: School) -> list[User]:
    """Two full members and an activist in the college's branch; one member in the other college."""
    found = [make_user(name=f"党员{n}", unit=school.branch) for n in range(2)]
    activist = make_user(name="积极分子")
    make_membership(activist, school.branch, status=PersonStatus.ACTIVIST)
    return [*found, activist, make_user(name="外院", unit=school.other_branch)]


def test_counts_are_told_before_people_are_admitted(school: School, exam: Exam, people: list[User]) -> None:
    make_candidate(exam, people[0])
    client = signed_in(school.people["office"])
    url = reverse("manage_candidates_admit", args=[exam.pk])
    told = client.post(url, {"units": [school.college.pk], "look": "1"}, headers={"HX-Request": "true"})
    text = told.content.decode()
    assert "将新增 2 名考生" in text
    assert "入党积极分子" in text
    assert "<html" not in text
    assert exam.candidates.count() == 1
    client.post(url, {"units": [school.college.pk], "person_statuses": ["activist"]})
    assert set(exam.candidates.values_list("user__full_name", flat=True)) == {"党员0", "积极分子"}


def test_units_outside_the_scope_cannot_be_admitted(school: School, people: list[User]) -> None:
    office = school.people["college_office"]
    exam = Exam.objects.get(
        pk=signed_in(office)
        .post(
            reverse("manage_exam_new"), {"title": "院考", "kind": "formal", "owner_unit": school.college.pk}
        )["Location"]
        .split("/")[-2]
    )
    client = signed_in(office)
    url = reverse("manage_candidates_admit", args=[exam.pk])
    assert client.post(url, {"units": [school.other.pk]}).status_code == 422
    assert "机械学院" not in client.get(url).content.decode()
    assert not exam.candidates.exists()


def test_numbers_are_checked_then_admitted_and_foreign_ones_are_as_unknown_as_nobody(
    school: School, people: list[User]
) -> None:
    office = school.people["college_office"]
    exam = Exam.objects.create(
        title="院考",
        owner_unit=school.college,
        blueprint_id=_blueprint(school),
        opens_at=NOW,
        closes_at=NOW + timedelta(hours=1),
        limit_s=600,
    )
    make_candidate(exam, people[0])
    client = signed_in(office)
    url = reverse("manage_candidates_upload", args=[exam.pk])
    pasted = f"{people[0].number}，{people[1].number}\n{people[3].number} 404404"
    page = client.post(url, {"numbers": pasted})
    checked = page.context["checked"]
    assert [person.pk for person in checked.new] == [people[1].pk]
    assert checked.already == [people[0].number]
    assert checked.unknown == [people[3].number, "404404"]
    assert exam.candidates.count() == 1
    client.post(url, {"numbers": page.context["all_numbers"], "confirm": "1"})
    assert exam.candidates.count() == 2


def _blueprint(school: School) -> int:
    from question_bank.exams.models import Blueprint

    return Blueprint.objects.create(name="规则", owner_unit=school.college).pk


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_file_is_read_by_its_first_column(
    school: School, exam: Exam, people: list[User], encoding: str
) -> None:
    text = f"学号,姓名\n{people[0].number},党员零\n{people[1].number},党员一\n"
    file = SimpleUploadedFile("名单.csv", text.encode(encoding))
    page = signed_in(school.people["office"]).post(
        reverse("manage_candidates_upload", args=[exam.pk]), {"file": file}
    )
    assert {person.pk for person in page.context["checked"].new} == {people[0].pk, people[1].pk}


def act(school: School, exam: Exam, chosen: list[Candidate], **data: object) -> int:
    client = signed_in(school.people["office"])
    posted = {"candidate": [each.pk for each in chosen], "confirm": "1", **data}
    return client.post(reverse("manage_candidates_act", args=[exam.pk]), posted).status_code


def test_a_state_needs_its_reason_and_is_written_down(school: School, exam: Exam, people: list[User]) -> None:
    candidate = make_candidate(exam, people[0])
    assert act(school, exam, [candidate], act="state", state="exempt") == 422
    assert act(school, exam, [candidate], act="state", state="exempt", reason="已有证书") == 302
    candidate.refresh_from_db()
    assert (candidate.state, candidate.reason) == ("exempt", "已有证书")
    assert AuditEntry.objects.filter(action="candidate.state").exists()


def test_the_page_before_the_act_names_people_and_count(
    school: School, exam: Exam, people: list[User]
) -> None:
    chosen = [make_candidate(exam, user) for user in people[:2]]
    client = signed_in(school.people["office"])
    page = client.post(
        reverse("manage_candidates_act", args=[exam.pk]),
        {"candidate": [each.pk for each in chosen], "act": "remove"},
    ).content.decode()
    assert "2 名考生" in page
    assert "党员0" in page
    assert exam.candidates.count() == 2


def test_extra_time_reaches_a_running_attempt(school: School, exam: Exam, people: list[User]) -> None:
    candidate = make_candidate(exam, people[0])
    attempt = make_attempt(exam, people[0])
    before = attempt.deadline_at
    assert act(school, exam, [candidate], act="extra", extra_percent="50", reason="视力障碍") == 302
    attempt.refresh_from_db()
    assert attempt.deadline_at - before == timedelta(seconds=900)
    assert AuditEntry.objects.filter(action="candidate.extra").exists()


def test_one_with_an_attempt_is_not_removed_and_the_reason_is_told(
    school: School, exam: Exam, people: list[User]
) -> None:
    sitting, waiting = (make_candidate(exam, user) for user in people[:2])
    make_attempt(exam, people[0])
    assert act(school, exam, [sitting, waiting], act="remove") == 302
    assert list(exam.candidates.all()) == [sitting]


def test_a_foreign_candidate_in_the_form_is_not_found(school: School, exam: Exam, people: list[User]) -> None:
    elsewhere = make_candidate(Exam.objects.create(
        title="别的", owner_unit=school.root, blueprint=exam.blueprint, opens_at=NOW,
        closes_at=NOW + timedelta(hours=1), limit_s=60,
    ), people[0])  # fmt: skip
    assert act(school, exam, [elsewhere], act="remove") == 404


def test_the_sheet_holds_exactly_the_filtered_rows(school: School, exam: Exam, people: list[User]) -> None:
    for user in people:
        make_candidate(exam, user)
    client = signed_in(school.people["office"])
    answer = client.get(
        reverse("manage_candidates_export", args=[exam.pk]), {"q": "学生第一", "status": "full"}
    )
    rows = list(load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert {row[1] for row in rows[1:]} == {"党员0", "党员1"}
    assert AuditEntry.objects.get(action="exam.export_candidates").data["rows"] == 2
