"""A member joins the account that a launch made to their own, by logging in to it."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client

from learning.organisation.models import GroupMember, User
from lti.models import PlatformUser
from question_bank.exams.models import Candidate
from tests.factories import make_attempt, make_user
from tests.lti.campus import Campus

pytestmark = pytest.mark.django_db
PASSWORD = "a-password-of-their-own"
DOOR = "/me/campus/"


@pytest.fixture
def member(campus: Campus) -> User:
    user = make_user(unit=campus.exam.owner_unit)
    user.set_password(PASSWORD)
    user.save()
    return user


def join(client: Client, member: User, **changed: str) -> HttpResponse:
    said = {"number": member.number, "password": PASSWORD, "confirm": "1"} | changed
    return client.post(DOOR, {name: value for name, value in said.items() if value})


def test_their_own_login_joins_the_accounts(campus: Campus, member: User) -> None:
    campus.launch()
    made = PlatformUser.objects.get().user
    response = join(campus.client, member)
    assert response.status_code == 302
    row = PlatformUser.objects.get()
    assert (row.user, row.linked_by) == (member, "own_login")
    assert GroupMember.objects.get(removed_at=None).user == member
    assert list(Candidate.objects.filter(exam=campus.exam).values_list("user", flat=True)) == [member.pk]
    made.refresh_from_db()
    assert not made.is_active
    assert member.number in campus.client.get("/me/").content.decode()
    campus.launch(Client())
    assert PlatformUser.objects.get().user == member


@pytest.mark.parametrize("changed", [{"password": "wrong"}, {"confirm": ""}, {"number": "nobody"}])
def test_nothing_is_joined_without_password_and_confirmation(
    campus: Campus, member: User, changed: dict[str, str]
) -> None:
    campus.launch()
    assert join(campus.client, member, **changed).status_code == 422
    assert PlatformUser.objects.get().user != member


def test_what_was_sat_as_the_platforms_person_stays_theirs(campus: Campus, member: User) -> None:
    campus.launch()
    candidate = Candidate.objects.get(exam=campus.exam)
    make_attempt(campus.exam, candidate.user, now=campus.now)
    page = campus.client.get(DOOR).content.decode()
    assert "合并到已有账号" not in page
    assert "账号不能再合并" in page
    response = join(campus.client, member)
    assert response.status_code == 422
    assert PlatformUser.objects.get().user == candidate.user


def test_one_member_is_one_person_of_a_platform(campus: Campus, member: User) -> None:
    campus.launch(sub="first")
    assert join(campus.client, member).status_code == 302
    second = Client()
    campus.launch(second, sub="second")
    assert join(second, member).status_code == 422


def test_a_joined_session_still_has_no_roles(campus: Campus, member: User) -> None:
    member.is_superuser = True
    member.save()
    campus.launch()
    join(campus.client, member)
    assert campus.client.get("/admin/").status_code == 404


def test_whoever_did_not_come_by_a_platform_has_no_such_page(campus: Campus, member: User) -> None:
    client = Client()
    client.force_login(member, backend="learning.organisation.backends.NumberBackend")
    assert client.get(DOOR).status_code == 404
    assert "校园平台账号" not in client.get("/me/").content.decode()


def test_the_page_says_when_both_are_one(campus: Campus, member: User) -> None:
    campus.launch()
    assert "合并到已有账号" in campus.client.get(DOOR).content.decode()
    assert "校园平台账号" in campus.client.get("/me/").content.decode()
    join(campus.client, member)
    assert "合并到已有账号" not in campus.client.get(DOOR).content.decode()
