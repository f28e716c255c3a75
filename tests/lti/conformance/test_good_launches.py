"""Core: launches that must be accepted, for teacher and student, by the names of the certification guide."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from learning.organisation.models import Unit, User
from lti.core import claims
from lti.models import ContextMember, Deployment, PlatformUser
from question_bank.exams.models import Candidate, Exam
from tests.lti.campus import INSTRUCTOR, TARGET, Campus, join_campus, landed, landed_as_teacher, published
from tests.lti.platforms.signing import SigningPlatform

pytestmark = pytest.mark.django_db

NO_NAMES: dict[str, Any] = dict.fromkeys(("name", "given_name", "family_name"))
NO_PII: dict[str, Any] = NO_NAMES | {"email": None}
INSTITUTION_STUDENT = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"
INSTITUTION_STAFF = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"


def standing_of(campus: Campus) -> str:
    return str(ContextMember.objects.get(person__platform=campus.row).standing)


def test_launch_as_student(campus: Campus) -> None:
    landed(campus, campus.launch())
    assert Candidate.objects.filter(exam=campus.exam, user__full_name="王小明").exists()


def test_launch_as_instructor(campus: Campus) -> None:
    landed_as_teacher(campus, campus.launch(roles=INSTRUCTOR))
    assert not Candidate.objects.exists()


def test_launch_as_student_with_several_roles(campus: Campus) -> None:
    landed(campus, campus.launch(roles=[INSTITUTION_STUDENT, claims.MEMBERSHIP_LEARNER]))


def test_launch_as_instructor_with_several_roles(campus: Campus) -> None:
    landed_as_teacher(campus, campus.launch(roles=[INSTITUTION_STAFF, *INSTRUCTOR]))


def test_launch_with_short_role(campus: Campus) -> None:
    landed_as_teacher(campus, campus.launch(roles=["Instructor"]))


def test_launch_with_short_role_of_a_student(campus: Campus) -> None:
    landed(campus, campus.launch(roles=["Learner"]))


def test_launch_with_unknown_role_has_the_lowest_rights(campus: Campus) -> None:
    response = campus.launch(roles=["http://example.org/roles#Astronaut"])
    assert response.status_code == 302
    assert campus.client.get(response["Location"]).status_code == 200
    assert standing_of(campus) == "none"
    assert not Candidate.objects.exists()


def test_launch_with_no_role_has_the_lowest_rights(campus: Campus) -> None:
    response = campus.launch(roles=[])
    assert response.status_code == 302
    assert campus.client.get(response["Location"]).status_code == 200
    assert standing_of(campus) == "none"


def test_launch_of_an_institutions_administrator_gives_no_rights_here(campus: Campus) -> None:
    campus.launch(roles=[INSTITUTION_STAFF])
    assert standing_of(campus) == "none"
    assert campus.client.get("/admin/").status_code == 404


@pytest.mark.parametrize("roles", [[claims.MEMBERSHIP_LEARNER], INSTRUCTOR])
def test_launch_with_email_only(campus: Campus, roles: list[str]) -> None:
    assert campus.launch(roles=roles, **NO_NAMES).status_code == 302
    assert PlatformUser.objects.get().email == "xiaoming@example.edu"


@pytest.mark.parametrize("roles", [[claims.MEMBERSHIP_LEARNER], INSTRUCTOR])
def test_launch_with_names_only(campus: Campus, roles: list[str]) -> None:
    assert campus.launch(roles=roles, email=None).status_code == 302
    assert User.objects.get(platform_users__platform=campus.row).full_name == "王小明"


@pytest.mark.parametrize("roles", [[claims.MEMBERSHIP_LEARNER], INSTRUCTOR])
def test_launch_without_pii(campus: Campus, roles: list[str]) -> None:
    assert campus.launch(roles=roles, **NO_PII).status_code == 302
    user = User.objects.get(platform_users__platform=campus.row)
    assert user.full_name
    assert user.email == ""
    assert not user.has_usable_password()


@pytest.mark.parametrize("roles", [[claims.MEMBERSHIP_LEARNER], INSTRUCTOR])
def test_launch_with_email_without_context(campus: Campus, roles: list[str]) -> None:
    response = campus.launch(roles=roles, context=None, **NO_NAMES)
    assert response.status_code == 302
    assert campus.client.get(response["Location"]).status_code == 200


def test_aud_list_with_ours_second(campus: Campus) -> None:
    client_id = campus.signing.client_id
    landed(campus, campus.launch(aud=["another-tool", client_id], azp=client_id))


def test_clock_of_the_platform_sixty_seconds_away(campus: Campus) -> None:
    now = int(campus.now.timestamp())
    landed(campus, campus.launch(iat=now + 50, exp=now + 3650))
    landed(campus, campus.launch(iat=now - 100, exp=now - 50))


def test_login_without_client_id_of_an_issuer_with_one_client(campus: Campus) -> None:
    sent = campus.log_in(client_id=None)
    assert sent["client_id"] == campus.signing.client_id
    landed(campus, campus.post(sent["state"], campus.signing.sign(campus.payload(sent["nonce"]))))


def test_login_by_post(campus: Campus) -> None:
    asked = {
        "iss": campus.signing.issuer,
        "login_hint": "hint",
        "target_link_uri": TARGET,
        "lti_message_hint": "12 ab&",
    }
    response = Client(enforce_csrf_checks=True).post("/lti/login", asked)
    assert response.status_code == 302
    assert "lti_message_hint=12+ab%26" in response["Location"]


def test_addresses_with_a_slash_at_the_end(campus: Campus) -> None:
    asked = {"iss": campus.signing.issuer, "login_hint": "hint", "target_link_uri": f"{TARGET}/"}
    assert campus.client.get("/lti/login/", asked).status_code == 302
    assert campus.client.get("/lti/jwks/").status_code == 200


def test_key_rotation_of_the_platform(campus: Campus, fetched: list[str]) -> None:
    landed(campus, campus.launch())
    campus.signing.rotate()
    landed(campus, campus.launch())
    landed(campus, campus.launch())
    assert len(fetched) == 2


def test_unknown_kid_is_looked_for_once_a_minute(campus: Campus, fetched: list[str]) -> None:
    landed(campus, campus.launch())
    for _ in range(3):
        campus.launch_signed(lambda payload: campus.signing.sign(payload, kid="nobody's"))
    assert len(fetched) == 2


def test_several_deployments_of_one_client_id(campus: Campus) -> None:
    Deployment.objects.create(platform=campus.row, deployment_id="second", state=Deployment.State.ACTIVE)
    landed(campus, campus.launch())
    landed(campus, campus.launch(deployment_id="second"))


def test_iss_shared_by_several_client_ids(campus: Campus, school: Unit, exam: Exam) -> None:
    """Canvas: one issuer for all universities; the same sub is another person under each client."""
    other = join_campus(
        SigningPlatform(client_id="client-2", deployment_id="elsewhere", first_key=2),
        school,
        exam,
        jwks_url="https://platform.example.edu/jwks-2",
    )
    published[other.row.jwks_url] = other.signing
    landed(campus, campus.launch())
    landed(other, other.launch())
    assert PlatformUser.objects.values("user").distinct().count() == 2
    response = campus.ask(client_id=None)
    assert response["X-Error-Code"] == "ambiguous_client"
    sent = campus.log_in(client_id=None, lti_deployment_id="elsewhere")
    assert sent["client_id"] == "client-2"


def test_same_person_again_is_the_same_account(campus: Campus) -> None:
    campus.launch()
    campus.launch(Client(), name="王晓明")
    assert User.objects.get(platform_users__platform=campus.row).full_name == "王晓明"
