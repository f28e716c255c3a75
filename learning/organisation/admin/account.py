"""Wagtail's account page as far as it is ours to fill: ways to reach the person, and how the admin looks.

Language, print size and password belong to the whole site and are kept at 我的, where a change of the password is
written down and ends other log-ins; Wagtail's own panels for them would be a second place that knows nothing of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.views.account import (
    AvatarSettingsPanel,
    BaseSettingsPanel,
    ChangePasswordPanel,
    LocaleSettingsPanel,
    NameEmailSettingsPanel,
    NotificationsSettingsPanel,
)

from learning.organisation.models import User
from learning.organisation.services import accounts


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The name is the organiser's to change."""

    full_name = forms.CharField(label=_("姓名"), disabled=True, required=False)

    class Meta:
        model = User
        fields = ["full_name", "phone", "email"]

    def save(self, commit: bool = True) -> Any:
        kept = User.objects.get(pk=self.instance.pk)  # the form has written its values into self.instance
        return accounts.edit_user(user=kept, **self.cleaned_data, by=kept, now=timezone.now())


def use_our_account_panels() -> None:
    """Wagtail has no setting for the name panel's form, and its panels are classes."""
    NameEmailSettingsPanel.form_class = ContactForm
    NameEmailSettingsPanel.title = _("姓名与联系方式")
    for panel in (AvatarSettingsPanel, NotificationsSettingsPanel, LocaleSettingsPanel, ChangePasswordPanel):
        panel.is_active = lambda self: False


class ElsewherePanel(BaseSettingsPanel):
    """Links to where the rest of the account lies."""

    name = "elsewhere"
    title = _("密码、语言与大字")
    order = 900
    form_class = forms.Form
    template_name = "organisation/admin/account_elsewhere.html"

    def get_form(self) -> forms.Form:
        return forms.Form()
