"""The campus around the consumer: who is in the course, which links it has, what reached the gradebook.

`take_the_place_of_edx()` puts it where edx-platform would be: `lti_consumer.plugin.compat` is the consumer's whole
knowledge of that."""

import os
import types
import uuid
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model
from lti_consumer import models
from lti_consumer.exceptions import LtiError
from lti_consumer.lti_1p3 import constants
from lti_consumer.plugin import compat, views
from opaque_keys.edx.keys import CourseKey, UsageKey

User = get_user_model()
BASE, TOOL = os.environ["EDX_BASE"], os.environ["EDX_TOOL"]
CLIENT_ID = "edx-client-1"
DEPLOYMENT_ID = "1"  # the consumer knows no other
EVERY_SCOPE = tuple(constants.LTI_1P3_ACCESS_TOKEN_SCOPES)


@dataclass
class Link:
    """A placement of the tool in a course: what edx-platform keeps in a block."""

    name: str
    course: CourseKey
    custom: dict = field(default_factory=dict)

    @property
    def location(self):
        return UsageKey.from_string(
            f"block-v1:{self.course.org}+{self.course.course}+{self.course.run}"
            f"+type@lti_consumer+block@{self.name}"
        )


@dataclass
class Campus:
    roles: dict[str, str]  # by user name: a key of the consumer's role map
    links: dict[str, Link]
    grades: list[dict]  # as the gradebook got them, oldest first
    nrps_page: int | None = None  # members on a page of the roster; None: all


def course_key(course: str) -> CourseKey:
    return CourseKey.from_string(f"course-v1:Campus+{course}+2026")


CAMPUS = Campus(
    roles={
        "teach": "instructor",
        "tina": "staff",
        "tom": "Community TA",
        "ana": "student",
        "bo": "student",
        "cy": "student",
    },
    links={},
    grades=[],
)


class Block:
    """What the consumer asks of a block in the course."""

    has_score, accept_grades_past_due, start, due = True, True, None, None
    lti_1p3_passport_id, weight = "", 10

    def __init__(self, location):
        self.location, self.scope_ids = location, types.SimpleNamespace(usage_id=location)
        self.display_name, self.context_id = location.block_id, str(location.course_key)

    def is_past_due(self):
        return False

    def max_score(self):
        return self.weight

    def set_user_module_score(self, user, score, max_score, comment):
        CAMPUS.grades.append(
            {
                "link": self.location.block_id,
                "user": user.username,
                "score": score,
                "max": max_score,
                "comment": comment,
            }
        )


def external_id(user) -> str:
    """Under which the tool knows the user."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, user.username))


def user_of(external: str):
    for user in User.objects.all():
        if external_id(user) == external:
            return user
    raise LtiError("Invalid User")


def add_person(username: str, role: str) -> None:
    CAMPUS.roles[username] = role
    User.objects.get_or_create(
        username=username,
        defaults={"email": f"{username}@campus.example", "first_name": username.title(), "last_name": "Li"},
    )


def put_link(name: str, *, course: str, custom: dict, target: str, ags: str, nrps: bool):
    """The link's configuration, made or changed."""
    passport, _ = models.Lti1p3Passport.objects.get_or_create(
        name="tool", defaults={"lti_1p3_client_id": CLIENT_ID, "lti_1p3_tool_keyset_url": f"{TOOL}/lti/jwks"}
    )
    link = CAMPUS.links[name] = Link(name, course_key(course), custom)
    configuration, _ = models.LtiConfiguration.objects.update_or_create(
        location=link.location,
        defaults={
            "version": "lti_1p3",
            "config_store": "CONFIG_ON_DB",
            "lti_1p3_passport": passport,
            "lti_1p3_oidc_url": f"{TOOL}/lti/login",
            "lti_1p3_launch_url": target,
            "lti_1p3_redirect_uris": [f"{TOOL}/lti/launch"],
            "lti_advantage_ags_mode": ags,
            "lti_advantage_deep_linking_enabled": True,
            "lti_advantage_deep_linking_launch_url": f"{TOOL}/lti/launch",
            "lti_advantage_enable_nrps": nrps,
        },
    )
    models.CourseAllowPIISharingInLTIFlag.objects.get_or_create(course_id=link.course, enabled=True)
    return configuration


def configuration_of(link: Link):
    return models.LtiConfiguration.objects.get(location=link.location)


def rotate_key() -> None:
    """The passport's next key: the consumer publishes one at a time, so the last is gone at once."""
    models.Lti1p3Passport.objects.update(lti_1p3_internal_private_key="", lti_1p3_internal_public_jwk="")


def allow_scopes(scopes) -> None:
    """What the token endpoint grants from now on; the consumer itself always grants all it knows."""
    constants.LTI_1P3_ACCESS_TOKEN_SCOPES[:] = [scope for scope in EVERY_SCOPE if scope in scopes]


def members(course) -> dict:
    people = User.objects.in_bulk(list(CAMPUS.roles), field_name="username")
    return {
        user.id: {
            "id": user.id,
            "username": user.username,
            "name": user.get_full_name(),
            "email": user.email,
            "roles": [CAMPUS.roles[user.username]],
        }
        for user in people.values()
    }


def attach_external_ids(view, data) -> None:
    """The consumer's own asks for profiles, which only edx-platform's users have."""
    for user in User.objects.filter(id__in=data):
        data[user.id]["external_id"] = external_id(user)


def memberships_url(configuration_id, all_members=models.get_lti_nrps_context_membership_url) -> str:
    page = f"?limit={CAMPUS.nrps_page}" if CAMPUS.nrps_page else ""
    return all_members(configuration_id) + page


def take_the_place_of_edx() -> None:
    compat.load_enough_xblock = compat.load_block_as_user = Block
    compat.save_xblock = lambda block: None
    compat.get_user_from_external_user_id = user_of
    compat.get_course_by_id = lambda key: types.SimpleNamespace(id=key)
    compat.user_has_access = compat.user_course_access = lambda *_, **__: True
    compat.user_has_studio_write_access = lambda user, _: (
        CAMPUS.roles.get(user.username) in ("instructor", "staff")
    )
    compat.get_course_members = members
    compat.merge_course_forum_roles = lambda _, found: found
    views.LtiNrpsContextMembershipViewSet.attach_external_user_ids = attach_external_ids
    models.get_lti_nrps_context_membership_url = memberships_url
