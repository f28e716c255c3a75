"""The notice that a course was copied."""

from typing import Any

import pytest

from lti.core import claims, notices
from lti.core.notices import CopyNotice
from lti.core.reading import read_notice
from lti.core.refusals import Refusal, Refused
from tests.lti.platforms.signing import SigningPlatform

PLATFORM = SigningPlatform()


def copied(**overrides: Any) -> CopyNotice:
    return notices.read_copy_notice(
        read_notice(PLATFORM.context_copy(**({"origins": ["old-1"]} | overrides)))
    )


def test_copy_tells_the_new_context_and_where_it_comes_from() -> None:
    assert copied(notice_id="n-1", origins=["old-1", "older-1"]) == CopyNotice(
        "n-1", "course-1", ("old-1", "older-1")
    )


def test_context_is_not_its_own_origin_and_none_is_told_twice() -> None:
    assert copied(origins=["course-1", "old-1", "", "old-1"]).origin_contexts == ("old-1",)


def test_copy_without_an_origin_is_told_of_with_none() -> None:
    assert copied(origin_contexts=None).origin_contexts == ()


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"notice": {"id": "1", "type": "LtiHelloWorldNotice"}}, Refusal.UNKNOWN_MESSAGE_TYPE),
        ({"context": None}, Refusal.MISSING_CLAIMS),
    ],
)
def test_notice_of_something_else_is_refused(overrides: dict[str, Any], expected: Refusal) -> None:
    with pytest.raises(Refused) as refused:
        copied(**overrides)
    assert refused.value.code is expected


def test_delivery_is_a_list_of_tokens() -> None:
    assert notices.read_deliveries({"notices": [{"jwt": "a"}, {"jwt": "b", "x": 1}]}) == ("a", "b")


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"notices": {}}, {"notices": []}, {"notices": [{"jwt": "a"}] * 101}, {"notices": ["a"]},
     {"notices": [{"jwt": "a"}, {"jwt": 5}]}, {"notices": [{"jwt": ""}]}],
)  # fmt: skip
def test_delivery_of_another_shape_is_refused(body: object) -> None:
    with pytest.raises(Refused):
        notices.read_deliveries(body)


def test_handler_is_named_and_taken_back() -> None:
    url = "https://tool.example/lti/notices"
    assert notices.handler_body(handler_url=url) == {"notice_type": claims.CONTEXT_COPY, "handler": url}
    assert notices.handler_body(handler_url="")["handler"] == ""


def test_handlers_are_read_as_the_platform_lists_them() -> None:
    answer = {
        "client_id": 1,
        "notice_handlers": [
            {"notice_type": claims.CONTEXT_COPY, "handler": "https://tool.example/n", "max_batch_size": 5},
            {"notice_type": "LtiHelloWorldNotice", "handler": ""},
            "nonsense",
        ],
    }
    assert notices.read_handlers(answer) == {claims.CONTEXT_COPY: "https://tool.example/n"}
    assert notices.read_handlers(None) == notices.read_handlers({"notice_handlers": "x"}) == {}
