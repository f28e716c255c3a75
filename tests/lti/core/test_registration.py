"""Dynamic registration: what the platform says, what we say, what it answers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.core import claims, registration
from lti.core.registration import BadRegistration, PlatformConfiguration, RegistrationFault, ToolUrls

ASKED = "https://moodle.example.edu/mod/lti/openid-configuration.php?course=1"
TOOL = ToolUrls(
    login="https://tool.example/lti/login",
    launch="https://tool.example/lti/launch",
    jwks="https://tool.example/lti/jwks",
    logo="https://tool.example/logo.svg",
)


def told(**overrides: Any) -> dict[str, Any]:
    given_: dict[str, Any] = {
        "issuer": "https://moodle.example.edu",
        "authorization_endpoint": "https://moodle.example.edu/mod/lti/auth.php",
        "token_endpoint": "https://moodle.example.edu/mod/lti/token.php",
        "jwks_uri": "https://moodle.example.edu/mod/lti/certs.php",
        "registration_endpoint": "https://moodle.example.edu/mod/lti/openid-registration.php",
        "scopes_supported": [claims.SCOPE_SCORE, claims.SCOPE_MEMBERS, "other"],
        claims.PLATFORM_CONFIGURATION: {
            "product_family_code": "moodle",
            "version": "4.5",
            "messages_supported": [
                {"type": claims.RESOURCE_LINK},
                {"type": claims.DEEP_LINKING, "placements": ["ContentArea", "RichTextEditor"]},
            ],
            "notice_types_supported": [claims.CONTEXT_COPY],
        },
    } | overrides
    return {name: value for name, value in given_.items() if value is not None}


def read(asked: str = ASKED, *, loopback: bool = False, **overrides: Any) -> PlatformConfiguration:
    return registration.read_configuration(told(**overrides), asked_url=asked, insecure_loopback=loopback)


def fault(asked: str = ASKED, *, loopback: bool = False, **overrides: Any) -> RegistrationFault:
    with pytest.raises(BadRegistration) as bad:
        read(asked, loopback=loopback, **overrides)
    return bad.value.code


def test_configuration_is_read_whole() -> None:
    configuration = read()
    assert configuration.issuer == "https://moodle.example.edu"
    assert configuration.registration_url.endswith("/openid-registration.php")
    assert (configuration.product, configuration.version) == ("moodle", "4.5")
    assert configuration.messages == {claims.RESOURCE_LINK, claims.DEEP_LINKING}
    assert configuration.placements == ("ContentArea", "RichTextEditor")
    assert configuration.notices == {claims.CONTEXT_COPY}
    assert configuration.token_audience == ""


@pytest.mark.parametrize(
    "issuer",
    [
        "https://evil.example",
        "https://moodle.example.edu.evil.example",
        "https://evil.moodle.example.edu",
        "https://moodle.example.edu:8443",
        "https://example.edu",
    ],
)
def test_issuer_of_another_origin_is_refused(issuer: str) -> None:
    assert fault(issuer=issuer) is RegistrationFault.FOREIGN_ISSUER


@pytest.mark.parametrize(
    ("issuer", "asked"),
    [
        ("https://moodle.example.edu/", ASKED),
        ("https://moodle.example.edu/campus", ASKED),
        ("https://MOODLE.example.edu", ASKED),
        ("https://moodle.example.edu:443", ASKED),
        ("https://moodle.example.edu:8443", "https://moodle.example.edu:8443/openid"),
    ],
)
def test_one_origin_may_be_written_in_several_ways(issuer: str, asked: str) -> None:
    assert read(asked, issuer=issuer).issuer == issuer


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"issuer": None}, RegistrationFault.NO_ISSUER),
        ({"issuer": 5}, RegistrationFault.NO_ISSUER),
        ({"issuer": "moodle.example.edu"}, RegistrationFault.BAD_URL),
        ({"issuer": "http://moodle.example.edu"}, RegistrationFault.BAD_URL),
        ({"issuer": "https://moodle.example.edu?x=1"}, RegistrationFault.BAD_URL),
        ({"issuer": "https://a@moodle.example.edu"}, RegistrationFault.BAD_URL),
        ({"issuer": "https://moodle.example.edu:99999"}, RegistrationFault.BAD_URL),
        ({"issuer": "https://moodle.example.edu\\@evil.example"}, RegistrationFault.BAD_URL),
        ({"authorization_endpoint": None}, RegistrationFault.MISSING_ENDPOINT),
        ({"token_endpoint": ""}, RegistrationFault.MISSING_ENDPOINT),
        ({"jwks_uri": ["https://x.example"]}, RegistrationFault.MISSING_ENDPOINT),
        ({"registration_endpoint": None}, RegistrationFault.MISSING_ENDPOINT),
        ({"jwks_uri": "http://moodle.example.edu/certs"}, RegistrationFault.BAD_URL),
        ({"token_endpoint": "file:///etc/passwd"}, RegistrationFault.BAD_URL),
        ({"token_endpoint": "https:///token"}, RegistrationFault.BAD_URL),
        ({"jwks_uri": "https://x.example/" + "a" * 2000}, RegistrationFault.BAD_URL),
        ({"authorization_endpoint": "javascript:alert(1)"}, RegistrationFault.BAD_URL),
    ],
)
def test_configuration_that_lacks_or_bends_an_address_is_refused(
    overrides: dict[str, Any], expected: RegistrationFault
) -> None:
    assert fault(**overrides) is expected


LOCAL = {
    "issuer": "http://127.0.0.1:8000",
    "authorization_endpoint": "http://127.0.0.1:8000/auth",
    "token_endpoint": "http://localhost:8000/token",
    "jwks_uri": "http://[::1]:8000/keys",
    "registration_endpoint": "http://127.0.0.1:8000/register",
}


def test_http_is_taken_on_a_loopback_address_and_only_when_told() -> None:
    assert read("http://127.0.0.1:8000/openid", loopback=True, **LOCAL).issuer == LOCAL["issuer"]
    assert fault("http://127.0.0.1:8000/openid", **LOCAL) is RegistrationFault.BAD_URL
    assert fault(loopback=True, jwks_uri="http://10.0.0.1/keys") is RegistrationFault.BAD_URL


@pytest.mark.parametrize(
    ("given_server", "audience"),
    [
        ("https://api.brightspace.com/auth/token", "https://api.brightspace.com/auth/token"),
        ("canvas.instructure.com", ""),
        (5, ""),
        (None, ""),
    ],
)
def test_audience_of_tokens_is_another_only_where_a_url_says_so(given_server: object, audience: str) -> None:
    assert read(authorization_server=given_server).token_audience == audience


@pytest.mark.parametrize(
    "platform", [None, [], "x", {"messages_supported": "all"}, {"messages_supported": [1]}]
)
def test_platform_that_says_little_of_itself_is_read(platform: object) -> None:
    configuration = read(**{claims.PLATFORM_CONFIGURATION: platform, "scopes_supported": None})
    assert (configuration.messages, configuration.placements, configuration.scopes) == (set(), (), set())


def test_body_names_our_addresses_messages_and_scopes() -> None:
    body = registration.registration_body(
        tool=TOOL, name="党校", description="考试与课程", names={"en": "Dangxiao"}, custom={"unit": "$Org.id"}
    )
    tool = body[claims.TOOL_CONFIGURATION]
    assert body["redirect_uris"] == [TOOL.launch]
    assert (body["initiate_login_uri"], body["jwks_uri"]) == (TOOL.login, TOOL.jwks)
    assert body["token_endpoint_auth_method"] == "private_key_jwt"
    assert set(body["grant_types"]) == {"implicit", "client_credentials"}
    assert set(body["scope"].split()) == set(claims.SCOPES)
    assert (body["client_name"], body["client_name#en"]) == ("党校", "Dangxiao")
    assert tool["domain"] == "tool.example"
    assert tool["custom_parameters"] == {"unit": "$Org.id"}
    assert [message["type"] for message in tool["messages"]] == [
        claims.RESOURCE_LINK,
        claims.DEEP_LINKING,
        claims.SUBMISSION_REVIEW,
    ]
    assert tool["messages"][1]["placements"] == ["ContentArea"]


def test_what_we_ask_for_fits_what_the_platform_offers() -> None:
    scopes, placements = registration.fitting(read())
    assert set(scopes) == {claims.SCOPE_SCORE, claims.SCOPE_MEMBERS}
    assert placements == ("ContentArea",)


def test_platform_that_lists_nothing_is_asked_for_all() -> None:
    configuration = read(**{claims.PLATFORM_CONFIGURATION: None, "scopes_supported": None})
    assert registration.fitting(configuration) == (claims.SCOPES, ("ContentArea",))


def test_canvas_is_asked_for_its_own_placements() -> None:
    canvas = {
        "product_family_code": "canvas",
        "messages_supported": [
            {"type": claims.DEEP_LINKING, "placements": ["link_selection", "editor_button"]}
        ],
    }
    assert registration.fitting(read(**{claims.PLATFORM_CONFIGURATION: canvas}))[1] == ("link_selection",)


@pytest.mark.parametrize(
    ("answer", "client_id", "deployment_id"),
    [
        ({"client_id": "c", claims.TOOL_CONFIGURATION: {"deployment_id": "d"}}, "c", "d"),
        ({"client_id": "c", claims.TOOL_CONFIGURATION: {"deployment_id": 7}}, "c", "7"),
        ({"client_id": 10000000000001}, "10000000000001", None),
        ({"client_id": "c", claims.TOOL_CONFIGURATION: []}, "c", None),
    ],
)
def test_answer_gives_client_and_perhaps_deployment(
    answer: object, client_id: str, deployment_id: str | None
) -> None:
    registered = registration.read_registration(answer)
    assert (registered.client_id, registered.deployment_id) == (client_id, deployment_id)


def test_answer_tells_which_scopes_were_granted() -> None:
    registered = registration.read_registration({"client_id": "c", "scope": f"{claims.SCOPE_SCORE} x"})
    assert registered.granted == {claims.SCOPE_SCORE, "x"}
    assert registration.read_registration({"client_id": "c"}).granted is None


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"client_id": ""}, {"client_id": True}, {"client_id": "c" * 256}]
)
def test_answer_without_a_client_is_refused(answer: object) -> None:
    with pytest.raises(BadRegistration):
        registration.read_registration(answer)


def test_token_to_change_the_registration_is_not_kept() -> None:
    registered = registration.read_registration({"client_id": "c", "registration_access_token": "secret"})
    assert "secret" not in repr(registered)


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda rest: "https://" + rest))
def test_any_text_has_an_origin_or_is_refused(url: str) -> None:
    try:
        found = registration.origin(url)
    except BadRegistration:
        return
    assert registration.origin(found) == found
