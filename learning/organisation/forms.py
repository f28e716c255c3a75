"""The forms of the log-in pages and of one's own settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from .models import User

NUMBER = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
CODE = {"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}


class LoginForm(forms.Form):
    number = forms.CharField(label=_("学号/工号"), max_length=40, widget=forms.TextInput(NUMBER))
    password = forms.CharField(
        label=_("密码"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class NewPasswordForm(forms.Form):
    """Two new passwords that must agree; `user` lets the validators compare with the person's own data."""

    new_password = forms.CharField(
        label=_("新密码"),
        max_length=128,
        strip=False,
        help_text=_("至少 8 个字符，不能全是常见词，也不能与学号、姓名相近。"),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("再输入一次"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        new, again = data.get("new_password"), data.get("again")
        if new and again and new != again:
            self.add_error("again", _("两次输入的密码不一样。"))
        elif new:
            try:
                validate_password(new, self.user)
            except forms.ValidationError as error:
                self.add_error("new_password", error)
        return data


class ActivationForm(NewPasswordForm):
    number = forms.CharField(label=_("学号/工号"), max_length=40, widget=forms.TextInput(NUMBER))
    code = forms.CharField(
        label=_("激活码或重置码"), max_length=40, help_text=_("由本单位组织员发给您，例如 K7MX-3PQR。"),
        widget=forms.TextInput(CODE),
    )  # fmt: skip

    field_order = ["number", "code", "new_password", "again"]


class RoomForm(forms.Form):
    number = forms.CharField(label=_("学号/工号"), max_length=40, widget=forms.TextInput(NUMBER))
    code = forms.CharField(
        label=_("考场代码"),
        max_length=40,
        help_text=_("由监考人员当场发给您，只能用一次。"),
        widget=forms.TextInput(CODE),
    )


class ChangePasswordForm(NewPasswordForm):
    old_password = forms.CharField(
        label=_("现在的密码"), max_length=128, strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )  # fmt: skip

    field_order = ["old_password", "new_password", "again"]

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        if self.user is None or not self.user.check_password(old):
            raise forms.ValidationError(_("现在的密码不对。"))
        return old


class SettingsForm(forms.Form):
    large_print = forms.BooleanField(label=_("大字显示"), required=False)
    language = forms.ChoiceField(label=_("语言"), choices=settings.LANGUAGES, widget=forms.RadioSelect)
