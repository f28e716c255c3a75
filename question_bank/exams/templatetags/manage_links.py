"""Links between the organisers' screens: each stays under the mount that the page was opened through."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext

from question_bank.exams.views.manage.doors import link

register = template.Library()


@register.simple_tag(takes_context=True)
def manage_url(context: RequestContext, name: str, *args: Any) -> str:
    """The address of a screen of this room, by its name outside the admin."""
    return link(context["request"], name, *args)
