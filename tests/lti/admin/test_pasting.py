"""What a new platform's form is filled with, and what goes into the platform, for each kind."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from lti.admin.pasting import GUIDES, KINDS, filled, kind_name, sheet_of
from lti.core.dialects import DIALECTS, dialect_of


def test_a_moodle_is_known_by_its_address_alone() -> None:
    fields = filled(dialect_of("moodle"), "https://moodle.example.edu:8443/course/view.php?id=3")
    assert fields == {
        "issuer": "https://moodle.example.edu:8443",
        "auth_url": "https://moodle.example.edu:8443/mod/lti/auth.php",
        "token_url": "https://moodle.example.edu:8443/mod/lti/token.php",
        "jwks_url": "https://moodle.example.edu:8443/mod/lti/certs.php",
        "origins": "",
    }


def test_a_platform_on_this_machine_keeps_its_scheme() -> None:
    fields = filled(dialect_of("moodle"), "http://127.0.0.1:8080/")
    assert fields["jwks_url"] == "http://127.0.0.1:8080/mod/lti/certs.php"


def test_addresses_of_the_vendor_need_no_host() -> None:
    fields = filled(dialect_of("canvas"), "")
    assert fields["issuer"] == "https://canvas.instructure.com"
    d2l = filled(dialect_of("d2l"), "")
    assert set(d2l) == {"token_url", "token_audience"}


def test_nothing_is_made_up_for_an_unknown_platform() -> None:
    assert filled(dialect_of("other"), "https://lms.example.edu") == {"origins": ""}


@pytest.mark.parametrize("kind", list(DIALECTS))
def test_each_kind_has_words_and_our_addresses(kind: str) -> None:
    sheet = sheet_of(kind, RequestFactory().get("/", secure=True))
    assert kind in GUIDES
    assert kind in dict(KINDS)
    assert sheet.guide.way
    pasted = dict(sheet.paste).values()
    assert "https://testserver/lti/launch" in pasted
    assert "https://testserver/lti/login" in pasted
    assert "https://testserver/lti/jwks" in pasted
    assert all(name and ours for name, ours in sheet.find)
    assert "link_history=$ResourceLink.id.history" in sheet.custom


def test_a_kind_of_the_past_is_shown_by_its_key() -> None:
    assert kind_name("moodle") == "Moodle"
    assert kind_name("old") == "old"
