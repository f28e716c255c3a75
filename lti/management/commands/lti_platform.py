"""`manage.py lti_platform add|invite|list|approve`: campus platforms by command, answers in JSON; exit 1 = nothing was
changed, and why."""

from __future__ import annotations

import argparse
import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import get_script_prefix, reverse
from django.utils import timezone

from learning.organisation.errors import OrganisationError
from learning.organisation.models import Unit
from lti.core.dialects import DIALECTS, dialect_of
from lti.models import Platform, origin_of
from lti.services import registering

# Options of `add` that mean a field of the platform; those not given leave it as it is.
FIELDS = (
    "issuer", "client_id", "auth_url", "token_url", "jwks_url", "name", "dialect", "token_audience", "origins",
    "trusts_numbers", "trusts_units", "allow_insecure_loopback",
)  # fmt: skip


class Command(BaseCommand):
    help = (
        "Campus platforms (LTI 1.3): add one by hand, invite one to register itself, list, approve. Prints JSON. Our "
        "addresses are absolute with --base-url or ADMIN_BASE_URL, else paths only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", default="", help="our own address as platforms see it, https://…")
        acts = parser.add_subparsers(dest="act", required=True)
        add = acts.add_parser("add", help="a platform set up by hand, active at once; again = change it")
        for name in ("--issuer", "--client-id", "--auth-url", "--token-url", "--jwks-url"):
            add.add_argument(name, required=True)
        add.add_argument("--deployment", action="append", default=[], dest="deployments", metavar="ID",
                         help="repeatable; without it deployments are discovered and wait for approval")  # fmt: skip
        add.add_argument("--name", help="what we call it; without it its host")
        add.add_argument("--unit", metavar="CODE", help="whose exams and courses it may link, and where unknown "
                         "people are put; without it the first unit at the top")  # fmt: skip
        add.add_argument("--token-audience", help="where it is not the token URL (D2L)")
        add.add_argument("--dialect", choices=list(DIALECTS))
        add.add_argument("--origin", action="append", dest="lines", metavar="https://*.example.edu",
                         help="a further origin of its services and frames; repeatable")  # fmt: skip
        add.add_argument("--trust-numbers", action="store_true", default=None, dest="trusts_numbers")
        add.add_argument("--trust-units", action="store_true", default=None, dest="trusts_units")
        add.add_argument("--allow-insecure-loopback", action="store_true", default=None)
        invite = acts.add_parser("invite", help="a one-time link for Dynamic Registration")
        invite.add_argument("--name", default="", help="for whom")
        invite.add_argument("--unit", metavar="CODE", help="as in add")
        invite.add_argument("--days", type=int, default=registering.INVITATION_LIFE.days)
        invite.add_argument("--allow-insecure-loopback", action="store_true")
        acts.add_parser("list", help="every platform with its deployments")
        approve = acts.add_parser("approve", help="let a platform in, with its deployments that wait")
        approve.add_argument("platform", type=int, metavar="ID", help="the id that list shows")
        approve.add_argument("--deployment", action="append", default=[], dest="deployments", metavar="ID",
                             help="only these of its deployments, also unknown ones; repeatable")  # fmt: skip
        approve.add_argument("--unit", metavar="CODE", help="as in add, where it has none")
        for each in acts.choices.values():
            each.add_argument("--base-url", default=argparse.SUPPRESS, help="as before the act")

    def handle(self, *, act: str, base_url: str, **options: Any) -> None:
        self.base = base_url or settings.WAGTAILADMIN_BASE_URL
        if base_url and not origin_of(base_url):
            raise CommandError(f"--base-url {base_url}: give an address like https://exams.example.edu")
        if not self.base:
            self.stderr.write("Our own address is not known (--base-url, ADMIN_BASE_URL): paths only.")
        acts = {"add": self.add, "invite": self.invite, "list": self.list, "approve": self.approve}
        try:
            said = acts[act](options, timezone.now())
        except OrganisationError as error:
            field = getattr(error, "field", "")
            raise CommandError(f"{field}: {error}" if field else str(error)) from error
        self.stdout.write(json.dumps(said, ensure_ascii=False, indent=2))

    def add(self, options: dict[str, Any], now: datetime) -> dict[str, Any]:
        fields = {name: options[name] for name in FIELDS if options.get(name) is not None}
        dialect = dialect_of(fields.get("dialect", "other"))
        host = origin_of(fields["issuer"]).partition("://")[2]
        lines = options["lines"] or dialect.service_origins(host=host)
        if lines:
            fields["origins"] = "\n".join(lines)
        if dialect.token_audience:
            fields.setdefault("token_audience", dialect.token_audience)
        if options["unit"]:
            fields["unit"] = fields["default_unit"] = unit_of(options["unit"])
        platform, new = registering.put_platform(
            fields=fields, deployments=options["deployments"], unit=first_unit(now), by=None, now=now
        )
        return {"result": "added" if new else "updated", **self.shown(platform)}

    def invite(self, options: dict[str, Any], now: datetime) -> dict[str, Any]:
        if options["days"] < 1:
            raise CommandError("--days: at least one")
        made = registering.invite(
            name=options["name"],
            unit=unit_of(options["unit"]) if options["unit"] else first_unit(now),
            allow_insecure_loopback=options["allow_insecure_loopback"],
            life=timedelta(days=options["days"]),
            by=None,
            now=now,
        )
        return {
            "id": made.invitation.pk,
            "name": made.invitation.name,
            "url": self.address("lti_register", made.token),
            "expires_at": made.invitation.expires_at.isoformat(),
        }

    def list(self, options: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
        return [self.shown(row) for row in Platform.objects.select_related("unit").order_by("pk")]

    def approve(self, options: dict[str, Any], now: datetime) -> dict[str, Any]:
        platform = Platform.objects.filter(pk=options["platform"]).first()
        if platform is None:
            raise CommandError(f"There is no platform {options['platform']}.")
        unit = unit_of(options["unit"]) if options["unit"] else first_unit(now)
        deployments = options["deployments"] or registering.waiting_deployments(platform)
        platform = registering.enter_platform(
            platform=platform, deployments=deployments, unit=unit, by=None, now=now
        )
        return {"result": "approved", **self.shown(platform)}

    def shown(self, platform: Platform) -> dict[str, Any]:
        """A platform, and what is to be entered at it."""
        launch = self.address("lti_launch")
        return {
            "id": platform.pk,
            "name": platform.name,
            "issuer": platform.issuer,
            "client_id": platform.client_id,
            "state": platform.state,
            "unit": platform.unit.code if platform.unit else None,
            "deployments": [
                {"deployment_id": row.deployment_id, "state": row.state}
                for row in platform.deployments.order_by("pk")
            ],
            "login_url": self.address("lti_login"),
            "launch_url": launch,
            "redirect_uris": [launch],
            "deep_linking_url": launch,
            "jwks_url": self.address("lti_jwks"),
            "register_url": self.address("lti_register"),
            "config_url": self.address("lti_config"),
        }

    def address(self, name: str, *args: str) -> str:
        # Both may name the sub-path under which the site lives.
        return self.base.rstrip("/").removesuffix(get_script_prefix().rstrip("/")) + reverse(name, args=args)


def unit_of(code: str) -> Unit:
    unit: Unit | None = Unit.objects.filter(code=code).first()
    if unit is None:
        raise CommandError(f"There is no unit with the code {code}.")
    return unit


def first_unit(now: datetime) -> Unit | None:
    """The first unit at the top of the tree that is not closed."""
    unit: Unit | None = Unit.objects.open_on(timezone.localdate(now)).filter(depth=1).first()
    return unit
