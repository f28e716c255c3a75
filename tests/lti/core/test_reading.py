"""What a verified message says: the claims of the conformance list, one by one, good and bad."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.core import claims
from lti.core.claims import Message, Standing
from lti.core.reading import read_message, read_notice
from lti.core.refusals import Refusal, Refused
from tests.lti.platforms.signing import SHORT, SigningPlatform

PLATFORM = SigningPlatform()


def is_ours(url: str) -> bool:
    return url.startswith("https://testserver/")


def message(**overrides: Any) -> Message:
    return read_message(PLATFORM.payload(**overrides), ours=is_ours)


def refusal(run: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as refused:
        run()
    assert refused.value.detail, "the inspector shows why"
    return refused.value.code


def test_whole_launch_is_read() -> None:
    read = message(custom={"exam": "7"}, lis={"person_sourcedid": " 20260001 "})
    assert read.message_type == claims.RESOURCE_LINK
    assert read.deployment_id == "deployment-1"
    assert read.standing is Standing.LEARNER
    assert (read.person.sub, read.person.display_name) == ("user-1", "王小明")
    assert read.person.number == "20260001"
    assert read.context is not None
    assert (read.context.id, read.context.label) == ("course-1", "DX101")
    assert read.link is not None
    assert (read.link.id, read.link.title) == ("link-1", "期末考试")
    assert read.custom == {"exam": "7"}
    assert read.ags is not None
    assert claims.SCOPE_SCORE in read.ags.scopes
    assert read.ags.lineitem.endswith("/lineitems/1/lineitem")
    assert read.nrps is not None
    assert read.presentation.document_target == "iframe"
    assert read.platform.guid == "platform-1"
    assert read.line_item_of_review == ""


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"version": None}, Refusal.NO_VERSION),
        ({"version": ""}, Refusal.NO_VERSION),
        ({"version": "1.1"}, Refusal.WRONG_VERSION),
        ({"version": "1.3"}, Refusal.WRONG_VERSION),
        ({"version": 1.3}, Refusal.MALFORMED),
        ({"message_type": None}, Refusal.NO_MESSAGE_TYPE),
        ({"message_type": "basic-lti-launch-request"}, Refusal.UNKNOWN_MESSAGE_TYPE),
        ({"message_type": "LtiDeepLinkingResponse"}, Refusal.UNKNOWN_MESSAGE_TYPE),
        ({"message_type": claims.CONTEXT_COPY}, Refusal.UNKNOWN_MESSAGE_TYPE),
        ({"message_type": ["LtiResourceLinkRequest"]}, Refusal.MALFORMED),
        ({"deployment_id": None}, Refusal.NO_DEPLOYMENT_ID),
        ({"deployment_id": ""}, Refusal.NO_DEPLOYMENT_ID),
        ({"deployment_id": "d" * 256}, Refusal.MALFORMED),
        ({"deployment_id": 1}, Refusal.MALFORMED),
        ({"sub": None}, Refusal.NO_SUB),
        ({"sub": ""}, Refusal.NO_SUB),
        ({"sub": 7}, Refusal.MALFORMED),
        ({"sub": "s" * 256}, Refusal.MALFORMED),
        ({"sub": "a\0b"}, Refusal.MALFORMED),
        ({"sub": "\ud800"}, Refusal.MALFORMED),
        ({"roles": None}, Refusal.NO_ROLES),
        ({"roles": "Instructor"}, Refusal.MALFORMED),
        ({"roles": [{"Instructor": 1}]}, Refusal.MALFORMED),
        ({"roles": {"0": "Instructor"}}, Refusal.MALFORMED),
        ({"roles": ["Learner"] * 201}, Refusal.MALFORMED),
        ({"resource_link": None}, Refusal.NO_RESOURCE_LINK),
        ({"resource_link": {}}, Refusal.NO_RESOURCE_LINK),
        ({"resource_link": {"id": ""}}, Refusal.NO_RESOURCE_LINK),
        ({"resource_link": "link-1"}, Refusal.MALFORMED),
        ({"resource_link": {"id": "l" * 256}}, Refusal.MALFORMED),
        ({"target_link_uri": None}, Refusal.MISSING_CLAIMS),
        ({"target_link_uri": "https://evil.example/"}, Refusal.BAD_TARGET),
        ({"target_link_uri": "https://testserver/" + "x" * 2000}, Refusal.MALFORMED),
        ({"context": "course-1"}, Refusal.MALFORMED),
        ({"context": {"id": "c" * 256}}, Refusal.MALFORMED),
        ({"custom": "exam=1"}, Refusal.MALFORMED),
        ({"ags": {"scope": "all"}}, Refusal.MALFORMED),
        ({"ags": {"scope": [], "lineitems": 5}}, Refusal.MALFORMED),
        ({"nrps": ["x"]}, Refusal.MALFORMED),
        ({"name": {"zh": "王"}}, Refusal.MALFORMED),
    ],
)
def test_launch_that_lacks_or_bends_a_claim_is_refused_by_its_name(
    overrides: dict[str, Any], expected: Refusal
) -> None:
    assert refusal(lambda: message(**overrides)) is expected


@pytest.mark.parametrize(
    ("overrides", "standing"),
    [
        ({"roles": []}, Standing.NONE),
        ({"roles": ["https://campus.example/roles#Unheard"]}, Standing.NONE),
        ({"roles": ["Instructor"]}, Standing.INSTRUCTOR),
        ({"roles": ["Learner", "Instructor"]}, Standing.INSTRUCTOR),
        ({"name": None, "given_name": None, "family_name": None}, Standing.LEARNER),
        ({"email": None}, Standing.LEARNER),
        ({"name": None, "given_name": None, "family_name": None, "email": None}, Standing.LEARNER),
        ({"context": None}, Standing.LEARNER),
        ({"context": {}}, Standing.LEARNER),
        ({"context": []}, Standing.LEARNER),
        ({"context": {"id": "c", "title": None, "type": [""]}}, Standing.LEARNER),
        ({"custom": []}, Standing.LEARNER),
        ({"ags": None, "nrps": None, "tool_platform": None, "launch_presentation": None}, Standing.LEARNER),
        ({"extra": {"https://unknown.example/claim": {"any": ["thing"]}}}, Standing.LEARNER),
    ],
)
def test_launch_that_says_little_is_accepted(overrides: dict[str, Any], standing: Standing) -> None:
    assert message(**overrides).standing is standing


def test_null_counts_as_not_given() -> None:
    payload = PLATFORM.payload() | dict.fromkeys(
        (claims.CONTEXT, claims.CUSTOM, claims.AGS, claims.NRPS, claims.LIS, "name", "email")
    )
    read = read_message(payload, ours=is_ours)
    assert (read.context, read.ags, read.nrps, read.person.name, dict(read.custom)) == (
        None,
        None,
        None,
        "",
        {},
    )


def test_custom_values_become_strings() -> None:
    read = message(custom={"exam": 7, "flag": True, "none": None, "list": [1, 2], "unit": "计算机"})
    assert read.custom == {"exam": "7", "flag": "true", "none": "", "list": "[1, 2]", "unit": "计算机"}


def test_half_an_address_or_number_is_none() -> None:
    read = message(email="a" * 250 + "@example.edu", lis={"person_sourcedid": "9" * 256}, name="n" * 500)
    assert (read.person.email, read.person.number, len(read.person.name)) == ("", "", 150)


def test_deep_linking_request_is_read_without_a_resource_link() -> None:
    read = read_message(PLATFORM.deep_linking(), ours=is_ours)
    settings = read.deep_linking
    assert settings is not None
    assert settings.return_url == "https://platform.example.edu/deep_links"
    assert (settings.data, settings.accept_multiple, settings.accept_lineitem) == ("opaque-data", True, True)
    assert read.link is None
    assert read.standing is Standing.INSTRUCTOR


def test_other_messages_need_no_target() -> None:
    assert read_message(PLATFORM.deep_linking(target_link_uri=None), ours=is_ours).target_link_uri == ""
    assert read_message(PLATFORM.submission_review(target_link_uri=None), ours=is_ours).target_link_uri == ""


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"data": None}, (None, True, True)),
        ({"data": ""}, ("", True, True)),
        ({"accept_multiple": False}, ("opaque-data", False, True)),
        ({"accept_multiple": "false"}, ("opaque-data", False, True)),
        ({"accept_multiple": None, "accept_lineitem": None}, ("opaque-data", True, None)),
        ({"accept_lineitem": False}, ("opaque-data", True, False)),
    ],
)
def test_deep_linking_settings_left_out_take_their_defaults(
    settings: dict[str, Any], expected: object
) -> None:
    read = read_message(PLATFORM.deep_linking(settings=settings), ours=is_ours).deep_linking
    assert read is not None
    assert (read.data, read.accept_multiple, read.accept_lineitem) == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (PLATFORM.deep_linking(deep_linking=None), Refusal.MISSING_CLAIMS),
        (PLATFORM.deep_linking(settings={"deep_link_return_url": None}), Refusal.MISSING_CLAIMS),
        (PLATFORM.deep_linking(settings={"accept_types": "ltiResourceLink"}), Refusal.MALFORMED),
        (PLATFORM.deep_linking(settings={"accept_multiple": "sometimes"}), Refusal.MALFORMED),
        (PLATFORM.deep_linking(settings={"data": {"a": 1}}), Refusal.MALFORMED),
        (PLATFORM.deep_linking(target_link_uri="https://evil.example"), Refusal.BAD_TARGET),
        (PLATFORM.submission_review(for_user=None), Refusal.MISSING_CLAIMS),
        (PLATFORM.submission_review(for_user={"name": "王"}), Refusal.MISSING_CLAIMS),
        (PLATFORM.submission_review(ags=None, resource_link=None), Refusal.MISSING_CLAIMS),
    ],
)
def test_other_message_without_what_its_type_needs_is_refused(
    payload: dict[str, Any], expected: Refusal
) -> None:
    assert refusal(lambda: read_message(payload, ours=is_ours)) is expected


def test_submission_review_names_the_learner_and_the_line_item() -> None:
    read = read_message(PLATFORM.submission_review(user_id="user-9", resource_link=None), ours=is_ours)
    assert read.for_user is not None
    assert read.for_user.user_id == "user-9"
    assert read.line_item_of_review == "https://platform.example.edu/services/course-1/lineitems/1/lineitem"


def test_notice_is_read_without_sub_roles_and_link() -> None:
    read = read_notice(PLATFORM.context_copy(origins=["old-1"]))
    assert read.message_type == claims.CONTEXT_COPY
    assert read.origin_contexts == ("old-1",)
    assert (read.person.sub, read.standing) == ("", Standing.NONE)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"version": None}, Refusal.NO_VERSION),
        ({"notice": None}, Refusal.NO_MESSAGE_TYPE),
        ({"notice": {"id": "1"}}, Refusal.NO_MESSAGE_TYPE),
        ({"notice": {"type": claims.CONTEXT_COPY}}, Refusal.MISSING_CLAIMS),
        ({"deployment_id": None}, Refusal.NO_DEPLOYMENT_ID),
        ({"origin_contexts": "old-1"}, Refusal.MALFORMED),
    ],
)
def test_notice_that_lacks_a_claim_is_refused(overrides: dict[str, Any], expected: Refusal) -> None:
    assert refusal(lambda: read_notice(PLATFORM.context_copy(origins=["old-1"], **overrides))) is expected


def test_notice_posted_as_a_launch_is_refused() -> None:
    payload = PLATFORM.context_copy(origins=["old-1"])
    assert refusal(lambda: read_message(payload, ours=is_ours)) is Refusal.NO_MESSAGE_TYPE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*SHORT.values(), "sub", "name", "email"]), JSON, min_size=1))
def test_claims_of_any_shape_are_read_or_refused_and_nothing_else(wild: dict[str, Any]) -> None:
    for payload in (PLATFORM.payload(), PLATFORM.deep_linking(), PLATFORM.submission_review()):
        try:
            read = read_message(payload | wild, ours=is_ours)
        except Refused:
            continue
        assert read.person.sub
        assert read.deployment_id
        assert all(isinstance(value, str) for value in read.custom.values())
