"""How each kind of platform is set up, in words: the way to its form, what goes in beside our addresses, what to mind.
Which address goes into which of its fields is lti.core.dialects' business; field names are those of its English screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lti.core.dialects import DIALECTS, Dialect, Ours, Theirs, dialect_of
from lti.models import Platform, origin_of
from lti.services import describing

Text = str | Promise
OTHER = "other"
KINDS: list[tuple[str, Text]] = [
    (key, _("其他平台") if key == OTHER else dialect.name) for key, dialect in DIALECTS.items()
]


def kind_name(key: str) -> str:
    return str(dict(KINDS).get(key, key))


def our_addresses(request: HttpRequest) -> dict[Ours, str]:
    """Our addresses as the administrator's browser reached us; they are a contract with platforms (lti.urls)."""
    room = request.build_absolute_uri(f"{reverse('home')}lti/")
    return {
        Ours.LOGIN: f"{room}login",
        Ours.LAUNCH: f"{room}launch",
        Ours.JWKS: f"{room}jwks",
        Ours.REGISTER: f"{room}register",
        Ours.DOMAIN: request.get_host(),
    }


def config_address(request: HttpRequest) -> str:
    """Where our configuration stands as JSON, for platforms that read one (Canvas)."""
    return request.build_absolute_uri(f"{reverse('home')}lti/config.json")


def filled(dialect: Dialect, url: str) -> dict[str, str]:
    """Fields of a new platform of that kind at the address that people open; without one what is the same everywhere."""
    host = urlsplit(url).netloc if origin_of(url) else ""
    known = {which.value: said for which, said in dialect.addresses(host=host).items()}
    if not host:
        return {name: said for name, said in known.items() if origin_of(said)}
    if url.startswith("http://"):  # a platform on this machine, tried out
        known = {name: said.replace(f"https://{host}", f"http://{host}", 1) for name, said in known.items()}
    return {**known, "origins": "\n".join(dialect.service_origins(host=host))}


@dataclass(frozen=True, slots=True)
class Guide:
    """`way`: where its form is; `chosen`: (field, choice) to tick or choose; `notes`: what to mind."""

    way: Text
    chosen: Sequence[tuple[str, Text]] = ()
    notes: Sequence[Text] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What to do at a platform: `paste` (its field, our address), `find` (its word, our field), `custom` the parameters
    that it is to send with every launch."""

    kind: str
    guide: Guide
    paste: Sequence[tuple[str, str]]
    find: Sequence[tuple[str, Text]]
    custom: str
    config: str
    register: str  # "" where the kind cannot register itself


def sheet_of(key: str, request: HttpRequest) -> Sheet:
    dialect, ours = dialect_of(key), our_addresses(request)
    names: dict[Theirs, Text] = {Theirs.DEPLOYMENT_ID: _("部署标识（deployment_id）")}
    for which in Theirs:
        if which is not Theirs.DEPLOYMENT_ID:
            names[which] = Platform._meta.get_field(which.value).verbose_name  # type: ignore[union-attr]  # a field of ours
    return Sheet(
        kind=dialect.key,
        guide=GUIDES.get(dialect.key, GUIDES[OTHER]),
        paste=[(name, ours[which]) for name, which in dialect.paste if which is not Ours.REGISTER],
        find=[(name, names[which]) for which, name in dialect.find],
        custom="\n".join(f"{name}={value}" for name, value in describing.CUSTOM.items()),
        config=config_address(request),
        register=ours[Ours.REGISTER] if dialect.dynamic_registration else "",
    )


GUIDES: dict[str, Guide] = {
    "moodle": Guide(
        way="Site administration → Plugins → External tool → Manage tools → configure a tool manually",
        chosen=(
            ("LTI version", "LTI 1.3"),
            ("Public key type", "Keyset URL"),
            ("Supports Deep Linking (Content-Item Message)", "✓"),
            (
                "IMS LTI Assignment and Grade Services",
                "Use this service for grade sync and column management",
            ),
            (
                "IMS LTI Names and Role Provisioning",
                "Use this service to retrieve members' information as per privacy settings",
            ),
            ("Share launcher's name with tool", "Always"),
            ("Accept grades from the tool", "Always"),
        ),
        notes=(
            _("保存后点工具卡片上的放大镜图标（View configuration details），可以看到要填回本站的各项。"),
            _("Moodle 默认不访问内网地址：本站在内网时，请在 HTTP security 里放开本站的主机和端口。"),
        ),
    ),
    "canvas": Guide(
        way="Admin → Developer Keys → + Developer Key → LTI Key",
        chosen=(("Method", _("Enter URL，填下面的 JSON 配置地址；或 Manual Entry，逐项填写")),),
        notes=(
            _("钥匙的 State 设为 On，再在 Settings → Apps → + App 里按 Client ID 安装。"),
            _("各校 Canvas 的平台标识相同，靠客户端标识区分：Details 一栏里的长数字就是客户端标识。"),
        ),
    ),
    "openedx": Guide(
        way='Studio → Settings → Advanced Settings: "lti_consumer"; Unit → Advanced → LTI Consumer → Edit',
        chosen=(
            ("LTI Version", "LTI 1.3"),
            ("Tool Public Key Mode", "Keyset URL"),
            ("LTI Assignment and Grades Service", "Allow tools to submit grades (declarative)"),
            ("Deep linking", "True"),
            ("Scored", "True"),
        ),
        notes=(
            _("Open edX 的每个组件各有自己的客户端标识，登记时以 Studio 里显示的为准。"),
            _("要在本站看到姓名，请在 Studio 里打开共享姓名的选项。"),
        ),
    ),
    "sakai": Guide(
        way="Administration Workspace → External Tools → Install LTI 1.x Tool",
        chosen=(("Launch URL", _("填“进入地址”，即下面的 Redirect Endpoint")), ("LTI 1.3", "✓")),
        notes=(_("同意发送姓名、名单和成绩，并允许用 Deep Link 选取内容。"),),
    ),
    "blackboard": Guide(
        way="Anthology developer portal → My Applications → +",
        chosen=(("Signing Algorithm", "RS256"),),
        notes=(
            _(
                "再由 Blackboard 管理员在 Administrator Panel → LTI Tool Providers 里按 Application ID 登记，得到部署标识。"
            ),
            _("Blackboard 只在成绩册里显示由本站建立的列，引用考试时请用“选取内容”（Deep Linking）。"),
        ),
    ),
    "d2l": Guide(
        way="Admin Tools → Manage Extensibility → LTI Advantage → Register Tool → Standard",
        chosen=(
            (
                "Extensions",
                "Assignment and Grade Services, Deep Linking, Names and Role Provisioning Services",
            ),
        ),
        notes=(_("登记后还要在 View Deployments → New Deployment 里建一个部署，并为它建链接。"),),
    ),
    OTHER: Guide(
        way=_("在平台里新增一个 LTI 1.3 工具，把下面的地址填进对应的栏目"),
        notes=(
            _(
                "打开名单（Names and Roles）、成绩（Assignment and Grades）和选取内容（Deep Linking）三项服务。"
            ),
        ),
    ),
}

# Custom parameters that one link may carry: (what is typed, what it does).
OF_A_LINK: Sequence[tuple[str, Text]] = (
    ("exam=12", _("链接直接打开 12 号考试。用“选取内容”放的链接自动带上，一般不必手填。")),
    ("course=34", _("链接直接打开 34 号课程页；lesson=56 打开一节课。")),
    ("unit=DXY-01", _("新来人员归入代码为 DXY-01 的党组织，只在勾选“信任平台给出的党组织代码”后有效。")),
)
