"""The roster of a platform's course (Names and Role Provisioning Services 2.0) brought into step: read whole, then acted
upon at once. Whoever is no longer on it leaves the teaching group; nobody is deleted, and attempts stay."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Greatest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import GroupMember, GroupStaff, User
from learning.organisation.services import groups
from learning.organisation.services.audit import record
from lti.core import claims, nrps
from lti.core.claims import Standing
from lti.http import tokens
from lti.http.fetching import Answer, Unreachable, Why
from lti.models import Context, ContextMember, Launch, Platform, PlatformUser
from question_bank.exams.candidates import admit_group, leave_out
from question_bank.exams.models import ExamGroup

from . import contexts, targets
from .accounts import Known, people_for

MOST_PAGES = 200
MOST_MEMBERS = 50_000
CHUNK = 1000
SCOPES = (claims.SCOPE_MEMBERS,)
FORGOTTEN_AFTER = timedelta(days=120)  # without a launch: the nightly run leaves the course alone
PART = (Standing.LEARNER, Standing.ASSISTANT, Standing.INSTRUCTOR)

Call = Callable[..., Answer]  # lti.http.tokens.call

log = logging.getLogger("dangxiao.lti")

# Why a roster could not be read; the code is kept with the course.
PROBLEMS: dict[str, str | Promise] = {
    "not_offered": _("平台没有为这门课程提供名单。请让平台管理员为本工具开启“名单与角色”（NRPS）服务。"),
    "platform_off": _("平台已停用，没有同步。"),
    "scope_refused": _("平台不允许本站读取名单。请让平台管理员授权“名单与角色”（NRPS）服务。"),
    "client_refused": _("平台不认可本站的身份。请管理员核对平台设置中的客户端标识和公钥地址。"),
    "gone": _("平台说没有这份名单。请从课程里重新打开一次链接，再同步。"),
    "unreachable": _("暂时连不上平台，请稍后再试。"),
    "foreign_address": _("平台给出的名单地址不在登记的网址之内。请管理员在平台设置中补充网址。"),
    "unreadable": _("平台返回的内容不是名单。"),
    "too_long": _("名单太长，超过一次能同步的人数。"),
    "failed": _("平台没有给出名单。"),
}


class NoRoster(Exception):
    """The roster could not be read; `code` is one of PROBLEMS, `detail` English for the log."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did: people on the roster, how many of them were new to the course, and how many left it."""

    people: int = 0
    new: int = 0
    left: int = 0
    problem: str = ""


def problem_words(context: Context) -> str:
    """Why the last sync failed, for the screen; "" if it did not."""
    return str(PROBLEMS.get(context.roster_problem, context.roster_problem))


def sync(context: Context, *, now: datetime, by: User | None = None, call: Call | None = None) -> Synced:
    """Brings people, teachers and learners of the course into step with the platform's roster, and admits learners to the
    exams that are linked there. Where that fails nothing changes but `roster_problem`, and the code comes back.

    Not inside a transaction: the platform is asked page by page."""
    platform = Platform.objects.get(pk=context.platform_id)
    try:
        members = read_roster(context, platform, call=call or tokens.call, now=now)
    except NoRoster as why:
        log.info("roster of context %s: %s", context.pk, why)
        Context.objects.filter(pk=context.pk).update(roster_problem=why.code)
        return Synced(problem=why.code)
    active = {each.user_id: each for each in members if _takes_part(each)}
    people = people_for(platform, (_known(active[sub]) for sub in sorted(active)), now=now)
    with transaction.atomic():
        context = (
            Context.objects.select_for_update(of=("self",))
            .select_related("group", "platform__unit")
            .get(pk=context.pk)
        )
        if context.roster_at is not None and context.roster_at > now:
            return Synced(people=len(active))  # one that was begun later has come first
        done = _apply(
            context, {people[sub].pk: (people[sub], each.standing) for sub, each in active.items()}, by, now
        )
        Context.objects.filter(pk=context.pk).update(roster_at=now, roster_problem="")
        if done.new or done.left or by is not None:
            data = {"people": done.people, "new": done.new, "left": done.left}
            record(actor=by, action="lti.roster_synced", obj=context, unit=platform.unit, data=data, now=now)
    return done


def read_roster(context: Context, platform: Platform, *, call: Call, now: datetime) -> list[nrps.Member]:
    """Every member on every page, each once, as the last page said. Raises NoRoster."""
    if platform.state != Platform.State.ACTIVE:
        raise NoRoster("platform_off")
    url = context.roster_url
    if not url:
        raise NoRoster("not_offered")
    found: dict[str, nrps.Member] = {}
    seen: set[str] = set()
    while url:
        if len(seen) == MOST_PAGES or url in seen:
            raise NoRoster("too_long", f"page {len(seen) + 1} follows")
        seen.add(url)
        answer = _asked(platform, url, call, now)
        try:
            page = nrps.read_page(answer.json())
        except nrps.BadRoster as error:
            raise NoRoster("unreadable", str(error)) from error
        found |= {member.user_id: member for member in page.members}
        if len(found) > MOST_MEMBERS:
            raise NoRoster("too_long", f"more than {MOST_MEMBERS} members")
        url = nrps.next_page(answer.link, base=url)
    return list(found.values())


