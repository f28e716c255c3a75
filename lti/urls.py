"""Doors of the tool. /lti/login, /lti/launch, /lti/jwks, /lti/register and /lti/config.json are a contract with
platforms, with and without a slash at the end."""

from __future__ import annotations

from django.urls import path, re_path

from .views import launch, login, notices, window

urlpatterns = [
    re_path(r"^lti/login/?$", login.login, name="lti_login"),
    re_path(r"^lti/launch/?$", launch.launch, name="lti_launch"),
    re_path(r"^lti/notices/?$", notices.notices, name="lti_notices"),
    path("lti/launch/finish/", launch.finish, name="lti_finish"),
    path("lti/launch/continue/", launch.continue_, name="lti_continue"),
    path("lti/cookie/<str:state>/", window.cookie, name="lti_cookie"),
    path("lti/window/", window.window, name="lti_window"),
    path("lti/window/open/", window.window_open, name="lti_window_open"),
]
