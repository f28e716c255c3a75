"""The pages of getting in (log-in, activation, room code, password) and of one's own record."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as sign_in
from django.contrib.auth import logout as sign_out
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from .errors import OrganisationError, SlowDown
from .exports import record_of
from .forms import ActivationForm, ChangePasswordForm, LoginForm, RoomForm, SettingsForm
from .lockout import WINDOW, remember_device
from .models import Membership, RoleAssignment, User
from .own_links import own_links
from .permissions import Action, may
from .services import accounts

BACKEND = "learning.organisation.backends.NumberBackend"
LARGE_PRINT_COOKIE = "dangxiao_large_print"  # read by the site's frame: "", "1" or "2"
YEAR_S = 365 * 24 * 3600


@never_cache
@sensitive_post_parameters("password")
def login(request: HttpRequest) -> HttpResponse:
    form = LoginForm(request.POST or None)
    if request.user.is_authenticated and request.method == "GET":
        wanted = next_page(request)
        # Wagtail sends whoever may not enter here; sending them back would go round for ever.
        if wanted.startswith(reverse("wagtailadmin_home")) and not may(me_of(request), Action.ADMIN_ENTER):
            raise PermissionDenied
        return redirect(wanted)
    if form.is_valid():
        try:
            user = accounts.authenticate_number(
                request, form.cleaned_data["number"], form.cleaned_data["password"]
            )
        except SlowDown:
            return wait_page(request)
        if user is not None:
            return let_in(request, user)
        form.add_error(None, _("学号/工号或密码不对。第一次使用请先激活账号。"))
    response = render(
        request,
        "organisation/login.html",
        {"form": form, "next": next_page(request, default="")},
        status=status(form),
    )
    remember_device(request, response)
    return response


@never_cache
@sensitive_post_parameters("new_password", "again", "code")
def activate(request: HttpRequest) -> HttpResponse:
    form = ActivationForm(request.POST or None)
    if request.method == "POST" and "number" in request.POST:
        form.user = User.objects.filter(number=accounts.clean_number(request.POST["number"])).first()
    if form.is_valid():
        data = form.cleaned_data
        try:
            user = accounts.activate_with_code(
                number=data["number"],
                code=data["code"],
                new_password=data["new_password"],
                now=timezone.now(),
            )
        except OrganisationError as error:
            form.add_error("code", str(error))
        else:
            messages.success(request, _("密码已设好，您已登录。"))
            return let_in(request, user)
    response = render(request, "organisation/activate.html", {"form": form}, status=status(form))
    remember_device(request, response)
    return response


@never_cache
@sensitive_post_parameters("code")
def room_login(request: HttpRequest) -> HttpResponse:
    form = RoomForm(request.POST or None)
    if form.is_valid():
        try:
            user = accounts.room_login(
                number=form.cleaned_data["number"], code=form.cleaned_data["code"], now=timezone.now()
            )
        except OrganisationError as error:
            form.add_error("code", str(error))
        else:
            return let_in(request, user)
    return render(request, "organisation/room.html", {"form": form}, status=status(form))


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    sign_out(request)
    return redirect("login")


@never_cache
@login_required
@sensitive_post_parameters("old_password", "new_password", "again")
def password_change(request: HttpRequest) -> HttpResponse:
    user = me_of(request)
    form = ChangePasswordForm(request.POST or None, user=user)
    if form.is_valid():
        accounts.change_password(
            user=user, new_password=form.cleaned_data["new_password"], now=timezone.now()
        )
        update_session_auth_hash(request, user)
        messages.success(request, _("密码已修改。其他设备上的登录已退出。"))
        return redirect("me")
    return render(
        request,
        "organisation/password.html",
        {"form": form, "first": user.must_change_password},
        status=status(form),
    )


@require_GET
@never_cache
@login_required
def me(request: HttpRequest) -> HttpResponse:
    user = me_of(request)
    today = timezone.localdate()
    roles = (
        RoleAssignment.objects.on(today)
        .filter(user=user)
        .select_related("unit")
        .order_by("role", "unit__path")
    )
    return render(
        request,
        "organisation/me.html",
        {
            "memberships": Membership.objects.filter(user=user).select_related("unit").order_by("-from_date"),
            "today": today,
            "roles": roles,
            "settings_form": SettingsForm(
                initial={"large_print": user.large_print, "language": user.language or settings.LANGUAGE_CODE}
            ),
            "may_organise": may(user, Action.ADMIN_ENTER),
            "own_links": own_links(request),
        },
    )


@require_GET
@never_cache
@login_required
def me_export(request: HttpRequest) -> HttpResponse:
    user = me_of(request)
    response = JsonResponse(record_of(user), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = 'attachment; filename="my-record.json"'
    return response


@require_POST
@login_required
def me_settings(request: HttpRequest) -> HttpResponse:
    form = SettingsForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("设置没有保存，请重试。"))
        return redirect("me")
    user = me_of(request)
    accounts.keep_settings(user=user, **form.cleaned_data)
    messages.success(request, _("设置已保存。"))
    return with_settings(redirect("me"), user, request)


def let_in(request: HttpRequest, user: User) -> HttpResponse:
    """Signs in and goes where the person wanted to go; the person's print size and language come along."""
    sign_in(request, user, backend=BACKEND)
    response = with_settings(redirect(next_page(request)), user, request)
    remember_device(request, response)
    return response


def with_settings(response: HttpResponse, user: User, request: HttpRequest) -> HttpResponse:
    for name, value in (
        (LARGE_PRINT_COOKIE, "1" if user.large_print else ""),
        (settings.LANGUAGE_COOKIE_NAME, user.language),
    ):
        if value:
            response.set_cookie(name, value, max_age=YEAR_S, samesite="Lax", secure=request.is_secure())
        elif (
            name == LARGE_PRINT_COOKIE and name in request.COOKIES and request.path == reverse("me_settings")
        ):
            response.delete_cookie(name, samesite="Lax")
    return response


def wait_page(request: HttpRequest) -> HttpResponse:
    response = render(request, "organisation/locked.html", status=429)
    response["Retry-After"] = str(int(WINDOW.total_seconds()))
    return response


def next_page(request: HttpRequest, default: str | None = None) -> str:
    """The page of this site asked for by `next`, else `default` (None = the home page)."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("home") if default is None else default


def status(form: LoginForm | ActivationForm | RoomForm | ChangePasswordForm) -> int:
    return 422 if form.is_bound and form.errors else 200


def me_of(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise TypeError("Only behind login_required.")
    return user
