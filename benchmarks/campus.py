"""A campus of 100,000 members in 2,000 units: 5,000,000 answers, 20,000,000 study slices, by set-based SQL.

Run with the settings of the servers on PostgreSQL: python -m benchmarks.campus FOLDER MEMBERS. Prints one line of JSON:
the ids that the benches ask for."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.project.settings.production")
django.setup()

from django.db import connection  # noqa: E402 — what follows needs Django set up

from courses.models import LessonPage  # noqa: E402
from learning.organisation.models import PersonStatus, Unit, UnitClosure  # noqa: E402
from learning.study.models import StudySlice  # noqa: E402
from learning.study.services.hours import mend_hours  # noqa: E402
from learning.study.services.reached import mend_reached  # noqa: E402
from question_bank.exams.models import Attempt, Exam  # noqa: E402

from .filling import LONG_AGO, OPTIONS, Filling  # noqa: E402
from .lessons import make_courses  # noqa: E402
from .world import SLOTS  # noqa: E402

GENERAL_BRANCHES, BRANCHES = 40, 1_959  # and one committee: 2,000 units
PAPERS = 20  # different papers; everybody sits one of them
COURSES, LESSONS = 30, 8
ENROLLED_COURSES = 4  # courses that everybody is to study
SLICES_EACH, SLICE_S = 200, 240


def run(sql: str, **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


class Campus(Filling):
    """The school of the other benches, grown: every member has sat one exam of 50 questions and studied 200 slices."""

    def __init__(self, folder: Path, now: datetime, members: int) -> None:
        super().__init__(folder, now)
        self.members = members

    def fill(self) -> dict[str, Any]:
        self._units()
        # The rows refer to each other by construction: 75 million look-ups of foreign keys are left out.
        run("SET session_replication_role = replica")
        self._everybody()
        exam = self._sat_exam()
        lessons = make_courses(self.unit, courses=COURSES, lessons=LESSONS, now=self.now)
        self._studied(lessons)
        run("SET session_replication_role = origin")
        with connection.cursor() as cursor:
            cursor.execute("SELECT user_id FROM bench_member WHERE n = %s", [self.members // 2])
            (member,) = cursor.fetchone()
        run("VACUUM ANALYZE")
        branch = Unit.objects.filter(kind=Unit.Kind.BRANCH)[BRANCHES // 2]
        return {
            "exam": exam.pk,
            "member": member,
            "root": self.unit.pk,
            "general_branch": branch.get_parent().pk,
            "branch": branch.pk,
            "course": lessons[0].parent_id,
            "lesson": lessons[0].pk,
            "question": self.versions[0].question_id,
            "course_url": LessonPage.objects.get(pk=int(lessons[0].key.removeprefix("page:")))
            .get_parent()
            .url,
            "lesson_url": LessonPage.objects.get(pk=int(lessons[0].key.removeprefix("page:"))).url,
        }

    def _units(self) -> None:
        kinds, made = Unit.Kind, [self.unit]
        for n in range(GENERAL_BRANCHES):
            made.append(
                self.unit.add_child(
                    code=f"g{n}", name=f"第{n + 1}党总支", kind=kinds.GENERAL_BRANCH, opened_date=LONG_AGO
                )
            )
        generals = Unit.objects.filter(kind=kinds.GENERAL_BRANCH)
        share = -(-BRANCHES // GENERAL_BRANCHES)
        for g, general in enumerate(generals):
            for n in range(min(share, BRANCHES - g * share)):
                general.add_child(
                    code=f"b{g}-{n}",
                    name=f"第{g + 1}总支第{n + 1}支部",
                    kind=kinds.BRANCH,
                    opened_date=LONG_AGO,
                )
                general.refresh_from_db()
        rows = []
        for unit in Unit.objects.exclude(pk=self.unit.pk):
            paths = [unit.path[: (depth + 1) * Unit.steplen] for depth in range(unit.depth)]
            rows.append((unit, list(reversed(paths))))
        by_path = {unit.path: unit for unit in Unit.objects.get_queryset()}
        UnitClosure.objects.bulk_create(
            [
                UnitClosure(ancestor=by_path[path], unit=unit, depth=depth, from_date=LONG_AGO)
                for unit, paths in rows
                for depth, path in enumerate(paths)
            ],
            batch_size=2_000,
        )

    def _everybody(self) -> None:
        run(
            "INSERT INTO organisation_user (password, is_superuser, number, full_name, email, phone, is_active, "
            "must_change_password, language, large_print, created_at) SELECT '!', false, 'C' || n, '学员' || n, '', '', "
            "true, false, '', false, %(now)s FROM generate_series(1, %(members)s) n",
            now=self.now, members=self.members,
        )  # fmt: skip
        # Who is who: member n, their unit (branches in turn), the unit's ancestors as snapshots keep them.
        run(
            "CREATE UNLOGGED TABLE bench_member AS WITH branch AS (SELECT b.id, row_number() OVER (ORDER BY b.path) - 1 AS i, "
            "jsonb_build_array(b.key, g.key, r.key) AS above FROM organisation_unit b "
            "JOIN organisation_unit g ON g.path = left(b.path, 8) JOIN organisation_unit r ON r.path = left(b.path, 4) "
            "WHERE b.kind = 'branch') SELECT u.id AS user_id, substr(u.number, 2)::int AS n, branch.id AS unit_id, branch.above "
            "FROM organisation_user u JOIN branch ON branch.i = substr(u.number, 2)::int %% %(branches)s "
            "WHERE u.number LIKE 'C%%'",
            branches=BRANCHES,
        )
        run("CREATE UNIQUE INDEX ON bench_member (n)")
        run("ANALYZE bench_member")
        run(
            "INSERT INTO organisation_membership (user_id, unit_id, person_status, from_date) "
            "SELECT user_id, unit_id, %(status)s, %(day)s FROM bench_member",
            status=PersonStatus.FULL, day=LONG_AGO,
        )  # fmt: skip

    def _sat_exam(self) -> Exam:
        """A handful of papers drawn as a start draws them; everybody's attempt is a copy of one of them."""
        exam = self._exam("全校统考")
        self._sit(exam, PAPERS, started=self.now - timedelta(days=1))
        run(
            "CREATE UNLOGGED TABLE bench_paper AS SELECT row_number() OVER (ORDER BY id) - 1 AS i, * "
            "FROM exams_attempt WHERE exam_id = %(exam)s",
            exam=exam.pk,
        )
        first = Attempt.objects.filter(exam=exam).order_by("-pk")[0].pk
        run(
            "INSERT INTO exams_candidate (exam_id, user_id, unit_id, unit_ancestors, person_status, state, reason, "
            "extra_percent, admitted_at) SELECT %(exam)s, user_id, unit_id, above, %(status)s, 'eligible', '', 0, %(now)s "
            "FROM bench_member",
            exam=exam.pk, status=PersonStatus.FULL, now=self.now,
        )  # fmt: skip
        copied = [
            f.column
            for f in Attempt._meta.concrete_fields
            if f.column
            not in {
                "id",
                "user_id",
                "candidate_id",
                "state",
                "submitted_at",
                "finish_kind",
                "auto_marks",
                "score",
                "passed",
                "answered",
            }
        ]
        # Right with a chance that depends on the member and the question; two in a hundred have not come.
        run(
            f"INSERT INTO exams_attempt (user_id, candidate_id, state, submitted_at, finish_kind, answered, auto_marks, score, "
            f"passed, {', '.join(copied)}) SELECT m.user_id, c.id, 'marked', p.started_at + interval '40 minutes', 'self', "
            f"{SLOTS}, x.marks, x.score, x.score >= 60, {', '.join('p.' + each for each in copied)} "
            "FROM bench_member m JOIN exams_candidate c ON c.user_id = m.user_id AND c.exam_id = %(exam)s "
            f"JOIN bench_paper p ON p.i = m.n %% {PAPERS} CROSS JOIN LATERAL (SELECT "
            "jsonb_agg(CASE WHEN r THEN '2.00' ELSE '0.00' END ORDER BY s) AS marks, 2 * count(*) FILTER (WHERE r) AS score "
            "FROM (SELECT s, (m.n::bigint * 7919 + s * 104729) %% 100 < 50 + (m.n * 31) %% 45 AS r "
            f"FROM generate_series(1, {SLOTS}) s) marked) x WHERE m.n %% 50 <> 0",
            exam=exam.pk,
        )
        run(
            "INSERT INTO exams_attemptitem (attempt_id, slot, answer, answer_rev, first_view_at, first_answer_at, "
            "last_answer_at, active_ms, first_answer_active_ms, visits, changes, flagged, last_client, last_seq) "
            "SELECT a.id, s, CASE WHEN (a.auto_marks ->> (s - 1)) = '2.00' THEN to_jsonb(%(options)s::text[]) -> (s %% 4) "
            "ELSE to_jsonb(%(options)s::text[]) -> ((s + 1) %% 4) END, 1, a.started_at + s * interval '40 seconds', "
            "a.started_at + (s * 40 + 20) * interval '1 second', a.started_at + (s * 40 + 30) * interval '1 second', "
            "10000 + (a.id * 37 + s * 1009) %% 30000, 8000, 1, (a.id + s) %% 7 / 6, false, 'bench', s "
            f"FROM exams_attempt a CROSS JOIN generate_series(1, {SLOTS}) s WHERE a.exam_id = %(exam)s AND a.id > %(first)s",
            exam=exam.pk, first=first, options=list(OPTIONS),
        )  # fmt: skip
        run(
            "INSERT INTO exams_result (candidate_id, attempt_id, score, max_score, passed, band, updated_at) "
            "SELECT candidate_id, id, score, max_score, passed, '', %(now)s FROM exams_attempt "
            "WHERE exam_id = %(exam)s AND state = 'marked'",
            exam=exam.pk, now=self.now,
        )  # fmt: skip
        return exam

    def _studied(self, lessons: list[Any]) -> None:
        """Four courses each, 32 lessons: most are completed; 200 slices of four minutes over the last 100 days."""
        ids = [each.pk for each in lessons[: ENROLLED_COURSES * LESSONS]]
        courses = sorted({each.parent_id for each in lessons[: ENROLLED_COURSES * LESSONS]})
        run(
            "INSERT INTO study_enrolment (activity_id, user_id, unit_id, unit_ancestors, person_status, source, enrolled_at) "
            "SELECT c, user_id, unit_id, above, %(status)s, 'audience', %(at)s FROM bench_member "
            "CROSS JOIN unnest(%(courses)s::bigint[]) c ON CONFLICT DO NOTHING",
            status=PersonStatus.FULL, at=self.now - timedelta(days=101), courses=courses,
        )  # fmt: skip
        run(
            "INSERT INTO study_completion (user_id, activity_id, unit_id, completed_at, credit_hours, kind, reason) "
            "SELECT m.user_id, l.id, m.unit_id, %(now)s - ((m.n + l.i) %% 100) * interval '1 day', 0.5, 'measured', '' "
            "FROM bench_member m CROSS JOIN unnest(%(ids)s::bigint[]) WITH ORDINALITY l(id, i) "
            "WHERE l.i <= 10 + m.n %% 23",
            now=self.now, ids=ids,
        )  # fmt: skip
        run(
            "INSERT INTO study_completion (user_id, activity_id, unit_id, completed_at, credit_hours, kind, reason) "
            "SELECT m.user_id, c.id, m.unit_id, %(now)s - (m.n %% 30) * interval '1 day', 0, 'measured', '' "
            f"FROM bench_member m CROSS JOIN unnest(%(courses)s::bigint[]) WITH ORDINALITY c(id, i) "
            f"WHERE c.i * {LESSONS} <= 10 + m.n %% 23",
            now=self.now, courses=courses,
        )  # fmt: skip
        mend_reached()
        mend_hours()
        run(
            "INSERT INTO study_coverage (user_id, activity_id, part, spans, covered_ms, total_ms, position_ms, updated_at) "
            "SELECT m.user_id, l.id, 'video', '[[0, 500000]]', 500000, 1200000, 500000, %(now)s "
            "FROM bench_member m JOIN unnest(%(ids)s::bigint[]) WITH ORDINALITY l(id, i) ON l.i = 11 + m.n %% 22",
            now=self.now, ids=ids,
        )  # fmt: skip
        self._slices(ids)

    def _slices(self, ids: list[int]) -> None:
        """The guard against overlaps and the indexes come back after the load: the rows are disjoint by construction."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = 'study_studyslice'::regclass AND contype = 'x'"
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE study_studyslice DROP CONSTRAINT "{name}"')
            names = [each.name for each in StudySlice._meta.indexes]
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'study_studyslice' "
                "AND indexname = ANY(%s)",
                [names],
            )
            indexes = cursor.fetchall()
            for name, _made in indexes:
                cursor.execute(f'DROP INDEX "{name}"')
        run(
            "INSERT INTO study_studyslice (user_id, activity_id, unit_id, started_at, ended_at, reserved_until, kind) "
            "SELECT m.user_id, (%(ids)s::bigint[])[1 + (m.n + s / 8) %% %(count)s], m.unit_id, at, at + %(length)s, "
            "at + %(length)s, 'measured' "
            "FROM bench_member m CROSS JOIN LATERAL (SELECT s, %(first)s::timestamptz + (s / 2) * interval '1 day' + "
            "(m.n %% 600) * interval '1 minute' + (s %% 2) * interval '6 minutes' AS at "
            f"FROM generate_series(0, {SLICES_EACH - 1}) s) slices",
            ids=ids, count=len(ids), length=timedelta(seconds=SLICE_S),
            first=(self.now - timedelta(days=SLICES_EACH // 2 + 1)).replace(hour=0, minute=0, second=0, microsecond=0),
        )  # fmt: skip
        for _name, made in indexes:
            run(made.replace("%", "%%"))


def main() -> None:
    campus = Campus(Path(sys.argv[1]), datetime.now(UTC), int(sys.argv[2]))
    print(json.dumps(campus.fill()))


if __name__ == "__main__":
    main()
