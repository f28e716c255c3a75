"""Getting in and one's own record; mounted at the root of the site."""

from django.urls import path

from . import views

urlpatterns = [
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("activate/", views.activate, name="activate"),
    path("room/", views.room_login, name="room_login"),
    path("password/", views.password_change, name="password_change"),
    path("me/", views.me, name="me"),
    path("me/export/", views.me_export, name="me_export"),
    path("me/settings/", views.me_settings, name="me_settings"),
]
