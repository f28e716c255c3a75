"""Every reason for which a launch is refused, under the stable code that page, log and inspector show."""

from enum import StrEnum


class Refusal(StrEnum):
    """The codes. They are an interface: help texts and administrators quote them, so none is ever renamed."""

    # The token as such: it cannot be read, or its signature does not hold.
    MALFORMED = "malformed"
    NO_TOKEN = "no_token"  # noqa: S105 a code, no secret
    NO_KID = "no_kid"
    UNKNOWN_KID = "unknown_kid"
    BAD_ALG = "bad_alg"
    BAD_SIGNATURE = "bad_signature"
    WEAK_KEY = "weak_key"
    KEYS_UNREACHABLE = "keys_unreachable"

    # Who it is from and for.
    UNKNOWN_ISSUER = "unknown_issuer"
    UNKNOWN_PLATFORM = "unknown_platform"
    AMBIGUOUS_CLIENT = "ambiguous_client"
    INACTIVE_PLATFORM = "inactive_platform"
    BAD_ISSUER = "bad_issuer"
    BAD_AUDIENCE = "bad_audience"
    BAD_AZP = "bad_azp"
    NO_DEPLOYMENT_ID = "no_deployment_id"
    UNKNOWN_DEPLOYMENT = "unknown_deployment"
    INACTIVE_DEPLOYMENT = "inactive_deployment"

    # When.
    BAD_IAT = "bad_iat"
    OLD_IAT = "old_iat"
    NOT_YET = "not_yet"
    BAD_EXP = "bad_exp"
    EXPIRED = "expired"

    # Which login it answers, and in which browser.
    NO_LOGIN_HINT = "no_login_hint"
    BAD_NONCE = "bad_nonce"
    NONCE_USED = "nonce_used"
    STATE_UNKNOWN = "state_unknown"
    STATE_USED = "state_used"
    STATE_EXPIRED = "state_expired"
    STATE_FOREIGN = "state_foreign"
    NO_COOKIE = "no_cookie"
    STORAGE_MISMATCH = "storage_mismatch"
    TICKET_UNKNOWN = "ticket_unknown"
    TICKET_USED = "ticket_used"
    TICKET_EXPIRED = "ticket_expired"
    PLATFORM_ERROR = "platform_error"

    # What it says.
    NO_VERSION = "no_version"
    WRONG_VERSION = "wrong_version"
    NO_MESSAGE_TYPE = "no_message_type"
    UNKNOWN_MESSAGE_TYPE = "unknown_message_type"
    MISSING_CLAIMS = "missing_claims"
    NO_SUB = "no_sub"
    NO_ROLES = "no_roles"
    NO_RESOURCE_LINK = "no_resource_link"
    BAD_TARGET = "bad_target"
    BAD_REDIRECT = "bad_redirect"
    BAD_RETURN_URL = "bad_return_url"

    # What we do not let it do.
    NOT_ALLOWED = "not_allowed"
    ACCOUNT_INACTIVE = "account_inactive"
    NOTHING_LINKED = "nothing_linked"


class Refused(Exception):
    """A launch is refused. `detail` is English, for the log and the inspector; it never holds the token."""

    def __init__(self, code: Refusal, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail
