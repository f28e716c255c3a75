from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import jwt
import pytest
from django.test import Client
from django.utils import timezone

from learning.organisation.models import User
from lti.core import claims
from lti.http.signing import signing_key
from lti.models import Context, Launch, Platform
from lti.services.copying import HISTORY
from question_bank.exams.models import Exam
from tests.courses.factories import make_course
from tests.factories import make_exam, make_unit, make_user
from tests.lti.factories import Standing, make_context, make_person, make_platform
from tests.lti.launching import RETURN_URL, make_launch

pytestmark = pytest.mark.django_db
ITEMS, DATA, MSG = claims.CONTENT_ITEMS, claims.DEEP_LINKING_DATA, claims.DEEP_LINKING_MESSAGE


@pytest.fixture
def course() -> Context:
    return make_context(make_platform(origins="https://lms.example.edu"))


@pytest.fixture
def teacher(course: Context) -> User:
    return make_person(course, Standing.INSTRUCTOR)


@pytest.fixture
def launch(course: Context, teacher: User) -> Launch:
    return make_launch(course, teacher, at=timezone.now())


@pytest.fixture
def teaching(teacher: User, client: Client) -> Client:
    client.force_login(teacher)
    return client


def url(launch: Launch) -> str:
    return f"/lti/picker/{launch.pk}/"


def open_exam(course: Context, **fields: Any) -> Exam:
    now = timezone.now()
    window = {"opens_at": now - timedelta(hours=1), "closes_at": now + timedelta(hours=2)}
    return make_exam(unit=course.platform.unit, **{**window, **fields})


def answer_in(page: Any) -> dict[str, Any]:
    """The signed answer in the page's form."""
    text = page.content.decode()
    found = re.search(r'name="JWT" value="([^"]+)"', text)
    assert found, text
    token = unescape(found[1])
    key = signing_key(timezone.now())
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": key.kid, "typ": "JWT"}
    issuer = Launch.objects.get().issuer
    return jwt.decode(token, key.private.public_key(), ["RS256"], audience=issuer)


def test_the_picker_offers_exams_with_kind_window_and_points(
    teaching: Client, launch: Launch, course: Context
) -> None:
    exam = open_exam(course)
    text = teaching.get(url(launch)).content.decode()
    assert exam.title in text
    assert "正式" in text
    assert "满分" in text
    assert f'value="exam-{exam.pk}"' in text


def test_courses_are_offered_with_their_lessons_below_them(
    teaching: Client, launch: Launch, course: Context
) -> None:
    page = make_course(course.platform.unit, live=True, lessons=2)
    text = teaching.get(url(launch), {"tab": "courses"}).content.decode()
    lessons = list(page.get_children())
    places = [text.index(f'value="{key}"') for key in
              (f"course-{page.pk}", f"lesson-{lessons[0].pk}", f"lesson-{lessons[1].pk}")]  # fmt: skip
    assert places == sorted(places)


def test_exams_of_other_units_are_not_offered(teaching: Client, launch: Launch) -> None:
    foreign = make_exam(unit=make_unit(), opens_at=timezone.now(), closes_at=timezone.now() + timedelta(1))
    assert foreign.title not in teaching.get(url(launch)).content.decode()


def test_searching_keeps_what_was_chosen(teaching: Client, launch: Launch, course: Context) -> None:
    kept, other = open_exam(course, title="党章"), open_exam(course, title="党史")
    text = teaching.get(url(launch), {"q": "党史", "item": f"exam-{kept.pk}"}).content.decode()
    assert f'value="exam-{kept.pk}" checked' in text
    assert f'value="exam-{other.pk}"' in text


