"""Doors of this room outside the admin: of members, and of teachers of a group; organisers' screens are in wagtail_hooks."""

from __future__ import annotations

from django.urls import URLPattern, path

from .views import courses, exams, members

urlpatterns: list[URLPattern] = [
    path("me/report/", members.own_report, name="own_report"),
    path("manage/courses/<int:course_id>/report/", courses.course_report_outside, name="course_report"),
    path("manage/exams/<int:exam_id>/report/", exams.exam_report_outside, name=exams.TAB),
]
