"""The response that takes a teacher's choice back to the platform."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from lti.core import claims
from lti.core.claims import DeepLinkingClaim
from lti.core.deeplinking import ContentItem, Icon, ItemLine, Review, response_claims

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
EXAM = ContentItem(
    title="期末考试",
    url="https://tool.example/lti/launch",
    text="60 分钟",
    custom={"exam": "7"},
    icon=Icon("https://tool.example/icon.png", 64, 64),
    line=ItemLine(
        maximum=Decimal("100.0"), label="期末考试", resource_id="exam-7", tag="exam", grades_released=False,
        review=Review(label="查看答卷", custom={"review": "1"}),
    ),
    target="window",
)  # fmt: skip


def settings(**overrides: Any) -> DeepLinkingClaim:
    given: dict[str, Any] = {
        "return_url": "https://platform.example/return",
        "accept_types": frozenset({"ltiResourceLink"}),
        "accept_targets": frozenset({"iframe", "window"}),
        "data": "opaque",
    }
    return DeepLinkingClaim(**(given | overrides))


def respond(*items: ContentItem, asked: DeepLinkingClaim | None = None, **more: Any) -> dict[str, Any]:
    return response_claims(
        items,
        settings=asked or settings(),
        deployment_id="deployment-1",
        client_id="client-1",
        issuer="https://platform.example",
        now=NOW,
        nonce="n",
        **more,
    )


def test_response_is_from_our_client_to_the_issuer_and_lives_five_minutes() -> None:
    response = respond(EXAM)
    assert (response["iss"], response["aud"]) == ("client-1", "https://platform.example")
    assert response["exp"] - response["iat"] == 300
    assert response[claims.MESSAGE_TYPE] == "LtiDeepLinkingResponse"
    assert response[claims.VERSION] == "1.3.0"
    assert response[claims.DEPLOYMENT_ID] == "deployment-1"


def test_item_carries_link_line_item_and_review() -> None:
    assert respond(EXAM)[claims.CONTENT_ITEMS] == [
        {
            "type": "ltiResourceLink",
            "title": "期末考试",
            "url": "https://tool.example/lti/launch",
            "text": "60 分钟",
            "custom": {"exam": "7"},
            "icon": {"url": "https://tool.example/icon.png", "width": 64, "height": 64},
            "window": {"targetName": "_blank"},
            "lineItem": {
                "scoreMaximum": 100,
                "label": "期末考试",
                "resourceId": "exam-7",
                "tag": "exam",
                "gradesReleased": False,
                "submissionReview": {
                    "reviewableStatus": ["InProgress", "Submitted", "Completed"],
                    "label": "查看答卷",
                    "custom": {"review": "1"},
                },
            },
        }
    ]


def test_least_item_is_a_type_a_title_and_an_address() -> None:
    [item] = respond(ContentItem("a", "https://t.example"))[claims.CONTENT_ITEMS]
    assert item == {"type": "ltiResourceLink", "title": "a", "url": "https://t.example"}


def test_frame_has_its_size() -> None:
    item = ContentItem("a", "https://t.example", target="iframe", width=800, height=600)
    assert respond(item)[claims.CONTENT_ITEMS][0]["iframe"] == {"width": 800, "height": 600}


@pytest.mark.parametrize("data", ["opaque", ""])
def test_data_is_echoed_as_it_came(data: str) -> None:
    assert respond(asked=settings(data=data))[claims.DEEP_LINKING_DATA] == data


def test_data_that_did_not_come_is_not_sent() -> None:
    assert claims.DEEP_LINKING_DATA not in respond(asked=settings(data=None))


def test_several_items_go_only_where_several_are_taken() -> None:
    assert len(respond(EXAM, EXAM)[claims.CONTENT_ITEMS]) == 2
    with pytest.raises(ValueError, match="one item"):
        respond(EXAM, EXAM, asked=settings(accept_multiple=False))
    assert len(respond(EXAM, asked=settings(accept_multiple=False))[claims.CONTENT_ITEMS]) == 1


def test_nothing_chosen_is_an_answer() -> None:
    assert respond()[claims.CONTENT_ITEMS] == []


def test_links_go_only_where_links_are_taken() -> None:
    with pytest.raises(ValueError, match="no links"):
        respond(EXAM, asked=settings(accept_types=frozenset({"file"})))


@pytest.mark.parametrize(("accept", "sent"), [(True, True), (None, True), (False, False)])
def test_line_item_is_left_out_only_where_it_is_refused(accept: bool | None, sent: bool) -> None:
    [item] = respond(EXAM, asked=settings(accept_lineitem=accept))[claims.CONTENT_ITEMS]
    assert ("lineItem" in item) is sent


@pytest.mark.parametrize(("targets", "sent"), [({"window"}, True), ({"iframe"}, False), (set(), True)])
def test_way_of_showing_is_left_out_where_it_is_not_taken(targets: set[str], sent: bool) -> None:
    [item] = respond(EXAM, asked=settings(accept_targets=frozenset(targets)))[claims.CONTENT_ITEMS]
    assert ("window" in item) is sent


def test_texts_for_teacher_and_log_are_sent_when_there_are_any() -> None:
    response = respond(message="已添加", log="1 item")
    assert (response[claims.DEEP_LINKING_MESSAGE], response[claims.DEEP_LINKING_LOG]) == ("已添加", "1 item")
    assert claims.DEEP_LINKING_MESSAGE not in respond()
