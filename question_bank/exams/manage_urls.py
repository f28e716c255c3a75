"""The organisers' screens, mounted twice: under /manage/exams/ for everybody with the right, and in
Wagtail's admin."""

from django.urls import URLPattern, path

from .views.manage import (
    blueprint,
    builder,
    candidates,
    exams,
    inspection,
    marking,
    monitor,
    regrade,
    results,
    trial,
)

EXAM = "<int:exam_id>/"
SECTION = f"{EXAM}sections/<int:section_id>/"
ANSWER = f"{EXAM}marking/<int:version_id>/<int:attempt_id>/<int:slot>/"


def patterns() -> list[URLPattern]:
    """New patterns at each call: Wagtail's admin puts its own door into those it is given."""
    return [
        path("", exams.exam_list, name="manage_exams"),
        path("new/", exams.exam_new, name="manage_exam_new"),
        path("export/", exams.exam_export, name="manage_exams_export"),
        path(EXAM, builder.exam_builder, name="manage_exam"),
        path(f"{EXAM}settings/<slug:part>/", builder.exam_settings, name="manage_exam_settings"),
        path(f"{EXAM}copy/", exams.exam_copy, name="manage_exam_copy"),
        path(f"{EXAM}publish/", exams.exam_publish, name="manage_exam_publish"),
        path(f"{EXAM}withdraw/", exams.exam_withdraw, name="manage_exam_withdraw"),
        path(f"{EXAM}sections/add/", blueprint.section_edit, name="manage_section_add"),
        path(SECTION, blueprint.section_edit, name="manage_section"),
        path(f"{SECTION}move/", blueprint.section_move, name="manage_section_move"),
        path(f"{SECTION}remove/", blueprint.section_remove, name="manage_section_remove"),
        path(f"{SECTION}cells/add/", blueprint.cell_edit, name="manage_cell_add"),
        path(f"{SECTION}cells/<int:cell_id>/", blueprint.cell_edit, name="manage_cell"),
        path(f"{SECTION}cells/<int:cell_id>/remove/", blueprint.cell_remove, name="manage_cell_remove"),
        path(f"{SECTION}fixed/", blueprint.fixed_add, name="manage_fixed_add"),
        path(f"{SECTION}fixed/<int:item_id>/remove/", blueprint.fixed_remove, name="manage_fixed_remove"),
        path(f"{EXAM}sections/copy/", blueprint.blueprint_copy, name="manage_blueprint_copy"),
        path(f"{EXAM}candidates/", candidates.candidate_list, name="manage_candidates"),
        path(f"{EXAM}candidates/export/", candidates.candidate_export, name="manage_candidates_export"),
        path(f"{EXAM}candidates/units/", candidates.candidate_admit, name="manage_candidates_admit"),
        path(f"{EXAM}candidates/numbers/", candidates.candidate_upload, name="manage_candidates_upload"),
        path(f"{EXAM}candidates/act/", candidates.candidate_act, name="manage_candidates_act"),
        path(f"{EXAM}trial/", trial.exam_trial, name="manage_trial"),
        path(f"{EXAM}monitor/", monitor.exam_monitor, name="manage_monitor"),
        path(f"{EXAM}monitor/board/", monitor.monitor_board, name="manage_monitor_board"),
        path(f"{EXAM}monitor/act/", monitor.monitor_act, name="manage_monitor_act"),
        path(f"{EXAM}marking/", marking.marking_overview, name="manage_marking"),
        path(f"{EXAM}marking/<int:version_id>/", marking.marking_next, name="manage_marking_next"),
        path(ANSWER, marking.marking_item, name="manage_marking_item"),
        path(
            f"{EXAM}marking/comments/<int:comment_id>/", marking.comment_remove, name="manage_comment_remove"
        ),
        path(f"{EXAM}results/", results.exam_results, name="manage_results"),
        path(f"{EXAM}results/export/", results.results_export, name="manage_results_export"),
        path(f"{EXAM}release/", results.results_release, name="manage_release"),
        path(f"{EXAM}release/<int:release_id>/revoke/", results.release_revoke, name="manage_release_revoke"),
        path(f"{EXAM}regrade/", regrade.regrade_list, name="manage_regrade"),
        path(f"{EXAM}regrade/<int:version_id>/", regrade.regrade_question, name="manage_regrade_question"),
        path(f"{EXAM}regrade/runs/<int:run_id>/", regrade.regrade_go_on, name="manage_regrade_go_on"),
        path(f"{EXAM}attempts/<int:attempt_id>/", inspection.attempt_inspect, name="manage_attempt"),
        path(f"{EXAM}attempts/<int:attempt_id>/late/", inspection.late_accept, name="manage_attempt_late"),
    ]


urlpatterns = patterns()
