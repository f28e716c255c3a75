"""A platform, its courses and links, and who of it is whom, as the database holds them."""

from __future__ import annotations

from itertools import count
from typing import Any

from learning.organisation.models import GroupRole, Unit, User
from learning.organisation.services.groups import create_group, keep_member, keep_staff
from lti.models import Context, ContextMember, Deployment, Platform, PlatformUser, ResourceLink
from tests.factories import NOW, make_unit, make_user

_numbers = count(1)
Standing = ContextMember.Standing
ROLES = {Standing.INSTRUCTOR: GroupRole.TEACHER, Standing.ASSISTANT: GroupRole.ASSISTANT}


def make_platform(unit: Unit | None = None, **fields: Any) -> Platform:
    """An active platform of one unit, at a host of its own."""
    host = f"https://lms{next(_numbers)}.example.edu"
    unit = unit or make_unit()
    platform = Platform.objects.create(
        **{
            "name": "校园平台",
            "state": Platform.State.ACTIVE,
            "issuer": host,
            "client_id": "dangxiao",
            "auth_url": f"{host}/auth",
            "token_url": f"{host}/token",
            "jwks_url": f"{host}/jwks",
            "unit": unit,
            "default_unit": unit,
            **fields,
        }
    )
    Deployment.objects.create(platform=platform, deployment_id="1", state=Deployment.State.ACTIVE)
    return platform


def make_context(platform: Platform | None = None, **fields: Any) -> Context:
    platform = platform or make_platform()
    n = next(_numbers)
    title = fields.pop("title", f"党课{n}")
    return Context.objects.create(
        platform=platform,
        deployment=platform.deployments.get(),
        context_id=f"course-{n}",
        title=title,
        group=create_group(title=title, now=NOW),
        created_at=NOW,
        **fields,
    )


def make_link(context: Context | None = None, **fields: Any) -> ResourceLink:
    n = next(_numbers)
    link = {"link_id": f"link-{n}", "title": f"链接{n}", "created_at": NOW, **fields}
    return ResourceLink.objects.create(context=context or make_context(), **link)


def make_person(context: Context, standing: str = Standing.LEARNER, *, user: User | None = None) -> User:
    """Someone of the course, known here, with the place in its group that the standing gives."""
    user = user or make_user(unit=context.platform.default_unit)
    n = next(_numbers)
    person, _made = PlatformUser.objects.get_or_create(
        platform=context.platform,
        user=user,
        defaults={"sub": f"sub-{n}", "name": user.full_name, "linked_by": "launch", "linked_at": NOW,
                  "created_at": NOW},
    )  # fmt: skip
    ContextMember.objects.create(context=context, person=person, standing=standing, seen_at=NOW)
    if standing == Standing.LEARNER:
        keep_member(group=context.group, user=user, now=NOW)
    elif standing in ROLES:
        keep_staff(group=context.group, user=user, role=ROLES[Standing(standing)], now=NOW)
    return user
