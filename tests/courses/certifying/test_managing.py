"""A course's certificates on its organisers' screens: found, revoked for a reason and once, by whom it may be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.certifying import services
from courses.models import Certificate, CoursePage
from learning.organisation.models import AuditEntry, Role, Unit, User
from tests.courses.classes.making import complete
from tests.courses.factories import activity_of, make_course
from tests.factories import NOW, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def unit() -> Unit:
    return make_unit(name="电子学院党总支")


@pytest.fixture
def page(unit: Unit) -> CoursePage:
    return make_course(unit, live=True, lessons=1, certificate=True, title="党章导读")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="learning.organisation.backends.NumberBackend")
    return client


@pytest.fixture
def office(unit: Unit) -> Client:
    return signed_in(make_user(roles=[(Role.SCHOOL_OFFICE, unit)]))


def given(page: CoursePage, name: str = "") -> Certificate:
    """The certificate of somebody who completed the course."""
    user = make_user(unit=page.owner_unit, name=name)
    complete(user, activity_of(page), hours="2")
    return services.issue_certificate(user=user, subject=activity_of(page), now=NOW)


def test_certificate_is_found_by_name_and_number_and_state(office: Client, page: CoursePage) -> None:
    first, second = given(page, "王小明"), given(page, "李大力")
    address = reverse("course_certificates", args=[page.pk])
    assert address in office.get(reverse("course_outline", args=[page.pk])).content.decode()
    for words, found in (("小明", first), (second.number, second), (first.user.number, first)):
        assert list(office.get(address, {"q": words}).context["rows"]) == [found]
    services.revoke(certificate_id=first.pk, reason="替学", by=first.user, now=NOW)
    assert list(office.get(address, {"state": "valid"}).context["rows"]) == [second]
    shown = office.get(address, {"state": "revoked"})
    assert list(shown.context["rows"]) == [first]
    assert "替学" in shown.content.decode()
    assert [count for _state, _name, count in shown.context["chips"]] == [2, 1, 1]


def test_certificate_is_revoked_for_a_reason_and_once(office: Client, page: CoursePage) -> None:
    certificate = given(page, "王小明")
    address = reverse("course_certificate_revoke", args=[page.pk, certificate.pk])
    assert certificate.number in office.get(address).content.decode()
    assert office.post(address, {"reason": ""}).status_code == 422
    certificate.refresh_from_db()
    assert certificate.revoked_at is None
    for said in (f"证书 {certificate.number} 已撤销。", "这份证书已经撤销。"):  # again by a double click
        answer = office.post(address, {"reason": "替学"}, follow=True)
        assert answer.redirect_chain[-1][0] == reverse("course_certificates", args=[page.pk])
        assert said in answer.content.decode()
    entry = AuditEntry.objects.get(action="certificate.revoke")
    assert (entry.unit, entry.data["reason"]) == (page.owner_unit, "替学")
    public = Client().get(reverse("verify_certificate", args=[certificate.number])).content.decode()
    assert "证书已被撤销" in public
    assert "撤销日期" in public
    assert "2026年6月1日" in public[public.index("撤销日期") :]


def test_certificates_are_closed_to_others(unit: Unit, page: CoursePage) -> None:
    certificate = given(page)
    addresses = [
        reverse("course_certificates", args=[page.pk]),
        reverse("course_certificate_revoke", args=[page.pk, certificate.pk]),
    ]
    others = [
        make_user(roles=[(Role.SCHOOL_OFFICE, make_unit())]),
        make_user(roles=[(Role.TEACHER, unit), (Role.SECRETARY, unit), (Role.AUDITOR, unit)]),
    ]
    for client in map(signed_in, others):
        for address in addresses:
            assert client.get(address).status_code == 404
            assert client.post(address, {"reason": "x"}).status_code in (404, 405)
    certificate.refresh_from_db()
    assert certificate.revoked_at is None


def test_certificate_of_another_course_is_not_there(office: Client, unit: Unit, page: CoursePage) -> None:
    other = make_course(unit, live=True, lessons=1, certificate=True)
    address = reverse("course_certificate_revoke", args=[page.pk, given(other).pk])
    assert office.post(address, {"reason": "x"}).status_code == 404
    assert office.get(reverse("course_certificates", args=[987654])).status_code == 404
