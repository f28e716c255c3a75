"""The pages of getting in and of one's own record."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learning.organisation import exports
from learning.organisation.models import AccessCode, Membership, Role, User
from learning.organisation.services import accounts, audit
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "东方红-2026-太阳升"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "learning.organisation.backends.NumberBackend")
    return client


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_log_in_leads_to_the_page_asked_for() -> None:
    user, client = make_user(), Client()
    page = client.get(reverse("login"), {"next": "/me/"}).content.decode()
    assert 'name="next" value="/me/"' in page
    answer = client.post(
        reverse("login"), {"number": f" {user.number} ", "password": "secret-pass", "next": "/me/"}
    )
    assert answer.url == "/me/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_log_in_never_leads_to_another_site(elsewhere: str) -> None:
    data = {"number": make_user().number, "password": "secret-pass", "next": elsewhere}
    assert Client().post(reverse("login"), data).url == reverse("home")


def test_a_wrong_password_keeps_the_number_that_was_typed() -> None:
    user, client = make_user(), Client()
    answer = client.post(reverse("login"), {"number": user.number, "password": "wrong"})
    assert answer.status_code == 422
    assert f'value="{user.number}"' in answer.content.decode()
    assert not is_signed_in(client)


def test_a_stopped_account_does_not_get_in() -> None:
    client, user = Client(), make_user(is_active=False)
    client.post(reverse("login"), {"number": user.number, "password": "secret-pass"})
    assert not is_signed_in(client)


def test_large_print_and_language_come_along_to_a_new_device() -> None:
    user, client = make_user(large_print=True, language="en"), Client()
    client.post(reverse("login"), {"number": user.number, "password": "secret-pass"})
    assert client.cookies["dangxiao_large_print"].value == "1"
    assert client.cookies["dangxiao_language"].value == "en"


def test_whose_password_is_known_to_others_changes_it_before_anything_else() -> None:
    user = make_user(must_change_password=True)
    client = signed_in(user)
    assert client.get(reverse("me")).url == reverse("password_change")
    data = {"old_password": "secret-pass", "new_password": PASSWORD, "again": PASSWORD}
    assert client.post(reverse("password_change"), data).url == reverse("me")
    assert client.get(reverse("me")).status_code == 200
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


@pytest.mark.parametrize(
    "data",
    [
        {"old_password": "wrong", "new_password": PASSWORD, "again": PASSWORD},
        {"old_password": "secret-pass", "new_password": PASSWORD, "again": PASSWORD + "x"},
        {"old_password": "secret-pass", "new_password": "12345678", "again": "12345678"},
        {"old_password": "secret-pass", "new_password": "short", "again": "short"},
    ],
)
def test_a_password_is_changed_only_with_the_old_one_and_to_a_good_one(data: dict[str, str]) -> None:
    user = make_user()
    assert signed_in(user).post(reverse("password_change"), data).status_code == 422
    assert User.objects.get(pk=user.pk).check_password("secret-pass")


def test_a_changed_password_ends_the_other_sessions_but_not_this_one() -> None:
    user = make_user()
    here, elsewhere = signed_in(user), signed_in(user)
    here.post(
        reverse("password_change"),
        {"old_password": "secret-pass", "new_password": PASSWORD, "again": PASSWORD},
    )
    assert here.get(reverse("me")).status_code == 200
    assert elsewhere.get(reverse("me")).status_code == 302


def test_activation_and_room_code_sign_in() -> None:
    for kind, name, more in (
        (AccessCode.Kind.ACTIVATION, "activate", {"new_password": PASSWORD, "again": PASSWORD}),
        (AccessCode.Kind.ROOM, "room_login", {}),
    ):
        user, client = make_user(), Client()
        code = accounts.issue_codes(users=[user], kind=kind, by=None, now=timezone.now())[0].code
        wrong = client.post(reverse(name), {"number": user.number, "code": "AAAA-AAAA", **more})
        assert (wrong.status_code, is_signed_in(client)) == (422, False)
        assert client.post(reverse(name), {"number": user.number, "code": code, **more}).status_code == 302
        assert is_signed_in(client)


def test_logging_out_takes_a_post() -> None:
    client = signed_in(make_user())
    assert client.get(reverse("logout")).status_code == 405
    client.post(reverse("logout"))
    assert not is_signed_in(client)


def test_my_page_says_who_and_where_i_am() -> None:
    unit = make_unit(name="第一党支部")
    user = make_user(unit=unit, roles=[(Role.SECRETARY, unit)])
    page = signed_in(user).get(reverse("me")).content.decode()
    for words in (
        user.full_name,
        "第一党支部",
        "正式党员",
        "书记，范围为“第一党支部”及其下级",
        reverse("wagtailadmin_home"),
    ):
        assert words in page
    assert reverse("wagtailadmin_home") not in signed_in(make_user()).get(reverse("me")).content.decode()


def test_my_page_writes_dates_as_its_language_does() -> None:
    client = signed_in(make_user(unit=make_unit()))
    Membership.objects.update(from_date=date(2016, 9, 1))
    assert "2016年9月1日" in client.get(reverse("me")).content.decode()
    client.cookies["dangxiao_language"] = "en"
    page = client.get(reverse("me")).content.decode()
    assert "1 September 2016" in page
    assert "2016年" not in page


@pytest.mark.parametrize("name", ["me", "me_export", "password_change"])
def test_strangers_are_sent_to_the_log_in(name: str) -> None:
    assert Client().get(reverse(name)).url.startswith(reverse("login"))


def test_settings_are_kept() -> None:
    user = make_user()
    client = signed_in(user)
    client.post(reverse("me_settings"), {"large_print": "on", "language": "en"})
    user.refresh_from_db()
    assert (user.large_print, user.language) == (True, "en")
    client.post(reverse("me_settings"), {"language": "zh-hans"})
    assert client.cookies["dangxiao_large_print"].value == ""
    client.post(reverse("me_settings"), {"language": "xx"})
    user.refresh_from_db()
    assert user.language == "zh-hans"


def test_the_export_holds_my_record_and_nobody_elses() -> None:
    unit = make_unit(name="第一党支部")
    me, other = make_user(unit=unit, roles=[(Role.MARKER, unit)]), make_user(unit=unit)
    now = datetime(2026, 6, 1, tzinfo=UTC)
    audit.record(actor=other, action="account.reset", obj=me, unit=unit, now=now)
    audit.record(actor=me, action="account.reset", obj=other, unit=unit, now=now)
    answer = signed_in(me).get(reverse("me_export"))
    record = json.loads(answer.content)
    assert record["profile"]["number"] == me.number
    assert record["memberships"][0]["unit"] == "第一党支部"
    assert record["roles"][0]["role"] == "阅卷人"
    assert [entry["action"] for entry in record["audit"]] == ["account.reset"]
    assert other.number not in answer.content.decode()


def test_other_rooms_add_their_part_to_the_export(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "_parts", dict(exports._parts))
    exports.contribute("another room", lambda user: [user.number])
    user = make_user()
    assert exports.record_of(user)["another room"] == [user.number]
    with pytest.raises(ValueError, match="another room"):
        exports.contribute("another room", lambda user: [])


def test_a_member_who_tries_the_admin_is_told_no_instead_of_going_round() -> None:
    client = signed_in(make_user())
    answer = client.get(reverse("wagtailadmin_home"), follow=True)
    assert answer.status_code == 403
    assert len(answer.redirect_chain) == 1
