"""Also: notices that a course was copied (PNS), and links of the copy that find what they opened before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from lti.core import claims
from lti.models import Context, Notice, ResourceLink
from lti.services import copying
from tests.lti.campus import INSTRUCTOR, Campus, landed

pytestmark = pytest.mark.django_db
BARE: dict[str, Any] = {"custom": None, "target_link_uri": "http://testserver/lti/launch"}


def notify(campus: Campus, *payloads: dict[str, Any]) -> HttpResponse:
    body = {"notices": [{"jwt": campus.signing.sign(payload)} for payload in payloads]}
    return Client().post("/lti/notices", json.dumps(body), content_type="application/json")


def copied(campus: Campus, **overrides: Any) -> dict[str, Any]:
    given = {"origins": ["course-1"], "context": {"id": "copy", "title": "党课二班"}} | overrides
    return campus.signing.context_copy(**given)


def opens_exam(campus: Campus, response: HttpResponse) -> bool:
    return response.status_code == 302 and response["Location"] == f"/exams/{campus.exam.pk}/"


def test_copy_notice_relinks_the_links_of_the_copy(campus: Campus) -> None:
    landed(campus, campus.launch())
    assert notify(campus, copied(campus)).json() == {"notices": ["copied"]}
    link = {"id": "link-of-the-copy", "title": "期末考试"}
    response = campus.launch(context={"id": "copy"}, resource_link=link, **BARE)
    assert opens_exam(campus, response)
    assert ResourceLink.objects.get(link_id="link-of-the-copy").exam == campus.exam


def test_the_same_notice_twice_is_acted_upon_once(campus: Campus) -> None:
    campus.launch()
    notify(campus, copied(campus))
    assert notify(campus, copied(campus)).json() == {"notices": ["seen"]}
    assert Notice.objects.count() == 1
    assert Context.objects.filter(context_id="copy").count() == 1


def test_notice_of_a_course_that_nobody_knows(campus: Campus) -> None:
    assert notify(campus, copied(campus, origins=["never-seen"])).json() == {"notices": ["unknown_origin"]}
    assert not Context.objects.exists()


def test_notice_signed_by_a_stranger(campus: Campus) -> None:
    campus.launch()
    forged = campus.signing.sign(copied(campus), kid="nobody's")
    response = Client().post(
        "/lti/notices", json.dumps({"notices": [{"jwt": forged}]}), content_type="application/json"
    )
    assert response.status_code == 400
    assert response.json() == {"notices": ["unknown_kid"]}
    assert not Notice.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", "{", '{"notices": []}', '{"notices": [{"jwt": 5}]}'])
def test_delivery_that_cannot_be_read(campus: Campus, body: str) -> None:
    response = Client().post("/lti/notices", body, content_type="application/json")
    assert response.status_code == 400
    assert "code" in response.json()


def test_link_history_relinks_without_a_notice(campus: Campus) -> None:
    landed(campus, campus.launch())
    custom = {"link_history": "unknown,link-1"}
    response = campus.launch(
        context={"id": "copy"},
        resource_link={"id": "new"},
        custom=custom,
        target_link_uri=BARE["target_link_uri"],
    )
    assert opens_exam(campus, response)


def test_history_that_the_platform_did_not_fill_in_relinks_nothing(campus: Campus) -> None:
    landed(campus, campus.launch())
    custom = {"link_history": "$ResourceLink.id.history", "context_history": "$Context.id.history"}
    response = campus.launch(context={"id": "copy"}, resource_link={"id": "new"}, custom=custom)
    assert not opens_exam(campus, response)
    assert campus.client.get(response["Location"]).status_code == 200


def test_context_history_relinks_by_the_links_title_if_it_is_the_only_one(campus: Campus) -> None:
    landed(campus, campus.launch())
    custom = {"context_history": "course-1"}
    link = {"id": "new", "title": "期末考试"}
    assert opens_exam(campus, campus.launch(context={"id": "copy"}, resource_link=link, custom=custom))
    campus.launch(resource_link={"id": "twin", "title": "期末考试"})
    link = {"id": "newer", "title": "期末考试"}
    assert not opens_exam(campus, campus.launch(context={"id": "third"}, resource_link=link, custom=custom))


def test_a_copy_never_finds_links_of_another_platform(campus: Campus) -> None:
    landed(campus, campus.launch())
    foreign = ResourceLink.objects.get()
    assert foreign.context.deployment.deployment_id == campus.signing.deployment_id
    from lti.models import Deployment

    Deployment.objects.create(platform=campus.row, deployment_id="other-place", state="active")
    custom = {"link_history": "link-1"}
    response = campus.launch(
        deployment_id="other-place", context={"id": "copy"}, resource_link={"id": "new"}, custom=custom
    )
    assert not opens_exam(campus, response)


def test_a_teachers_launch_gives_the_platform_our_address_for_notices(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lti.http.fetching import Answer

    sent: list[tuple[str, str, Any]] = []

    def call(platform: Any, method: str, url: str, **said: Any) -> Answer:
        sent.append((method, url, said["json"]))
        return Answer(200, {}, "{}")

    monkeypatch.setattr(copying, "call", call)
    service = f"{campus.signing.issuer}/pns"
    pns = {"platform_notification_service_url": service, "scope": [claims.SCOPE_NOTICES]}
    campus.launch(roles=INSTRUCTOR, pns=pns)
    campus.launch(roles=INSTRUCTOR, pns=pns)
    handler = {"notice_type": claims.CONTEXT_COPY, "handler": "http://testserver/lti/notices"}
    assert sent == [("PUT", service, handler)]
