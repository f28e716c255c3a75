"""The exams' pages for members. Names are a contract: other rooms link to them."""

from django.urls import include, path

from .views import attempt, member, outcome, plain

urlpatterns = [
    path("exams/", member.exam_list, name="exam_list"),
    path("exams/<int:exam_id>/", member.exam_start, name="exam_start"),
    path("exams/<int:exam_id>/clock/", member.exam_clock, name="exam_clock"),
    path("attempts/<int:attempt_id>/", attempt.attempt, name="attempt"),
    path("attempts/<int:attempt_id>/save/", plain.attempt_save, name="attempt_save"),
    path("attempts/<int:attempt_id>/summary/", plain.attempt_summary, name="attempt_summary"),
    path("attempts/<int:attempt_id>/submit/", plain.attempt_submit, name="attempt_submit"),
    path("attempts/<int:attempt_id>/receipt/", outcome.attempt_receipt, name="attempt_receipt"),
    path("attempts/<int:attempt_id>/result/", outcome.attempt_result, name="attempt_result"),
    path("", include("question_bank.exams.practice_urls")),
    path("manage/exams/", include("question_bank.exams.manage_urls")),
]
