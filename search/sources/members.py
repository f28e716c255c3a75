"""People who are members of a unit today, for those who may view them there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from learning.organisation.models import Membership, User
from learning.organisation.permissions import Action, people_allowing
from search.models import Kind

from . import keys
from .base import Draft, ids_of, may_pass
from .texts import body_of, title_of
from .units import Tree


class MemberSource:
    kind = Kind.MEMBER

    def drafts(self, ids: Sequence[int], *, now: datetime) -> list[Draft]:
        today = Membership.objects.on(timezone.localdate(now)).filter(user__in=ids, user__is_active=True)
        places: dict[int, tuple[str, str, list[int]]] = {}
        rows = today.order_by("pk").values_list("user_id", "user__full_name", "user__number", "unit_id")
        for pk, name, number, unit in rows:
            places.setdefault(pk, (name, number, []))[2].append(unit)
        tree = Tree()
        return [self._draft(pk, *place, tree) for pk, place in places.items()]

    @staticmethod
    def _draft(pk: int, name: str, number: str, units: Sequence[int], tree: Tree) -> Draft:
        own = [tree.above(unit)[0].name for unit in units]
        return Draft(
            object_id=pk,
            title=title_of(name),
            body=body_of([number, *own]),
            audience=frozenset[str]().union(*(tree.overseers(keys.members_of, unit) for unit in units)),
            names=(name,),
            units=tuple(dict.fromkeys(label for unit in units for label in tree.labels(unit))),
        )

    def every(self) -> Iterator[list[int]]:
        return ids_of(User.objects.filter(is_active=True))

    def doors(self, user: User | None, ids: Sequence[int], *, now: datetime) -> dict[int, str]:
        day = timezone.localdate(now)
        people: QuerySet[User] = User.objects.all()
        if user is not None:
            if not may_pass(user):
                return {}
            people = people_allowing(user, Action.MEMBER_VIEW, day=day)
        current = Membership.objects.on(day).filter(user=OuterRef("pk"))
        seen = people.filter(Exists(current), pk__in=ids, is_active=True)
        return {
            pk: reverse("wagtailusers_users:inspect", args=[pk]) for pk in seen.values_list("pk", flat=True)
        }
