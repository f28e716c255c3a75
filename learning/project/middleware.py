"""What every answer of the site carries: the content policy (strict on member pages; Wagtail's admin needs inline
scripts), and errors under /api/ as problem+json, whoever raised them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from learning.lane.problems import Problem

MEMBER_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)
ADMIN_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


class ContentSecurityPolicyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        inside_admin = request.path.startswith(reverse("wagtailadmin_home"))
        policy = ADMIN_POLICY if inside_admin else MEMBER_POLICY
        # The origins whose pages may show this answer in a frame besides our own; X-Frame-Options could not name them.
        origins: tuple[str, ...] = getattr(response, "frame_ancestors", ())
        if origins and not inside_admin:
            policy = f"{policy} {' '.join(origins)}"
            response.xframe_options_exempt = True  # type: ignore[attr-defined]
        # The one other origin that the form of this page is sent to: a view says so, never a request.
        for origin in getattr(response, "form_action", ()):
            policy = policy.replace("form-action 'self'", f"form-action 'self' {origin}")
        response.headers.setdefault("Content-Security-Policy", policy)
        return response


# What Django itself answers before or around the API: its own pages mean nothing to a program.
CODES = {
    400: "malformed",
    401: "not_signed_in",
    403: "not_signed_in",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}


class ApiProblemsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < 400 or not request.path.startswith(reverse("api:api-root")):
            return response
        if response.headers.get("Content-Type", "").startswith("application/problem+json"):
            return response
        problem = Problem(CODES.get(response.status_code, "failed"))
        said = HttpResponse(problem.json(), status=problem.status, content_type="application/problem+json")
        for name in ("Allow", "Retry-After"):
            if name in response.headers:
                said[name] = response[name]
        return said
