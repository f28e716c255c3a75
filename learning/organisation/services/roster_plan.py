"""What will become of each row of a roster: the verdict, why, and the changes in words. Reads only."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone, translation
from django.utils.functional import Promise

from learning.organisation import roster_texts as texts
from learning.organisation.models import Membership, PersonStatus, Unit, User
from learning.organisation.models.units import paths_above
from learning.organisation.permissions import Action, may
from learning.organisation.roster import RosterRow, read_date, unit_path

OTHER_WORDS = {
    "入党申请人": PersonStatus.APPLICANT,
    "积极分子": PersonStatus.ACTIVIST,
    "中共预备党员": PersonStatus.PROBATIONARY,
    "中共党员": PersonStatus.FULL,
    "党员": PersonStatus.FULL,
}
LEAGUE = ("共青团员", "团员")
LATEST = timedelta(days=366)


class Verdict(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REPEATED = "repeated"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Line:
    """What will become of one row: its verdict, why, and the changes in words."""

    row: RosterRow
    verdict: Verdict
    reason: str = ""
    warning: str = ""
    changes: tuple[str, ...] = ()
    unit: Unit | None = None
    status: str = ""
    on: date = date.min
    user: User | None = None


@dataclass(frozen=True)
class Plan:
    lines: list[Line]

    def of(self, *verdicts: Verdict) -> list[Line]:
        return [line for line in self.lines if line.verdict in verdicts]

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(line.verdict for line in self.lines)
        return {verdict.value: found[verdict] for verdict in Verdict}

    @property
    def summary(self) -> dict[str, object]:
        """The line of API.md: read = accepted + rejected + duplicates, warned ≤ accepted."""
        accepted = self.of(Verdict.NEW, Verdict.CHANGED)
        return {
            "read": len(self.lines),
            "accepted": len(accepted),
            "warned": sum(1 for line in accepted if line.warning),
            "rejected": [{"row": line.row.row, "reason": line.reason} for line in self.of(Verdict.REJECTED)],
            "duplicates": len(self.of(Verdict.UNCHANGED, Verdict.REPEATED)),
        }


class Refused(Exception):
    def __init__(self, reason: str | Promise, **facts: object) -> None:
        self.reason = str(reason) % facts if facts else str(reason)
        super().__init__(self.reason)


@dataclass
class Known:
    """What the database says about the units and people a file names: four queries, however long it is."""

    by: User | None
    today: date
    units: dict[str, list[Unit]] = field(default_factory=lambda: defaultdict(list))
    codes: dict[str, Unit] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    standing: dict[int, Membership] = field(default_factory=dict)
    ended: dict[int, date] = field(default_factory=dict)

    @classmethod
    def load(cls, rows: Sequence[RosterRow], *, by: User | None, now: datetime) -> Known:
        known = cls(by, timezone.localdate(now))
        for unit in Unit.objects.all():
            known.units[unit.name].append(unit)
            known.codes[unit.code] = unit
            known.names[unit.path] = unit.name
        numbers = {row.number for row in rows}
        known.people = {user.number: user for user in User.objects.filter(number__in=numbers)}
        for membership in Membership.objects.filter(user__number__in=numbers).select_related("unit"):
            if membership.to_date is None:
                known.standing[membership.user_id] = membership
            else:
                ended = known.ended.get(membership.user_id, date.min)
                known.ended[membership.user_id] = max(ended, membership.to_date)
        return known

    def unit(self, text: str) -> Unit:
        """The unit of a code, a name, or a path of names ("马院党总支/第一支部": the last parts are enough)."""
        if text in self.codes:
            return self.codes[text]
        wanted = unit_path(text)
        found = (
            [
                unit
                for unit in self.units.get(wanted[-1], [])
                if self.path_names(unit)[-len(wanted) :] == wanted
            ]
            if wanted
            else []
        )
        open_ones = [
            unit for unit in found if unit.closed_date is None or unit.closed_date > self.today
        ] or found
        if not open_ones:
            raise Refused(texts.UNKNOWN_UNIT, unit=text)
        if len(open_ones) > 1:
            raise Refused(texts.AMBIGUOUS_UNIT, count=len(open_ones), unit=text)
        return open_ones[0]

    def path_names(self, unit: Unit) -> list[str]:
        return [self.names[path] for path in paths_above(unit.path)]

    def manages(self, unit: Unit) -> bool:
        return self.by is None or may(self.by, Action.MEMBER_MANAGE, unit)


def plan_roster(rows: Sequence[RosterRow], *, by: User | None, now: datetime) -> Plan:
    """A verdict for every row; nothing is saved. `by` limits units and people to the own subtree (None = all)."""
    known = Known.load(rows, by=by, now=now)
    lines: list[Line] = []
    first: dict[str, RosterRow] = {}
    for row in rows:
        before = first.setdefault(row.number, row) if row.number else row
        if before is not row:
            same = {**before.as_json(), "row": 0} == {**row.as_json(), "row": 0}
            reason = "" if same else str(texts.REPEATED) % {"row": before.row}
            lines.append(Line(row, Verdict.REPEATED if same else Verdict.REJECTED, reason))
            continue
        try:
            lines.append(judged(row, known))
        except Refused as refused:
            lines.append(Line(row, Verdict.REJECTED, refused.reason))
    return Plan(lines)


def judged(row: RosterRow, known: Known) -> Line:
    """The verdict on one row. Raises Refused."""
    check_cells(row)
    on = read_date(row.on) if row.on else known.today
    if on is None:
        raise Refused(texts.BAD_DATE, on=row.on)
    if on > known.today + LATEST:
        raise Refused(texts.FAR_DATE)
    unit = known.unit(row.unit)
    if not known.manages(unit):
        raise Refused(texts.FOREIGN_UNIT, unit=row.unit)
    if on < unit.opened_date or (unit.closed_date is not None and unit.closed_date <= on):
        raise Refused(texts.CLOSED_UNIT, unit=row.unit)
    status, warning = status_of(row.status)
    user = known.people.get(row.number)
    if user is None:
        if not status:
            raise Refused(texts.NO_STATUS)
        return Line(row, Verdict.NEW, "", warning, (str(texts.NEW_PERSON),), unit, status, on)
    if user.full_name != row.full_name:
        raise Refused(texts.OTHER_NAME)
    if not user.is_active:
        raise Refused(texts.STOPPED)
    current = known.standing.get(user.pk)
    if current is None and (
        known.by is not None and not known.by.is_superuser and user.pk not in known.ended
    ):
        raise Refused(texts.FOREIGN_PERSON)
    if current is not None and not known.manages(current.unit):
        raise Refused(texts.FOREIGN_PERSON)
    return compared(
        row, user, current, known, Line(row, Verdict.CHANGED, "", warning, (), unit, status, on, user)
    )


def compared(row: RosterRow, user: User, current: Membership | None, known: Known, line: Line) -> Line:
    """What differs between the row and what stands; a blank cell leaves things as they are."""
    changes: list[str] = []
    status = line.status or (current.person_status if current else "")
    if not status:
        raise Refused(texts.NO_STATUS)
    if line.unit is not None and (current is None or current.unit_id != line.unit.pk):
        changes.append(str(texts.TO_UNIT) % {"unit": line.unit.name})
    if current is None or current.person_status != status:
        changes.append(str(texts.TO_STATUS) % {"status": PersonStatus(status).label})
    earliest = current.from_date if current else known.ended.get(user.pk, date.min)
    if changes and line.on < earliest:
        raise Refused(texts.EARLY_DATE, **{"from": earliest})
    if (row.phone and row.phone != user.phone) or (row.email and row.email != user.email):
        changes.append(str(texts.NEW_CONTACT))
    verdict = Verdict.CHANGED if changes else Verdict.UNCHANGED
    return Line(row, verdict, "", line.warning, tuple(changes), line.unit, status, line.on, user)


def check_cells(row: RosterRow) -> None:
    if not row.full_name or len(row.full_name) > 80:
        raise Refused(texts.NO_NAME)
    if not row.number:
        raise Refused(texts.NO_NUMBER)
    if len(row.number) > 40 or re.search(r"\s", row.number):
        raise Refused(texts.BAD_NUMBER)
    if not row.unit:
        raise Refused(texts.NO_UNIT)
    if row.phone and not re.fullmatch(r"[+\d][\d\- ]{4,19}", row.phone):
        raise Refused(texts.BAD_PHONE)
    if row.email:
        try:
            validate_email(row.email)
        except ValidationError:
            raise Refused(texts.BAD_EMAIL) from None


def status_of(text: str) -> tuple[str, str]:
    """(person status or "", warning or ""). Raises Refused for a word that is none."""
    if not text:
        return "", ""
    if text in LEAGUE:
        return PersonStatus.PUBLIC, str(texts.LEAGUE_MEMBER) % {"status": text}
    found = statuses_by_word().get(text.casefold())
    if found is None:
        raise Refused(texts.UNKNOWN_STATUS, status=text)
    return found, ""


@cache
def statuses_by_word() -> dict[str, str]:
    """Every word for a person status, folded: the labels of every language the site speaks (a sheet may have been made in
    another than today's), the codes, and what else stands in rosters."""
    words: dict[str, str] = {value: value for value in PersonStatus.values} | OTHER_WORDS
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            words |= {str(label).casefold(): value for value, label in PersonStatus.choices}
    return words
