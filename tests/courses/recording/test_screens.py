"""Offline study entered and records erased from the admin: who may, what is asked first, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.classes.graduation import preview
from learning.organisation.models import AuditEntry, Role, Unit, User
from learning.study.models import Activity, Completion, Enrolment, StudySlice
from learning.study.services.enrolling import sweep_audiences
from tests.courses.classes.making import complete_course, make_course
from tests.factories import NOW, make_class, make_unit, make_user

pytestmark = pytest.mark.django_db

FACTS = {
    "title": "主题党日", "held_at": "2026-05-20T14:00", "minutes": "90", "hours": "2", "unit": "", "numbers": "",
    "reason": "签到表",
}  # fmt: skip


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def root() -> Unit:
    return make_unit(name="校党委")


@pytest.fixture
def branch(root: Unit) -> Unit:
    return make_unit(root, name="学生支部")


@pytest.fixture
def secretary(branch: Unit) -> User:
    return make_user(roles=[(Role.SECRETARY, branch)])


@pytest.fixture
def administrator(root: Unit) -> User:
    return make_user(roles=[(Role.ADMINISTRATOR, root)])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="learning.organisation.backends.NumberBackend")
    return client


def handed_in(client: Client, facts: dict[str, Any], address: str = "") -> int:
    """Checks, then confirms with the key of the check; the status of the confirmation."""
    address = address or reverse("offline_new")
    checked = client.post(address, facts)
    assert checked.status_code == 200
    key = checked.context.get("key", "")
    return client.post(address, {**facts, "key": key, "confirm": "1"}).status_code


def test_meeting_is_entered_for_a_unit_and_a_number_once_confirmed(
    root: Unit, branch: Unit, secretary: User
) -> None:
    here = [make_user(unit=branch), make_user(unit=branch)]
    stranger = make_user(unit=make_unit(root))
    client = signed_in(secretary)
    facts = {
        **FACTS,
        "owner_unit": branch.pk,
        "unit": branch.pk,
        "numbers": f"{stranger.number} {here[0].number}",
    }
    page = client.post(reverse("offline_new"), facts)
    assert page.context["unknown"] == [stranger.number]
    assert not Activity.objects.exists()
    confirmed = {**facts, "key": page.context["key"], "confirm": "1"}
    assert client.post(reverse("offline_new"), confirmed).status_code == 302
    assert client.post(reverse("offline_new"), confirmed).status_code == 302  # handed in twice
    activity = Activity.objects.get()
    rows = Completion.objects.filter(activity=activity)
    assert {each.user for each in rows} == {*here}
    assert {(each.credit_hours, each.unit, each.by, each.kind) for each in rows} == {
        (Decimal(2), branch, secretary, Completion.Kind.MANUAL)
    }
    assert {each.ended_at - each.started_at for each in StudySlice.objects.all()} == {timedelta(minutes=90)}
    assert AuditEntry.objects.get(action="study.record").data["reason"] == "签到表"


def test_nobody_is_expected_at_a_meeting_that_was(branch: Unit, secretary: User) -> None:
    person = make_user(unit=branch)
    make_user(unit=branch)
    assert (
        handed_in(signed_in(secretary), {**FACTS, "owner_unit": branch.pk, "numbers": person.number}) == 302
    )
    assert not Activity.objects.get().is_open
    sweep_audiences(now=NOW)
    assert not Enrolment.objects.exists()


def test_forgotten_person_is_added(branch: Unit, secretary: User) -> None:
    first, second = make_user(unit=branch), make_user(unit=branch)
    client = signed_in(secretary)
    handed_in(client, {**FACTS, "owner_unit": branch.pk, "numbers": first.number})
    activity = Activity.objects.get()
    more = {"unit": branch.pk, "numbers": "", "reason": "漏登"}
    assert handed_in(client, more, reverse("offline_add", args=[activity.pk])) == 302
    assert set(Completion.objects.values_list("user", "reason")) == {
        (first.pk, "签到表"),
        (second.pk, "漏登"),
    }
    shown = client.get(reverse("offline_people", args=[activity.pk])).content.decode()
    assert second.full_name in shown
    assert "漏登" in shown


@pytest.mark.parametrize(
    "wrong",
    [{"held_at": "2026-06-02T09:00"}, {"numbers": ""}, {"minutes": "0"}, {"hours": "-1"}, {"reason": " "}],
)
def test_wrong_entry_is_refused_with_its_words(branch: Unit, secretary: User, wrong: dict[str, str]) -> None:
    person = make_user(unit=branch)
    facts = {**FACTS, "owner_unit": branch.pk, "numbers": person.number, **wrong}
    answer = signed_in(secretary).post(reverse("offline_new"), {**facts, "confirm": "1", "key": "meeting:1"})
    assert answer.status_code == 422
    assert not Activity.objects.exists()


def test_entry_of_another_unit_is_not_there(root: Unit, branch: Unit, secretary: User) -> None:
    other = make_unit(root)
    colleague, person = make_user(roles=[(Role.SECRETARY, other)]), make_user(unit=other)
    handed_in(signed_in(colleague), {**FACTS, "owner_unit": other.pk, "numbers": person.number})
    activity = Activity.objects.get()
    client = signed_in(secretary)
    for name in ("offline_people", "offline_add"):
        assert client.get(reverse(name, args=[activity.pk])).status_code == 404
    # Neither may the other unit be named, nor its key taken over.
    taken = {**FACTS, "owner_unit": other.pk, "numbers": person.number}
    assert client.post(reverse("offline_new"), taken).status_code == 422
    here = make_user(unit=branch)
    mine = {**FACTS, "title": "改名", "owner_unit": branch.pk, "numbers": here.number}
    client.post(reverse("offline_new"), {**mine, "key": activity.key, "confirm": "1"})
    activity.refresh_from_db()
    assert (activity.title, activity.owner_unit) == ("主题党日", other)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.TEACHER])
def test_offline_screens_are_closed_without_the_right(root: Unit, role: Role) -> None:
    client = signed_in(make_user(roles=[(role, root)]))
    for address in (reverse("offline_list"), reverse("offline_new")):
        assert client.get(address).status_code == 404


def test_record_is_erased_after_reason_and_number(branch: Unit, administrator: User) -> None:
    person = make_user(unit=branch, name="张三")
    complete_course(person, make_course(branch))
    address = reverse("erase_person", args=[person.pk])
    client = signed_in(administrator)
    page = client.get(address)
    assert "张三" in page.content.decode()
    assert dict(page.context["figures"])["完成记录"] == 3
    assert dict(page.context["figures"])["学时"] == "2.00"
    for wrong in ({"reason": "本人申请", "number": "999"}, {"reason": "", "number": person.number}):
        assert client.post(address, wrong).status_code == 422
    assert Completion.objects.count() == 3
    answer = client.post(address, {"reason": "本人申请", "number": person.number})
    assert answer.status_code == 302
    assert not Completion.objects.exists()
    entry = AuditEntry.objects.get(action="study.erase")
    assert (entry.actor, entry.data["completions"], entry.data["reason"]) == (administrator, 3, "本人申请")
    assert entry.data["hours"] == "2.00"


def test_person_to_erase_is_found_by_name_or_number(branch: Unit, administrator: User) -> None:
    person = make_user(unit=branch, name="张三")
    client = signed_in(administrator)
    for words in ("张三", person.number):
        page = client.get(reverse("erase_list"), {"q": words})
        assert reverse("erase_person", args=[person.pk]) in page.content.decode()
    assert not client.get(reverse("erase_list")).context["rows"]


@pytest.mark.parametrize("role", [Role.SCHOOL_OFFICE, Role.AUDITOR, Role.SECRETARY])
def test_only_administrators_erase(root: Unit, branch: Unit, role: Role) -> None:
    person = make_user(unit=branch)
    client = signed_in(make_user(roles=[(role, root)]))
    for address in (reverse("erase_list"), reverse("erase_person", args=[person.pk])):
        assert client.get(address).status_code == 404


def test_menu_shows_the_screens_to_whom_they_open(branch: Unit, secretary: User, administrator: User) -> None:
    home = reverse("wagtailadmin_home")
    for user, shown in ((secretary, [True, False]), (administrator, [True, True])):
        text = signed_in(user).get(home).content.decode()
        assert [reverse(name) in text for name in ("offline_list", "erase_list")] == shown


def entered(client: Client, unit: Unit, *people: User, **facts: str) -> Activity:
    """A meeting with these people, entered on the screen."""
    numbers = " ".join(each.number for each in people)
    assert handed_in(client, {**FACTS, "owner_unit": unit.pk, "numbers": numbers, **facts}) == 302
    return Activity.objects.latest("pk")


def test_one_entry_is_taken_back_with_its_reason_and_once(branch: Unit, secretary: User) -> None:
    client, wrong, right = signed_in(secretary), make_user(unit=branch, name="张三"), make_user(unit=branch)
    activity = entered(client, branch, wrong, right)
    address = reverse("offline_take_back", args=[activity.pk, wrong.pk])
    assert address in client.get(reverse("offline_people", args=[activity.pk])).content.decode()
    assert "张三" in client.get(address).content.decode()
    assert client.post(address, {"reason": " "}).status_code == 422
    assert Completion.objects.count() == 2
    for said in ("已撤销登记：1 人。", "这条登记已经撤销。"):  # the second time by a double click
        answer = client.post(address, {"reason": "登错了"}, follow=True)
        assert said in answer.content.decode()
    assert [each.user for each in Completion.objects.all()] == [right]
    assert [each.user for each in StudySlice.objects.all()] == [right]
    entry = AuditEntry.objects.get(action="study.take_back")
    assert (entry.actor, entry.data["numbers"], entry.data["reason"]) == (secretary, [wrong.number], "登错了")


def test_whole_meeting_is_taken_back_and_may_be_entered_again(branch: Unit, secretary: User) -> None:
    client, people = signed_in(secretary), [make_user(unit=branch) for _ in range(2)]
    activity = entered(client, branch, *people)
    address = reverse("offline_take_back_all", args=[activity.pk])
    assert client.post(address, {"reason": "日期写错"}).status_code == 302
    assert not Completion.objects.exists()
    assert address not in client.get(reverse("offline_people", args=[activity.pk])).content.decode()
    entered(client, branch, *people, held_at="2026-05-21T14:00")
    assert Completion.objects.count() == 2


def test_entry_is_taken_back_only_by_who_could_have_made_it(
    root: Unit, branch: Unit, secretary: User
) -> None:
    other = make_unit(root)
    colleague, office = (
        make_user(roles=[(Role.SECRETARY, other)]),
        make_user(roles=[(Role.SCHOOL_OFFICE, root)]),
    )
    here, guest = make_user(unit=branch), make_user(unit=other)
    activity = entered(signed_in(office), branch, here, guest)
    one = reverse("offline_take_back", args=[activity.pk, guest.pk])
    every = reverse("offline_take_back_all", args=[activity.pk])
    for address in (one, every):  # the meeting is another unit's
        assert signed_in(colleague).get(address).status_code == 404
        assert signed_in(colleague).post(address, {"reason": "x"}).status_code == 404
    client = signed_in(secretary)  # the meeting is one's own, the guest is not
    assert one not in client.get(reverse("offline_people", args=[activity.pk])).content.decode()
    client.post(one, {"reason": "x"})
    assert Completion.objects.count() == 2
    client.post(every, {"reason": "x"})
    assert [each.user for each in Completion.objects.all()] == [guest]
    assert signed_in(office).post(one, {"reason": "x"}).status_code == 302
    assert not Completion.objects.exists()


def test_figures_of_a_class_follow_what_is_taken_back(branch: Unit, secretary: User) -> None:
    person = make_user(unit=branch)
    training_class = make_class(branch, members=[person], from_date=date(2026, 5, 1))
    client = signed_in(secretary)

    def hours() -> Decimal:
        (standing,), _seen = preview(training_class=training_class, now=NOW)
        return standing.verdict.hours

    activity = entered(client, branch, person)
    assert hours() == 2
    client.post(reverse("offline_take_back", args=[activity.pk, person.pk]), {"reason": "没有到会"})
    assert hours() == 0
