"""Pages of a launched session: who may frame them, what they show there, and how long they last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_script_prefix
from django.urls import include, path, reverse
from django.utils import timezone

from learning.organisation.models import User
from lti import cookies
from lti.models import Platform
from lti.services.windows import own_page
from question_bank.exams.taking.start import start_attempt
from tests.factories import make_exam, make_user
from tests.lti.factories import make_platform
from tests.lti.test_cookies import launch, launched, who, whoami, write

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
FRAME = {"Sec-Fetch-Dest": "iframe"}
WINDOW = {"Sec-Fetch-Dest": "document"}


def session_of(client: Client) -> SessionBase:
    """As the site keeps it: with Redis the cache has a part in it."""
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    return store(client.cookies[cookies.LAUNCHED].value)


def broken(request: object) -> HttpResponse:
    raise RuntimeError("broken on purpose")


urlpatterns = [
    path("t/launch", launch),
    path("t/whoami", whoami),
    path("t/write", write),
    path("t/broken", broken),
    path("", include("learning.project.urls")),
]


@pytest.fixture
def platform() -> Platform:
    return make_platform(origins="https://*.example.edu\nhttps://x.example.edu; script-src *")


def policy_of(response: HttpResponse) -> str:
    return response.headers["Content-Security-Policy"].partition("frame-ancestors ")[2]


def allowed(platform: Platform) -> str:
    return f"'self' {platform.issuer} https://*.example.edu"


def test_page_may_be_framed_by_its_platform_only(platform: Platform) -> None:
    page = launched(platform, make_user()).get(reverse("exam_list"), headers=FRAME)
    assert policy_of(page) == allowed(platform)
    assert "X-Frame-Options" not in page.headers


def test_policy_of_a_browser_that_says_nothing_of_frames_names_the_platform(platform: Platform) -> None:
    assert policy_of(launched(platform, make_user()).get(reverse("exam_list"))) == allowed(platform)


def test_page_of_a_platform_that_was_switched_off_may_not_be_framed(platform: Platform) -> None:
    client = launched(platform, make_user())
    platform.state = Platform.State.OFF
    platform.save()
    page = client.get(reverse("exam_list"), headers=FRAME)
    assert policy_of(page) == "'self'"
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_page_of_an_ordinary_session_may_not_be_framed(platform: Platform) -> None:
    client = Client()
    client.force_login(make_user())
    page = client.get(reverse("exam_list"), headers=FRAME)
    assert policy_of(page) == "'self'"
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_ordinary_session_beside_what_an_old_launch_left_may_not_be_framed(platform: Platform) -> None:
    client = launched(platform, make_user())
    ordinary = Client()
    ordinary.force_login(make_user())
    ordinary.cookies[cookies.ORIGIN] = client.cookies[cookies.ORIGIN].value
    assert policy_of(ordinary.get(reverse("exam_list"), headers=FRAME)) == "'self'"


def test_admin_stays_outside_frames_even_where_a_launch_was(platform: Platform) -> None:
    client = launched(platform, make_user(is_superuser=True))
    page = client.get(reverse("wagtailadmin_home"), headers=FRAME)
    assert page.status_code == 404
    assert policy_of(page) == "'self'"


@pytest.mark.parametrize(
    ("visit", "status"),
    [
        (lambda client: client.get("/nothing/here/", headers=FRAME), 404),
        (lambda client: client.get("/manage/exams/", headers=FRAME), None),
        (lambda client: client.post("/t/write", {}, headers=FRAME), 403),
        (lambda client: client.get("/t/broken", headers=FRAME), 500),
    ],
)
def test_errors_too_are_shown_in_the_frame(
    platform: Platform, visit: Callable[[Client], HttpResponse], status: int | None
) -> None:
    client = launched(platform, make_user())
    client.raise_request_exception = False
    page = visit(client)
    assert status is None or page.status_code == status
    assert policy_of(page) == allowed(platform)
    assert "X-Frame-Options" not in page.headers


def test_page_in_a_frame_has_the_slim_bar_and_no_way_out_to_a_dead_end(platform: Platform) -> None:
    client = launched(platform, make_user())
    for url in (reverse("exam_list"), reverse("me"), "/nothing/here/"):
        text = client.get(url, headers=FRAME).content.decode()
        assert 'class="frame-bar"' in text
        assert "site-nav" not in text
        for dead_end in ("logout", "wagtailadmin_home", "password_change"):
            assert f'"{reverse(dead_end)}"' not in text, (url, dead_end)


def test_refused_form_says_so_on_a_page_with_the_slim_bar(platform: Platform) -> None:
    page = launched(platform, make_user()).post("/t/write", {}, headers=FRAME)
    assert 'class="frame-bar"' in page.content.decode()
    assert "页面已过期" in page.content.decode()
    assert WINDOW_URL not in page.content.decode(), "a window could only ask for the form's address"


def test_same_session_in_a_window_has_the_whole_page(platform: Platform) -> None:
    text = launched(platform, make_user()).get(reverse("exam_list"), headers=WINDOW).content.decode()
    assert 'class="frame-bar"' not in text
    assert f'"{reverse("logout")}"' in text


@pytest.mark.parametrize(("frame", "shown"), [("1", True), ("0", False)])
def test_browser_that_says_nothing_of_frames_is_believed_by_its_launch(
    platform: Platform, frame: str, shown: bool
) -> None:
    client = launched(platform, make_user(), frame=frame)
    assert ('class="frame-bar"' in client.get(reverse("exam_list")).content.decode()) is shown


def test_nobody_is_asked_for_a_password_in_a_frame(platform: Platform) -> None:
    client = launched(platform, make_user())
    client.cookies[cookies.LAUNCHED] = "over"
    page = client.get(reverse("exam_list"), headers=FRAME, follow=True)
    assert page.status_code == 403
    assert "登录已过期" in page.content.decode()
    assert policy_of(page) == allowed(platform)
    assert client.get(reverse("login"), headers=WINDOW).status_code == 200


def test_session_is_prolonged_by_use_every_ten_minutes_at_most(platform: Platform) -> None:
    client = launched(platform, make_user())
    client.get(reverse("me"), headers=FRAME)
    assert client.cookies[cookies.LAUNCHED]["max-age"] == 12 * 3600
    client.cookies[cookies.LAUNCHED]["max-age"] = ""
    client.get(reverse("me"), headers=FRAME)
    assert not client.cookies[cookies.LAUNCHED]["max-age"]
    session = session_of(client)
    session["lti_seen"] -= 601
    session.save()
    client.get(reverse("me"), headers=FRAME)
    assert client.cookies[cookies.LAUNCHED]["max-age"] == 12 * 3600


def test_login_outlives_the_attempt_that_is_open(platform: Platform) -> None:
    user, now = make_user(), timezone.now()
    exam = make_exam(
        candidates=[user],
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=9),
        limit_s=2 * 24 * 3600,
    )
    client = launched(platform, user)
    client.get(reverse("exam_list"), headers=FRAME)
    attempt = start_attempt(exam_id=exam.pk, user=user, password="", now=now).attempt
    client.get(reverse("attempt", args=[attempt.pk]), headers=FRAME)
    kept_s = int(client.cookies[cookies.LAUNCHED]["max-age"])
    assert kept_s > timedelta(days=2).total_seconds()


def test_settings_of_language_stick_in_the_frame(platform: Platform) -> None:
    client = launched(platform, make_user())
    token = who(client)[2]
    client.post(reverse("set_language"), {"language": "en", "csrfmiddlewaretoken": token}, headers=FRAME)
    assert "Partitioned" in client.cookies["dangxiao_language"].OutputString()


def test_member_who_must_change_the_password_is_let_in_by_the_platform(platform: Platform) -> None:
    client = launched(platform, make_user(must_change_password=True))
    assert client.get(reverse("exam_list"), headers=FRAME).status_code == 200


# ---- a window of its own

WINDOW_URL, OPEN_URL = "/lti/window/", "/lti/window/open/"
HERE = {"Origin": "http://testserver"}


def ticket_of(client: Client, address: str = "/exams/", **headers: str) -> HttpResponse:
    return client.post(
        WINDOW_URL,
        {"address": address, "csrfmiddlewaretoken": who(client)[2]},
        headers={**FRAME, **HERE, "Accept": "application/json", **headers},
    )


def test_ticket_opens_the_page_as_the_same_person_in_a_window_without_cookies(platform: Platform) -> None:
    user, window = make_user(), Client()
    said = ticket_of(launched(platform, user), "/exams/?past=1").json()
    opened = window.post(said["continue_url"], {"ticket": said["ticket"]}, headers={**HERE, **WINDOW})
    assert opened.status_code == 302
    assert opened.headers["Location"] == "/exams/?past=1"
    assert who(window, **WINDOW)[:2] == (str(user.pk), True)
    assert session_of(window)["lti_platform"] == platform.pk
    assert session_of(window)["lti_in_frame"] is False


def test_ticket_is_good_once(platform: Platform) -> None:
    said = ticket_of(launched(platform, make_user())).json()
    assert Client().post(OPEN_URL, {"ticket": said["ticket"]}, headers=HERE).status_code == 302
    again, window = Client(), {"ticket": said["ticket"]}
    refused = again.post(OPEN_URL, window, headers=HERE)
    assert refused.status_code == 400
    assert "ticket_unknown" in refused.content.decode()
    assert who(again)[0] == "None"


def test_ticket_is_good_for_two_minutes(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    said = ticket_of(launched(platform, make_user())).json()
    later, window = timezone.now() + timedelta(seconds=121), Client()
    monkeypatch.setattr("lti.views.window.timezone.now", lambda: later)
    refused = window.post(OPEN_URL, {"ticket": said["ticket"]}, headers=HERE)
    assert "ticket_expired" in refused.content.decode()
    assert who(window)[0] == "None"


@pytest.mark.parametrize("origin", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_ticket_is_taken_from_our_own_pages_only(platform: Platform, origin: dict[str, str]) -> None:
    said, window = ticket_of(launched(platform, make_user())).json(), Client()
    assert window.post(OPEN_URL, {"ticket": said["ticket"]}, headers=origin).status_code == 403
    assert who(window)[0] == "None"


def test_ticket_of_a_platform_that_was_switched_off_opens_nothing(platform: Platform) -> None:
    said = ticket_of(launched(platform, make_user())).json()
    Platform.objects.update(state=Platform.State.OFF)
    assert Client().post(OPEN_URL, {"ticket": said["ticket"]}, headers=HERE).status_code == 403


def test_ticket_of_an_account_that_was_switched_off_opens_nothing(platform: Platform) -> None:
    user = make_user()
    said = ticket_of(launched(platform, user)).json()
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert Client().post(OPEN_URL, {"ticket": said["ticket"]}, headers=HERE).status_code == 403


def test_forged_wish_for_a_window_is_refused(platform: Platform) -> None:
    client = launched(platform, make_user())
    assert client.post(WINDOW_URL, {"address": "/exams/"}, headers=FRAME).status_code == 403


def test_ordinary_session_needs_no_window(platform: Platform) -> None:
    client = Client()
    client.force_login(make_user())
    assert client.post(WINDOW_URL, {"address": "/exams/"}).status_code == 404


def test_without_script_the_answer_is_a_form_to_press(platform: Platform) -> None:
    page = ticket_of(launched(platform, make_user()), Accept="text/html").content.decode()
    assert f'action="{OPEN_URL}" target="_blank"' in page


FOREIGN = [
    "",
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "/\t/evil.example/",
    "/\n/evil.example",
    "javascript:alert(1)",
    "exams/",
    "/no/such/page/",
    "/exams/" + "x" * 600,
]


@pytest.mark.parametrize("address", FOREIGN)
def test_ticket_opens_own_pages_only(platform: Platform, address: str) -> None:
    assert not own_page(address)
    refused = ticket_of(launched(platform, make_user()), address)
    assert refused.status_code == 400
    assert "bad_target" in refused.content.decode()


def test_page_below_a_prefix_is_our_own() -> None:
    with override_script_prefix("/dangxiao/"):
        assert own_page("/dangxiao/exams/")
        assert not own_page("/exams/")


def test_cookie_door_says_whether_the_log_ins_cookie_came() -> None:
    client = Client()
    state = "a-state-of-forty-three-characters-or-so-xyz"
    assert client.get(f"/lti/cookie/{state}/").json() == {"held": False}
    client.cookies["dangxiao_lti_" + state[:16]] = "1.secret"
    assert client.get(f"/lti/cookie/{state}/").json() == {"held": True}


def test_whoever_came_by_a_platform_is_told_at_the_log_in_to_go_back_to_the_course(
    platform: Platform,
) -> None:
    client = launched(platform, make_user())
    session_of(client).flush()
    page = client.get(reverse("login"), headers=WINDOW).content.decode()
    assert "请回到平台的课程" in page
    assert "请回到平台的课程" not in Client().get(reverse("login"), headers=WINDOW).content.decode()
