"""The roster import: what is read from files, the verdict on each row, what is saved."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from learning.organisation import roster
from learning.organisation.errors import RosterUnreadable
from learning.organisation.models import AccessCode, AuditEntry, Membership, Role, RosterImport, Unit, User
from learning.organisation.roster import RosterRow, read_date, read_roster
from learning.organisation.services.roster import Verdict, apply_roster, plan_roster
from tests.factories import make_membership, make_unit, make_user

NOW = datetime(2026, 6, 15, 4, tzinfo=UTC)
HEADER = ["姓名", "学号/工号", "党组织", "人员状态", "手机", "邮箱", "生效日期"]


def xlsx(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def row(**fields: Any) -> RosterRow:
    return RosterRow(
        **{
            "row": 2,
            "full_name": "王小明",
            "number": "20260001",
            "unit": "一支部",
            "status": "预备党员",
            **fields,
        }
    )


# Reading files


def test_titles_above_the_header_and_other_words_for_the_columns_are_understood() -> None:
    data = xlsx(
        ["电子学院花名册"],
        ["2026 年 6 月"],
        ["序号", "姓 名", "学号", "所在党支部", "政治面貌", "备注"],
        [1, "王小明", 20260001, "一支部", "中共党员", "x"],
        [None, None, None, None, None, None],
        [2, "李雷", 20260002.0, "一支部", "群众", ""],
    )
    assert read_roster(data, "花名册.xlsx") == [
        RosterRow(row=4, full_name="王小明", number="20260001", unit="一支部", status="中共党员"),
        RosterRow(row=6, full_name="李雷", number="20260002", unit="一支部", status="群众"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_comes_in_every_encoding_that_excel_saves(encoding: str, delimiter: str) -> None:
    text = "\n".join(delimiter.join(cells) for cells in (HEADER[:3], ["王小明", "1", "一支部"]))
    assert read_roster(text.encode(encoding), "a.csv") == [
        RosterRow(row=2, full_name="王小明", number="1", unit="一支部")
    ]


def test_a_date_cell_reads_as_its_day() -> None:
    data = xlsx(HEADER, ["王小明", "1", "一支部", "群众", None, None, datetime(2026, 9, 1, tzinfo=None)])  # noqa: DTZ001 — a cell has no time zone
    assert read_roster(data, "a.xlsx")[0].on == "2026-09-01"


@pytest.mark.parametrize(
    "text", ["2026-09-01", "2026/9/1", "2026.9.1", "2026年9月1日", "20260901", "2026-09-01 00:00:00"]
)
def test_dates_are_read_as_people_write_them(text: str) -> None:
    assert read_date(text) == date(2026, 9, 1)


@pytest.mark.parametrize("text", ["", "去年", "2026-13-01", "2026-02-30", "1/9/26"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text) is None


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (roster.MAX_UNPACKED_BYTES + 1))
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.csv"),
        (b"PK\x03\x04 not a zip", "a.xlsx"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 100, "old.xls"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "a.csv"),
        ("甲,乙\n1,2".encode(), "no header.csv"),
        (b"x" * (roster.MAX_FILE_BYTES + 1), "large.csv"),
    ],
)
def test_what_is_no_roster_is_refused_with_a_reason(data: bytes, name: str) -> None:
    with pytest.raises(RosterUnreadable) as refused:
        read_roster(data, name)
    assert str(refused.value)


def test_a_file_that_unpacks_to_too_much_is_not_unpacked() -> None:
    with pytest.raises(RosterUnreadable, match="解压"):
        read_roster(bomb(), "bomb.xlsx")


def test_more_rows_than_the_bound_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "MAX_ROWS", 2)
    data = xlsx(HEADER, *[["某", str(n), "一支部"] for n in range(3)])
    with pytest.raises(RosterUnreadable, match="2 行"):
        read_roster(data, "a.xlsx")


# Verdicts


class Tree:
    def __init__(self) -> None:
        self.root = make_unit(name="校党委")
        self.one = make_unit(make_unit(self.root, name="甲院", kind=Unit.Kind.GENERAL_BRANCH), name="一支部")
        self.two = make_unit(self.root, name="二支部")


@pytest.fixture
def tree(db: None) -> Tree:
    return Tree()


def verdict(one: RosterRow, by: User | None = None) -> tuple[Verdict, str]:
    line = plan_roster([one], by=by, now=NOW).lines[0]
    return line.verdict, line.reason or "；".join(line.changes)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"full_name": ""}, "缺少姓名"),
        ({"number": ""}, "缺少学号"),
        ({"number": "2026 0001"}, "空格"),
        ({"unit": ""}, "缺少党组织"),
        ({"unit": "三支部"}, "找不到"),
        ({"unit": "乙院/一支部"}, "找不到"),
        ({"unit": "/"}, "找不到"),
        ({"status": "党外人士"}, "不认识"),
        ({"status": ""}, "缺少人员状态"),
        ({"email": "nobody"}, "邮箱"),
        ({"phone": "abc"}, "手机"),
        ({"on": "昨天"}, "读不懂"),
        ({"on": "2030-01-01"}, "一年"),
        ({"on": "2019-01-01"}, "尚未成立"),
    ],
)
def test_a_row_is_rejected_with_its_reason(tree: Tree, fields: dict[str, str], reason: str) -> None:
    found, why = verdict(row(**fields))
    assert found is Verdict.REJECTED
    assert reason in why


@pytest.mark.parametrize("unit", ["一支部", "甲院/一支部", "校党委/甲院/一支部", "校党委 > 甲院 > 一支部"])
def test_a_unit_is_named_by_any_part_of_its_path(tree: Tree, unit: str) -> None:
    assert plan_roster([row(unit=unit)], by=None, now=NOW).lines[0].unit == tree.one


def test_a_unit_is_named_by_its_code(tree: Tree) -> None:
    assert plan_roster([row(unit=tree.two.code)], by=None, now=NOW).lines[0].unit == tree.two


def test_a_name_that_two_units_have_needs_a_path(tree: Tree) -> None:
    make_unit(tree.root, name="一支部")
    assert verdict(row())[0] is Verdict.REJECTED
    assert verdict(row(unit="甲院/一支部"))[0] is Verdict.NEW


def test_a_transfer_a_status_and_a_contact_are_told_in_words(tree: Tree) -> None:
    user = make_user("20260001", name="王小明", unit=tree.two)
    found, what = verdict(row(phone="13800000000"))
    assert found is Verdict.CHANGED
    assert what == "转入“一支部”；人员状态改为“预备党员”；更新联系方式"
    Membership.objects.filter(user=user).update(unit=tree.one, person_status="probationary")
    assert verdict(row())[0] is Verdict.UNCHANGED


def test_another_name_under_the_number_is_not_overwritten(tree: Tree) -> None:
    make_user("20260001", name="张三", unit=tree.one)
    assert verdict(row())[0] is Verdict.REJECTED


def test_a_change_before_what_stands_is_rejected(tree: Tree) -> None:
    user = make_user("20260001", name="王小明")
    membership = make_membership(user, tree.two)
    Membership.objects.filter(pk=membership.pk).update(from_date=date(2026, 3, 1))
    found, why = verdict(row(on="2026-02-01"))
    assert (found, "2026-03-01" in why) == (Verdict.REJECTED, True)


def test_a_league_member_counts_as_public_with_a_warning(tree: Tree) -> None:
    line = plan_roster([row(status="共青团员")], by=None, now=NOW).lines[0]
    assert (line.status, line.warning) == ("public", "“共青团员”按“群众”登记")


def test_the_same_number_twice_is_a_duplicate_if_equal_and_rejected_if_not(tree: Tree) -> None:
    plan = plan_roster([row(), row(row=3), row(row=4, unit="二支部")], by=None, now=NOW)
    assert [line.verdict for line in plan.lines] == [Verdict.NEW, Verdict.REPEATED, Verdict.REJECTED]
    assert plan.summary == {
        "read": 3,
        "accepted": 1,
        "warned": 0,
        "rejected": [{"row": 4, "reason": "与第 2 行的学号/工号重复，内容不同"}],
        "duplicates": 1,
    }


def test_an_organiser_imports_into_the_own_subtree_only(tree: Tree) -> None:
    by = make_user(roles=[(Role.SCHOOL_OFFICE, tree.two)])
    foreign = make_user("20260009", name="外人", unit=tree.one)
    assert verdict(row(unit="二支部"), by)[0] is Verdict.NEW
    assert verdict(row(unit="一支部"), by)[0] is Verdict.REJECTED
    found, why = verdict(row(number="20260009", full_name="外人", unit="二支部"), by)
    assert found is Verdict.REJECTED
    assert "一支部" not in why
    apply_roster([row(number="20260009", full_name="外人", unit="二支部")], file_name="a", by=by, now=NOW)
    assert foreign.memberships.get().unit == tree.one


def test_a_long_file_costs_as_many_queries_as_a_short_one(tree: Tree, django_assert_num_queries: Any) -> None:
    rows = [row(row=n, number=str(n)) for n in range(2, 400)]
    with django_assert_num_queries(3):
        plan_roster(rows[:10], by=None, now=NOW)
    with django_assert_num_queries(3):
        plan_roster(rows, by=None, now=NOW)


# Saving


def test_accepted_rows_are_saved_and_no_rejected_one(tree: Tree) -> None:
    make_user("20260003", name="韩梅梅", unit=tree.two)
    rows = [
        row(),
        row(row=3, number="20260002", full_name="李雷", unit="三支部"),
        row(row=4, number="20260003", full_name="韩梅梅", status="正式党员"),
    ]
    plan, made = apply_roster(rows, file_name="六月.xlsx", by=None, now=NOW)
    assert [line.verdict for line in plan.lines] == [Verdict.NEW, Verdict.REJECTED, Verdict.CHANGED]
    new = User.objects.get(number="20260001")
    assert made == [new.pk]
    assert not new.has_usable_password()
    assert new.memberships.get().from_date == date(2026, 6, 15)
    assert not User.objects.filter(number="20260002").exists()
    assert [m.unit.name for m in User.objects.get(number="20260003").memberships.order_by("from_date")] == [
        "二支部",
        "一支部",
    ]
    assert AuditEntry.objects.filter(action="account.created", object_id=str(new.pk)).count() == 1
    assert AuditEntry.objects.get(action="roster.imported").data["rejected"] == 1


def test_the_same_file_twice_changes_nothing(tree: Tree) -> None:
    rows = [row(), row(row=3, number="20260002", full_name="李雷", phone="13800000000", on="2026-06-01")]
    apply_roster(rows, file_name="a", by=None, now=NOW)
    before = (User.objects.count(), Membership.objects.count(), AuditEntry.objects.count())
    plan, made = apply_roster(rows, file_name="a", by=None, now=NOW)
    assert {line.verdict for line in plan.lines} == {Verdict.UNCHANGED}
    assert made == []
    assert (User.objects.count(), Membership.objects.count(), AuditEntry.objects.count()) == before


# Command


def run(capsys: pytest.CaptureFixture[str], *args: str) -> Any:
    call_command("import_members", *args, "--json")
    return json.loads(capsys.readouterr().out)


def test_the_command_speaks_one_line_of_json(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(xlsx(HEADER, ["王小明", 1, "一支部", "群众"], ["李雷", 2, "没有", "群众"]))
    expected = {"read": 2, "accepted": 1, "warned": 0, "duplicates": 0}
    checked = run(capsys, str(file), "--check")
    assert {key: checked[key] for key in expected} == expected
    assert not User.objects.exists()
    assert run(capsys, str(file)) == checked
    assert User.objects.get().number == "1"
    assert run(capsys, str(file))["duplicates"] == 1


def test_the_command_exits_with_2_when_the_file_is_unreadable(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (tmp_path / "absent.xlsx", tmp_path / "empty.csv"):
        if file.suffix == ".csv":
            file.touch()
        with pytest.raises(SystemExit) as left:
            call_command("import_members", str(file), "--json")
        assert left.value.code == 2
        assert json.loads(capsys.readouterr().out)["error"]["code"] == "unreadable"


# Screens


@pytest.fixture
def organiser(tree: Tree) -> User:
    return make_user(unit=tree.one, roles=[(Role.SCHOOL_OFFICE, tree.one)])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "learning.organisation.backends.NumberBackend")
    return client


def upload(client: Client, data: bytes, name: str = "六月.xlsx") -> Any:
    file = io.BytesIO(data)
    file.name = name
    return client.post(reverse("roster_upload"), {"file": file})


def test_from_upload_to_activation_codes(tree: Tree, organiser: User) -> None:
    client = signed_in(organiser)
    data = "姓名,学号,党组织,人员状态\n王小明,1,一支部,群众\n=1+1,2,二支部,群众\n".encode("gb18030")
    answer = upload(client, data, "六月.csv")
    kept = RosterImport.objects.get()
    assert answer.url == reverse("roster_preview", args=[kept.pk])
    page = client.get(answer.url).content.decode()
    assert "确认导入 1 行" in page
    assert "不在您的管理范围内" in page
    assert not User.objects.filter(number="1").exists()

    errors = load_workbook(io.BytesIO(client.get(reverse("roster_errors", args=[kept.pk])).content)).active
    assert [cell.value for cell in errors[2]][:2] == ["=1+1", "2"]
    assert errors["A2"].data_type == "s"

    for _ in range(2):
        answer = client.post(reverse("roster_confirm", args=[kept.pk]))
        assert answer.url == reverse("roster_done", args=[kept.pk])
    kept.refresh_from_db()
    assert ([row["number"] for row in kept.rows], kept.counts["new"]) == (["2"], 1)
    assert User.objects.filter(number="1").count() == 1

    sheet = load_workbook(io.BytesIO(client.post(reverse("roster_codes", args=[kept.pk])).content)).active
    assert [cell.value for cell in sheet[2]][:3] == ["一支部", "1", "王小明"]
    answer = Client().post(
        reverse("activate"),
        {
            "number": "1",
            "code": sheet["D2"].value,
            "new_password": "长征-1934-万里",
            "again": "长征-1934-万里",
        },
    )
    assert answer.status_code == 302
    assert AccessCode.objects.get().used_at is not None


def test_the_rejected_rows_are_there_before_and_after_confirming(tree: Tree, organiser: User) -> None:
    client = signed_in(organiser)
    data = "姓名,学号,党组织,人员状态\n王小明,1,一支部,群众\n=1+1,2,二支部,群众\n".encode()
    upload(client, data, "六月.csv")
    kept = RosterImport.objects.get()
    sheet = reverse("roster_errors", args=[kept.pk])
    colleague = signed_in(make_user(roles=[(Role.SCHOOL_OFFICE, tree.root)]))
    for screen in ("roster_preview", "roster_done"):
        assert f'href="{sheet}"' in client.get(reverse(screen, args=[kept.pk])).content.decode()
        rows = load_workbook(io.BytesIO(client.get(sheet).content)).active
        assert [cell.value for cell in rows[2]][:2] == ["=1+1", "2"]
        assert "管理范围" in str(rows[2][-1].value)
        assert rows.max_row == 2
        assert rows["A2"].data_type == "s"
        assert colleague.get(sheet).status_code == 404
        client.post(reverse("roster_confirm", args=[kept.pk]))


def test_rejected_rows_are_forgotten_with_the_next_upload(tree: Tree, organiser: User) -> None:
    client = signed_in(organiser)
    upload(client, xlsx(HEADER, ["王小明", 1, "一支部", "群众"], ["李雷", 2, "二支部", "群众"]))
    first = RosterImport.objects.get()
    client.post(reverse("roster_confirm", args=[first.pk]))
    upload(client, xlsx(HEADER, ["韩梅梅", 3, "一支部", "群众"]))
    first.refresh_from_db()
    assert first.rows == []
    page = client.get(reverse("roster_done", args=[first.pk])).content.decode()
    assert "不再保留" in page
    assert reverse("roster_errors", args=[first.pk]) not in page


def test_a_filled_in_template_is_read_without_its_example(organiser: User) -> None:
    client = signed_in(organiser)
    content = client.get(reverse("roster_template")).content
    assert read_roster(content, "模板.xlsx") == []
    book = load_workbook(io.BytesIO(content))
    book.worksheets[0].append(["李雷", "2", "一支部", "群众", "", "", "2026-09-01"])
    target = io.BytesIO()
    book.save(target)
    expected = RosterRow(row=2, full_name="李雷", number="2", unit="一支部", status="群众", on="2026-09-01")
    assert read_roster(target.getvalue(), "模板.xlsx") == [expected]
    assert "没有人员" in upload(client, content).content.decode()


def test_an_upload_belongs_to_the_person_who_made_it(tree: Tree, organiser: User) -> None:
    upload(signed_in(organiser), xlsx(HEADER, ["王小明", 1, "一支部", "群众"]))
    pk = RosterImport.objects.get().pk
    colleague = signed_in(make_user(roles=[(Role.SCHOOL_OFFICE, tree.root)]))
    for name in ("roster_preview", "roster_errors", "roster_done"):
        assert colleague.get(reverse(name, args=[pk])).status_code == 404
    for name in ("roster_confirm", "roster_codes"):
        assert colleague.post(reverse(name, args=[pk])).status_code == 404
    assert not User.objects.filter(number="1").exists()


def test_who_manages_nobody_has_no_import(tree: Tree) -> None:
    teacher = signed_in(make_user(roles=[(Role.TEACHER, tree.root)]))
    assert teacher.get(reverse("roster_upload")).status_code == 404
    assert upload(teacher, xlsx(HEADER)).status_code == 404


def test_an_unreadable_upload_says_why(organiser: User) -> None:
    page = upload(signed_in(organiser), b"nothing", "a.csv").content.decode()
    assert "没有找到表头" in page
    assert not RosterImport.objects.exists()
