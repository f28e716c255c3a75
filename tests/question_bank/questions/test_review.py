"""A draft goes back to its author with a comment, is mended or sent again, and is seen by those it concerns."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from learning.organisation.models import AuditEntry, Role, User
from question_bank.questions.content import QuestionContent, content_from_texts
from question_bank.questions.errors import EditConflict, NoComment, NotAllowed, NotWaiting
from question_bank.questions.models import Bank, Question, ReviewReturn
from question_bank.questions.services import bulk
from question_bank.questions.services.questions import create_question, edit_question, retire, set_ready
from question_bank.questions.services.review import resubmit, return_to_author
from tests.factories import NOW, make_bank, make_unit, make_user

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


class Desk:
    """A bank with its author, its reviewer and a draft that waits."""

    def __init__(self) -> None:
        self.bank: Bank = make_bank(make_unit())
        self.author = self.person(Role.AUTHOR, "出题人甲")
        self.reviewer = self.person(Role.REVIEWER, "审题人乙")
        self.draft = self.question("党的生日是？")

    def person(self, role: Role, name: str) -> User:
        return make_user(name=name, roles=[(role, self.bank.owner_unit)])

    def question(self, stem: str) -> Question:
        return create_question(bank=self.bank, by=self.author, content=single(stem), now=NOW)

    def send_back(self, comment: str = "题干有歧义") -> ReviewReturn:
        return return_to_author(
            question_id=self.draft.pk, seen_no=1, comment=comment, by=self.reviewer, now=NOW
        )


def single(stem: str) -> QuestionContent:
    return content_from_texts(kind="single", stem=stem, options=["七月一日", "十月一日"], answer=(0,))


def waiting() -> set[int]:
    return set(Question.objects.awaiting_review().values_list("pk", flat=True))


def returned() -> set[int]:
    return set(Question.objects.returned().values_list("pk", flat=True))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, "learning.organisation.backends.NumberBackend")
    return client


# ---- the services -----------------------------------------------------------------------------------------------


def test_a_returned_draft_leaves_the_queue_with_its_comment_in_the_audit_log(desk: Desk) -> None:
    desk.send_back("  题干有歧义 ")
    assert (waiting(), returned()) == (set(), {desk.draft.pk})
    entry = AuditEntry.objects.get(action="question.return")
    assert (entry.actor, entry.data) == (desk.reviewer, {"version": 1, "comment": "题干有歧义"})


def test_a_mended_draft_waits_again_and_the_comment_stays_with_the_old_version(desk: Desk) -> None:
    made = desk.send_back()
    edit_question(question_id=desk.draft.pk, by=desk.author, content=single("党的生日是哪天？"), now=LATER)
    assert (waiting(), returned()) == ({desk.draft.pk}, set())
    made.refresh_from_db()
    assert made.version.no == 1


def test_the_author_may_send_the_same_version_again_and_it_may_be_returned_again(desk: Desk) -> None:
    made = desk.send_back()
    resubmit(question_id=desk.draft.pk, by=desk.author, now=LATER)
    made.refresh_from_db()
    assert (waiting(), made.resubmitted_at) == ({desk.draft.pk}, LATER)
    assert AuditEntry.objects.filter(action="question.resubmit", actor=desk.author).count() == 1
    desk.send_back("仍有歧义")
    assert returned() == {desk.draft.pk}


@pytest.mark.parametrize("comment", ["", "  \n "])
def test_a_return_says_what_is_to_be_mended(desk: Desk, comment: str) -> None:
    with pytest.raises(NoComment):
        desk.send_back(comment)
    assert not ReviewReturn.objects.exists()


def test_only_a_reviewer_returns_and_only_an_editor_sends_again(desk: Desk) -> None:
    stranger = make_user(roles=[(Role.REVIEWER, make_unit()), (Role.AUTHOR, make_unit())])
    for by in (desk.author, stranger):
        with pytest.raises(NotAllowed):
            return_to_author(question_id=desk.draft.pk, seen_no=1, comment="不", by=by, now=NOW)
    desk.send_back()
    for by in (desk.reviewer, stranger):
        with pytest.raises(NotAllowed):
            resubmit(question_id=desk.draft.pk, by=by, now=NOW)
    assert AuditEntry.objects.filter(action="question.resubmit").count() == 0


def test_a_verdict_on_a_version_that_was_replaced_meanwhile_is_refused(desk: Desk) -> None:
    edit_question(question_id=desk.draft.pk, by=desk.author, content=single("另一种说法？"), now=NOW)
    with pytest.raises(EditConflict):
        desk.send_back()
    with pytest.raises(EditConflict):
        set_ready(question_id=desk.draft.pk, by=desk.reviewer, seen_no=1, now=NOW)
    set_ready(question_id=desk.draft.pk, by=desk.reviewer, seen_no=2, now=NOW)
    assert Question.objects.usable().count() == 1


def test_what_does_not_wait_is_not_returned_and_what_was_not_returned_is_not_sent_again(desk: Desk) -> None:
    with pytest.raises(NotWaiting):
        resubmit(question_id=desk.draft.pk, by=desk.author, now=NOW)
    desk.send_back()
    with pytest.raises(NotWaiting):
        desk.send_back("再退一次")
    other = desk.question("第二题？")
    set_ready(question_id=other.pk, by=desk.reviewer, now=NOW)
    with pytest.raises(NotWaiting):
        return_to_author(question_id=other.pk, seen_no=1, comment="不", by=desk.reviewer, now=NOW)


def test_a_returned_draft_may_still_be_approved_and_is_then_nobodys_to_mend(desk: Desk) -> None:
    desk.send_back()
    assert bulk.set_ready_many(question_ids=[desk.draft.pk], by=desk.reviewer, now=NOW) == 1
    assert (waiting(), returned()) == (set(), set())


def test_a_retired_draft_is_nobodys_to_mend(desk: Desk) -> None:
    desk.send_back()
    retire(question_id=desk.draft.pk, by=desk.reviewer, now=NOW)
    assert returned() == set()


def test_the_version_in_use_stays_while_a_new_draft_is_returned(desk: Desk) -> None:
    set_ready(question_id=desk.draft.pk, by=desk.reviewer, now=NOW)
    edit_question(question_id=desk.draft.pk, by=desk.author, content=single("另一种说法？"), now=NOW)
    return_to_author(question_id=desk.draft.pk, seen_no=2, comment="原来的更好", by=desk.reviewer, now=NOW)
    question = Question.objects.usable().get()
    assert question.current is not None
    assert (question.current.no, returned()) == (1, {question.pk})


# ---- the screens ------------------------------------------------------------------------------------------------


def test_the_reviewer_returns_a_draft_and_goes_on_to_the_next(desk: Desk) -> None:
    client, second = browser(desk.reviewer), desk.question("第二题？")
    url = reverse("question_review", args=[desk.draft.pk])
    page = client.get(url).content.decode()
    assert "退回出题人修改" in page
    reply = client.post(url, {"act": "return", "no": 1, "comment": "题干有歧义"})
    assert reply.headers["Location"] == reverse("question_review", args=[second.pk])
    assert returned() == {desk.draft.pk}
    assert "党的生日" not in client.get(reverse("question_review_queue")).content.decode()
    page = client.get(url).content.decode()
    assert "等待出题人修改" in page
    assert 'value="return"' not in page


def test_a_refused_return_keeps_what_was_written(desk: Desk) -> None:
    client, url = browser(desk.reviewer), reverse("question_review", args=[desk.draft.pk])
    assert "请写明退回意见" in client.post(url, {"act": "return", "no": 1}).content.decode()
    page = client.post(url, {"act": "return", "no": 7, "comment": "很长的一段意见"}).content.decode()
    assert "已保存了新版本" in page
    assert "很长的一段意见" in page
    assert not ReviewReturn.objects.exists()


def test_the_author_finds_what_came_back_on_the_first_page_in_the_list_and_at_the_question(
    desk: Desk,
) -> None:
    client, home = browser(desk.author), reverse("wagtailadmin_home")
    mine = reverse("question_list") + "?status=returned&author=me"
    assert "退回给您修改" not in client.get(home).content.decode()
    desk.send_back()
    page = client.get(home).content.decode()
    assert "退回给您修改的试题：1 道" in page
    assert mine.replace("&", "&amp;") in page
    listed = client.get(mine).content.decode()
    assert "党的生日" in listed
    assert "退回修改" in listed
    edit = reverse("question_edit", args=[desk.draft.pk])
    page = client.get(edit).content.decode()
    assert "审题人乙" in page
    assert "题干有歧义" in page
    client.post(reverse("question_state", args=[desk.draft.pk]), {"act": "resubmit"})
    assert waiting() == {desk.draft.pk}
    assert "题干有歧义" not in client.get(edit).content.decode()
    versions = client.get(reverse("question_versions", args=[desk.draft.pk])).content.decode()
    assert "题干有歧义" in versions


def test_another_author_is_not_told_about_it_and_a_foreign_reviewer_finds_nothing(desk: Desk) -> None:
    desk.send_back()
    other = browser(desk.person(Role.AUTHOR, "出题人丙"))
    assert "退回给您修改" not in other.get(reverse("wagtailadmin_home")).content.decode()
    assert (
        "党的生日"
        not in other.get(reverse("question_list"), {"status": "returned", "author": "me"}).content.decode()
    )
    unit = make_unit()
    foreign = browser(make_user(roles=[(Role.SCHOOL_OFFICE, unit)]))
    url = reverse("question_review", args=[desk.draft.pk])
    assert foreign.get(url).status_code == 404
    assert foreign.post(url, {"act": "return", "no": 1, "comment": "不"}).status_code == 404
    state = reverse("question_state", args=[desk.draft.pk])
    assert foreign.post(state, {"act": "resubmit"}).status_code == 404
    assert returned() == {desk.draft.pk}


def test_an_author_cannot_return_through_the_reviewers_page(desk: Desk) -> None:
    url = reverse("question_review", args=[desk.draft.pk])
    answer = browser(desk.author).post(url, {"act": "return", "no": 1, "comment": "不"})
    assert answer.status_code == 404
    assert not ReviewReturn.objects.exists()


def test_the_reviewer_is_told_how_many_wait(desk: Desk) -> None:
    page = browser(desk.reviewer).get(reverse("wagtailadmin_home")).content.decode()
    assert "待审的试题：1 道" in page


def test_more_returned_drafts_need_no_more_queries_in_the_list_and_on_a_versions_page(desk: Desk) -> None:
    client = browser(desk.author)
    client.get(reverse("question_list"))
    counts = []
    for n in (1, 2):
        desk.send_back(f"意见{n}")
        for address in (reverse("question_list"), reverse("question_versions", args=[desk.draft.pk])):
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            counts.append(len(queries))
        resubmit(question_id=desk.draft.pk, by=desk.author, now=NOW)
        for m in range(3):
            desk.question(f"第{n}{m}题？")
    assert counts[:2] == counts[2:]
