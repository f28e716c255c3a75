"""The reason that an act on somebody's record asks for; it goes into the audit log."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("原因"), max_length=200)
