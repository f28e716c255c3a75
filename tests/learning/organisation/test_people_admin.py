"""What an organiser does on a person's page and with a unit, and what stays out of reach."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from learning.organisation.models import AccessCode, AuditEntry, Membership, Role, RoleAssignment, Unit, User
from learning.organisation.services import audit
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "learning.organisation.backends.NumberBackend")
    return client


class School:
    def __init__(self) -> None:
        self.root = make_unit(name="校党委")
        self.here, self.there = make_unit(self.root, name="甲支部"), make_unit(self.root, name="乙支部")
        self.office = make_user(unit=self.here, roles=[(Role.SCHOOL_OFFICE, self.here)])
        self.administrator = make_user(unit=self.root, roles=[(Role.ADMINISTRATOR, self.root)])
        self.auditor = make_user(unit=self.here, roles=[(Role.AUDITOR, self.here)])
        self.mine = make_user(name="王小明", unit=self.here)
        self.foreign = make_user(name="外人", unit=self.there)


@pytest.fixture
def school() -> School:
    return School()


ACTS = [
    "person_membership",
    "person_leave",
    "person_reset",
    "person_code",
    "person_deactivate",
    "person_reactivate",
]


@pytest.mark.parametrize("act", [*ACTS, "person_grant"])
def test_no_act_reaches_a_foreign_person_or_an_auditors_hand(school: School, act: str) -> None:
    before = User.objects.values().get(pk=school.foreign.pk)
    assert signed_in(school.office).post(reverse(act, args=[school.foreign.pk])).status_code == 404
    assert signed_in(school.auditor).post(reverse(act, args=[school.mine.pk])).status_code == 404
    assert signed_in(school.mine).post(reverse(act, args=[school.mine.pk])).status_code in (302, 404)
    assert User.objects.values().get(pk=school.foreign.pk) == before
    assert not AccessCode.objects.exists()


ASKED_FIRST = {
    "person_reset": ("重置“王小明”的密码", "原密码立即失效"),
    "person_code": ("给“王小明”发激活码", "30 天内有效"),
    "person_deactivate": ("停用“王小明”的账号", "都保留"),
}


@pytest.mark.parametrize("act", [*sorted(set(ACTS) - set(ASKED_FIRST)), "person_grant"])
def test_acts_take_a_post(school: School, act: str) -> None:
    assert signed_in(school.administrator).get(reverse(act, args=[school.mine.pk])).status_code == 405


@pytest.mark.parametrize("act", ASKED_FIRST)
def test_what_changes_a_log_in_is_asked_first_and_changes_nothing_yet(school: School, act: str) -> None:
    before = User.objects.values().get(pk=school.mine.pk)
    page = signed_in(school.office).get(reverse(act, args=[school.mine.pk])).content.decode()
    for words in (*ASKED_FIRST[act], school.mine.number, "写入审计记录"):
        assert words in page
    assert User.objects.values().get(pk=school.mine.pk) == before
    assert not AccessCode.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("act", ASKED_FIRST)
def test_nobody_is_asked_about_a_foreign_person_or_one_with_higher_rights(school: School, act: str) -> None:
    assert signed_in(school.office).get(reverse(act, args=[school.foreign.pk])).status_code == 404
    assert signed_in(school.auditor).get(reverse(act, args=[school.mine.pk])).status_code == 404
    answer = signed_in(school.office).get(reverse(act, args=[school.auditor.pk]), follow=True)
    assert answer.redirect_chain
    assert "权限高于您" in answer.content.decode()


def test_a_room_code_asked_for_is_the_kind_that_is_made(school: School) -> None:
    client, url = signed_in(school.office), reverse("person_code", args=[school.mine.pk])
    page = client.get(url, {"kind": "room"}).content.decode()
    assert "给“王小明”发考场代码" in page
    assert '<input type="hidden" name="kind" value="room">' in page
    client.post(url, {"kind": "room"})
    assert AccessCode.objects.get().kind == AccessCode.Kind.ROOM
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.object_id) == ("code.room", school.office, str(school.mine.pk))


def test_the_organiser_adds_a_person_and_hands_over_a_code(school: School) -> None:
    client = signed_in(school.office)
    data = {"number": "N77", "full_name": "李雷", "unit": school.here.pk, "person_status": "applicant"}
    answer = client.post(reverse("wagtailusers_users:add"), data)
    person = User.objects.get(number="N77")
    assert answer.url == reverse("wagtailusers_users:inspect", args=[person.pk])
    assert person.memberships.get().unit == school.here
    assert not person.has_usable_password()
    page = client.post(reverse("person_code", args=[person.pk]))
    assert AccessCode.objects.get().kind == AccessCode.Kind.ACTIVATION
    assert page["Cache-Control"].startswith("max-age=0")


def test_a_person_is_not_added_to_a_foreign_unit_even_by_a_forged_form(school: School) -> None:
    data = {"number": "N77", "full_name": "李雷", "unit": school.there.pk, "person_status": "applicant"}
    assert signed_in(school.office).post(reverse("wagtailusers_users:add"), data).status_code == 200
    assert not User.objects.filter(number="N77").exists()


def test_a_number_is_taken_once(school: School) -> None:
    data = {
        "number": school.foreign.number,
        "full_name": "李雷",
        "unit": school.here.pk,
        "person_status": "applicant",
    }
    assert signed_in(school.office).post(reverse("wagtailusers_users:add"), data).status_code == 200
    assert User.objects.filter(number=school.foreign.number).count() == 1


def test_an_edit_changes_the_contact_and_cannot_raise_rights(school: School) -> None:
    url = reverse("wagtailusers_users:edit", args=[school.mine.pk])
    data = {
        "full_name": "王晓明",
        "phone": "139",
        "email": "",
        "is_superuser": "on",
        "number": "X",
        "groups": "1",
    }
    assert signed_in(school.office).post(url, data).status_code == 302
    school.mine.refresh_from_db()
    assert (school.mine.full_name, school.mine.phone, school.mine.is_superuser) == ("王晓明", "139", False)
    assert school.mine.number != "X"


def test_a_transfer_from_the_page(school: School) -> None:
    inner = make_unit(school.here, name="丙支部")
    today = timezone.localdate()
    form = {
        "membership-unit": inner.pk,
        "membership-person_status": "full",
        "membership-on": today.isoformat(),
    }
    signed_in(school.office).post(reverse("person_membership", args=[school.mine.pk]), form)
    assert Membership.objects.get(user=school.mine, to_date=None).unit == inner
    form["membership-unit"] = school.there.pk
    signed_in(school.office).post(reverse("person_membership", args=[school.mine.pk]), form)
    assert Membership.objects.get(user=school.mine, to_date=None).unit == inner


def test_leaving_ends_the_membership(school: School) -> None:
    today = timezone.localdate()
    signed_in(school.office).post(reverse("person_leave", args=[school.mine.pk]), {"on": today.isoformat()})
    assert Membership.objects.get(user=school.mine).to_date == today


def test_a_reset_shows_the_code_once(school: School) -> None:
    page = signed_in(school.office).post(reverse("person_reset", args=[school.mine.pk])).content.decode()
    assert "重置码" in page
    assert not User.objects.get(pk=school.mine.pk).has_usable_password()


def test_a_refusal_is_said_on_the_page(school: School) -> None:
    client = signed_in(school.office)
    answer = client.post(reverse("person_reset", args=[school.auditor.pk]), follow=True)
    assert "权限高于您" in answer.content.decode()
    assert User.objects.get(pk=school.auditor.pk).has_usable_password()


def test_roles_are_granted_and_revoked_by_the_administrator_only(school: School) -> None:
    form = {"grant-role": Role.TEACHER, "grant-unit": school.here.pk, "grant-to_date": ""}
    url = reverse("person_grant", args=[school.mine.pk])
    assert signed_in(school.office).post(url, form).status_code == 404
    signed_in(school.administrator).post(url, form)
    made = RoleAssignment.objects.get(user=school.mine)
    revoke = reverse("role_revoke", args=[made.pk])
    assert signed_in(school.office).post(revoke).status_code == 404
    signed_in(school.administrator).post(revoke)
    assert RoleAssignment.objects.get(pk=made.pk).to_date == timezone.localdate()


def test_room_codes_are_printed_for_the_unit_without_those_above(school: School) -> None:
    client = signed_in(school.office)
    url = reverse("unit_codes", args=[school.here.pk])
    assert "2 人" in client.get(url).content.decode()
    page = client.post(url, {"hours": 2}).content.decode()
    assert "王小明" in page
    assert school.auditor.full_name not in page
    expires = AccessCode.objects.values_list("expires_at", flat=True).first()
    assert expires is not None
    assert abs(expires - timezone.now() - timedelta(hours=2)) < timedelta(minutes=1)
    assert client.post(reverse("unit_codes", args=[school.there.pk]), {"hours": 2}).status_code == 404


def test_units_are_opened_renamed_moved_and_closed_by_the_administrator(school: School) -> None:
    client = signed_in(school.administrator)
    data = {
        "name": "丁院",
        "code": "D",
        "kind": "general_branch",
        "parent": school.root.pk,
        "opened_date": "2026-01-01",
    }
    client.post(reverse("units:add"), data)
    unit = Unit.objects.get(code="D")
    client.post(reverse("units:add"), {**data, "name": "戊院", "code": "E"})
    other = Unit.objects.get(code="E")
    client.post(
        reverse("units:edit", args=[other.pk]),
        {"name": "戊学院", "code": "E1", "parent": unit.pk, "on": "2026-02-01"},
    )
    other.refresh_from_db()
    assert (other.name, other.code, other.get_parent()) == ("戊学院", "E1", unit)
    client.post(reverse("unit_close", args=[unit.pk]))
    unit.refresh_from_db()
    assert unit.closed_date is None
    client.post(reverse("unit_close", args=[other.pk]))
    other.refresh_from_db()
    assert other.closed_date == timezone.localdate()


def test_a_unit_in_a_place_the_tree_does_not_have_is_refused_on_the_form(school: School) -> None:
    data = {
        "name": "丁",
        "code": "D",
        "kind": "branch",
        "parent": school.here.pk,
        "opened_date": "2026-01-01",
    }
    page = signed_in(school.administrator).post(reverse("units:add"), data)
    assert "不能设在" in page.content.decode()
    assert not Unit.objects.filter(code="D").exists()


def test_an_organiser_does_not_change_the_tree(school: School) -> None:
    client = signed_in(school.office)
    data = {
        "name": "丁",
        "code": "D",
        "kind": "branch",
        "parent": school.here.pk,
        "opened_date": "2026-01-01",
    }
    client.post(reverse("units:add"), data)
    client.post(reverse("unit_close", args=[school.here.pk]))
    client.post(reverse("units:edit", args=[school.here.pk]), {"name": "X", "code": "X"})
    assert set(Unit.objects.values_list("name", flat=True)) == {"校党委", "甲支部", "乙支部"}
    assert not Unit.objects.exclude(closed_date=None).exists()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "王小明"}, True),
        ({"status": "full"}, True),
        ({"status": "public"}, False),
        ({"activated": "stopped"}, False),
    ],
)
def test_people_are_searched_and_filtered(school: School, query: dict[str, str], found: bool) -> None:
    page = signed_in(school.office).get(reverse("wagtailusers_users:index_results"), query).content.decode()
    assert ("王小明" in page) == found


def test_people_are_filtered_by_a_unit_and_all_below(school: School) -> None:
    client, url = signed_in(school.administrator), reverse("wagtailusers_users:index_results")
    assert "外人" in client.get(url, {"unit": school.root.pk}).content.decode()
    assert "外人" not in client.get(url, {"unit": school.here.pk}).content.decode()


def test_the_menu_shows_what_the_role_may_use(school: School) -> None:
    teacher = make_user(unit=school.here, roles=[(Role.TEACHER, school.here)])
    page = signed_in(teacher).get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("wagtailusers_users:index") in page
    for name in ("roster_upload", "roles:index", "audit:index", "wagtailusers_groups:index"):
        assert reverse(name) not in page
    page = signed_in(school.auditor).get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("audit:index") in page


def test_the_account_page_asks_for_what_our_people_have(school: School) -> None:
    client = signed_in(school.office)
    page = client.get(reverse("wagtailadmin_account"))
    assert page.status_code == 200
    assert "name_email-phone" in page.content.decode()
    assert "first_name" not in page.content.decode()


def test_the_audit_log_leaves_in_local_time_and_cannot_be_written(school: School) -> None:
    now = timezone.now().replace(hour=18, minute=30, second=0, microsecond=0) - timedelta(days=1)
    audit.record(actor=school.office, action="account.reset", obj=school.mine, unit=school.here, now=now)
    client = signed_in(school.auditor)
    answer = client.get(reverse("audit:index"), {"export": "xlsx"})
    body = b"".join(answer) if answer.streaming else answer.content
    rows = list(load_workbook(io.BytesIO(body)).active.values)
    assert rows[1][2] == "重置密码"
    assert rows[1][0] == timezone.make_naive(now)
    assert client.get(reverse("audit:index"), {"export": "csv"})["Content-Type"].startswith("text/html")
    entry = AuditEntry.objects.get()
    for name in ("edit", "delete"):
        assert client.post(reverse(f"audit:{name}", args=[entry.pk])).status_code == 404
    client.post(reverse("audit:add"), {})
    assert AuditEntry.objects.count() == 1
