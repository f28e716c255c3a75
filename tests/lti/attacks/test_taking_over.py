"""Attacks on who somebody is: replay, another's log-in, another's account, another platform's person."""

from __future__ import annotations

import pytest
from django.test import Client

from learning.organisation.models import RoleAssignment, Unit, User
from learning.organisation.models.roles import Role
from lti.models import PlatformUser
from question_bank.exams.models import Exam
from tests.factories import make_attempt, make_user
from tests.lti.campus import Campus, join_campus, landed, refused
from tests.lti.platforms.signing import SigningPlatform

pytestmark = pytest.mark.django_db
ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"


def account_of(campus: Campus) -> User:
    return User.objects.get(platform_users__platform=campus.row)


def test_a_form_that_an_attacker_makes_the_victim_post_is_refused(campus: Campus) -> None:
    """Log-in CSRF: the attacker's own state and token, posted by the victim's browser."""
    attacker, victim = Client(), Client()
    sent = campus.log_in(attacker)
    token = campus.signing.sign(campus.payload(sent["nonce"], sub="attacker"))
    refused(campus.post(sent["state"], token, victim), "no_cookie")
    assert not PlatformUser.objects.exists()


def test_the_cookie_of_one_login_does_not_open_another(campus: Campus) -> None:
    victim = Client()
    mine, theirs = campus.log_in(), campus.log_in(victim)
    for name, morsel in campus.client.cookies.items():
        if name.startswith("dangxiao_lti_"):
            victim.cookies[f"dangxiao_lti_{theirs['state'][:16]}"] = morsel.value
    token = campus.signing.sign(campus.payload(theirs["nonce"]))
    refused(campus.post(theirs["state"], token, victim), "state_foreign")
    assert mine["state"] != theirs["state"]


def test_the_same_sub_of_another_platform_is_another_person(campus: Campus, school: Unit, exam: Exam) -> None:
    other = join_campus(SigningPlatform("https://other.example.edu", first_key=3), school, exam)
    landed(campus, campus.launch(sub="1"))
    landed(other, other.launch(sub="1"))
    assert account_of(campus) != account_of(other)


def test_one_platform_cannot_sign_for_another(campus: Campus, school: Unit, exam: Exam) -> None:
    other = SigningPlatform("https://other.example.edu", client_id="theirs", first_key=3)
    join_campus(other, school, exam)
    sent = campus.log_in()
    forged = campus.payload(sent["nonce"])
    refused(campus.post(sent["state"], other.sign(forged)), "unknown_kid")
    refused(campus.post(sent["state"], other.sign(forged, kid=campus.signing.kid)), "bad_signature")


def test_an_email_never_joins_accounts(campus: Campus) -> None:
    member = make_user(email="xiaoming@example.edu")
    campus.launch()
    assert account_of(campus) != member


def test_a_number_joins_accounts_only_where_the_platform_is_trusted(campus: Campus) -> None:
    member = make_user()
    campus.launch(sub="a", lis={"person_sourcedid": member.number})
    assert PlatformUser.objects.get(sub="a").user != member
    campus.row.trusts_numbers = True
    campus.row.save()
    campus.launch(Client(), sub="b", lis={"person_sourcedid": member.number})
    assert PlatformUser.objects.get(sub="b").user == member


def test_two_people_of_a_platform_never_share_an_account_by_a_number(campus: Campus) -> None:
    campus.row.trusts_numbers = True
    campus.row.save()
    member = make_user()
    for sub in ("first", "second"):
        campus.launch(Client(), sub=sub, lis={"person_sourcedid": member.number})
    assert PlatformUser.objects.get(sub="first").user == member
    assert PlatformUser.objects.get(sub="second").user != member


@pytest.mark.parametrize("superuser", [False, True])
def test_a_number_never_opens_the_account_of_somebody_with_a_role(
    campus: Campus, school: Unit, superuser: bool
) -> None:
    campus.row.trusts_numbers = True
    campus.row.save()
    boss = make_user(unit=school, is_superuser=superuser)
    if not superuser:
        RoleAssignment.objects.create(
            user=boss, role=Role.ADMINISTRATOR, unit=school, from_date=campus.now.date()
        )
    campus.launch(lis={"person_sourcedid": boss.number})
    assert PlatformUser.objects.get().user != boss


