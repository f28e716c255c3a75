"""Certificates: earned, issued once, printed, verified by anybody, revoked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.certifying import services
from courses.certifying.numbers import ALPHABET, clean_number, masked, new_number
from courses.certifying.paper import BODY_SIZE, balanced
from courses.certifying.views import verify_url
from courses.errors import NotPossible
from courses.models import Certificate, Graduation
from learning.organisation.models import AuditEntry, ClassMember, Role, TrainingClass, Unit, User
from tests.factories import NOW, make_class, make_unit, make_user

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
def user(unit: Unit) -> User:
    return make_user(unit=unit, name="欧阳小明")


@pytest.fixture
def term(unit: Unit, user: User) -> TrainingClass:
    """Closed, with the user as its one graduate."""
    made = make_class(unit, members=[user], name="第一期发展对象培训班", state="closed", closed_at=NOW)
    graduate(made.members.get())
    return made


def graduate(member: ClassMember, *, graduated: bool = True) -> None:
    state = ClassMember.State.GRADUATED if graduated else ClassMember.State.NOT_GRADUATED
    ClassMember.objects.filter(pk=member.pk).update(state=state, left_at=NOW)
    Graduation.objects.create(
        member=member,
        graduated=graduated,
        total=Decimal(80),
        hours=Decimal("32.5"),
        decided_at=NOW,
        decided_by=make_user(),
    )


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="learning.organisation.backends.NumberBackend")
    return client


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("张三丰", "张**"),
        ("欧阳小明", "欧阳**"),
        ("司马光", "司马*"),
        ("司马", "司*"),
        ("阿依古丽·买买提", "阿**"),
        ("Anna Smith", "A*"),
        ("王", "王*"),
        ("", "*"),
    ],
)
def test_name_is_masked_behind_the_surname(name: str, shown: str) -> None:
    assert masked(name) == shown


def test_number_is_readable_and_understood_however_it_is_typed() -> None:
    number = new_number(2026)
    assert re.fullmatch(rf"DX2026-[{ALPHABET}]{{4}}-[{ALPHABET}]{{6}}", number)
    assert not set("01OIL") & set(ALPHABET)
    for typed in (number, number.lower(), number.replace("-", ""), number.replace("-", " "), f" {number} "):
        assert clean_number(typed) == number
    for typed in ("", "DX2026", number[:-1], number + "A", "DX2026-OOOO-IIIIII", "'; DROP TABLE"):
        assert clean_number(typed) is None
    assert len({new_number(2026) for _ in range(500)}) == 500


def test_graduate_s_certificate_is_issued_once_and_frozen(user: User, term: TrainingClass) -> None:
    first = services.issue_certificate(user=user, subject=term, now=NOW)
    assert services.issue_certificate(user=user, subject=term, now=NOW) == first
    assert (first.holder_name, first.credit_hours) == ("欧阳小明", Decimal("32.50"))
    User.objects.update(full_name="改名")
    TrainingClass.objects.update(name="改名")
    first.refresh_from_db()
    assert (first.holder_name, first.subject_title) == ("欧阳小明", "第一期发展对象培训班")


def test_who_did_not_graduate_gets_none(unit: Unit, term: TrainingClass) -> None:
    failed, stranger = make_user(unit=unit), make_user(unit=unit)
    other = make_class(unit, members=[failed], state="closed", closed_at=NOW)
    graduate(other.members.get(), graduated=False)
    for user, subject in ((failed, other), (stranger, term)):
        with pytest.raises(NotPossible):
            services.issue_certificate(user=user, subject=subject, now=NOW)
    assert services.claim_due(user=failed, now=NOW) == []
    assert not Certificate.objects.exists()


def test_class_gives_all_its_certificates_in_one_go(unit: Unit, user: User, term: TrainingClass) -> None:
    second = make_user(unit=unit)
    graduate(ClassMember.objects.create(
        training_class=term, user=second, unit=unit, person_status="full", admitted_at=NOW
    ))  # fmt: skip
    services.issue_certificate(user=user, subject=term, now=NOW)
    assert services.issue_for_class(training_class=term, by=user, now=NOW) == 1
    assert services.issue_for_class(training_class=term, by=user, now=NOW) == 0
    assert AuditEntry.objects.get(action="certificate.issue_class").data == {"count": 1}
    with pytest.raises(NotPossible, match="结业"):
        services.issue_for_class(training_class=make_class(unit), by=user, now=NOW)


def test_first_look_issues_what_was_earned(user: User, term: TrainingClass) -> None:
    page = signed_in(user).get(reverse("my_certificates")).content.decode()
    certificate = Certificate.objects.get()
    assert certificate.number in page
    assert reverse("certificate_pdf", args=[certificate.number]) in page
    signed_in(user).get(reverse("my_certificates"))
    assert Certificate.objects.count() == 1
    stranger = signed_in(make_user()).get(reverse("my_certificates")).content.decode()
    assert certificate.number not in stranger


def test_paper_bears_what_was_attested_and_is_the_holder_s(
    user: User, unit: Unit, term: TrainingClass, settings: Any
) -> None:
    settings.WAGTAILADMIN_BASE_URL = "https://dx.example.edu.cn"
    certificate = services.issue_certificate(user=user, subject=term, now=NOW)
    url = reverse("certificate_pdf", args=[certificate.number])
    response = signed_in(user).get(url)
    assert response["Content-Type"] == "application/pdf"
    page = pypdfium2.PdfDocument(response.content)[0]
    text = page.get_textpage().get_text_range().replace("\r\n", "")
    for words in (
        "欧阳小明",
        "第一期发展对象培训班",
        "32.5 学时",
        certificate.number,
        "电子学院党总支",
        "2026年6月30日",
    ):
        assert words in text
    assert page.get_width() > page.get_height()
    assert signed_in(user).get(url).content == response.content
    office = make_user(roles=[(Role.SCHOOL_OFFICE, unit)])
    assert signed_in(office).get(url).status_code == 200
    services.revoke(certificate_id=certificate.pk, reason="签错", by=office, now=NOW)
    for reader in (user, office):
        page = signed_in(reader).get(url, follow=True)
        assert page.redirect_chain[-1][0] == reverse("verify_certificate", args=[certificate.number])
        assert "撤销" in page.content.decode()
    for other in (make_user(unit=unit), make_user(roles=[(Role.SCHOOL_OFFICE, make_unit())])):
        assert signed_in(other).get(url).status_code == 404
    assert Client().get(url).status_code == 302


@pytest.mark.parametrize(
    ("sentence", "lines"),
    [
        (
            "于2026年11月10日学完课程“党章学习入门”，获得 1.25 学时，准予结业。",
            ["于2026年11月10日学完课程“党章学习入门”，", "获得 1.25 学时，准予结业。"],
        ),
        ("准予结业。", ["准予结业。"]),
        ("学" * 50, ["学" * 25, "学" * 25]),  # no clause ends: as even as they can be
    ],
)
def test_lines_of_a_certificate_end_where_a_clause_ends(sentence: str, lines: list[str]) -> None:
    assert balanced(sentence, BODY_SIZE, 580) == lines


def test_anybody_may_verify_and_learns_no_full_name(client: Client, user: User, term: TrainingClass) -> None:
    certificate = services.issue_certificate(user=user, subject=term, now=NOW)
    response = client.get(reverse("verify_certificate", args=[certificate.number]))
    text = response.content.decode()
    assert "证书有效" in text
    assert "欧阳**" in text
    assert "小明" not in text
    assert user.number not in text
    assert 'name="robots" content="noindex' in text
    assert "noindex" in response["X-Robots-Tag"]
    typed = client.get(reverse("verify_form"), {"number": certificate.number.lower().replace("-", "")})
    assert typed["Location"] == reverse("verify_certificate", args=[certificate.number])


def test_revoked_certificate_says_so_and_is_not_issued_again(
    client: Client, user: User, term: TrainingClass
) -> None:
    certificate = services.issue_certificate(user=user, subject=term, now=NOW)
    with pytest.raises(NotPossible, match="原因"):
        services.revoke(certificate_id=certificate.pk, reason=" ", by=user, now=NOW)
    services.revoke(certificate_id=certificate.pk, reason="替考", by=user, now=NOW)
    text = client.get(reverse("verify_certificate", args=[certificate.number])).content.decode()
    assert "证书已被撤销" in text
    assert "替考" not in text
    assert services.claim_due(user=user, now=NOW) == []
    with pytest.raises(NotPossible, match="撤销"):
        services.issue_certificate(user=user, subject=term, now=NOW)
    with pytest.raises(NotPossible, match="已经撤销"):
        services.revoke(certificate_id=certificate.pk, reason="x", by=user, now=NOW)


def test_wrong_numbers_get_clear_words_and_too_many_are_slowed_down(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("courses.certifying.views.MOST_WRONG", 3)
    for number in ("DX2026-AAAA-AAAAAA", "nonsense", "<script>"):
        response = client.get(reverse("verify_certificate", args=[number]))
        assert response.status_code == 404
        assert "没有找到这个编号的证书" in response.content.decode()
        assert "<script>" not in response.content.decode().replace("<script type", "")
    slowed = client.get(reverse("verify_certificate", args=["DX2026-AAAA-AAAAAB"]))
    assert slowed.status_code == 429
    assert slowed["Retry-After"]


def test_qr_leads_to_the_site_s_own_address_or_that_of_the_request(rf: Any, settings: Any) -> None:
    request = rf.get("/", headers={"host": "campus.example"})
    settings.WAGTAILADMIN_BASE_URL = ""
    assert verify_url(request, "DX1") == "http://campus.example/verify/DX1/"
    settings.WAGTAILADMIN_BASE_URL = "https://dx.example.edu.cn"
    assert verify_url(request, "DX1") == "https://dx.example.edu.cn/verify/DX1/"
