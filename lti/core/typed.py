"""Reads one claim of a given type, or refuses the message: what reading a whole message is made of.

Absent and null read as empty; an empty list counts as an empty object, since that is what PHP writes for one.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from lti.core.refusals import Refusal, Refused

ID_LENGTH: Final = 255  # characters; LTI Core 1.3 §5.3.3, §5.3.5, §5.3.6
_TEXT_LENGTH: Final = 1000
_URL_LENGTH: Final = 2000
_ITEMS: Final = 200
_DEPTH: Final = 20


def storable(text: str) -> bool:
    """Whether a database takes the text: no NUL, no half of a surrogate pair."""
    return not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)


def check_storable(value: object, *, depth: int = _DEPTH) -> None:
    """Refuses as malformed what no database or JSON column takes: NUL, half a surrogate pair, NaN and
    infinity, nesting deeper than `depth`. Otherwise a signed message could end in a server error."""
    if depth < 0:
        raise Refused(Refusal.MALFORMED, "the claims are nested too deeply")
    match value:
        case str():
            if not storable(value):
                raise Refused(Refusal.MALFORMED, "a claim holds a character that no text has")
        case float() if not math.isfinite(value):
            raise Refused(Refusal.MALFORMED, "a claim holds a number that JSON does not know")
        case Mapping():
            for key, inner in value.items():
                check_storable(key, depth=0)
                check_storable(inner, depth=depth - 1)
        case list():
            for inner in value:
                check_storable(inner, depth=depth - 1)


def bad_type(name: str, due: str) -> Refused:
    """The refusal of a claim that is not the `due` type."""
    return Refused(Refusal.MALFORMED, f"the claim {name} is no {due}")


def mapping(within: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object in a claim, empty when absent."""
    value = within.get(name)
    if value is None or value == []:
        return {}
    if not isinstance(value, Mapping):
        raise bad_type(name, "object")
    return value


def text(within: Mapping[str, Any], name: str, *, longest: int = _TEXT_LENGTH) -> str:
    """The text of a claim, "" when absent, cut to `longest` characters."""
    value = within.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise bad_type(name, "string")
    return value[:longest]


def identifier(within: Mapping[str, Any], name: str) -> str:
    """An identifier, "" when absent: never cut, since two long ones might become one."""
    value = text(within, name, longest=ID_LENGTH + 1)
    if len(value) > ID_LENGTH:
        raise Refused(Refusal.MALFORMED, f"the claim {name} is longer than {ID_LENGTH} characters")
    return value


def url(within: Mapping[str, Any], name: str) -> str:
    """A URL as it came, "" when absent; whether it may be used is for others to say."""
    value = text(within, name, longest=_URL_LENGTH + 1)
    if len(value) > _URL_LENGTH:
        raise Refused(Refusal.MALFORMED, f"the claim {name} is longer than {_URL_LENGTH} characters")
    return value


def texts(within: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The strings in a list, none when absent."""
    value = within.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise bad_type(name, "list of strings")
    if len(value) > _ITEMS:
        raise Refused(Refusal.MALFORMED, f"the claim {name} has more than {_ITEMS} items")
    return tuple(item[:_TEXT_LENGTH] for item in value)


def flag(within: Mapping[str, Any], name: str) -> bool | None:
    """A boolean, also written as a string ("true"), as some platforms do; None when absent."""
    value = within.get(name)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise bad_type(name, "boolean")
