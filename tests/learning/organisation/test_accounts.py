"""An account's life: codes, passwords, resets, and who may do it to whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from learning.organisation import codes
from learning.organisation.errors import BadCode, LastAdministrator, NotAllowed, OrganisationError
from learning.organisation.models import AccessCode, AuditEntry, PersonStatus, Role, Unit, User
from learning.organisation.services import accounts
from tests.factories import make_unit, make_user

NOW = datetime(2026, 6, 15, 4, tzinfo=UTC)
PASSWORD = "东方红-2026-太阳升"


def new_person(number: str = "20260001") -> User:
    return accounts.create_user(number=number, full_name="王小明", by=None, now=NOW)


def code_for(user: User, kind: str = AccessCode.Kind.ACTIVATION) -> str:
    return accounts.issue_codes(users=[user], kind=kind, by=None, now=NOW)[0].code


def activate(number: str, code: str, *, now: datetime = NOW, password: str = PASSWORD) -> User:
    return accounts.activate_with_code(number=number, code=code, new_password=password, now=now)


@pytest.mark.parametrize("typed", ["K7MX-3PQR", "k7mx3pqr", " K7MX 3PQR ", "Ｋ７ＭＸ－３ＰＱＲ"])
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert codes.read(typed) == "K7MX3PQR"


def test_drawn_codes_have_no_letters_that_look_alike() -> None:
    drawn = "".join(codes.draw() for _ in range(200))
    assert not set(drawn) & set("0O1IL")
    assert len({codes.draw() for _ in range(200)}) == 200


@pytest.mark.django_db
def test_activation_sets_the_password_once() -> None:
    user = new_person()
    code = code_for(user)
    assert not user.has_usable_password()
    activate(" 20260001 ", code.lower())
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert user.activated_at == NOW
    with pytest.raises(BadCode):
        activate("20260001", code)


@pytest.mark.django_db
def test_the_code_itself_is_stored_nowhere() -> None:
    user = new_person()
    code = code_for(user)
    row = AccessCode.objects.get()
    assert codes.read(code) not in str(row.__dict__).upper().replace("-", "")
    assert all(code not in str(entry.data) for entry in AuditEntry.objects.all())


@pytest.mark.django_db
def test_a_weak_password_does_not_spend_the_code() -> None:
    user = new_person()
    code = code_for(user)
    with pytest.raises(ValidationError):
        activate("20260001", code, password="20260001")
    activate("20260001", code)


@pytest.mark.django_db
@pytest.mark.parametrize("after", [timedelta(days=30), timedelta(days=31)])
def test_an_expired_code_is_refused(after: timedelta) -> None:
    code = code_for(new_person())
    with pytest.raises(BadCode):
        activate("20260001", code, now=NOW + after)


@pytest.mark.django_db
def test_five_wrong_tries_end_a_code_though_each_was_refused() -> None:
    user = new_person()
    code = code_for(user)
    for _ in range(codes.MAX_FAILED_TRIES - 1):
        with pytest.raises(BadCode):
            activate("20260001", "AAAA-AAAA")
    assert AccessCode.objects.get().failed_tries == codes.MAX_FAILED_TRIES - 1
    with pytest.raises(BadCode):
        activate("20260001", "AAAA-AAAA")
    with pytest.raises(BadCode):
        activate("20260001", code)


@pytest.mark.django_db
def test_a_new_code_ends_the_one_before() -> None:
    user = new_person()
    first = code_for(user)
    second = code_for(user)
    with pytest.raises(BadCode):
        activate("20260001", first)
    activate("20260001", second)


@pytest.mark.django_db
def test_a_code_is_for_its_own_person_and_purpose() -> None:
    user, other = new_person(), new_person("20260002")
    room = code_for(user, AccessCode.Kind.ROOM)
    with pytest.raises(BadCode):
        activate("20260001", room)
    with pytest.raises(BadCode):
        accounts.room_login(number=other.number, code=room, now=NOW)
    assert accounts.room_login(number=user.number, code=room, now=NOW) == user
    with pytest.raises(BadCode):
        accounts.room_login(number=user.number, code=room, now=NOW)


@pytest.mark.django_db
def test_an_unknown_number_and_a_stopped_account_get_the_same_answer() -> None:
    user = new_person()
    code = code_for(user)
    User.objects.update(is_active=False)
    messages = set()
    for number in ("nobody", user.number):
        with pytest.raises(BadCode) as refused:
            activate(number, code)
        messages.add(str(refused.value))
    assert len(messages) == 1


class Office:
    def __init__(self) -> None:
        root = make_unit()
        self.here: Unit = make_unit(root)
        self.there: Unit = make_unit(root)
        self.root = root
        self.by = make_user(unit=self.here, roles=[(Role.SCHOOL_OFFICE, self.here)])


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.mark.django_db
def test_a_reset_ends_the_old_password_and_is_audited(office: Office) -> None:
    user = make_user(unit=office.here)
    issued = accounts.reset_by_organiser(user=user, by=office.by, now=NOW)
    assert not User.objects.get(pk=user.pk).has_usable_password()
    activate(user.number, issued.code)
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
    entry = AuditEntry.objects.get(action="account.reset")
    assert (entry.actor, entry.object_id, entry.unit) == (office.by, str(user.pk), office.here)


@pytest.mark.django_db
def test_foreign_members_and_people_with_more_rights_are_not_reset(office: Office) -> None:
    foreign = make_user(unit=office.there)
    above = make_user(unit=office.here, roles=[(Role.ADMINISTRATOR, office.root)])
    sideways = make_user(unit=office.here, roles=[(Role.AUDITOR, office.here)])
    for user in (foreign, above, sideways):
        with pytest.raises(NotAllowed):
            accounts.reset_by_organiser(user=user, by=office.by, now=NOW)
        with pytest.raises(NotAllowed):
            accounts.issue_codes(users=[user], kind=AccessCode.Kind.ROOM, by=office.by, now=NOW)
        with pytest.raises(NotAllowed):
            accounts.deactivate(user=user, by=office.by, now=NOW)
        assert User.objects.get(pk=user.pk).has_usable_password()
    assert not AccessCode.objects.exists()


@pytest.mark.django_db
def test_one_foreign_person_among_many_stops_all_codes(office: Office) -> None:
    people = [make_user(unit=office.here), make_user(unit=office.there)]
    with pytest.raises(NotAllowed):
        accounts.issue_codes(users=people, kind=AccessCode.Kind.ROOM, by=office.by, now=NOW)
    assert not AccessCode.objects.exists()


@pytest.mark.django_db
def test_deactivation_ends_codes_and_can_be_taken_back(office: Office) -> None:
    user = make_user(unit=office.here)
    code = accounts.issue_codes(users=[user], kind=AccessCode.Kind.ROOM, by=office.by, now=NOW)[0].code
    accounts.deactivate(user=user, by=office.by, now=NOW)
    with pytest.raises(BadCode):
        accounts.room_login(number=user.number, code=code, now=NOW)
    accounts.reactivate(user=user, by=office.by, now=NOW)
    with pytest.raises(BadCode):
        accounts.room_login(number=user.number, code=code, now=NOW)
    assert User.objects.get(pk=user.pk).is_active


@pytest.mark.django_db
def test_nobody_stops_themselves_or_the_last_administrator(office: Office) -> None:
    only = make_user(roles=[(Role.ADMINISTRATOR, office.root)])
    second = make_user(roles=[(Role.ADMINISTRATOR, office.root)])
    with pytest.raises(OrganisationError):
        accounts.deactivate(user=only, by=only, now=NOW)
    at_the_same_moment = User.objects.get(pk=second.pk)
    accounts.deactivate(user=second, by=only, now=NOW)
    with pytest.raises(LastAdministrator):
        accounts.deactivate(user=only, by=at_the_same_moment, now=NOW)


@pytest.mark.django_db
def test_codes_for_many_cost_no_query_each(office: Office, django_assert_max_num_queries: object) -> None:
    people = [make_user(unit=office.here) for _ in range(30)]
    with django_assert_max_num_queries(16):  # type: ignore[operator]  # pytest-django's fixture
        accounts.issue_codes(users=people, kind=AccessCode.Kind.ROOM, by=office.by, now=NOW)


@pytest.mark.django_db
def test_a_new_person_joins_the_unit_at_once(office: Office) -> None:
    user = accounts.create_user(
        number="Ｎ１ ",
        full_name="李雷",
        unit=office.here,
        person_status=PersonStatus.PUBLIC,
        by=office.by,
        now=NOW,
    )
    assert user.number == "N1"
    assert user.memberships.get().unit == office.here


@pytest.mark.django_db
def test_an_edit_tells_which_fields_changed_but_not_what_they_held(office: Office) -> None:
    user = make_user(unit=office.here, phone="13800000000")
    accounts.edit_user(
        user=user, full_name=user.full_name, email="", phone="13911111111", by=office.by, now=NOW
    )
    entry = AuditEntry.objects.get(action="account.edited")
    assert entry.data == {"fields": ["phone"]}
