"""What can be studied, for whom it is meant, and who is expected to."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import GroupMember, Membership, PersonStatus, TeachingGroup, Unit, User
from learning.organisation.models.units import paths_above
from learning.organisation.permissions import Action, groups_allowing, scope_q


class ActivityQuerySet(models.QuerySet["Activity"]):
    def courses(self) -> ActivityQuerySet:
        return self.filter(kind=Activity.Kind.COURSE)

    def allowing(self, user: User, action: Action) -> ActivityQuerySet:
        """Activities owned by units in the user's scope."""
        return self.filter(scope_q(user, action, "owner_unit"))

    def open_to(self, user: User, *, day: date) -> ActivityQuerySet:
        """Published courses and meetings whose audience holds the user's membership on the day, those the user is
        enrolled in, and the lessons of both. The audience stands on the parent."""
        member = Membership.objects.on(day).filter(user=user).select_related("unit").first()
        enrolled = Enrolment.objects.filter(user=user).values("activity")
        parents = Activity.objects.filter(parent=None, is_open=True)
        if member is None:
            parents = parents.filter(pk__in=enrolled)
        else:
            above = paths_above(member.unit.path)
            for_unit = Q(audience_units=None) | Q(audience_units__path__in=above)
            for_status = Q(audience_statuses=[]) | Q(audience_statuses__icontains=f'"{member.person_status}"')
            meant = parents.filter(for_unit, for_status, owner_unit__path__in=above).values("pk")
            parents = parents.filter(Q(pk__in=meant) | Q(pk__in=enrolled))
        ids = parents.values("pk")
        return self.filter(Q(pk__in=ids) | Q(parent__in=ids, is_open=True))


class Activity(models.Model):
    """A thing that can be studied (学习内容). A course is the parent of its lessons; a meeting has neither.

    `key` names it where it came from ("page:17") and never changes. `parts` is what a lesson asks for, in order, fixed
    when it is published: [{"key", "kind": video|audio|text|pdf|book|link|exam|reflection, "title", "required": bool,
    "length_ms" (video, audio), "least_ms": [per block or page] (text, pdf), "exam": exam id, "pass": bool (exam)}].
    `rules` of a course, copied to its lessons: {"threshold_percent", "no_skip", "rate_max", "idle_s", "in_order"}.
    `credit` of a course: {"kind": "nominal", "minutes_per_hour": 45} | {"kind": "tiers"} | {"kind": "fixed", "hours"};
    of a lesson its share by that table, {"hours": "0.44"}: those of the open lessons add up to the course's.
    """

    class Kind(models.TextChoices):
        COURSE = "course", _("课程")
        LESSON = "lesson", _("课时")
        MEETING = "meeting", _("线下活动")

    key = models.CharField(max_length=40, unique=True)
    kind = models.CharField(_("类型"), max_length=8, choices=Kind.choices)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    position = models.PositiveSmallIntegerField(default=0)  # among its parent's children
    title = models.CharField(_("名称"), max_length=200)
    owner_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="activities", verbose_name=_("所属党组织")
    )
    is_open = models.BooleanField(_("已发布"), default=False)
    required = models.BooleanField(_("必修"), default=True)  # a lesson: needed to complete its course
    nominal_minutes = models.PositiveIntegerField(_("标称时长（分钟）"), default=0)
    parts = models.JSONField(default=list)
    rules = models.JSONField(default=dict)
    credit = models.JSONField(default=dict)
    audience_units = models.ManyToManyField(Unit, blank=True, related_name="+", verbose_name=_("面向党组织"))
    audience_statuses = models.JSONField(
        _("面向人员状态"), default=list, blank=True
    )  # of PersonStatus; [] = all
    due_at = models.DateTimeField(_("应学完时间"), null=True, blank=True)
    held_at = models.DateTimeField(_("举行时间"), null=True, blank=True)  # meetings
    updated_at = models.DateTimeField()

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("学习内容")
        verbose_name_plural = _("学习内容")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="lesson", parent__isnull=False) | (~Q(kind="lesson") & Q(parent=None)),
                name="only_lessons_have_a_course",
            )
        ]
        indexes = [models.Index(fields=["parent", "position"], name="activity_by_course")]

    def __str__(self) -> str:
        return self.title


class CourseGroup(models.Model):
    """The course is studied by a teaching group: its staff may do for its people what permissions.GROUP_MATRIX says."""

    course = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="course_groups")
    group = models.ForeignKey(
        TeachingGroup, on_delete=models.PROTECT, related_name="course_groups", verbose_name=_("教学班")
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "group"], name="group_studies_course_once")]

    def __str__(self) -> str:
        return f"{self.course_id}: {self.group_id}"


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def allowing(self, user: User, action: Action) -> EnrolmentQuerySet:
        """Enrolments made in a unit of the user's scope, and those of people who study the course with a group for whose
        people the user may do the action; who has left the group still counts. No wider right of the course's owner."""
        allowed = scope_q(user, action)
        if groups := groups_allowing(user, action):
            members = GroupMember.objects.filter(
                group__in=groups, user=OuterRef("user"), group__course_groups__course=OuterRef("activity")
            )
            allowed |= Q(Exists(members))
        return self.filter(allowed)

    def within(self, unit: Unit) -> EnrolmentQuerySet:
        """By the unit at the time of enrolment, wherever that unit stands in the tree now."""
        return self.filter(unit__path__startswith=unit.path)


class Enrolment(models.Model):
    """A person expected to study a course (应学), with unit and status at that time, as a Candidate of an exam.

    Made for the audience when a required course is published, for those who join later by a nightly sweep, for the
    members of a class by its plan, and for whoever begins a course that is open to them (source `self`, not 应学).

    `begun_at` and `completed_at` say what the sessions and completions say (the first of either, of the activity or one
    of its lessons; the activity's own completion), so that counts of many people read one table. They change in the
    transaction that changes those; `manage.py rebuild_reports` compares and mends them."""

    class Source(models.TextChoices):
        AUDIENCE = "audience", _("学习对象")
        CLASS = "class", _("培训班")
        SELF = "self", _("自选")

    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, related_name="enrolments", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="enrolments", db_index=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("党组织"))
    unit_ancestors = models.JSONField(default=list)  # unit keys, the unit's own first, the root's last
    person_status = models.CharField(max_length=14, choices=PersonStatus.choices)
    source = models.CharField(max_length=8, choices=Source.choices)
    enrolled_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("应学名单")
        verbose_name_plural = _("应学名单")
        constraints = [models.UniqueConstraint(fields=["activity", "user"], name="enrolled_once")]
        indexes = [
            models.Index(fields=["user"], name="enrolment_by_user"),
            # With all that reports count by, which then read no row.
            models.Index(
                fields=["activity", "unit"],
                include=["source", "person_status", "due_at", "begun_at", "completed_at"],
                name="enrolment_by_unit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id}: {self.user_id}"
