"""The audit log tells in words and local time what an act changed."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learning.organisation.audit_facts import facts, facts_line
from learning.organisation.models import AuditEntry, Role
from learning.organisation.services import audit, classes
from learning.organisation.services.memberships import transfer
from tests.factories import make_class, make_unit, make_user


@pytest.mark.parametrize(
    ("action", "data", "said"),
    [
        ("unit.opened", {"code": "XX"}, [("代码", "XX")]),
        (
            "membership.status",
            {"from": "activist", "to": "full"},
            [("原来", "入党积极分子"), ("改为", "正式党员")],
        ),
        ("role.granted", {"role": "marker", "to": None}, [("角色", "阅卷人"), ("截止日期", "（空）")]),
        ("account.edited", {"fields": ["phone", "email"]}, [("修改的内容", "手机、电子邮箱")]),
        ("bank.change", {"open_for_practice": True}, [("开放练习", "是")]),
        ("exam.change", {"kind": ["mock", "formal"]}, [("类型", "模拟 → 正式")]),
        (
            "exam.change",
            {"bands": [[], [{"from": "90", "name": "优秀"}]]},
            [("等级", "（空） → 不低于（%） 90，等级 优秀")],
        ),
        ("exam.withdraw", {"on": "2026-09-01"}, [("日期", "2026-09-01")]),
        ("strange.act", {"odd": 3}, [("odd", "3")]),
    ],
)
def test_a_fact_is_said_in_words(action: str, data: dict[str, object], said: list[tuple[str, str]]) -> None:
    assert facts(action, data) == said


def test_an_instant_is_told_in_local_time() -> None:
    data = {"opens_at": ["2026-10-22T01:00:00+00:00", "2026-10-23T17:30:00+00:00"]}
    assert facts("exam.change", data) == [("开始时间", "2026-10-22 09:00:00 → 2026-10-24 01:30:00")]


def test_one_line_holds_every_fact() -> None:
    assert facts_line("exam.admit_users", {"admitted": 2, "reason": "补报"}) == "准入人数：2；原因：补报"


@pytest.mark.django_db
def test_the_log_and_its_entry_show_no_raw_data(client: Client) -> None:
    unit = make_unit()
    auditor = make_user(unit=unit, roles=[(Role.AUDITOR, unit)])
    data = {"from": "activist", "to": "full"}
    now = timezone.now()
    entry = audit.record(actor=None, action="membership.status", obj=auditor, unit=unit, data=data, now=now)
    client.force_login(auditor, backend="learning.organisation.backends.NumberBackend")
    for url in (reverse("audit:index"), reverse("audit:inspect", args=[entry.pk])):
        page = client.get(url).content.decode()
        assert "<dt>改为</dt><dd>正式党员</dd>" in page
        assert "activist" not in page


def test_what_a_roster_import_did_is_told_in_the_words_of_its_preview() -> None:
    counts = {"new": 2, "changed": 1, "unchanged": 0, "repeated": 0, "rejected": 3}
    names = [name for name, _said in facts("roster.imported", counts)]
    assert names == ["新增", "变更", "无变化", "重复", "拒绝"]


@pytest.mark.django_db
def test_an_export_of_a_list_tells_its_filters_with_units_by_name() -> None:
    unit = make_unit(name="甲支部")
    asked = QueryDict(f"unit={unit.pk}&unit=x&state=passed&q=&page=2")
    assert audit.filters_asked(asked) == {"unit": ["甲支部", "x"], "state": ["passed"]}


def test_an_older_entry_tells_the_days_of_a_filter_not_a_change() -> None:
    held = {"filters": {"from": "2026-11-01", "to": "2026-11-22", "unit": "now"}}
    assert facts("report.export", held) == [("筛选条件", "从 2026-11-01，到 2026-11-22，党组织 按现支部")]


@pytest.mark.django_db
def test_acts_name_the_units_and_people_they_are_about() -> None:
    unit, other = make_unit(name="甲支部"), make_unit(name="乙支部")
    by, now = make_user(unit=unit), timezone.now()
    person = make_user(unit=unit, name="张三", number="S21")
    transfer(user=person, unit=other, on=timezone.localdate(now), by=by, now=now)
    training_class = make_class(unit)
    classes.admit_units(class_id=training_class.pk, units=[other], person_statuses=[], by=by, now=now)
    member = training_class.members.get(user=person)
    classes.withdraw(member_id=member.pk, reason="转学", by=by, now=now)

    def told(action: str) -> dict[str, str]:
        entry = AuditEntry.objects.get(action=action)
        return dict(facts(entry.action, entry.data))

    moved = told("membership.transferred")
    assert (moved["原来"], moved["改为"]) == ("甲支部", "乙支部")
    assert told("class.admit_units")["党组织"] == "乙支部"
    assert told("class.member")["学员"] == "张三（S21）"
