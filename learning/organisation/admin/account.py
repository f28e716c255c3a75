"""Wagtail's own account page with our fields: it asks for a first and a last name, which our people do not have."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.views.account import AvatarSettingsPanel, NameEmailSettingsPanel

from learning.organisation.models import User


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The name is the organiser's to change."""

    full_name = forms.CharField(label=_("姓名"), disabled=True, required=False)

    class Meta:
        model = User
        fields = ["full_name", "phone", "email"]


def use_our_account_panels() -> None:
    """Wagtail has no setting for the name panel's form, and its panels are classes."""
    NameEmailSettingsPanel.form_class = ContactForm
    NameEmailSettingsPanel.title = _("姓名与联系方式")
    AvatarSettingsPanel.is_active = lambda self: False
