"""Whether what a platform's registration says can stand: its addresses, its further origins, its audience."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.organisation.errors import OrganisationError
from lti.http.fetching import Reach, Unreachable, Why, check_url
from lti.models import Platform, origin_of

HOST = re.compile(r"([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:[0-9]{1,5})?", re.IGNORECASE)
ADDRESSES = ("issuer", "auth_url", "token_url", "jwks_url")


class PlatformFault(OrganisationError):
    """The registration cannot stand like this; `field` is the name of what is wrong, "" for the whole."""

    code = "bad_platform"

    def __init__(self, message: str | Promise, *, field: str = "", **facts: Any) -> None:
        super().__init__(message, **facts)
        self.field = field


def check(platform: Platform) -> None:
    """Raises PlatformFault with the first thing that is wrong with the platform's words."""
    try:
        platform.clean_fields(exclude={"unit", "default_unit", "created_by", "approved_by"})
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise PlatformFault(messages[0], field=field) from error
    for field in ADDRESSES:
        url = getattr(platform, field)
        check_address(field, url, insecure_loopback=platform.allow_insecure_loopback)
    for line in filter(None, map(str.strip, platform.origins.splitlines())):
        plain = line.rstrip("/").replace("://*.", "://", 1)
        # A star takes in the names below one university's, not below a whole country's.
        too_wide = "://*." in line and "." not in plain
        if too_wide or origin_of(plain) != plain.lower() or not HOST.fullmatch(plain.partition("://")[2]):
            raise PlatformFault(
                _("“%(line)s”不是一个来源，请写成 https://主机名。"), field="origins", line=line
            )
        check_address("origins", plain, insecure_loopback=platform.allow_insecure_loopback)
    _check_audience(platform)


def check_address(field: str, url: str, *, insecure_loopback: bool) -> None:
    """Raises PlatformFault for an address that we would never ask or send anybody to."""
    try:
        check_url(url, Reach((origin_of(url),), insecure_loopback))
    except Unreachable as error:
        if error.why is Why.NOT_HTTPS:
            raise PlatformFault(_("“%(url)s”必须以 https:// 开头。"), field=field, url=url) from error
        raise PlatformFault(_("“%(url)s”不是可用的网址。"), field=field, url=url) from error
    if "#" in url:
        raise PlatformFault(_("“%(url)s”不是可用的网址。"), field=field, url=url)


def _check_audience(platform: Platform) -> None:
    """What we sign for one platform must be of no use at another: a false platform that names another's token service as
    audience, and our client id there, could call itself by our name."""
    audience = platform.token_audience or platform.token_url
    others = Platform.objects.filter(client_id=platform.client_id).exclude(pk=platform.pk)
    for other in others.exclude(issuer=platform.issuer):
        if audience in (other.token_audience or other.token_url, other.token_url):
            raise PlatformFault(
                _("令牌的接收方和客户端标识与平台“%(name)s”的相同。"), field="token_audience", name=other.name
            )