def test_the_answer_carries_what_was_chosen(teaching: Client, launch: Launch, course: Context) -> None:
    exam = open_exam(course)
    page = make_course(course.platform.unit, live=True, lessons=1)
    chosen = [f"exam-{exam.pk}", f"course-{page.pk}"]
    options = teaching.get(url(launch), {"item": chosen, "step": "options"}).content.decode()
    assert f'name="column-exam-{exam.pk}" checked' in options
    said = answer_in(
        teaching.post(
            url(launch),
            {"item": chosen, f"column-exam-{exam.pk}": "on", f"label-exam-{exam.pk}": "期中测验"},
        )
    )
    assert said[claims.MESSAGE_TYPE] == "LtiDeepLinkingResponse"
    assert (said["iss"], said["aud"]) == (course.platform.client_id, course.platform.issuer)
    assert said[claims.DEPLOYMENT_ID] == course.deployment.deployment_id
    assert said[DATA] == "as it came"
    first, second = said[ITEMS]
    assert first["type"] == "ltiResourceLink"
    assert first["url"] == "http://testserver/lti/launch"
    assert first["title"] == exam.title
    assert first["custom"] == {"exam": str(exam.pk)} | HISTORY
    assert first["lineItem"] == {
        "scoreMaximum": 6,
        "label": "期中测验",
        "resourceId": f"exam-{exam.pk}",
        "tag": "dangxiao",
        "submissionReview": {
            "reviewableStatus": ["Submitted", "Completed"],
            "label": "查看答卷",
            "url": "http://testserver/lti/launch",
            "custom": {"exam": str(exam.pk)},
        },
    }
    opens, closes = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (exam.opens_at, exam.closes_at))
    assert first["available"] == {"startDateTime": opens}
    assert first["submission"] == {"startDateTime": opens, "endDateTime": closes}
    assert second["custom"] == {"course": str(page.pk)} | HISTORY
    assert "lineItem" not in second


def test_for_a_course_a_column_may_be_chosen_and_is_not_of_itself(
    teaching: Client, launch: Launch, course: Context
) -> None:
    page = make_course(course.platform.unit, live=True, lessons=1)
    item, name = f"course-{page.pk}", f"column-course-{page.pk}"
    options = teaching.get(url(launch), {"item": item, "step": "options"}).content.decode()
    assert f'type="checkbox" name="{name}">' in options
    assert "学完后在成绩册中记 100 分" in options
    (sent,) = answer_in(teaching.post(url(launch), {"item": item, name: "on"}))[ITEMS]
    assert sent["lineItem"] == {
        "scoreMaximum": 100,
        "label": page.title,
        "resourceId": item,
        "tag": "dangxiao",
    }


def test_a_lesson_gets_no_column_whoever_asks(teaching: Client, launch: Launch, course: Context) -> None:
    page = make_course(course.platform.unit, live=True, lessons=1)
    item = f"lesson-{page.get_children().get().pk}"
    options = teaching.get(url(launch), {"item": item, "step": "options"}).content.decode()
    assert "column-" not in options
    (sent,) = answer_in(teaching.post(url(launch), {"item": item, f"column-{item}": "on"}))[ITEMS]
    assert "lineItem" not in sent


def test_no_column_is_asked_for_where_the_box_was_cleared(
    teaching: Client, launch: Launch, course: Context
) -> None:
    exam = open_exam(course)
    (item,) = answer_in(teaching.post(url(launch), {"item": f"exam-{exam.pk}"}))[ITEMS]
    assert "lineItem" not in item


def test_the_form_goes_to_the_return_url_of_the_claim_and_the_policy_lets_only_it_through(
    teaching: Client, launch: Launch, course: Context
) -> None:
    exam = open_exam(course)
    evil = "https://evil.example"
    forged = {"item": f"exam-{exam.pk}", "return_url": evil, "deep_link_return_url": evil}
    page = teaching.post(f"{url(launch)}?deep_link_return_url={evil}", forged)
    assert f'<form method="post" action="{RETURN_URL}" data-post-at-once>' in page.content.decode()
    assert page.content.decode().count("data-post-at-once") == 1
    assert "evil" not in page["Content-Security-Policy"]
    assert "form-action 'self' https://lms.example.edu;" in page["Content-Security-Policy"]
    assert (
        "lms.example.edu"
        not in teaching.get(url(launch))["Content-Security-Policy"].split("frame-ancestors")[0]
    )