def _asked(platform: Platform, url: str, call: Call, now: datetime) -> Answer:
    try:
        answer = call(platform, "GET", url, scopes=SCOPES, accept=nrps.MEMBERS_TYPE, now=now)
    except Unreachable as error:
        if error.why in (Why.FOREIGN_ORIGIN, Why.NOT_HTTPS, Why.BAD_URL, Why.PRIVATE_ADDRESS):
            raise NoRoster("foreign_address", str(error)) from error
        if error.why is Why.SCOPE_REFUSED:
            raise NoRoster("scope_refused", str(error)) from error
        # Of the token alone: what the roster's own address answers is looked at below.
        unknown = error.why is Why.BAD_STATUS and error.status in (400, 401, 403)
        raise NoRoster("client_refused" if unknown else "unreachable", str(error)) from error
    if answer.status in (401, 403):
        raise NoRoster("scope_refused", f"HTTP {answer.status}")
    if answer.status in (404, 410):
        raise NoRoster("gone", f"HTTP {answer.status}")
    if answer.status == 429 or answer.status >= 500:
        raise NoRoster("unreachable", f"HTTP {answer.status}")
    if not answer.ok:
        raise NoRoster("failed", f"HTTP {answer.status}")
    return answer


def _takes_part(member: nrps.Member) -> bool:
    return member.status is nrps.Status.ACTIVE and member.standing in PART


def _known(member: nrps.Member) -> Known:
    return Known(
        sub=member.user_id,
        name=member.display_name,
        email=member.email,
        number=member.number,
        unit_code=member.custom.get("unit", ""),
    )


def _apply(
    context: Context, listed: dict[int, tuple[PlatformUser, Standing]], by: User | None, now: datetime
) -> Synced:
    """Under the course's lock. Whom a launch has named since the roster was asked for stays as the launch said."""
    rows = ContextMember.objects.filter(context=context)
    before = {row.person_id: row for row in rows.select_related("person")}
    later = {pk for pk, row in before.items() if row.seen_at > now}
    new = [pk for pk in listed if pk not in before or before[pk].removed_at is not None]
    ContextMember.objects.bulk_create(
        (
            ContextMember(
                context=context, person=person, standing=standing.value, seen_at=now, rostered_at=now
            )
            for pk, (person, standing) in sorted(listed.items())
            if pk not in later
        ),
        batch_size=CHUNK,
        update_conflicts=True,
        unique_fields=["context", "person"],
        update_fields=["standing", "seen_at", "rostered_at", "removed_at"],
    )
    gone = [pk for pk, row in before.items() if pk not in listed and pk not in later and not row.removed_at]
    for start in range(0, len(gone), CHUNK):
        some = rows.filter(person__in=gone[start : start + CHUNK], removed_at=None)
        some.update(removed_at=Greatest(F("seen_at"), now))
    kept = {before[pk].person.user_id for pk in later}
    _follow(context, listed.values(), kept, by, now)
    return Synced(people=len(listed), new=len(new), left=len(gone))


def _follow(
    context: Context,
    listed: Iterable[tuple[PlatformUser, Standing]],
    kept: set[int],
    by: User | None,
    now: datetime,
) -> None:
    """Group and teachers as the roster says, but for the people in `kept`; the learners of it are candidates of the
    exams linked."""
    group = context.group
    standings: dict[int, Standing] = {}
    for person, standing in listed:
        # Two people of the platform may be one person here: the higher standing counts.
        known = standings.get(person.user_id)
        if known is None or PART.index(standing) > PART.index(known):
            standings[person.user_id] = standing
    learners = {pk for pk, standing in standings.items() if standing is Standing.LEARNER} - kept
    groups.keep_members(group=group, users=learners, now=now)
    there = set(GroupMember.objects.filter(group=group, removed_at=None).values_list("user", flat=True))
    leaving = sorted(there - learners - kept)
    for start in range(0, len(leaving), CHUNK):
        groups.remove_members(group=group, users=leaving[start : start + CHUNK], now=now)
    wanted = {pk: contexts.STAFF[each] for pk, each in standings.items() if each in contexts.STAFF}
    staff = dict(GroupStaff.objects.filter(group=group, removed_at=None).values_list("user", "role"))
    for pk in sorted((wanted.keys() | staff.keys()) - kept):
        if pk not in wanted:
            groups.remove_staff(group=group, user=pk, now=now)
        elif staff.get(pk) != wanted[pk]:
            groups.keep_staff(group=group, user=User(pk=pk), role=wanted[pk], now=now)
    _admit(context, leaving, by, now)


def _admit(context: Context, left: list[int], by: User | None, now: datetime) -> None:
    """Learners are candidates of the exams that are linked and not over; who left before they began is so no more."""
    group = context.group
    for exam in targets.exams_linked(context):
        if exam.closes_at > now:
            admit_group(exam_id=exam.pk, group=group, by=by, now=now)
    if not left:
        return
    sat = ExamGroup.objects.filter(group=group, exam__closes_at__gt=now).order_by("exam")
    for exam_id in sat.values_list("exam", flat=True):
        for start in range(0, len(left), CHUNK):
            users = list(User.objects.filter(pk__in=left[start : start + CHUNK]))
            leave_out(exam_id=exam_id, group=group, users=users, by=by, now=now)


def due_for_sync(*, now: datetime) -> list[int]:
    """Ids of the courses that the nightly run asks for: their platform is on, offers rosters, and somebody opened them
    lately."""
    lately = Launch.objects.filter(context=OuterRef("pk"), at__gt=now - FORGOTTEN_AFTER)
    rows = Context.objects.filter(~Q(roster_url=""), Exists(lately), platform__state=Platform.State.ACTIVE)
    return list(rows.order_by("pk").values_list("pk", flat=True))
