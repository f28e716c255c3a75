"""The administrator's screens of platforms: nobody else finds them, forms good and bad, what waits, what is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from learning.organisation.models import AuditEntry, Role, Unit, User
from lti.admin.urls import patterns
from lti.models import Deployment, Invitation, Launch, Platform, PlatformUser, ToolKey
from lti.services import checking
from lti.services.findings import Finding, Level
from tests.factories import NOW, make_unit, make_user
from tests.lti.factories import make_context, make_person, make_platform

pytestmark = pytest.mark.django_db

HOST = "https://moodle.example.edu"


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def root() -> Unit:
    return make_unit(name="校党委")


@pytest.fixture
def administrator(root: Unit) -> User:
    return make_user(name="管理员", roles=[(Role.ADMINISTRATOR, root)])


@pytest.fixture
def admin(administrator: User) -> Client:
    return signed_in(administrator)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "learning.organisation.backends.NumberBackend")
    return client


def url(name: str, *args: Any, query: str = "") -> str:
    return reverse(f"lti_admin:{name}", args=args) + (f"?{query}" if query else "")


def fields(unit: Unit, **more: Any) -> dict[str, Any]:
    return {
        "name": "教学平台", "dialect": "moodle", "issuer": HOST, "client_id": "abc",
        "auth_url": f"{HOST}/mod/lti/auth.php", "token_url": f"{HOST}/mod/lti/token.php",
        "jwks_url": f"{HOST}/mod/lti/certs.php", "unit": unit.pk, "default_unit": unit.pk, **more,
    }  # fmt: skip


# -- rights


@pytest.fixture
def every_address(root: Unit) -> list[str]:
    """Each address of the room, with rows behind it."""
    context = make_context(make_platform(root))
    person = PlatformUser.objects.get(user=make_person(context))
    launch = Launch.objects.create(platform=context.platform, at=NOW)
    invitation = Invitation.objects.create(name="x", created_at=NOW, expires_at=NOW)
    numbers = {
        "pk": context.platform_id,
        "person_id": person.pk,
        "deployment_id": context.deployment_id,
        "launch_id": launch.pk,
        "invitation_id": invitation.pk,
    }
    found = []
    for pattern in patterns:
        wanted = pattern.pattern.converters
        found.append(reverse(f"lti_admin:{pattern.name}", kwargs={name: numbers[name] for name in wanted}))
    return found


@pytest.mark.parametrize(
    "role", [Role.SCHOOL_OFFICE, Role.AUDITOR, Role.TEACHER, Role.SECRETARY, Role.INVIGILATOR]
)
def test_to_whoever_works_in_the_admin_the_room_does_not_exist(
    root: Unit, every_address: list[str], role: Role
) -> None:
    client = signed_in(make_user(roles=[(role, root)]))
    for address in every_address:
        assert client.get(address).status_code == 404, address
        assert client.post(address).status_code == 404, address
    assert not AuditEntry.objects.filter(action__startswith="platform").exists()


def test_a_member_and_a_stranger_do_not_get_in(every_address: list[str]) -> None:
    for client in (signed_in(make_user()), Client()):
        for address in every_address:
            assert client.get(address).status_code in (302, 403, 404), address
            assert client.post(address).status_code in (302, 403, 404), address


def test_the_menu_item_is_the_administrators(admin: Client, root: Unit) -> None:
    assert url("platform_list") in admin.get(reverse("wagtailadmin_home")).content.decode()
    office = signed_in(make_user(roles=[(Role.SCHOOL_OFFICE, root)]))
    assert url("platform_list") not in office.get(reverse("wagtailadmin_home")).content.decode()


# -- the list and one platform


def test_an_empty_room_says_what_it_is_for(admin: Client) -> None:
    assert "还没有校园平台" in admin.get(url("platform_list")).content.decode()
    assert "还没有注册邀请" in admin.get(url("invitation_list")).content.decode()
    assert "还没有人从校园平台进入" in admin.get(url("launch_list")).content.decode()
    assert "还没有密钥" in admin.get(url("key_list")).content.decode()


def test_the_list_counts_what_is_waiting_and_what_failed(admin: Client, root: Unit) -> None:
    platform = make_platform(root, name="教学平台", dialect="moodle")
    for n in (2, 3):
        Deployment.objects.create(platform=platform, deployment_id=str(n))
    for days, code in ((0, "ok"), (1, "expired"), (2, "no_cookie"), (8, "expired")):
        Launch.objects.create(platform=platform, at=NOW - timedelta(days=days), code=code)
    text = admin.get(url("platform_list")).content.decode()
    assert "Moodle" in text
    assert "2 次</a>" in text
    assert '#deployments">2</a>' in text
    assert "2026年6月1日 09:00" in text


def test_the_list_asks_as_much_for_many_platforms(admin: Client, root: Unit) -> None:
    make_platform(root)
    admin.get(url("platform_list"))
    with CaptureQueriesContext(connection) as few:
        admin.get(url("platform_list"))
    for _n in range(5):
        make_platform(root)
    with CaptureQueriesContext(connection) as many:
        admin.get(url("platform_list"))
    assert len(many) == len(few)


def test_a_platform_is_shown_with_its_deployments(admin: Client, root: Unit) -> None:
    platform = make_platform(root, name="教学平台")
    Deployment.objects.create(platform=platform, deployment_id="7:waiting")
    text = admin.get(url("platform", platform.pk)).content.decode()
    assert "7:waiting" in text
    assert platform.issuer in text
    assert "学号/工号和党组织代码都不采信" in text
    assert admin.get(url("platform", 10**18)).status_code == 404


# -- adding and changing


@pytest.mark.parametrize("state", list(Platform.State))
def test_a_platform_without_units_has_its_page_in_every_state(admin: Client, root: Unit, state: str) -> None:
    platform = make_platform(root, state=state)
    Platform.objects.update(unit=None, default_unit=None)
    assert "不归入任何党组织" in admin.get(url("platform", platform.pk)).content.decode()


def test_the_form_is_filled_from_kind_and_address(admin: Client) -> None:
    first = admin.get(url("platform_new")).content.decode()
    assert "下一步" in first
    text = admin.get(url("platform_new", query=f"dialect=moodle&host={HOST}/")).content.decode()
    assert f"{HOST}/mod/lti/certs.php" in text
    assert "Initiate login URL" in text
    assert "http://testserver/lti/login" in text
    assert "$Context.id.history" in text


@pytest.mark.parametrize("dialect", ["moodle", "canvas", "openedx", "sakai", "blackboard", "d2l", "other"])
def test_every_kind_has_its_sheet(admin: Client, root: Unit, dialect: str) -> None:
    text = admin.get(url("platform_new", query=f"dialect={dialect}")).content.decode()
    assert "http://testserver/lti/launch" in text
    assert "https:///" not in text
    platform = make_platform(root, dialect=dialect)
    assert "http://testserver/lti/launch" in admin.get(url("platform_paste", platform.pk)).content.decode()


def test_a_platform_is_added_and_audited(admin: Client, administrator: User, root: Unit) -> None:
    answer = admin.post(url("platform_new"), fields(root, deployment_id="1"))
    platform = Platform.objects.get()
    assert answer.headers["Location"] == url("platform", platform.pk)
    assert (platform.state, platform.unit, platform.created_by) == (
        Platform.State.ACTIVE,
        root,
        administrator,
    )
    assert platform.deployments.get().state == Deployment.State.ACTIVE
    assert AuditEntry.objects.filter(action="platform.added", actor=administrator).exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("issuer", "", "请填写此项。"),
        ("client_id", "", "请填写此项。"),
        ("jwks_url", "http://moodle.example.edu/certs", "必须以 https:// 开头"),
        ("auth_url", "https://user:pass@moodle.example.edu/auth", "不是可用的网址"),
        ("token_url", "nonsense", "请填写完整的网址"),
        ("origins", "moodle.example.edu", "不是一个来源"),
        ("origins", "https://moodle.example.edu/path", "不是一个来源"),
    ],
)
def test_a_form_that_cannot_stand_says_why(
    admin: Client, root: Unit, field: str, value: str, words: str
) -> None:
    answer = admin.post(url("platform_new"), fields(root, **{field: value}))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "教学平台" in answer.content.decode()  # what was typed is still there
    assert not Platform.objects.exists()


def test_this_machine_may_be_tried_out_without_tls(admin: Client, root: Unit) -> None:
    plain = dict.fromkeys(("issuer", "auth_url", "token_url", "jwks_url"), "http://127.0.0.1:8080/x")
    assert admin.post(url("platform_new"), fields(root, **plain)).status_code == 422
    admin.post(url("platform_new"), fields(root, **plain, allow_insecure_loopback="on"))
    assert Platform.objects.get().allow_insecure_loopback


def test_a_second_registration_of_the_same_client_is_refused(admin: Client, root: Unit) -> None:
    admin.post(url("platform_new"), fields(root))
    answer = admin.post(url("platform_new"), fields(root, name="又一个"))
    assert answer.status_code == 422
    assert "都相同的平台" in answer.content.decode()
    other = make_platform(root)
    assert admin.post(url("platform_edit", other.pk), fields(root)).status_code == 422


def test_a_platform_is_changed_and_audited(admin: Client, root: Unit) -> None:
    admin.post(url("platform_new"), fields(root))
    platform = Platform.objects.get()
    assert platform.issuer in admin.get(url("platform_edit", platform.pk)).content.decode()
    admin.post(
        url("platform_edit", platform.pk), fields(root, trusts_numbers="on", origins="https://*.example.edu")
    )
    platform.refresh_from_db()
    assert platform.trusts_numbers
    assert platform.origins == "https://*.example.edu"
    entry = AuditEntry.objects.get(action="platform.changed")
    assert sorted(entry.data["fields"]) == ["origins", "trusts_numbers"]
    assert "信任平台给出的学号/工号" in admin.get(url("platform", platform.pk)).content.decode()


# -- states


def test_a_waiting_platform_is_approved_with_its_units(admin: Client, root: Unit) -> None:
    platform = make_platform(state=Platform.State.PENDING)
    assert "等待批准" in admin.get(url("platform", platform.pk)).content.decode()
    admin.post(url("platform_approve", platform.pk), {"unit": root.pk, "default_unit": ""})
    platform.refresh_from_db()
    assert (platform.state, platform.unit, platform.default_unit) == (Platform.State.ACTIVE, root, None)
    assert AuditEntry.objects.filter(action="platform.approved").exists()
    assert admin.post(url("platform_approve", platform.pk), {"unit": root.pk}).status_code == 404


def test_a_platform_is_switched_off_and_on(admin: Client, root: Unit) -> None:
    platform = make_platform(root)
    admin.post(url("platform_off", platform.pk))
    platform.refresh_from_db()
    assert platform.state == Platform.State.OFF
    assert "重新启用" in admin.get(url("platform", platform.pk)).content.decode()
    admin.post(url("platform_on", platform.pk))
    platform.refresh_from_db()
    assert platform.state == Platform.State.ACTIVE
    assert AuditEntry.objects.filter(action="platform.turned_off").count() == 1
    assert AuditEntry.objects.filter(action="platform.turned_on").count() == 1


def test_switching_off_twice_is_told_not_broken(admin: Client, root: Unit) -> None:
    platform = make_platform(root, state=Platform.State.OFF)
    answer = admin.post(url("platform_off", platform.pk), follow=True)
    assert "平台的状态已经改变" in answer.content.decode()


def test_acts_are_never_done_by_a_link(admin: Client, root: Unit) -> None:
    platform = make_platform(root)
    for name in ("platform_approve", "platform_off", "platform_on"):
        assert admin.get(url(name, platform.pk)).status_code == 405
    deployment = platform.deployments.get()
    for name in ("deployment_approve", "deployment_refuse"):
        assert admin.get(url(name, platform.pk, deployment.pk)).status_code == 405


def test_a_deployment_is_approved_and_refused(admin: Client, root: Unit) -> None:
    platform = make_platform(root)
    waiting = Deployment.objects.create(platform=platform, deployment_id="2")
    admin.post(url("deployment_approve", platform.pk, waiting.pk))
    waiting.refresh_from_db()
    assert waiting.state == Deployment.State.ACTIVE
    admin.post(url("deployment_refuse", platform.pk, waiting.pk))
    waiting.refresh_from_db()
    assert waiting.state == Deployment.State.OFF
    other = make_platform(root)
    assert admin.post(url("deployment_approve", other.pk, waiting.pk)).status_code == 404


def test_what_waits_stands_on_the_first_page(admin: Client, root: Unit) -> None:
    home = reverse("wagtailadmin_home")
    assert "platforms-waiting" not in admin.get(home).content.decode()
    make_platform(root, name="等批准的平台", state=Platform.State.PENDING)
    busy = make_platform(root, name="有新部署的平台")
    Deployment.objects.create(platform=busy, deployment_id="2")
    text = admin.get(home).content.decode()
    assert "平台待批准：等批准的平台" in text
    assert "部署待批准：有新部署的平台，1 个" in text
    office = signed_in(make_user(roles=[(Role.SCHOOL_OFFICE, root)]))
    assert "等批准的平台" not in office.get(home).content.decode()


# -- invitations


def test_an_invitations_link_is_shown_once(admin: Client, root: Unit) -> None:
    answer = admin.post(url("invitation_new"), {"name": "王老师", "unit": root.pk})
    invitation = Invitation.objects.get()
    text = answer.content.decode()
    assert "http://testserver/lti/register/" in text
    token = text.partition("/lti/register/")[2].partition("<")[0].strip()
    assert len(token) > 40
    assert token not in admin.get(url("invitation_list")).content.decode()
    assert invitation.unit == root
    assert "no-store" in answer.headers["Cache-Control"]
    assert AuditEntry.objects.filter(action="invitation.made").exists()


def test_an_invitation_without_a_name_is_refused(admin: Client) -> None:
    assert admin.post(url("invitation_new"), {"name": ""}).status_code == 422
    assert not Invitation.objects.exists()


def test_an_open_invitation_is_revoked(admin: Client) -> None:
    admin.post(url("invitation_new"), {"name": "王老师"})
    invitation = Invitation.objects.get()
    assert "等待使用" in admin.get(url("invitation_list")).content.decode()
    admin.post(url("invitation_revoke", invitation.pk))
    invitation.refresh_from_db()
    assert invitation.revoked_at == NOW
    assert "已撤销" in admin.get(url("invitation_list")).content.decode()
    assert admin.post(url("invitation_revoke", invitation.pk)).status_code == 404


# -- keys


def test_a_key_is_changed_after_a_tick(admin: Client) -> None:
    assert admin.post(url("key_rotate")).status_code == 422
    assert not ToolKey.objects.exists()
    admin.post(url("key_rotate"), {"sure": "on"})
    first = ToolKey.objects.get()
    admin.post(url("key_rotate"), {"sure": "on"})
    waiting = ToolKey.objects.exclude(pk=first.pk).get()
    assert waiting.active_from == NOW + timedelta(hours=24)
    text = admin.get(url("key_list")).content.decode()
    assert "正在使用" in text
    assert "已公布，等待使用" in text
    assert waiting.private_encrypted not in text


def test_a_leaked_key_leaves_at_once(admin: Client) -> None:
    admin.post(url("key_rotate"), {"sure": "on"})
    leaked = ToolKey.objects.get()
    assert "立即停用" in admin.get(url("key_rotate", query="at_once")).content.decode()
    admin.post(url("key_rotate", query="at_once"), {"sure": "on"})
    leaked.refresh_from_db()
    assert leaked.retires_at == NOW
    assert leaked.kid not in admin.get(url("key_list")).content.decode()


# -- the check


def test_the_check_runs_on_asking_and_shows_what_it_found(
    admin: Client, root: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = make_platform(root)
    asked: list[dict[str, Any]] = []

    def answer(**facts: Any) -> list[Finding]:
        asked.append(facts)
        return [
            Finding("keys", Level.OK, "公钥可以读取。"),
            Finding("clock", Level.WARNING, "平台的时钟快 20 秒。"),
            Finding("tokens", Level.PROBLEM, "平台不认本站。", "<b>invalid_client</b>"),
        ]

    monkeypatch.setattr(checking, "check_platform", answer)
    assert "开始检查" in admin.get(url("check", platform.pk)).content.decode()
    assert not asked
    text = admin.post(url("check", platform.pk)).content.decode()
    assert asked[0]["launch_url"] == "http://testserver/lti/launch"
    assert "有 1 个问题要解决" in text
    assert "&lt;b&gt;invalid_client" in text
    assert text.count("lti-check") == 3
