"""Deep Linking: what a teacher chooses reaches the course, and only the course that asked."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from learning.organisation.models import Unit
from lti.core import claims
from lti.models import LineItem, ResourceLink
from tests.courses.factories import make_course
from tests.lti.campus import HOST, INSTRUCTOR, Campus, refused
from tests.lti.platforms.launching import DEEP_LINKING

from .conftest import Strict, post_back

pytestmark = pytest.mark.django_db


def test_deep_linking_request_opens_the_picker(strict: Strict) -> None:
    opened = strict.launch("teach", message=DEEP_LINKING)
    assert opened["Location"].startswith("/lti/picker/")
    assert strict.exam.title in strict.client.get(opened["Location"]).content.decode()


def test_response_carries_one_resource_link_with_its_line_item(strict: Strict) -> None:
    answer = strict.choose(f"exam-{strict.exam.pk}")
    assert answer.status_code == 200, answer.text
    (item,) = strict.platform.choosing.items
    assert item["type"] == "ltiResourceLink"
    assert item["url"] == f"{HOST}/lti/launch"
    assert item["custom"]["exam"] == str(strict.exam.pk)
    assert item["title"] == strict.exam.title
    column = item["lineItem"]
    assert column["resourceId"] == f"exam-{strict.exam.pk}"
    assert column["scoreMaximum"] > 0
    assert column["label"] == strict.exam.title
    assert "tag" in column
    assert "submissionReview" in column


def test_several_items_at_once(strict: Strict, school: Unit) -> None:
    course = make_course(school, live=True, lessons=1)
    answer = strict.choose(f"exam-{strict.exam.pk}", f"course-{course.pk}")
    assert answer.status_code == 200, answer.text
    assert [set(item["custom"]) & {"exam", "course"} for item in strict.platform.choosing.items] == [
        {"exam"},
        {"course"},
    ]


def test_a_chosen_link_opens_the_exam_and_knows_its_column(strict: Strict) -> None:
    strict.choose(f"exam-{strict.exam.pk}")
    (link,) = strict.platform.choosing.made
    strict.client = Client()
    assert strict.launch("ana", link.id)["Location"] == f"/exams/{strict.exam.pk}/"
    column = LineItem.objects.get()
    assert column.exam == strict.exam
    assert column.maximum == Decimal(str(link.item.maximum if link.item else 0))
    assert ResourceLink.objects.get(link_id=link.id).line_item == column


def test_no_choice_is_an_empty_answer(strict: Strict) -> None:
    opened = strict.launch("teach", message=DEEP_LINKING)
    page = strict.client.post(opened["Location"], {"cancel": "1"}).content.decode()
    answer = post_back(page)
    assert answer.status_code == 200, answer.text
    assert strict.platform.choosing.items == []
    assert strict.platform.choosing.messages


def test_a_platform_that_takes_one_item_gets_no_second(strict: Strict, school: Unit) -> None:
    strict.platform.choosing.accept_multiple = False
    opened = strict.launch("teach", message=DEEP_LINKING)
    two = [f"exam-{strict.exam.pk}", f"course-{make_course(school, live=True, lessons=1).pk}"]
    assert strict.client.post(opened["Location"], {"item": two}).status_code == 404


def test_students_choose_nothing(strict: Strict) -> None:
    refused(strict.launch("ana", message=DEEP_LINKING), "not_allowed")


def test_request_without_settings(campus: Campus) -> None:
    payload = {"message_type": claims.DEEP_LINKING, "roles": INSTRUCTOR, "resource_link": None}
    refused(campus.launch(**payload), "missing_claims")


def test_answer_goes_to_the_return_url_of_the_claim_alone(strict: Strict) -> None:
    opened = strict.launch("teach", message=DEEP_LINKING)
    form = {
        "item": f"exam-{strict.exam.pk}",
        "return_url": "https://evil.example/",
        "deep_link_return_url": "x",
    }
    page = strict.client.post(opened["Location"], form)
    text = page.content.decode()
    assert "evil.example" not in text
    assert f'action="{strict.platform.url}/deep-links/' in text
    policy = page["Content-Security-Policy"]
    assert f"form-action 'self' {strict.platform.url};" in policy + ";"


def test_return_url_at_a_foreign_origin(strict: Strict) -> None:
    settings = {
        "deep_link_return_url": "https://evil.example/collect",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"],
    }
    opened = strict.launch("teach", message=DEEP_LINKING, changes={claims.DEEP_LINKING_SETTINGS: settings})
    page = strict.client.get(opened["Location"])
    assert page.status_code in (400, 403)
    assert page["X-Error-Code"] == "bad_return_url"


def test_the_picker_is_the_askers_alone(strict: Strict) -> None:
    opened = strict.launch("teach", message=DEEP_LINKING)
    assert Client().get(opened["Location"]).status_code == 404
    strict.client = Client()
    strict.launch("ana")
    assert strict.client.get(opened["Location"]).status_code == 404
