"""Forms of the administrator's screens of platforms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.organisation.admin.choices import UnitField
from learning.organisation.models import Unit, User
from learning.organisation.permissions import Action, units_allowing
from lti.models import Platform
from lti.services import vetting
from lti.services.vetting import PlatformFault

from .pasting import KINDS

TRUST = ("trusts_numbers", "trusts_units", "allow_insecure_loopback")
ABOUT = (
    "name",
    "dialect",
    "issuer",
    "client_id",
    "auth_url",
    "token_url",
    "jwks_url",
    "token_audience",
    "origins",
)
RULES = ("unit", "default_unit", *TRUST)


class Address(forms.URLField):
    """An absolute address of the platform; whether it may be without TLS depends on the rest of the form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "max_length": 500,
                "assume_scheme": "https",
                "widget": forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
                "error_messages": {
                    "invalid": gettext_lazy("请填写完整的网址，例如 https://lms.example.edu/…。")
                },
                **kwargs,
            }
        )


class PresetForm(forms.Form):
    """Which platform, and where: what the next form is filled from."""

    dialect = forms.ChoiceField(label=gettext_lazy("平台种类"), choices=KINDS)
    host = Address(
        label=gettext_lazy("平台网址"),
        required=False,
        help_text=gettext_lazy(
            "教师和学生平时打开的网址，例如 https://moodle.example.edu。用来推出下面各个地址。"
        ),
    )


class UnitsForm(forms.Form):
    """What links of the platform may open, and where people go whom nobody knows."""

    unit = UnitField(
        label=gettext_lazy("可引用的考试与课程"),
        queryset=Unit.objects.none(),
        required=False,
        help_text=gettext_lazy(
            "平台上的教师可以引用这个党组织及其下级的已发布考试与课程。留空则什么也不能引用。"
        ),
    )
    default_unit = UnitField(
        label=gettext_lazy("新来人员所在党组织"),
        queryset=Unit.objects.none(),
        required=False,
        help_text=gettext_lazy(
            "本站还没有的人第一次从平台进入时，以“群众”身份归入这个党组织。留空则归入上面选的那一个。"
        ),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = units_allowing(user, Action.SITE_MANAGE).open_on(timezone.localdate())
        for name in ("unit", "default_unit"):
            self.fields[name].queryset = units  # type: ignore[attr-defined]  # a ModelChoiceField


class PlatformForm(UnitsForm):
    name = forms.CharField(
        label=gettext_lazy("名称"), max_length=120, help_text=gettext_lazy("只在本站使用，例如“教学平台”。")
    )
    dialect = forms.ChoiceField(label=gettext_lazy("平台种类"), choices=KINDS)
    issuer = Address(
        label=gettext_lazy("平台标识（issuer）"),
        max_length=255,
        help_text=gettext_lazy("与平台给出的完全一致，末尾有没有斜杠也算。"),
    )
    client_id = forms.CharField(label=gettext_lazy("客户端标识（client_id）"), max_length=255)
    auth_url = Address(label=gettext_lazy("登录地址（OIDC authentication）"))
    token_url = Address(label=gettext_lazy("令牌地址（access token）"))
    jwks_url = Address(label=gettext_lazy("公钥地址（JWKS）"))
    token_audience = forms.CharField(
        label=gettext_lazy("令牌的接收方（audience）"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("留空则用令牌地址；D2L 另有规定。"),
    )
    origins = forms.CharField(
        label=gettext_lazy("平台的其他网址"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("每行一个来源，如 https://lms.example.edu 或 https://*.example.edu。"),
    )
    trusts_numbers = forms.BooleanField(
        label=gettext_lazy("信任平台给出的学号/工号"),
        required=False,
        help_text=gettext_lazy(
            "勾选后，平台给出的学号/工号与本站人员相同，即视为同一人，其作答和成绩记在本人名下。"
            "只有平台的学号/工号由学校统一写入、用户自己不能改时才勾选。持有管理角色的账号永远不会这样对应。"
        ),
    )
    trusts_units = forms.BooleanField(
        label=gettext_lazy("信任平台给出的党组织代码"),
        required=False,
        help_text=gettext_lazy(
            "勾选后，新来人员按平台给出的党组织代码归入党组织，而不是归入上面选的那一个。"
        ),
    )
    allow_insecure_loopback = forms.BooleanField(
        label=gettext_lazy("允许本机的非加密地址"),
        required=False,
        help_text=gettext_lazy("只用于平台与本站在同一台机器上试验，正式使用时不要勾选。"),
    )
    field_order: tuple[str, ...] = (*ABOUT, *RULES)

    def __init__(self, *args: Any, instance: Platform | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance = instance

    def clean(self) -> dict[str, Any]:
        """Every address that cannot be used, at once; all else is the service's to say."""
        data: dict[str, Any] = super().clean() or {}
        insecure = bool(data.get("allow_insecure_loopback"))
        for name in (each for each in vetting.ADDRESSES if each in data):
            try:
                vetting.check_address(name, data[name], insecure_loopback=insecure)
            except PlatformFault as fault:
                self.add_error(name, str(fault))
        same = Platform.objects.filter(issuer=data.get("issuer"), client_id=data.get("client_id"))
        if same.exclude(pk=self.instance.pk if self.instance else 0).exists():
            self.add_error("client_id", _("已经登记过平台标识和客户端标识都相同的平台。"))
        return data

    def add_fault(self, fault: PlatformFault) -> None:
        self.add_error(fault.field if fault.field in self.fields else None, str(fault))


class NewPlatformForm(PlatformForm):
    deployment_id = forms.CharField(
        label=gettext_lazy("部署标识（deployment_id）"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("可以留空：从平台第一次打开时会记下来，再由您批准。"),
    )
    field_order = (*ABOUT, "deployment_id", *RULES)


class InvitationForm(UnitsForm):
    """A one-time link for a platform that registers itself."""

    name = forms.CharField(
        label=gettext_lazy("平台名称"),
        max_length=120,
        help_text=gettext_lazy("例如“教学平台”。平台登记以后就叫这个名字，可以再改。"),
    )
    allow_insecure_loopback = forms.BooleanField(
        label=gettext_lazy("允许本机的非加密地址"),
        required=False,
        help_text=gettext_lazy("只用于平台与本站在同一台机器上试验，正式使用时不要勾选。"),
    )
    field_order = ("name", "unit", "allow_insecure_loopback")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["default_unit"]  # asked when what came is approved


class RelinkForm(forms.Form):
    RELINK, UNLINK = "relink", "unlink"
    act = forms.ChoiceField(
        label=gettext_lazy("怎样处理"),
        widget=forms.RadioSelect,
        choices=[
            (RELINK, gettext_lazy("改为对应本站的另一个人")),
            (UNLINK, gettext_lazy("解除对应，下次进入时重新确认")),
        ],
    )
    number = forms.CharField(
        label=gettext_lazy("对方的学号/工号"),
        max_length=32,
        required=False,
        help_text=gettext_lazy("只在改为对应另一个人时填写。"),
    )
    sure = forms.BooleanField(
        label=gettext_lazy("我已核实此人身份"),
        error_messages={"required": gettext_lazy("请先核实，再勾选。")},
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("act") == self.RELINK and not data.get("number"):
            self.add_error("number", _("请填写对方的学号/工号。"))
        return data


class SureForm(forms.Form):
    """A confirmation of an act that cannot be taken back."""

    sure = forms.BooleanField(error_messages={"required": gettext_lazy("请先看清后果，再勾选。")})

    def __init__(self, *args: Any, words: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sure"].label = words
