"""No view of a scoped viewset shows, finds or changes a row outside the user's subtree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from learning.organisation.admin.scoped import ScopedView
from learning.organisation.models import AuditEntry, Membership, Role, RoleAssignment, Unit, User
from learning.organisation.services import audit
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.django_db


class School:
    """Two colleges under one committee; an organiser and a member in each."""

    def __init__(self) -> None:
        self.root = make_unit(name="校党委")
        self.here, self.there = make_unit(self.root, name="甲院支部"), make_unit(self.root, name="乙院支部")
        self.organiser = make_user(
            unit=self.here, roles=[(Role.SCHOOL_OFFICE, self.here), (Role.AUDITOR, self.here)]
        )
        self.administrator = make_user(roles=[(Role.ADMINISTRATOR, self.root)])
        self.mine = make_user(name="本院学员", unit=self.here)
        self.foreign = make_user(name="外院学员", unit=self.there)
        self.foreign_role = RoleAssignment.objects.create(
            user=self.foreign, role=Role.AUTHOR, unit=self.there, from_date=self.there.opened_date
        )
        self.foreign_entry = audit.record(
            actor=None, action="account.reset", obj=self.foreign, unit=self.there, now=timezone.now()
        )

    def foreign_object(self, model: type[Any]) -> Any:
        return {
            User: self.foreign,
            Unit: self.there,
            RoleAssignment: self.foreign_role,
            AuditEntry: self.foreign_entry,
        }[model]


@pytest.fixture
def school() -> School:
    return School()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "learning.organisation.backends.NumberBackend")
    return client


def scoped_doors() -> Iterator[tuple[str, type[ScopedView], tuple[str, ...]]]:
    """(URL name with namespace, view class, argument names) of every scoped view that is mounted."""

    def walk(patterns: list[Any], namespaces: tuple[str, ...]) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
                yield from walk(pattern.url_patterns, inner)
            elif isinstance(pattern, URLPattern):
                yield ":".join((*namespaces, pattern.name or "")), pattern, tuple(pattern.pattern.converters)

    for name, pattern, arguments in walk(get_resolver().url_patterns, ()):
        view = pattern.callback
        while hasattr(view, "__wrapped__") and not hasattr(view, "view_class"):
            view = view.__wrapped__
        view_class = getattr(view, "view_class", None)
        if isinstance(view_class, type) and issubclass(view_class, ScopedView):
            yield name, view_class, arguments


OURS = (User, Unit, RoleAssignment, AuditEntry)
OBJECT_DOORS = sorted(
    {name for name, view, arguments in scoped_doors() if arguments and view.viewset.model in OURS}
)
LIST_DOORS = sorted(
    {name for name, view, arguments in scoped_doors() if not arguments and view.viewset.model in OURS}
)


def test_the_walk_finds_the_views_of_all_viewsets() -> None:
    assert {name.rsplit(":", 1)[1] for name in OBJECT_DOORS} >= {
        "edit", "delete", "history", "history_results", "usage", "inspect", "chosen"
    }  # fmt: skip
    assert {name.split(":")[0] for name in OBJECT_DOORS} == {
        "wagtailusers_users", "units", "roles", "audit", "person_chooser"
    }  # fmt: skip


def model_of(door: str) -> Any:
    return next(view.viewset.model for name, view, _ in scoped_doors() if name == door)


@pytest.mark.parametrize("door", OBJECT_DOORS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_foreign_object_does_not_exist(school: School, door: str, method: str) -> None:
    url = reverse(door, args=[school.foreign_object(model_of(door)).pk])
    assert getattr(signed_in(school.organiser), method)(url).status_code == 404


@pytest.mark.parametrize("door", LIST_DOORS)
def test_no_list_names_a_foreign_object(school: School, door: str) -> None:
    response = signed_in(school.organiser).get(
        reverse(door), {"export": "xlsx", "id": str(school.foreign.pk)}
    )
    body = b"".join(response) if response.streaming else response.content
    assert "外院学员".encode() not in body
    assert "乙院支部".encode() not in body


@pytest.mark.parametrize("door", ["wagtailusers_users:index", "units:index", "audit:index"])
def test_the_own_rows_are_listed(school: School, door: str) -> None:
    audit.record(actor=None, action="account.reset", obj=school.mine, unit=school.here, now=timezone.now())
    page = signed_in(school.organiser).get(reverse(door)).content.decode()
    assert {"wagtailusers_users:index": "本院学员", "units:index": "甲院支部", "audit:index": "本院学员"}[
        door
    ] in page


@pytest.mark.parametrize("door", OBJECT_DOORS)
def test_the_administrator_comes_through_wherever_the_matrix_knows_the_word(
    school: School, door: str
) -> None:
    word = door.rsplit(":", 1)[1]
    url = reverse(door, args=[school.foreign_object(model_of(door)).pk])
    status = signed_in(school.administrator).get(url).status_code
    read_only = model_of(door) in (RoleAssignment, AuditEntry)
    refused = word == "delete" or (read_only and word in ("edit", "usage", "history", "history_results"))
    assert (status != 200) == refused, door


def test_a_member_without_a_role_does_not_enter(school: School) -> None:
    response = signed_in(school.mine).get(reverse("units:index"))
    assert response.status_code == 302


@pytest.mark.parametrize("action", ["delete", "set_active_state", "assign_role"])
def test_wagtails_own_bulk_actions_on_people_are_closed_to_everybody(school: School, action: str) -> None:
    url = reverse("wagtail_bulk_action", args=["organisation", "user", action])
    for user in (school.organiser, school.administrator):
        assert signed_in(user).get(url, {"id": school.foreign.pk}).status_code == 404
        assert (
            signed_in(user).post(f"{url}?id={school.foreign.pk}", {"mark_as_active": "False"}).status_code
            == 404
        )
    school.foreign.refresh_from_db()
    assert school.foreign.is_active


def test_somebody_who_only_views_gets_no_edit_links(school: School) -> None:
    teacher = make_user(unit=school.here, roles=[(Role.TEACHER, school.here)])
    page = signed_in(teacher).get(reverse("wagtailusers_users:index")).content.decode()
    assert reverse("wagtailusers_users:inspect", args=[school.mine.pk]) in page
    assert reverse("wagtailusers_users:edit", args=[school.mine.pk]) not in page
    assert (
        signed_in(teacher).get(reverse("wagtailusers_users:edit", args=[school.mine.pk])).status_code == 404
    )


def test_a_person_who_left_the_unit_is_out_of_sight(school: School) -> None:
    Membership.objects.filter(user=school.mine).update(to_date=timezone.localdate())
    url = reverse("wagtailusers_users:inspect", args=[school.mine.pk])
    assert signed_in(school.organiser).get(url).status_code == 404


@pytest.mark.parametrize("door", ["units:index", "wagtailusers_users:index", "audit:index", "roles:index"])
def test_a_longer_list_costs_no_more_queries(school: School, door: str) -> None:
    client = signed_in(school.administrator)
    client.get(reverse(door))  # warms the content type and site caches
    with CaptureQueriesContext(connection) as few:
        client.get(reverse(door))
    for _ in range(12):
        unit = make_unit(school.here)
        person = make_user(unit=unit, roles=[(Role.AUTHOR, unit)])
        audit.record(actor=None, action="account.created", obj=person, unit=unit, now=timezone.now())
    with CaptureQueriesContext(connection) as many:
        client.get(reverse(door))
    assert len(many) <= len(few)