def test_giving_up_sends_no_item_and_a_message(teaching: Client, launch: Launch, course: Context) -> None:
    exam = open_exam(course)
    said = answer_in(teaching.post(url(launch), {"cancel": "1", "item": f"exam-{exam.pk}"}))
    assert said[ITEMS] == []
    assert said[MSG] == "没有选择内容。"
    assert said[DATA] == "as it came"


@pytest.mark.parametrize(
    "address",
    ["http://lms.example.edu/dl", "javascript:alert(1)", "//lms.example.edu/dl", "https://*/dl",
     "http://127.0.0.1:8000/dl", "https://a;script-src *", "https://another.example.edu/dl"],
)  # fmt: skip
def test_an_unsafe_return_url_gets_nothing(
    teaching: Client, course: Context, teacher: User, address: str
) -> None:
    launch = make_launch(course, teacher, at=timezone.now(), settings={"deep_link_return_url": address})
    page = teaching.post(url(launch), {"cancel": "1"})
    assert page.status_code == 400
    assert "bad_return_url" in page.content.decode()
    assert "JWT" not in page.content.decode()


def test_a_platform_on_trial_on_this_machine_may_do_without_tls(
    teaching: Client, course: Context, teacher: User
) -> None:
    Platform.objects.update(
        allow_insecure_loopback=True, origins="http://localhost:8001\nhttps://lms.example.edu"
    )
    here = make_launch(
        course, teacher, at=timezone.now(), settings={"deep_link_return_url": "http://localhost:8001/dl"}
    )
    assert teaching.post(url(here), {"cancel": "1"}).status_code == 200
    elsewhere = make_launch(
        course, teacher, at=timezone.now(), settings={"deep_link_return_url": "http://10.0.0.1/dl"}
    )
    assert teaching.post(url(elsewhere), {"cancel": "1"}).status_code == 400


def test_one_thing_at_most_where_the_platform_takes_one(
    teaching: Client, course: Context, teacher: User
) -> None:
    launch = make_launch(course, teacher, at=timezone.now(), settings={"accept_multiple": False})
    chosen = [f"exam-{open_exam(course).pk}" for _ in range(2)]
    shelf = teaching.get(url(launch)).content.decode()
    assert 'type="radio"' in shelf
    assert 'type="checkbox"' not in shelf
    page = teaching.get(url(launch), {"item": chosen, "step": "options"}).content.decode()
    assert "平台只接受一项" in page
    assert teaching.post(url(launch), {"item": chosen}).status_code == 404
    assert len(answer_in(teaching.post(url(launch), {"item": chosen[:1]}))[ITEMS]) == 1


def test_where_no_column_is_taken_none_is_offered(teaching: Client, course: Context, teacher: User) -> None:
    launch = make_launch(course, teacher, at=timezone.now(), settings={"accept_lineitem": False})
    item = f"exam-{open_exam(course).pk}"
    assert "column-" not in teaching.get(url(launch), {"item": item, "step": "options"}).content.decode()
    (sent,) = answer_in(teaching.post(url(launch), {"item": item, f"column-{item}": "on"}))[ITEMS]
    assert "lineItem" not in sent


def test_where_no_link_is_taken_there_is_only_the_way_back(
    teaching: Client, course: Context, teacher: User
) -> None:
    launch = make_launch(course, teacher, at=timezone.now(), settings={"accept_types": ["file"]})
    item = f"exam-{open_exam(course).pk}"
    assert "平台这里不接受链接" in teaching.get(url(launch)).content.decode()
    assert teaching.post(url(launch), {"item": item}).status_code == 404
    assert answer_in(teaching.post(url(launch), {"cancel": "1"}))[ITEMS] == []


def test_what_may_not_be_linked_is_not_sent_whoever_asks(teaching: Client, launch: Launch) -> None:
    foreign = make_exam(unit=make_unit(), opens_at=timezone.now(), closes_at=timezone.now() + timedelta(1))
    assert teaching.post(url(launch), {"item": f"exam-{foreign.pk}"}).status_code == 404
    for junk in ("exam-", "exam-x", f"lesson-{foreign.pk}", "exam-99999999999999999999", "\0", "exam"):
        assert teaching.post(url(launch), {"item": junk}).status_code == 404


