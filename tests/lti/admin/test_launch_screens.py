"""The launch inspector and the people of a platform: what happened, to whom, without the token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from learning.organisation.models import AuditEntry, Role, Unit, User
from lti.models import Context, Launch, Login, PlatformUser
from question_bank.exams.models import ExamGroup
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user
from tests.lti.factories import make_context, make_link, make_person, make_platform

pytestmark = pytest.mark.django_db

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def root() -> Unit:
    return make_unit(name="校党委")


@pytest.fixture
def admin(root: Unit) -> Client:
    client = Client()
    administrator = make_user(name="管理员", roles=[(Role.ADMINISTRATOR, root)])
    client.force_login(administrator, "learning.organisation.backends.NumberBackend")
    return client


@pytest.fixture
def context(root: Unit) -> Context:
    return make_context(make_platform(root, name="教学平台"), title="党史专题")


def url(name: str, *args: Any, query: str = "") -> str:
    return reverse(f"lti_admin:{name}", args=args) + (f"?{query}" if query else "")


def make_launch(context: Context, **more: Any) -> Launch:
    return Launch.objects.create(
        **{
            "platform": context.platform,
            "context": context,
            "at": NOW,
            "message_type": "LtiResourceLinkRequest",
            "bound_by": "cookie",
            **more,
        }
    )


def listed(client: Client, query: str = "") -> list[Launch]:
    return [row for row, *_words in client.get(url("launch_list", query=query)).context["rows"]]


def test_launches_are_filtered_by_platform_result_and_day(admin: Client, context: Context) -> None:
    other = make_context(make_platform(context.platform.unit))
    good = make_launch(context)
    late = make_launch(context, code="expired", at=NOW - timedelta(hours=1))
    foreign = make_launch(other, code="no_cookie", at=NOW - timedelta(hours=2))
    assert listed(admin) == [good, late, foreign]
    assert listed(admin, f"platform={other.platform_id}") == [foreign]
    assert listed(admin, "code=refused") == [late, foreign]
    assert listed(admin, "code=expired") == [late]
    assert listed(admin, f"platform={other.platform_id}&code=expired") == []


def test_a_day_is_that_of_the_site(admin: Client, context: Context) -> None:
    before = make_launch(context, at=datetime(2026, 5, 31, 15, 59, tzinfo=UTC))  # 23:59 in Shanghai
    first = make_launch(context, at=datetime(2026, 5, 31, 16, 0, tzinfo=UTC))
    assert listed(admin, "day=2026-06-01") == [first]
    assert listed(admin, "day=2026-05-31") == [before]


NONSENSE = "platform=x platform=99999999999999999999 day=2026-13-40 day=x day=9999-12-31 code=x"


@pytest.mark.parametrize("query", NONSENSE.split())
def test_nonsense_in_the_address_finds_nothing(admin: Client, context: Context, query: str) -> None:
    make_launch(context)
    answer = admin.get(url("launch_list", query=query))
    assert answer.status_code == 200
    assert "没有符合条件的进入记录" in answer.content.decode()


def test_the_list_asks_as_much_for_many_launches(admin: Client, context: Context) -> None:
    def look() -> int:
        with CaptureQueriesContext(connection) as asked:
            admin.get(url("launch_list"))
        return len(asked)

    make_launch(context, user=make_user())
    look()
    few = look()
    for n in range(30):
        make_launch(context, user=make_user(), code="expired" if n % 2 else "ok", claims={"n": n})
    assert look() == few


def test_many_launches_have_pages(admin: Client, context: Context) -> None:
    for n in range(51):
        make_launch(context, at=NOW - timedelta(minutes=n))
    assert len(listed(admin)) == 50
    assert len(listed(admin, "page=2&code=ok")) == 1


def test_a_launch_is_shown_with_its_claims_and_never_a_token(admin: Client, context: Context) -> None:
    user = make_person(context)
    login = Login.objects.create(
        state="secret-state", nonce="secret-nonce", browser_hash="0" * 64, platform=context.platform,
        created_at=NOW - timedelta(seconds=4), expires_at=NOW,
    )  # fmt: skip
    exam = make_exam(title="入党基础知识")
    row = make_launch(
        context,
        user=user,
        login=login,
        in_frame=True,
        resource_link=make_link(context, exam=exam),
        claims={"sub": "42", "name": "李明", "id_token": TOKEN, "custom": {"echo": f"Bearer {TOKEN}"}},
    )
    text = admin.get(url("launch", row.pk)).content.decode()
    for said in (
        "&quot;sub&quot;: &quot;42&quot;",
        "李明",
        "党史专题",
        "入党基础知识",
        "4 秒",
        "Cookie，平台页面的框内",
        str(row.pk),
    ):
        assert said in text
    person = PlatformUser.objects.get(user=user)
    assert url("person", context.platform_id, person.pk) in text
    for secret in ("eyJ", "secret-state", "secret-nonce"):
        assert secret not in text


def test_a_refusal_is_explained_with_what_to_do(admin: Client, context: Context) -> None:
    row = make_launch(context, code="unknown_deployment", detail="deployment 7 is not known", bound_by="")
    text = admin.get(url("launch", row.pk)).content.decode()
    assert "还没有经本站管理员批准" in text
    assert "请在“概况”的部署里核对并批准。" in text
    assert "deployment 7 is not known" in text
    assert "没有可以采信的内容" in text


def test_a_launch_of_a_platform_that_nobody_registered_names_its_issuer(admin: Client) -> None:
    row = Launch.objects.create(at=NOW, code="unknown_issuer", issuer="https://stranger.example")
    assert "https://stranger.example" in admin.get(url("launch_list")).content.decode()
    assert "https://stranger.example" in admin.get(url("launch", row.pk)).content.decode()


def test_an_unknown_launch_is_not_found(admin: Client) -> None:
    assert admin.get(url("launch", "00000000-0000-0000-0000-000000000000")).status_code == 404


def test_a_code_of_the_past_is_shown_as_it_stands(admin: Client, context: Context) -> None:
    row = make_launch(context, code="of_the_past")
    assert "of_the_past" in admin.get(url("launch", row.pk)).content.decode()


# -- people


def test_people_are_listed_with_whom_they_are(admin: Client, context: Context) -> None:
    user = make_person(context)
    elsewhere = make_person(make_context(make_platform(context.platform.unit)))
    text = admin.get(url("person_list", context.platform_id)).content.decode()
    assert str(user) in text
    assert "首次进入时新建" in text
    assert str(elsewhere) not in text
    assert "没有人员" in admin.get(url("person_list", context.platform_id, query="q=nobody")).content.decode()
    by_number = admin.get(url("person_list", context.platform_id, query="linked=number")).content.decode()
    assert str(user) not in by_number


def test_the_list_of_people_asks_as_much_for_many(admin: Client, context: Context) -> None:
    def look() -> int:
        with CaptureQueriesContext(connection) as asked:
            admin.get(url("person_list", context.platform_id))
        return len(asked)

    make_person(context)
    look()
    few = look()
    for _n in range(10):
        make_person(context)
    assert look() == few


@pytest.fixture
def person(context: Context) -> PlatformUser:
    return PlatformUser.objects.get(user=make_person(context))


def acted(client: Client, person: PlatformUser, **data: str) -> Any:
    return client.post(url("person", person.platform_id, person.pk), data)


def test_a_person_is_linked_to_somebody_else(admin: Client, person: PlatformUser, root: Unit) -> None:
    right = make_user("2026001", unit=root)
    answer = acted(admin, person, act="relink", number="2026001", sure="on")
    assert answer.status_code == 302
    person.refresh_from_db()
    assert person.user == right
    assert AuditEntry.objects.filter(action="platform_person.relinked").exists()
    assert "管理员指定" in admin.get(answer.headers["Location"]).content.decode()


def test_a_link_is_taken_away(admin: Client, person: PlatformUser) -> None:
    assert acted(admin, person, act="unlink", sure="on").status_code == 302
    assert not PlatformUser.objects.exists()
    assert AuditEntry.objects.filter(action="platform_person.unlinked").exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"act": "unlink"}, "请先核实，再勾选。"),
        ({"sure": "on"}, "请填写此项。"),
        ({"act": "relink", "sure": "on"}, "请填写对方的学号/工号。"),
        ({"act": "relink", "sure": "on", "number": "nobody"}, "没有使用这个学号/工号的可用账号。"),
    ],
)
def test_without_confirmation_or_number_nothing_changes(
    admin: Client, person: PlatformUser, data: dict[str, str], words: str
) -> None:
    answer = acted(admin, person, **data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert PlatformUser.objects.get().user == person.user


def test_with_attempts_the_page_explains_instead_of_offering(
    admin: Client, context: Context, person: PlatformUser
) -> None:
    exam = make_exam(candidates=[person.user])
    ExamGroup.objects.create(exam=exam, group=context.group, at=NOW)
    make_attempt(exam, person.user)
    text = admin.get(url("person", person.platform_id, person.pk)).content.decode()
    assert "已有 1 次作答" in text
    assert 'name="act"' not in text
    assert acted(admin, person, act="unlink", sure="on").status_code == 422
    assert PlatformUser.objects.exists()


def test_a_person_of_another_platform_is_not_found(admin: Client, person: PlatformUser, root: Unit) -> None:
    other = make_platform(root)
    assert admin.get(url("person", other.pk, person.pk)).status_code == 404
    user: User = person.user
    assert admin.post(url("person", other.pk, person.pk), {"act": "unlink", "sure": "on"}).status_code == 404
    assert PlatformUser.objects.get().user == user
