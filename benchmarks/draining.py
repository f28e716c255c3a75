"""People with a result each and a campus platform that is to hear of it; then the outbox is emptied as a worker does.

Run with the settings of the servers: python -m benchmarks.draining PLATFORM_URL PEOPLE. Prints one line of JSON. The pauses
after a failure are skipped by putting the outbox's clock forward, everything else takes the time that it takes."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.project.settings.production")
django.setup()

from django.db import transaction  # noqa: E402 — what follows needs Django set up

from learning.organisation.models import TeachingGroup, User  # noqa: E402
from lti.core import claims  # noqa: E402
from lti.models import (  # noqa: E402
    Context,
    ContextMember,
    Deployment,
    GradeDelivery,
    LineItem,
    Platform,
    PlatformUser,
)
from lti.services import outbox  # noqa: E402
from lti.services.delivering import send_due  # noqa: E402
from question_bank.exams.models import Attempt, Blueprint, Candidate, Exam, Result  # noqa: E402

RULES = {"pass_percent": "60", "bands": [], "limit_s": 3600}
BATCH = 2_000
PATIENCE = timedelta(days=7)
SWEEP = timedelta(seconds=15)  # as beat wakes the worker


def make_exam(people: int, now: datetime) -> tuple[Exam, list[Attempt]]:
    blueprint = Blueprint.objects.select_related("owner_unit").earliest("pk")
    unit = blueprint.owner_unit
    exam = Exam.objects.create(
        title="回传", owner_unit=unit, blueprint=blueprint, opens_at=now - timedelta(hours=2),
        closes_at=now - timedelta(hours=1), limit_s=3600, state=Exam.State.PUBLISHED,
        score_release=Exam.ReleasePolicy.AT_MARKED,
    )  # fmt: skip
    users = User.objects.bulk_create(
        (User(number=f"grade-{n}", full_name=f"学生{n}", password="!") for n in range(people)),
        batch_size=BATCH,
    )
    candidates = Candidate.objects.bulk_create(
        (
            Candidate(
                exam=exam,
                user=user,
                unit=unit,
                unit_ancestors=[unit.key],
                person_status="full",
                admitted_at=now,
            )
            for user in users
        ),
        batch_size=BATCH,
    )
    attempts = Attempt.objects.bulk_create(
        (
            Attempt(
                exam=exam, user_id=seat.user_id, candidate=seat, no=1, state=Attempt.State.MARKED, started_at=exam.opens_at,
                deadline_at=exam.closes_at, accept_until=exam.closes_at, submitted_at=exam.closes_at, seed=1, paper=[],
                rules=RULES, score=Decimal(n % 101), max_score=Decimal(100),
            )
            for n, seat in enumerate(candidates)
        ),
        batch_size=BATCH,
    )  # fmt: skip
    Result.objects.bulk_create(
        (
            Result(
                candidate_id=each.candidate_id, attempt=each, score=each.score, max_score=each.max_score,
                passed=each.score >= 60, updated_at=now,
            )
            for each in attempts
            if each.score is not None
        ),
        batch_size=BATCH,
    )  # fmt: skip
    return exam, attempts


def make_column(url: str, exam: Exam, now: datetime) -> None:
    """Everybody who sat the exam is a learner of one course."""
    platform = Platform.objects.create(
        name="Bench", state=Platform.State.ACTIVE, issuer=url, client_id="grades", auth_url=f"{url}/auth",
        token_url=f"{url}/token", jwks_url=f"{url}/jwks", allow_insecure_loopback=True,
    )  # fmt: skip
    deployment = Deployment.objects.create(
        platform=platform, deployment_id="1", state=Deployment.State.ACTIVE
    )
    context = Context.objects.create(
        platform=platform, deployment=deployment, context_id="course", created_at=now, scopes=[claims.SCOPE_SCORE],
        group=TeachingGroup.objects.create(title="课程", created_at=now),
    )  # fmt: skip
    people = PlatformUser.objects.bulk_create(
        (
            PlatformUser(
                platform=platform, sub=f"sub-{user}", user_id=user, linked_by=PlatformUser.LinkedBy.LAUNCH, linked_at=now,
                created_at=now,
            )
            for user in Candidate.objects.filter(exam=exam).values_list("user", flat=True)
        ),
        batch_size=BATCH,
    )  # fmt: skip
    ContextMember.objects.bulk_create(
        (ContextMember(context=context, person=each, standing="learner", seen_at=now) for each in people),
        batch_size=BATCH,
    )
    LineItem.objects.create(
        context=context, url=f"{url}/items/1", maximum=Decimal(100), exam=exam, made_by=LineItem.MadeBy.PLATFORM,
        created_at=now,
    )  # fmt: skip


def drain(now: datetime) -> tuple[int, float]:
    """How many were taken, and the seconds that took."""
    skipped, taken, began = timedelta(0), 0, time.monotonic()

    def clock() -> datetime:
        return datetime.now(UTC) + skipped

    while clock() < now + PATIENCE:
        taken += send_due(clock=clock)
        following = (
            GradeDelivery.objects.open().order_by("next_try_at").values_list("next_try_at", flat=True).first()
        )
        if following is None:
            break
        skipped += max(SWEEP, following - clock())
    return taken, time.monotonic() - began


def main(url: str, people: int) -> None:
    now = datetime.now(UTC)
    exam, attempts = make_exam(people, now)
    make_column(url, exam, now)
    began = time.monotonic()
    with transaction.atomic():
        rows = outbox.put_attempts(attempts=attempts, cause=GradeDelivery.Cause.MARKED, now=now)
    putting = time.monotonic() - began
    taken, seconds = drain(now)
    states = GradeDelivery.objects.values_list("state", flat=True)
    said = {
        "rows": rows,
        "put_s": putting,
        "taken": taken,
        "seconds": seconds,
        "unsent": sum(state != GradeDelivery.State.SENT for state in states),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