def test_next_without_a_choice_says_so(teaching: Client, launch: Launch) -> None:
    assert "请先勾选" in teaching.get(url(launch), {"step": "options"}).content.decode()


def test_a_platform_without_a_unit_reads_why_nothing_is_offered(teaching: Client, launch: Launch) -> None:
    Platform.objects.update(unit=None)
    assert "管理员还没有为这个平台指定" in teaching.get(url(launch)).content.decode()


def test_the_picker_is_there_for_nobody_else(client: Client, launch: Launch, course: Context) -> None:
    colleague = make_person(course, Standing.INSTRUCTOR)
    learner = make_person(course)
    for user in (colleague, learner, make_user(), None):
        if user is None:
            client.logout()
        else:
            client.force_login(user)
        assert client.get(url(launch)).status_code == 404
        assert client.post(url(launch), {"cancel": "1"}).status_code == 404


def test_an_unknown_launch_and_one_of_another_kind_have_no_picker(
    teaching: Client, course: Context, teacher: User
) -> None:
    other = make_launch(course, teacher, at=timezone.now(), message_type=claims.RESOURCE_LINK)
    assert teaching.get(url(other)).status_code == 404
    assert teaching.get(f"/lti/picker/{uuid4()}/").status_code == 404


def test_a_refused_launch_has_no_picker(teaching: Client, launch: Launch) -> None:
    Launch.objects.update(code="waiting")
    assert teaching.get(url(launch)).status_code == 404


@pytest.mark.parametrize(("hours", "status"), [(3.9, 200), (4.1, 404)])
def test_a_launch_of_four_hours_ago_is_too_old(
    teaching: Client, course: Context, teacher: User, hours: float, status: int
) -> None:
    launch = make_launch(course, teacher, at=timezone.now() - timedelta(hours=hours))
    assert teaching.get(url(launch)).status_code == status


def test_a_learners_own_deep_linking_launch_opens_nothing(client: Client, course: Context) -> None:
    learner = make_person(course)
    launch = make_launch(course, learner, at=timezone.now(), roles=[claims.MEMBERSHIP_LEARNER])
    client.force_login(learner)
    assert client.get(url(launch)).status_code == 404


def test_a_platform_that_was_switched_off_chooses_nothing(teaching: Client, launch: Launch) -> None:
    Platform.objects.update(state=Platform.State.OFF)
    assert teaching.post(url(launch), {"cancel": "1"}).status_code == 404


def test_the_form_needs_its_token(teacher: User, launch: Launch) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(teacher)
    assert strict.post(url(launch), {"cancel": "1"}).status_code == 403


def test_the_same_form_again_gives_the_same_items_under_a_new_nonce(
    teaching: Client, launch: Launch, course: Context
) -> None:
    item = f"exam-{open_exam(course).pk}"
    first, second = (answer_in(teaching.post(url(launch), {"item": item})) for _ in range(2))
    assert first[ITEMS] == second[ITEMS]
    assert first["nonce"] != second["nonce"]


@pytest.mark.parametrize("tab", ["exams", "courses"])
def test_a_longer_shelf_takes_no_more_queries(
    teaching: Client, launch: Launch, course: Context, tab: str, django_assert_max_num_queries: Any
) -> None:
    def add() -> None:
        open_exam(course)
        make_course(course.platform.unit, live=True, lessons=2)

    add()
    teaching.get(url(launch), {"tab": tab})
    with django_assert_max_num_queries(20) as few:
        teaching.get(url(launch), {"tab": tab})
    for _ in range(6):
        add()
    with django_assert_max_num_queries(len(few)):
        teaching.get(url(launch), {"tab": tab})


def test_more_than_a_page_is_turned_without_losing_the_choice(
    teaching: Client, launch: Launch, course: Context
) -> None:
    with patch("lti.services.choosing.PAGE_SIZE", 2):
        kept = [open_exam(course) for _ in range(3)][-1]
        text = teaching.get(url(launch), {"page": "2", "item": f"exam-{kept.pk}"}).content.decode()
    assert "第 2/2 页" in text
    assert f'id="kept-exam-{kept.pk}"' in text
