"""删除学习记录: a person found by name or number, what would go, the reason, and the person's number typed once more."""

from __future__ import annotations

from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from courses.classes.manage.doors import page
from learning.organisation.admin.screens import behind, found, paged, tell, user_of, warn
from learning.organisation.models import Membership, User
from learning.organisation.permissions import Action, people_allowing
from learning.organisation.searching import PERSON, holding
from learning.study.errors import NotPossible
from learning.study.models import Completion, Coverage, Enrolment, StudySession, StudySlice
from learning.study.services.erasing import erase_study

from .forms import EraseForm

erase_door = behind(Action.STUDY_ERASE)


def people_for(user: User) -> QuerySet[User]:
    """Those whose record the person may erase; for an administrator everybody, who has left as well."""
    return people_allowing(user, Action.STUDY_ERASE)


@erase_door
@require_GET
def erase_list(request: HttpRequest) -> HttpResponse:
    q = request.GET.get("q", "").strip()[:80]
    rows = holding(people_for(user_of(request)), q, *PERSON)
    shown = paged(request, (rows if q else rows.none()).order_by("number"))
    context = {"page_obj": shown, "rows": shown.object_list, "q": q}
    return page(request, "erase_list.html", context, title=_("删除学习记录"), wide=False)


@erase_door
def erase_person(request: HttpRequest, pk: int) -> HttpResponse:
    person = found(people_for(user_of(request)), pk)
    form = EraseForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        try:
            counts = erase_study(
                user=person, by=user_of(request), reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except NotPossible as error:
            warn(request, str(error))
        else:
            tell(request, _done(person, sum(counts.values())))
        return redirect("erase_list")
    today = timezone.localdate()
    context = {
        "form": form,
        "person": person,
        "membership": Membership.objects.on(today).filter(user=person).select_related("unit").first(),
        "figures": _held(person),
        "back": reverse("erase_list"),
    }
    return page(
        request,
        "erase.html",
        context,
        title=_("删除“%(name)s”的学习记录") % {"name": person.full_name},
        trail=[(reverse("erase_list"), _("删除学习记录"))],
        status=422 if form.is_bound and form.errors else 200,
        wide=False,
    )


def _held(person: User) -> list[tuple[str, object]]:
    """What would go, in the words of the audit log."""
    completions = Completion.objects.filter(user=person)
    return [
        (_("学习时段"), StudySlice.objects.filter(user=person).count()),
        (_("学习会话"), StudySession.objects.filter(user=person).count()),
        (_("学习进度"), Coverage.objects.filter(user=person).count()),
        (_("完成记录"), completions.count()),
        (_("学时"), f"{completions.aggregate(n=Sum('credit_hours'))['n'] or 0:.2f}"),
        (_("自选课程"), Enrolment.objects.filter(user=person, source=Enrolment.Source.SELF).count()),
    ]


def _done(person: User, count: int) -> str:
    words = ngettext(
        "已删除 %(name)s（%(number)s）的 %(count)d 条学习记录。",
        "已删除 %(name)s（%(number)s）的 %(count)d 条学习记录。",
        count,
    )
    return words % {"name": person.full_name, "number": person.number, "count": count}