def test_a_launched_session_has_no_roles_even_of_an_administrator(campus: Campus) -> None:
    """The person joined the accounts by their own log-in; the platform still cannot act as an administrator."""
    campus.launch()
    PlatformUser.objects.update(user=make_user(is_superuser=True))
    campus.launch()
    for address in ("/admin/", "/admin/users/", "/documents/1/x/", "/admin/lti/platforms/"):
        assert campus.client.get(address).status_code == 404, address


def test_a_claim_of_being_the_systems_administrator_gives_nothing(campus: Campus) -> None:
    campus.launch(roles=[ADMINISTRATOR])
    assert not RoleAssignment.objects.exists()
    assert not account_of(campus).is_superuser
    assert campus.client.get("/manage/exams/").status_code == 404


def test_a_launch_leaves_no_password_behind(campus: Campus) -> None:
    campus.launch()
    assert not account_of(campus).has_usable_password()


def test_a_stopped_account_stays_stopped(campus: Campus) -> None:
    campus.launch()
    User.objects.update(is_active=False)
    refused(campus.launch(Client()), "account_inactive")


def test_who_launches_after_another_in_one_browser_is_alone_in_it(campus: Campus) -> None:
    landed(campus, campus.launch(sub="a", name="甲"))
    first = campus.client.cookies["dangxiao_launched"].value
    landed(campus, campus.launch(sub="b", name="乙"))
    assert campus.client.cookies["dangxiao_launched"].value != first
    page = campus.client.get("/me/").content.decode()
    assert "乙" in page
    assert "甲" not in page
    old = Client()
    old.cookies["dangxiao_launched"] = first
    assert old.get("/me/").status_code == 302


def test_the_same_person_in_two_tabs_keeps_both(campus: Campus) -> None:
    landed(campus, campus.launch())
    form = campus.client.cookies["dangxiao_launched_csrf"].value
    first = campus.client.cookies["dangxiao_launched"].value
    landed(campus, campus.launch(resource_link={"id": "another"}))
    assert campus.client.cookies["dangxiao_launched"].value != first
    assert campus.client.cookies["dangxiao_launched_csrf"].value == form


def looked_away(campus: Campus) -> None:
    """Long enough since the session was prolonged for it to be prolonged again."""
    session = campus.client.session
    session["lti_seen"] = 0
    session.save()


def signed_in(campus: Campus) -> bool:
    return campus.client.get("/me/").status_code == 200


def aliased(campus: Campus) -> None:
    """The test client's own `session` reads the ordinary name."""
    campus.client.cookies["dangxiao_session"] = campus.client.cookies["dangxiao_launched"].value


@pytest.mark.parametrize("sitting", [False, True])
def test_the_session_of_a_link_that_was_taken_away_ends(campus: Campus, sitting: bool) -> None:
    """Else whoever got into another's account by a wrong number stays in it for as long as they go on."""
    landed(campus, campus.launch())
    person = PlatformUser.objects.get()
    if sitting:
        make_attempt(campus.exam, person.user, now=campus.now)
    person.delete()
    assert signed_in(campus)
    aliased(campus)
    looked_away(campus)
    campus.client.get("/me/")
    assert signed_in(campus) is sitting


@pytest.mark.parametrize("sitting", [False, True])
def test_a_platform_that_was_switched_off_keeps_nobody_but_who_sits_an_exam(
    campus: Campus, sitting: bool
) -> None:
    landed(campus, campus.launch())
    if sitting:
        make_attempt(campus.exam, account_of(campus), now=campus.now)
    campus.row.state = "off"
    campus.row.save()
    aliased(campus)
    looked_away(campus)
    campus.client.get("/me/")
    assert signed_in(campus) is sitting
