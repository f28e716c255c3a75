"""Issuing certificates, once each, and revoking wrong ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.errors import NotFound, NotPossible
from courses.models import Certificate, ClassPlan, CoursePage, Graduation
from learning.organisation.models import TrainingClass, User
from learning.organisation.services.audit import record
from learning.study.models import Activity, Completion

from .numbers import new_number

Subject = Activity | TrainingClass
TRIES = 5  # a number that was given before is met less than once in an age


def issue_certificate(*, user: User, subject: Subject, now: datetime) -> Certificate:
    """The person's valid certificate of the completed course or of the class; made if there is none, so that any number
    of calls, also at once, give the same. Raises NotPossible where it is not earned, was revoked, or none is given."""
    facts = (
        _class_facts(user, subject) if isinstance(subject, TrainingClass) else _course_facts(user, subject)
    )
    which = {"user": user, "training_class" if isinstance(subject, TrainingClass) else "activity": subject}
    for _try in range(TRIES):
        there = Certificate.objects.filter(**which).order_by("-pk").first()
        if there is not None and there.revoked_at is None:
            return there
        if there is not None:
            raise NotPossible(_("这份证书已被撤销，请联系组织员。"))
        try:
            with transaction.atomic():
                number = new_number(timezone.localtime(now).year)
                return Certificate.objects.create(**which, **facts, number=number, issued_at=now)
        except IntegrityError:
            continue  # issued at the same moment, or the number is taken: look again
    raise NotPossible(_("证书暂时无法签发，请稍后再试。"))


def claim_due(*, user: User, now: datetime) -> list[Certificate]:
    """Issues what the person has earned of courses and classes and not yet opened; returns the new ones."""
    had = Certificate.objects.filter(user=user)
    pages = CoursePage.objects.filter(certificate=True).values_list("pk", flat=True)
    courses = Activity.objects.filter(
        key__in=[f"page:{pk}" for pk in pages],
        completions__user=user,
    ).exclude(pk__in=had.exclude(activity=None).values("activity"))
    classes = TrainingClass.objects.filter(members__user=user, members__graduation__graduated=True)
    classes = classes.exclude(plan__certificate=False).exclude(
        pk__in=had.exclude(training_class=None).values("training_class")
    )
    subjects: list[Subject] = [*courses.select_related("owner_unit"), *classes.select_related("owner_unit")]
    return [issue_certificate(user=user, subject=each, now=now) for each in subjects]


@transaction.atomic
def issue_for_class(*, training_class: TrainingClass, by: User, now: datetime) -> int:
    """Certificates for all graduates at once; how many were new. Raises NotPossible before graduation or where the
    class gives none."""
    if training_class.state != TrainingClass.State.CLOSED:
        raise NotPossible(_("结业之后才能签发证书。"))
    had = Certificate.objects.filter(training_class=training_class).values("user")
    rows = Graduation.objects.filter(member__training_class=training_class, graduated=True)
    users = [
        each.member.user
        for each in rows.exclude(member__user__in=had).select_related("member__user").order_by("pk")
    ]
    for user in users:
        issue_certificate(user=user, subject=training_class, now=now)
    if users:
        record(
            actor=by,
            action="certificate.issue_class",
            obj=training_class,
            unit=training_class.owner_unit,
            data={"count": len(users)},
            now=now,
        )
    return len(users)


@transaction.atomic
def revoke(*, certificate_id: int, reason: str, by: User, now: datetime) -> Certificate:
    """Makes it invalid for good; it stays, and its page says so. Raises NotPossible without a reason or twice."""
    rows = Certificate.objects.select_for_update(of=("self",)).select_related(
        "user", "activity__owner_unit", "training_class__owner_unit"
    )
    found = rows.filter(pk=certificate_id).first()
    if found is None:
        raise NotFound
    if not reason.strip():
        raise NotPossible(_("请填写撤销的原因。"))
    if found.revoked_at is not None:
        raise NotPossible(_("这份证书已经撤销。"))
    found.revoked_at, found.revoked_by, found.revoke_reason = now, by, reason.strip()
    found.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
    subject = found.training_class or found.activity
    data = {"user": str(found.user), "reason": reason.strip()}
    record(
        actor=by,
        action="certificate.revoke",
        obj=found,
        unit=subject.owner_unit if subject else None,
        data=data,
        now=now,
    )
    return found


def certificates_of(user: User) -> Sequence[Certificate]:
    return list(Certificate.objects.filter(user=user).order_by("-issued_at", "-pk"))


def _course_facts(user: User, course: Activity) -> dict[str, object]:
    done = Completion.objects.filter(user=user, activity=course).select_related("unit").first()
    gives = course.key.startswith("page:") and CoursePage.objects.filter(
        pk=course.key.removeprefix("page:"), certificate=True
    )
    if done is None or not gives or not gives.exists():
        raise NotPossible(_("学完这门课程，并且课程设有证书，才能领取证书。"))
    of_course = Completion.objects.filter(user=user).filter(Q(activity=course) | Q(activity__parent=course))
    hours = of_course.aggregate(hours=Sum("credit_hours"))["hours"] or Decimal(0)
    return {
        "kind": Certificate.Kind.COURSE,
        "holder_name": user.full_name,
        "subject_title": course.title,
        "credit_hours": hours,
        "content": {
            "unit": done.unit.name if done.unit else "",
            "issuer": course.owner_unit.name,
            "to_date": timezone.localtime(done.completed_at).date().isoformat(),
        },
    }


def _class_facts(user: User, training_class: TrainingClass) -> dict[str, object]:
    rows = Graduation.objects.select_related("member__unit").filter(
        member__training_class=training_class, member__user=user, graduated=True
    )
    found = rows.first()
    plan = ClassPlan.objects.filter(training_class=training_class).first()
    if found is None or (plan is not None and not plan.certificate):
        raise NotPossible(_("结业之后，并且培训班设有证书，才能领取证书。"))
    return {
        "kind": Certificate.Kind.CLASS,
        "holder_name": user.full_name,
        "subject_title": training_class.name,
        "credit_hours": found.hours,
        "content": {
            "unit": found.member.unit.name,
            "issuer": training_class.owner_unit.name,
            "code": training_class.code,
            "from_date": training_class.from_date.isoformat(),
            "to_date": training_class.to_date.isoformat(),
        },
    }
