"""The presets: whole, and of addresses that a registration would take."""

from urllib.parse import urlsplit

import pytest

from lti.core import dialects
from lti.core.dialects import DIALECTS, Dialect, Ours, Theirs

EACH = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())


@EACH
def test_every_address_is_https_and_whole(dialect: Dialect) -> None:
    for which, url in dialect.addresses(host="campus.example.edu", client_id="abc").items():
        parts = urlsplit(url)
        assert parts.scheme == "https", which
        assert parts.hostname, which
        assert "{" not in url, which


@EACH
def test_every_platform_is_told_where_we_log_in_and_launch(dialect: Dialect) -> None:
    pasted = {ours for _, ours in dialect.paste}
    assert {Ours.LOGIN, Ours.LAUNCH, Ours.JWKS} <= pasted


@EACH
def test_every_value_that_we_need_is_preset_or_found_on_a_screen(dialect: Dialect) -> None:
    known = set(dialect.addresses(host="campus.example.edu", client_id="abc")) | {
        which for which, _ in dialect.find
    }
    needed = set(Theirs) - {Theirs.TOKEN_AUDIENCE}
    assert needed <= known


def test_address_with_a_client_waits_for_the_client() -> None:
    preset = dialects.BLACKBOARD.addresses(host="learn.example.edu")
    assert Theirs.JWKS_URL not in preset
    assert preset[Theirs.ISSUER] == "https://blackboard.com"
    later = dialects.BLACKBOARD.addresses(host="learn.example.edu", client_id="abc")
    assert later[Theirs.JWKS_URL].endswith("/applications/abc/jwks.json")


def test_services_of_a_shared_issuer_are_on_the_universitys_own_host() -> None:
    assert dialects.BLACKBOARD.service_origins(host="learn.example.edu") == ("https://learn.example.edu",)
    assert dialects.CANVAS.service_origins(host="x.instructure.com") == ("https://*.instructure.com",)


@pytest.mark.parametrize(
    ("product", "key"),
    [
        ("moodle", "moodle"),
        ("BlackboardLearn", "blackboard"),
        ("CANVAS", "canvas"),
        ("", "other"),
        ("new", "other"),
    ],
)
def test_product_of_a_launch_tells_the_dialect(product: str, key: str) -> None:
    assert dialects.dialect_of_product(product).key == key


def test_unknown_key_is_the_careful_dialect() -> None:
    assert dialects.dialect_of("gone") is dialects.OTHER
    assert dialects.dialect_of("openedx").stale_score_codes == {400}
    assert dialects.OTHER.erases_unless_fully_graded
