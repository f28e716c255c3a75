"""The cookies of a launched session: their names, their reach, and whose session they are."""

from __future__ import annotations

from http.cookies import Morsel

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.test import Client, override_settings
from django.urls import include, path, reverse
from django.views.decorators.csrf import csrf_exempt

from learning.organisation.models import User
from lti import browser, cookies
from lti.models import Platform, PlatformUser
from tests.factories import NOW, make_user
from tests.lti.factories import make_platform

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
FRAME = {"Sec-Fetch-Dest": "iframe"}


@csrf_exempt
def launch(request: HttpRequest) -> HttpResponse:
    """What the launch's view does at its end."""
    user, platform_id = User.objects.get(pk=request.POST["user"]), int(request.POST["platform"])
    kept = {"sub": str(user.pk), "linked_by": "launch", "linked_at": NOW, "created_at": NOW}
    PlatformUser.objects.get_or_create(platform_id=platform_id, user=user, defaults=kept)
    browser.open_session(
        request,
        user,
        platform_id=platform_id,
        launch_id="7c1f0f6e-7f5c-4d4b-9a43-0d1d7c2c8f11",
        in_frame=request.POST.get("frame", "1") == "1",
    )
    return HttpResponse("in")


def whoami(request: HttpRequest) -> HttpResponse:
    user = request.user
    return HttpResponse(f"{user.pk} {getattr(user, 'launched', False)} {get_token(request)}")


def write(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"written by {request.user.pk}")


urlpatterns = [
    path("t/launch", launch),
    path("t/whoami", whoami),
    path("t/write", write),
    path("", include("learning.project.urls")),
]


@pytest.fixture
def platform() -> Platform:
    return make_platform()


def launched(platform: Platform, user: User, client: Client | None = None, **fields: str) -> Client:
    client = client or Client(enforce_csrf_checks=True)
    client.post("/t/launch", {"user": user.pk, "platform": platform.pk, **fields}, headers=FRAME)
    return client


def who(client: Client, **headers: str) -> tuple[str, bool, str]:
    pk, marked, token = client.get("/t/whoami", headers=headers or FRAME).content.decode().split(" ")
    return pk, marked == "True", token


def test_launched_cookies_live_in_another_sites_frame(platform: Platform) -> None:
    client = launched(platform, make_user())
    who(client)
    for name in (cookies.LAUNCHED, cookies.LAUNCHED_CSRF, cookies.ORIGIN):
        morsel = client.cookies[name]
        assert morsel.value
        assert (morsel["samesite"], morsel["secure"], morsel["httponly"]) == ("None", True, True)
        assert "; Partitioned" in morsel.OutputString(), name


def test_partitioned_is_written_by_this_python() -> None:
    morsel: Morsel[str] = Morsel()
    morsel.set("a", "b", "b")
    cookies.loosen(morsel)
    assert morsel.OutputString() == "a=b; Partitioned; SameSite=None; Secure"


def test_launched_cookies_sign_in(platform: Platform) -> None:
    user = make_user()
    assert who(launched(platform, user))[:2] == (str(user.pk), True)


def test_launch_deletes_the_ordinary_session(platform: Platform) -> None:
    client, member = Client(), make_user()
    client.force_login(make_user())
    launched(platform, member, client)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value == ""
    assert "Partitioned" not in client.cookies[settings.SESSION_COOKIE_NAME].OutputString()
    assert who(client)[0] == str(member.pk)


def test_of_both_kinds_the_launched_one_counts(platform: Platform) -> None:
    member, ordinary = make_user(), Client()
    ordinary.force_login(make_user())
    client = launched(platform, member)
    client.cookies[settings.SESSION_COOKIE_NAME] = ordinary.cookies[settings.SESSION_COOKIE_NAME].value
    assert who(client)[:2] == (str(member.pk), True)


