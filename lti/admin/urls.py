"""Addresses of the administrator's screens of platforms, below the admin's own."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import checks, invitations, launches, people, platforms, tool_keys

ONE = "platforms/<int:pk>/"

patterns: list[URLPattern] = [
    path("", platforms.platform_list, name="platform_list"),
    path("platforms/new/", platforms.platform_new, name="platform_new"),
    path(ONE, platforms.platform, name="platform"),
    path(f"{ONE}edit/", platforms.platform_edit, name="platform_edit"),
    path(f"{ONE}paste/", platforms.platform_paste, name="platform_paste"),
    path(f"{ONE}approve/", platforms.platform_approve, name="platform_approve"),
    path(f"{ONE}off/", platforms.platform_off, name="platform_off"),
    path(f"{ONE}on/", platforms.platform_on, name="platform_on"),
    path(f"{ONE}check/", checks.check, name="check"),
    path(f"{ONE}people/", people.person_list, name="person_list"),
    path(f"{ONE}people/<int:person_id>/", people.person, name="person"),
    path(
        f"{ONE}deployments/<int:deployment_id>/approve/",
        platforms.deployment_approve,
        name="deployment_approve",
    ),
    path(
        f"{ONE}deployments/<int:deployment_id>/refuse/", platforms.deployment_refuse, name="deployment_refuse"
    ),
    path("invitations/", invitations.invitation_list, name="invitation_list"),
    path("invitations/new/", invitations.invitation_new, name="invitation_new"),
    path("invitations/<int:invitation_id>/revoke/", invitations.invitation_revoke, name="invitation_revoke"),
    path("launches/", launches.launch_list, name="launch_list"),
    path("launches/<uuid:launch_id>/", launches.launch, name="launch"),
    path("keys/", tool_keys.key_list, name="key_list"),
    path("keys/rotate/", tool_keys.key_rotate, name="key_rotate"),
]
