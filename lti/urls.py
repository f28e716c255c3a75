"""Doors of the tool. /lti/login, /lti/launch, /lti/jwks, /lti/register and /lti/config.json are a contract with
platforms, with and without a slash at the end."""

from __future__ import annotations

from django.urls import path, re_path

from .views import (
    config,
    contexts,
    course_grades,
    grades,
    joining,
    jwks,
    launch,
    login,
    notices,
    picker,
    register,
    window,
)

urlpatterns = [
    path("me/campus/", joining.campus_account, name="campus_account"),
    re_path(r"^lti/login/?$", login.login, name="lti_login"),
    re_path(r"^lti/launch/?$", launch.launch, name="lti_launch"),
    re_path(r"^lti/jwks/?$", jwks.jwks, name="lti_jwks"),
    re_path(r"^lti/config\.json/?$", config.config, name="lti_config"),
    re_path(r"^lti/register(?:/(?P<token>[\w-]+))?/?$", register.register, name="lti_register"),
    re_path(r"^lti/notices/?$", notices.notices, name="lti_notices"),
    path("lti/launch/finish/", launch.finish, name="lti_finish"),
    path("lti/cookie/<str:state>/", window.cookie, name="lti_cookie"),
    path("lti/window/", window.window, name="lti_window"),
    path("lti/window/open/", window.window_open, name="lti_window_open"),
    path("lti/picker/<uuid:launch_id>/", picker.picker, name="lti_picker"),
    path("lti/contexts/<int:context_id>/", contexts.context, name="lti_context"),
    path("lti/contexts/<int:context_id>/roster/", contexts.context_sync, name="lti_context_sync"),
    path("lti/contexts/<int:context_id>/grades/", course_grades.course_grades, name="lti_course_grades"),
    path(
        "lti/contexts/<int:context_id>/grades/resend/",
        course_grades.course_grades_resend,
        name="lti_course_grades_resend",
    ),
    path("lti/links/<int:link_id>/", contexts.link, name="lti_link"),
    path("lti/links/<int:link_id>/choose/", contexts.link_choose, name="lti_link_choose"),
    path("lti/links/<int:link_id>/clear/", contexts.link_clear, name="lti_link_clear"),
    path("manage/exams/grades/", grades.grades, name="lti_all_grades"),
    path("manage/exams/<int:exam_id>/grades/", grades.grades, name="lti_grades"),
    path("manage/exams/<int:exam_id>/grades/resend/", grades.grades_resend, name="lti_grades_resend"),
]