def test_password_log_in_drops_the_launched_cookies(platform: Platform) -> None:
    member = make_user()
    client = launched(platform, member)
    token = who(client)[2]
    entered = client.post(
        reverse("login"),
        {"number": member.number, "password": "secret-pass", "csrfmiddlewaretoken": token},
        headers={"Sec-Fetch-Dest": "document"},
    )
    assert entered.status_code == 302
    for name in (cookies.LAUNCHED, cookies.LAUNCHED_CSRF, cookies.ORIGIN):
        assert client.cookies[name].value == ""
        assert "Partitioned" in client.cookies[name].OutputString()
    assert client.cookies[settings.SESSION_COOKIE_NAME]["samesite"] == "Lax"
    assert who(client, **{"Sec-Fetch-Dest": "document"})[:2] == (str(member.pk), False)
    assert "lti_platform" not in client.session  # read by the ordinary cookie
    assert client.session.get_expiry_age() == settings.SESSION_COOKIE_AGE


def test_leaving_deletes_both_kinds(platform: Platform) -> None:
    client = launched(platform, make_user())
    client.cookies[settings.SESSION_COOKIE_NAME] = "of-somebody-else"
    client.post(reverse("logout"), {"csrfmiddlewaretoken": who(client)[2]})
    assert client.cookies[cookies.LAUNCHED].value == ""
    assert client.cookies[settings.SESSION_COOKIE_NAME].value == ""


def test_another_persons_launch_empties_the_session_and_refuses_old_forms(platform: Platform) -> None:
    first, second = make_user(), make_user()
    client = launched(platform, first)
    form = who(client)[2]
    key = client.cookies[cookies.LAUNCHED].value
    launched(platform, second, client)
    assert client.cookies[cookies.LAUNCHED].value != key
    refused = client.post("/t/write", {"csrfmiddlewaretoken": form})
    assert refused.status_code == 403
    assert "页面已过期" in refused.content.decode()
    fresh = client.post("/t/write", {"csrfmiddlewaretoken": who(client)[2]})
    assert fresh.content.decode() == f"written by {second.pk}"


def test_old_session_key_of_the_person_before_is_worth_nothing(platform: Platform) -> None:
    client = launched(platform, make_user())
    stolen = client.cookies[cookies.LAUNCHED].value
    launched(platform, make_user(), client)
    other = Client()
    other.cookies[cookies.LAUNCHED] = stolen
    assert who(other)[0] == "None"


def test_same_persons_second_launch_changes_the_key_and_keeps_the_forms(platform: Platform) -> None:
    user = make_user()
    client = launched(platform, user)
    form, key = who(client)[2], client.cookies[cookies.LAUNCHED].value
    launched(platform, user, client)
    assert client.cookies[cookies.LAUNCHED].value != key
    assert client.post("/t/write", {"csrfmiddlewaretoken": form}).status_code == 200


def test_forms_stay_good_when_the_session_was_over_before_the_same_person_came_back(
    platform: Platform,
) -> None:
    user = make_user()
    client = launched(platform, user)
    form = who(client)[2]
    client.cookies[cookies.LAUNCHED] = "long-gone"
    launched(platform, user, client)
    assert client.post("/t/write", {"csrfmiddlewaretoken": form}).status_code == 200


def test_forged_origin_cookie_keeps_no_secret(platform: Platform) -> None:
    first, second = make_user(), make_user()
    client = launched(platform, first)
    form = who(client)[2]
    client.cookies[cookies.ORIGIN] = f"[{platform.pk},{second.pk}]:unsigned"
    launched(platform, second, client)
    assert client.post("/t/write", {"csrfmiddlewaretoken": form}).status_code == 403


def test_request_that_crossed_a_launch_leaves_the_new_cookie_alone(platform: Platform) -> None:
    user = make_user()
    late = launched(platform, user)
    late.cookies[cookies.LAUNCHED] = "cycled-away-meanwhile"
    who(late)
    assert late.cookies[cookies.LAUNCHED].value == "cycled-away-meanwhile"


