"""`make bench`, or `python -m benchmarks [--quick] [NAME…]`: measures, writes benchmarks/results.json and the table of
docs/performance.md; exit code 1 when a hold is missed."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import desk, grading, launching, relevance, reporting, saving, searching, sitting, studying
from .bench import QUICK, Bench, Pace, sizes
from .cluster import PGBENCH_CLIENTS, PGBENCH_SCALE, cluster
from .figures import ROOT, Figures, missed, show, write_page, write_results
from .load import wrk_version
from .servers import environment
from .world import make_world

BENCHES: dict[str, Callable[[Bench], Figures]] = {
    "save_postgresql": saving.save_postgresql,
    "save_connections": saving.save_connections,
    "beats": studying.beats,
    "start": sitting.start,
    "submit": sitting.submit,
    "close_10000": sitting.close_10000,
    "save_sqlite": saving.save_sqlite,
    "import_questions": desk.import_questions,
    "import_textbook": desk.import_textbook,
    "member_pages": desk.member_pages,
    "bank_listing": desk.bank_listing,
    "unit_dashboard": reporting.unit_dashboard,
    "item_report": reporting.item_report,
    "exam_report": reporting.exam_report,
    "member_report": reporting.member_report,
    "study_pages": reporting.study_pages,
    "export_100000": reporting.export_100000,
    "launches": launching.launches,
    "grades": grading.grades,
    "relevance": relevance.relevance,
    **searching.BENCHES,
}
GROUPS = {"search": list(searching.BENCHES)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        choices=[[], *BENCHES, *GROUPS],
        metavar="NAME",
        help=", ".join([*BENCHES, *GROUPS]),
    )
    parser.add_argument(
        "--quick", action="store_true", help="one short round each; the page is not rewritten"
    )
    arguments = parser.parse_args()
    asked = {each for name in arguments.names for each in GROUPS.get(name, [name])}
    names = [name for name in BENCHES if name in (asked or BENCHES)]
    pace = QUICK if arguments.quick else Pace()
    data = Path(os.environ.get("TEST_DATA", ROOT.parent / "shared" / "data"))
    began = time.monotonic()
    found: list[Figures] = []
    with cluster() as server:
        versions = [wrk_version(), server.version("pgbench")]
        print(", ".join(versions), flush=True)
        variables = environment(server.url("dangxiao"), server.folder / "var")
        folder = server.folder / "plans"
        make_world(sizes(set(names), pace), folder, variables)
        server.settle("dangxiao")
        print(f"world made in {time.monotonic() - began:.0f} s", flush=True)
        bench = Bench(server, variables, folder, pace, data if data.is_dir() else None)
        for name in names:
            found.append(BENCHES[name](bench))
            print(show(found[-1]), flush=True)
    write_results(found)
    if not arguments.quick and not arguments.names:
        write_page(found, _method(pace, versions))
    print(f"{time.monotonic() - began:.0f} s", flush=True)
    failures = missed(found)
    for failure in failures:
        print(f"MISSED {failure}", flush=True)
    return 1 if failures else 0


def _method(pace: Pace, versions: list[str]) -> list[str]:
    return [
        f"{versions[0]}, {versions[1]}; PostgreSQL of its own with fsync, synchronous_commit and full_page_writes on.",
        f"A ratio is to `pgbench -N -c {PGBENCH_CLIENTS}` at scale {PGBENCH_SCALE}, run {pace.pgbench_s} s before and after "
        f"each window of {pace.window_s} s; {pace.rounds} rounds, the median counts.",
        "CPU ms: processor time of server and database processes a request. AnswerEvent rows are compared with the "
        "acknowledged answers of every window, and of a run with an end exactly; a difference is an error.",
    ]


if __name__ == "__main__":
    sys.exit(main())
