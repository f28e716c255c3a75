"""What the tool remembers of platforms, their people, their courses and their gradebooks."""

from .contexts import Context, LineItem, ResourceLink
from .grades import GradeDelivery
from .keys import ToolKey
from .launches import Launch, Login, WindowTicket
from .notices import Notice
from .people import ContextMember, PlatformUser
from .platforms import Deployment, Invitation, Platform, origin_of

__all__ = [
    "Context",
    "ContextMember",
    "Deployment",
    "GradeDelivery",
    "Invitation",
    "Launch",
    "LineItem",
    "Login",
    "Notice",
    "Platform",
    "PlatformUser",
    "ResourceLink",
    "ToolKey",
    "WindowTicket",
    "origin_of",
]