def test_launch_of_an_ordinary_session_of_the_same_person_begins_a_new_one(platform: Platform) -> None:
    user, client = make_user(), Client()
    client.force_login(user)
    session = client.session
    session["admin"] = "something"
    session.save()
    launched(platform, user, client)
    request = client.get("/t/whoami").wsgi_request
    assert "admin" not in request.session
    assert who(client)[1]


def test_launched_session_lives_twelve_hours(platform: Platform) -> None:
    client = launched(platform, make_user())
    assert client.cookies[cookies.LAUNCHED]["max-age"] == 12 * 3600


def test_launched_person_has_no_roles(platform: Platform) -> None:
    boss = make_user(is_superuser=True)
    client = launched(platform, boss)
    assert client.get(reverse("wagtailadmin_home")).status_code == 404
    assert client.get(reverse("password_change")).status_code == 404
    boss.refresh_from_db()
    assert boss.is_superuser


def test_inactive_person_is_nobody(platform: Platform) -> None:
    user = make_user()
    client = launched(platform, user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert who(client)[0] == "None"


def test_site_without_launches_sets_ordinary_cookies_only() -> None:
    client = Client()
    client.get(reverse("login"))
    assert not [name for name in client.cookies if name.startswith("dangxiao_l")]
    assert client.cookies[settings.CSRF_COOKIE_NAME]["samesite"] == "Lax"


# ---- the log-in's own cookie


def answered(sent: dict[str, str], state: str) -> HttpResponse:
    request, response = HttpRequest(), HttpResponse()
    request.COOKIES = sent
    browser.set_state_cookie(response, state, "secret", request=request)
    return response


def test_state_cookie_gives_its_secret_to_its_state_only() -> None:
    request = HttpRequest()
    said = answered({}, "state-number-one-x").cookies
    request.COOKIES = {name: morsel.value for name, morsel in said.items()}
    assert browser.secret_of(request, "state-number-one-x") == "secret"
    assert browser.secret_of(request, "state-number-two-x") == ""
    assert browser.secret_of(request, "") == ""


def test_state_cookie_lives_ten_minutes_in_frames_at_our_doors_only() -> None:
    text = answered({}, "state-number-one-x").cookies[browser.state_cookie_name("state-number-one-x")]
    assert text.OutputString().endswith(
        "HttpOnly; Max-Age=600; Partitioned; Path=/lti; SameSite=None; Secure"
    )


def test_of_many_unfinished_log_ins_the_oldest_are_forgotten() -> None:
    sent: dict[str, str] = {}
    for number in range(15):
        for name, morsel in answered(sent, f"state-{number:02}-abcdefgh").cookies.items():
            if morsel.value:
                sent[name] = morsel.value
            else:
                del sent[name]
    assert sorted(sent) == [
        browser.state_cookie_name(f"state-{number:02}-abcdefgh") for number in range(5, 15)
    ]


def test_foreign_nonsense_in_a_state_cookie_does_no_harm() -> None:
    sent = {cookies.STATE_PREFIX + "x": "\ud800²", cookies.STATE_PREFIX + "y": ""}
    assert answered(sent, "state-number-one-x").cookies


@override_settings(ALLOWED_HOSTS=["exam.example.edu"])
@pytest.mark.parametrize(
    ("origin", "ours"),
    [
        ("http://exam.example.edu", True),
        ("https://exam.example.edu", False),
        ("http://exam.example.edu:8000", False),
        ("http://evil.example.edu", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_our_own_origin_is_the_same(origin: str, ours: bool) -> None:
    request = HttpRequest()
    request.META = {"SERVER_NAME": "exam.example.edu", "SERVER_PORT": "80", "HTTP_ORIGIN": origin}
    assert browser.same_origin(request) is ours


@override_settings(CSRF_TRUSTED_ORIGINS=["https://exam.example.edu"])
def test_origin_that_the_settings_trust_is_ours() -> None:
    request = HttpRequest()
    request.META = {"SERVER_NAME": "inner", "SERVER_PORT": "80", "HTTP_ORIGIN": "https://exam.example.edu"}
    assert browser.same_origin(request)
