"""Doors of the reports inside Wagtail's admin, under /admin/reports/."""

from __future__ import annotations

from django.urls import URLPattern, path

from .views import courses, exams, files, index, members, units


def patterns() -> list[URLPattern]:
    return [
        path("", index.index, name="index"),
        path("saved/", index.save_filter, name="save_filter"),
        path("saved/<int:filter_id>/delete/", index.delete_filter, name="delete_filter"),
        path("files/<slug:token>/", files.report_file, name="file"),
        path("members/<int:user_id>/", members.member_report, name="member"),
        path("units/<int:unit_id>/", units.unit_report, name="unit"),
        path("exams/", exams.exam_list, name="exams"),
        path("exams/<int:exam_id>/", exams.exam_report, name="exam"),
        path("questions/<int:question_id>/", exams.question_report, name="question"),
        path("courses/<int:course_id>/", courses.course_report, name="course"),
    ]
