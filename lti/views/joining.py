"""「我的」 → 校园平台账号: whom the platform's person is here, and joining one's own account by logging in to it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from learning.organisation.admin.screens import tell, user_of
from learning.organisation.errors import OrganisationError, SlowDown
from learning.organisation.forms import LoginForm
from learning.organisation.own_links import OwnLink
from learning.organisation.services.accounts import authenticate_number
from lti.browser import IN_FRAME, LAUNCH, PLATFORM, open_session
from lti.models import PlatformUser
from lti.services import joining


@never_cache
@login_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def campus_account(request: HttpRequest) -> HttpResponse:
    """The log-in proves whose account it is; the box says that they mean it. Whoever came otherwise has no such page."""
    user, session = user_of(request), request.session
    person = joining.person_of(user, session.get(PLATFORM, 0)) if user.launched else None
    if person is None:
        raise Http404
    form = LoginForm(request.POST or None)
    if form.is_valid():
        try:
            member = authenticate_number(request, form.cleaned_data["number"], form.cleaned_data["password"])
            if member is None:
                form.add_error(None, _("学号/工号或密码不对。"))
            elif "confirm" not in request.POST:
                form.add_error(None, _("请勾选确认。"))
            else:
                joining.join_own(person=person, member=member, now=timezone.now())
                open_session(
                    request,
                    member,
                    platform_id=session[PLATFORM],
                    launch_id=session[LAUNCH],
                    in_frame=session.get(IN_FRAME, False),
                )
                tell(request, _("账号已合并。今后从校园平台进入，就是您本人的账号。"))
                return redirect("me")
        except SlowDown:
            form.add_error(None, _("密码输错次数过多，请稍后再试。"))
        except OrganisationError as error:
            form.add_error(None, str(error))
    context = {
        "form": form,
        "person": person,
        "joined": person.linked_by != PlatformUser.LinkedBy.LAUNCH,
        "may_join": joining.may_join(person),
    }
    return render(request, "lti/campus_account.html", context, status=422 if form.errors else 200)


def link_to_joining(request: HttpRequest) -> OwnLink | None:
    """The line of 「我的」; only for whoever came by a launch."""
    if not getattr(request.user, "launched", False):
        return None
    return OwnLink(
        reverse("campus_account"), _("校园平台账号"), _("在本站另有账号的，在这里合并"), icon="people"
    )
