"""What the frame of every page needs: the site's look and the navigation."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from .models import SiteLook

DEFAULT_BRAND = "#B3191F"
# Pages whose address does not begin with that of the door they are behind.
BEHIND = {
    "attempts/": "exam_list",
    "practice/": "notebook",
    "study/": "courses",
    "classes/": "me",
    "reflections/": "me",
    "certificates/": "me",
}


def site(request: HttpRequest) -> dict[str, Any]:
    """`site` and `nav` of site/base.html."""
    look = SiteLook.load(request_or_site=request)
    in_frame = bool(getattr(request, "in_frame", False))  # set where campus platforms may frame us
    signed_in = getattr(request, "user", None) is not None and request.user.is_authenticated
    return {
        "site": {
            "name": look.name,
            "crest_url": look.crest.get_rendition("max-96x96").url if look.crest else "",
            "footer_text": look.footer_text,
            "grey_mode": look.grey_mode,
            "brand_color": look.brand,
            "brand_css_url": reverse("brand_css") if look.brand.upper() != DEFAULT_BRAND else "",
            "in_frame": in_frame,
            # A new window has none of a frame's cookies: a ticket opens it, on a page that is there without a form.
            "window_url": reverse("lti_window")
            if in_frame and signed_in and getattr(request.user, "launched", False) and request.method == "GET"
            else "",
            "large_print": request.COOKIES.get("dangxiao_large_print", ""),
        },
        "nav": navigation(request) if signed_in else [],
    }


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The doors of a member, with the one that the request is behind."""
    doors = {
        "home": (reverse("home"), _("首页"), "home"),
        "courses": (reverse("wagtail_serve", args=[""]), _("课程"), "course"),
        "exam_list": (reverse("exam_list"), _("考试"), "exam"),
        "notebook": (reverse("notebook"), _("错题"), "notebook"),
        "me": (reverse("me"), _("我的"), "person"),
    }
    links = list(doors.values())
    home = links[0][0]
    rooms = {url: url for url, _label, _icon in links}
    rooms |= {home + start: doors[door][0] for start, door in BEHIND.items()}
    behind = rooms[max((path for path in rooms if request.path.startswith(path)), key=len, default=home)]
    if behind == home != request.path:
        behind = ""
    return [
        {"url": url, "label": label, "icon": icon, "current": url == behind} for url, label, icon in links
    ]
