"""Platform Notification Service 1.0: the notice that a course was copied, and asking to be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lti.core import claims
from lti.core.refusals import Refusal, Refused

_BATCH: Final = 100  # notices in one delivery


@dataclass(frozen=True, slots=True)
class CopyNotice:
    """Context `context_id` was filled from `origin_contexts`, the nearest first."""

    notice_id: str
    context_id: str
    origin_contexts: tuple[str, ...]


def read_deliveries(body: object) -> tuple[str, ...]:
    """The tokens in what a platform posts to our handler: {"notices": [{"jwt": …}, …]}. Raises Refused.

    Each is to be verified by itself (`verify(…, nonce=None)`) and read with `read_notice`.
    """
    notices = body.get("notices") if isinstance(body, Mapping) else None
    if not isinstance(notices, list) or not 0 < len(notices) <= _BATCH:
        raise Refused(Refusal.MALFORMED, f"the delivery is no list of 1 to {_BATCH} notices")
    tokens = tuple(
        notice["jwt"]
        for notice in notices
        if isinstance(notice, Mapping) and isinstance(notice.get("jwt"), str) and notice["jwt"]
    )
    if len(tokens) < len(notices):
        raise Refused(Refusal.NO_TOKEN, "a notice has no jwt")
    return tokens


def read_copy_notice(message: claims.Message) -> CopyNotice:
    """The copy that `message`, from `read_notice`, tells of. Raises Refused.

    A context is never its own origin; a copy without a known origin is told of with an empty tuple (Canvas).
    """
    if message.notice is None or message.message_type != claims.CONTEXT_COPY:
        raise Refused(Refusal.UNKNOWN_MESSAGE_TYPE, "this is no notice of a copied context")
    if message.context is None:
        raise Refused(Refusal.MISSING_CLAIMS, "the notice names no new context")
    origins = dict.fromkeys(message.origin_contexts)
    return CopyNotice(
        notice_id=message.notice.id,
        context_id=message.context.id,
        origin_contexts=tuple(origin for origin in origins if origin and origin != message.context.id),
    )


def handler_body(*, handler_url: str, notice_type: str = claims.CONTEXT_COPY) -> dict[str, Any]:
    """What is PUT to the service URL of the deployment to be told of a notice; "" as the URL ends it."""
    return {"notice_type": notice_type, "handler": handler_url}


def read_handlers(answer: object) -> Mapping[str, str]:
    """Notice type → handler URL, as the service answers a GET; types without a handler are left out."""
    listed = answer.get("notice_handlers") if isinstance(answer, Mapping) else None
    return {
        notice["notice_type"]: notice["handler"]
        for notice in (listed if isinstance(listed, list) else ())
        if isinstance(notice, Mapping)
        and isinstance(notice.get("notice_type"), str)
        and isinstance(notice.get("handler"), str)
        and notice["handler"]
    }
