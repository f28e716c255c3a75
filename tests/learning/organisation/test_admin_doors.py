"""What Wagtail brings and this product does not use is closed to everybody, and no menu leads there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from learning.organisation.admin import doors
from learning.organisation.models import AuditEntry, Role, User
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.django_db

CLOSED = [
    "wagtailusers_groups:index",
    "wagtailsites:index",
    "wagtailadmin_collections:index",
    "wagtailadmin_workflows:index",
    "wagtailadmin_reports:locked_pages",
    "wagtailadmin_reports:aging_pages",
    "wagtailadmin_reports:site_history",
    "wagtailadmin_pages:search",
    "wagtailimages:index",
    "wagtaildocs:index",
    "wagtailsnippets:index",
    "wagtailadmin_error_test",
]


@pytest.fixture
def administrator() -> User:
    return make_user(name="管理员", roles=[(Role.ADMINISTRATOR, make_unit(name="校党委"))])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "learning.organisation.backends.NumberBackend")
    return client


@pytest.mark.parametrize("door", CLOSED)
def test_what_is_not_used_does_not_exist_even_for_the_administrator(administrator: User, door: str) -> None:
    answer = signed_in(administrator).get(reverse(door))
    assert answer.status_code == 404
    assert "回到工作台" in answer.content.decode()
    assert "Wagtail" not in answer.content.decode()


def wagtails_doors() -> list[str]:
    """The name of every view without arguments that Wagtail mounted."""
    found: list[str] = []

    def walk(patterns: list[Any], namespaces: tuple[str, ...]) -> None:
        for each in patterns:
            if hasattr(each, "url_patterns"):
                walk(each.url_patterns, (*namespaces, each.namespace) if each.namespace else namespaces)
            else:
                found.append(":".join((*namespaces, each.name or "")))

    walk(get_resolver().url_patterns, ())
    return sorted({name for name in found if name.startswith("wagtail")})


def test_of_all_that_wagtail_mounts_only_the_named_doors_are_open(administrator: User) -> None:
    reached = set()
    for door in wagtails_doors():
        try:
            answer = signed_in(administrator).get(reverse(door))  # anew: one of the doors is the way out
        except NoReverseMatch:
            continue
        if answer.status_code != 404:
            reached.add(door)
    assert reached == {
        "wagtailadmin_account", "wagtailadmin_choose_page", "wagtailadmin_choose_page_anchor_link",
        "wagtailadmin_choose_page_email_link", "wagtailadmin_choose_page_external_link",
        "wagtailadmin_choose_page_phone_link", "wagtailadmin_choose_page_search",
        "wagtailadmin_explore_root", "wagtailadmin_dismissibles", "wagtailadmin_home",
        "wagtailadmin_javascript_catalog", "wagtailadmin_login", "wagtailadmin_logout", "wagtailadmin_sprite",
        "wagtailadmin_tag_autocomplete", "wagtailimages_chooser:choose",
        "wagtailimages_chooser:choose_results", "wagtailimages_chooser:chosen_multiple",
        "wagtailimages_chooser:create", "wagtailusers_users:add", "wagtailusers_users:index",
        "wagtailusers_users:index_results",
    }  # fmt: skip


def test_no_menu_leads_to_a_closed_door(administrator: User) -> None:
    page = signed_in(administrator).get(reverse("wagtailadmin_home")).content.decode()
    for door in CLOSED:
        assert f'"url": "{reverse(door)}"' not in page
    assert reverse("wagtailsettings:edit", args=["project", "sitelook"]) in page
    assert f'"url": "{reverse("audit:index")}"' in page


def test_a_room_opens_what_it_begins_to_use(administrator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "_open", set(doors._open))
    doors.open_doors("wagtailadmin_collections:", "wagtaildocs:index")
    client = signed_in(administrator)
    assert client.get(reverse("wagtailadmin_collections:add")).status_code == 200
    assert client.get(reverse("wagtaildocs:index")).status_code == 200
    assert client.get(reverse("wagtaildocs:add")).status_code == 404


def test_a_missing_page_of_the_admin_is_said_in_the_readers_language(administrator: User) -> None:
    client = signed_in(administrator)
    page = client.get(reverse("wagtailadmin_home") + "nowhere/")
    assert page.status_code == 404
    assert "没有找到这个页面" in page.content.decode()
    client.cookies["dangxiao_language"] = "en"
    assert "没有找到这个页面" not in client.get(reverse("wagtailadmin_home") + "nowhere/").content.decode()


def test_the_tab_names_the_site(administrator: User) -> None:
    page = signed_in(administrator).get(reverse("units:index")).content.decode()
    title = page[page.index("<title>") : page.index("</title>")]
    assert "党校在线学习与考试" in title
    assert "Wagtail" not in title


def test_the_account_page_keeps_contacts_with_an_audit_entry_and_offers_no_other_passwords(
    administrator: User,
) -> None:
    client = signed_in(administrator)
    page = client.get(reverse("wagtailadmin_account")).content.decode()
    assert "password-new_password1" not in page
    assert "time_zone" not in page
    assert reverse("password_change") in page
    client.post(
        reverse("wagtailadmin_account"),
        {
            "name_email-phone": "13800000000", "name_email-email": "", "name_email-full_name": "别人",
            "theme-theme": "system", "theme-contrast": "system", "theme-density": "default",
        },
    )  # fmt: skip
    administrator.refresh_from_db()
    assert (administrator.phone, administrator.full_name) == ("13800000000", "管理员")
    entry = AuditEntry.objects.get(action="account.edited")
    assert (entry.actor, entry.data) == (administrator, {"fields": ["phone"]})
