"""manage.py lti_platform: what it changes, and the JSON that a script reads."""

from __future__ import annotations

import json
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import get_script_prefix, set_script_prefix

from lti.models import Deployment, Invitation, Platform
from lti.services.registering import hashed
from tests.factories import make_unit
from tests.lti.factories import make_platform

pytestmark = pytest.mark.django_db

BASE = "--base-url=https://exams.example.edu"
MOODLE = [
    "--issuer=https://moodle.example.edu",
    "--client-id=abc",
    "--auth-url=https://moodle.example.edu/mod/lti/auth.php",
    "--token-url=https://moodle.example.edu/mod/lti/token.php",
    "--jwks-url=https://moodle.example.edu/mod/lti/certs.php",
]


def run(*args: str) -> Any:
    out = StringIO()
    call_command("lti_platform", *args, stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


def test_add_prints_what_is_to_be_entered_at_the_platform() -> None:
    unit = make_unit()
    make_unit()
    said = run("add", *MOODLE, "--deployment", "1", "--deployment", "2", "--name", "教学平台", BASE)
    row = Platform.objects.get()
    assert said == {
        "result": "added",
        "id": row.pk,
        "name": "教学平台",
        "issuer": "https://moodle.example.edu",
        "client_id": "abc",
        "state": "active",
        "unit": unit.code,
        "deployments": [{"deployment_id": "1", "state": "active"}, {"deployment_id": "2", "state": "active"}],
        "login_url": "https://exams.example.edu/lti/login",
        "launch_url": "https://exams.example.edu/lti/launch",
        "redirect_uris": ["https://exams.example.edu/lti/launch"],
        "deep_linking_url": "https://exams.example.edu/lti/launch",
        "jwks_url": "https://exams.example.edu/lti/jwks",
        "register_url": "https://exams.example.edu/lti/register",
        "config_url": "https://exams.example.edu/lti/config.json",
    }
    assert (row.unit, row.default_unit, row.dialect) == (unit, unit, "other")


def test_base_url_may_stand_before_the_act_or_in_the_settings(settings: Any) -> None:
    assert run(BASE, "add", *MOODLE)["jwks_url"] == "https://exams.example.edu/lti/jwks"
    settings.WAGTAILADMIN_BASE_URL = "https://site.example.edu/"
    assert run("list")[0]["jwks_url"] == "https://site.example.edu/lti/jwks"


def test_address_that_names_the_sub_path_does_not_name_it_twice() -> None:
    before = get_script_prefix()
    set_script_prefix("/dangxiao/")
    try:
        run("add", *MOODLE)
        for base in ("https://site.example.edu", "https://site.example.edu/dangxiao/"):
            assert (
                run("list", f"--base-url={base}")[0]["jwks_url"]
                == "https://site.example.edu/dangxiao/lti/jwks"
            )
    finally:
        set_script_prefix(before)


def test_without_our_address_paths_alone_are_told_and_a_word_about_it(settings: Any) -> None:
    settings.WAGTAILADMIN_BASE_URL = ""
    out, err = StringIO(), StringIO()
    call_command("lti_platform", "add", *MOODLE, stdout=out, stderr=err)
    assert json.loads(out.getvalue())["launch_url"] == "/lti/launch"
    assert "--base-url" in err.getvalue()


def test_second_add_updates_and_keeps_what_was_not_given() -> None:
    unit = make_unit()
    first = run("add", *MOODLE, "--deployment=1", "--name=甲", "--trust-numbers", f"--unit={unit.code}")
    second = run("add", *MOODLE, "--deployment=2", "--trust-units", "--dialect=moodle")
    assert (second["result"], second["id"], second["name"]) == ("updated", first["id"], "甲")
    assert [each["deployment_id"] for each in second["deployments"]] == ["1", "2"]
    row = Platform.objects.get()
    assert (row.trusts_numbers, row.trusts_units, row.dialect, row.unit) == (True, True, "moodle", unit)
    third = run("add", *MOODLE)
    assert {**third, "result": ""} == {**second, "result": ""}


def test_kind_of_the_platform_brings_its_audience_and_origins() -> None:
    run("add", *MOODLE, "--dialect=d2l")
    row = Platform.objects.get()
    assert row.token_audience == "https://api.brightspace.com/auth/token"
    run("add", *MOODLE, "--dialect=canvas", "--origin=https://*.a.example", "--origin=https://b.example")
    row.refresh_from_db()
    assert row.origins == "https://*.a.example\nhttps://b.example"
    assert row.token_audience == "https://api.brightspace.com/auth/token"


def test_platform_on_this_machine_wants_the_word_for_it() -> None:
    local = [each.replace("https://moodle.example.edu", "http://127.0.0.1:8800") for each in MOODLE]
    with pytest.raises(CommandError, match="issuer"):
        run("add", *local)
    assert not Platform.objects.exists()
    run("add", *local, "--allow-insecure-loopback")
    assert Platform.objects.get().allow_insecure_loopback


@pytest.mark.parametrize(
    "wrong",
    [["--unit=nowhere"], ["--origin=moodle"], ["--deployment="], ["--base-url=exams"], ["--dialect=other1"]],
)
def test_what_is_wrong_changes_nothing(wrong: list[str]) -> None:
    with pytest.raises(CommandError):
        run("add", *MOODLE, *wrong)
    assert not Platform.objects.exists()


def test_invite_prints_a_link_that_is_good_for_days() -> None:
    unit = make_unit()
    said = run("invite", "--name=王老师", "--days=2", BASE)
    row = Invitation.objects.get()
    address, _, token = said.pop("url").rpartition("/")
    assert address == "https://exams.example.edu/lti/register"
    assert row.token_hash == hashed(token)
    assert said == {"id": row.pk, "name": "王老师", "expires_at": row.expires_at.isoformat()}
    assert (datetime.fromisoformat(said["expires_at"]) - row.created_at).days == 2
    assert (row.unit, row.allow_insecure_loopback) == (unit, False)
    with pytest.raises(CommandError):
        run("invite", "--days=0")


def test_list_shows_every_platform() -> None:
    assert run("list") == []
    first, second = make_platform(), make_platform(state="off")
    assert [(row["id"], row["state"]) for row in run("list")] == [(first.pk, "active"), (second.pk, "off")]


def test_approve_lets_in_platform_and_deployments() -> None:
    unit = make_unit()
    platform = make_platform(state="pending")
    Platform.objects.update(unit=None, default_unit=None)
    Deployment.objects.update(state="pending")
    said = run("approve", str(platform.pk))
    assert (said["result"], said["state"], said["unit"]) == ("approved", "active", unit.code)
    assert said["deployments"] == [{"deployment_id": "1", "state": "active"}]
    assert run("approve", str(platform.pk))["state"] == "active"


def test_approve_of_named_deployments_leaves_the_others_waiting() -> None:
    platform = make_platform(state="pending")
    Deployment.objects.update(state="pending")
    said = run("approve", str(platform.pk), "--deployment=9")
    assert said["deployments"] == [
        {"deployment_id": "1", "state": "pending"}, {"deployment_id": "9", "state": "active"}
    ]  # fmt: skip


def test_approve_of_nothing_is_an_error() -> None:
    with pytest.raises(CommandError, match="no platform 7"):
        run("approve", "7")
