"""The JSON interface for outside programs: sign-in, the rooms' routers, and every error as problem+json."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from ninja.security import HttpBearer, SessionAuth

from learning.lane.problems import Problem
from learning.lane.token import BadToken, Claims, signer_from
from learning.organisation.models import User
from learning.organisation.rows import Columns, read
from learning.organisation.services.accounts import SlowDown, authenticate_number
from learning.study.api import make_router as make_study_router
from learning.study.errors import StudyError
from question_bank.exams.api import make_router
from question_bank.exams.errors import ExamError
from reports.api import router as reports_router
from search.api import router as search_router

TOKEN_LIFE = timedelta(hours=12)
signer = signer_from(settings)


USER = Columns(User)
ACTIVE_USER = f"SELECT {USER.of('u')} FROM organisation_user u WHERE u.id = %s AND u.is_active"  # noqa: S608 — columns of ours


def session_mark(user: User) -> str:
    """Changes with the password, so that a token does not outlive it."""
    return user.get_session_auth_hash()[:16]


class BearerToken(HttpBearer):
    """`Authorization: Bearer …` from /api/login; sets request.user."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        try:
            claims = signer.verify(token, kind="login", now=timezone.now())
        except BadToken as error:
            raise Problem("bad_token") from error
        (found,) = read((ACTIVE_USER, (int(claims.user),)))
        user = USER.read(found[0]) if found else None
        if user is None or session_mark(user) != claims.extra:
            raise Problem("bad_token")
        request.user = user
        return user


class SignedIn(SessionAuth):
    """The browser's session, with CSRF."""

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        user = request.user
        if not isinstance(user, User) or (user.must_change_password and not user.launched):
            return None
        return user


api = NinjaAPI(
    title="Dangxiao",
    version="1",
    docs_url="/docs",
    auth=[BearerToken(), SignedIn()],
    urls_namespace="api",
)


class Login(Schema):
    number: str
    password: str


class Token(Schema):
    token: str


@api.post("/login", auth=None, response=Token, summary="Sign in by number and password")
def login(request: HttpRequest, body: Login) -> Token:
    try:
        user = authenticate_number(request, body.number, body.password)
    except SlowDown as error:
        raise Problem("slow_down") from error
    if user is None or user.must_change_password:
        raise Problem("bad_login", "Change the password on the site first." if user else "")
    expires_at = timezone.now() + TOKEN_LIFE
    return Token(token=signer.sign(Claims("login", "user", str(user.pk), expires_at, session_mark(user))))


api.add_router("", make_router([BearerToken(), SignedIn()]))
api.add_router("", make_study_router([BearerToken(), SignedIn()]))
api.add_router("", reports_router)
api.add_router("", search_router)


def problem_response(problem: Problem) -> HttpResponse:
    response = HttpResponse(problem.json(), status=problem.status, content_type="application/problem+json")
    if problem.retry_after_s is not None:
        response["Retry-After"] = str(problem.retry_after_s)
    return response


@api.exception_handler(Problem)
def on_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem_response(problem)


@api.exception_handler(ExamError)
def on_exam_error(request: HttpRequest, error: ExamError) -> HttpResponse:
    return problem_response(Problem(error.code, str(error), members=error.members))


@api.exception_handler(StudyError)
def on_study_error(request: HttpRequest, error: StudyError) -> HttpResponse:
    return problem_response(Problem(error.code, str(error)))


@api.exception_handler(Http404)
def on_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem_response(Problem("not_found"))


@api.exception_handler(ValidationError)
def on_validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    places = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors[:5])
    unreadable = any(e["type"] == "json_invalid" for e in error.errors)
    return problem_response(Problem("malformed" if unreadable else "invalid", places))


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    codes = {
        400: "malformed",
        401: "not_signed_in",
        403: "not_signed_in",
        404: "not_found",
        405: "method_not_allowed",
    }
    return problem_response(Problem(codes.get(error.status_code, "failed"), str(error)))
