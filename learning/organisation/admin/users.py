"""People in Wagtail's admin: Wagtail's user screens with our fields and rights; the person's page is `inspect`."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]  # django-filter has no types
from django import forms
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.users.views.users import UserViewSet as WagtailUserViewSet

from learning.organisation.audit_words import words
from learning.organisation.models import AuditEntry, Membership, PersonStatus, RoleAssignment, Unit, User
from learning.organisation.permissions import Action, may, outranked, people_allowing, scope_q
from learning.organisation.services import accounts
from learning.organisation.services.accounts import clean_number

from .cells import CARDS, Cell
from .choices import UnitFilter, unit_field
from .people_forms import GrantForm, MembershipForm
from .scoped import ScopedViewSetMixin
from .spreadsheets import LocalXlsx


class PeopleFilterSet(WagtailFilterSet):
    unit = UnitFilter(action=Action.MEMBER_VIEW, method="in_unit")
    status = django_filters.ChoiceFilter(
        label=gettext_lazy("人员状态"), choices=PersonStatus.choices, method="with_status"
    )
    activated = django_filters.ChoiceFilter(
        label=gettext_lazy("账号"),
        choices=[
            ("waiting", gettext_lazy("未激活")),
            ("active", gettext_lazy("已激活")),
            ("stopped", gettext_lazy("已停用")),
        ],
        method="with_account",
    )

    class Meta:
        model = User
        fields: list[str] = []

    def in_unit(self, queryset: QuerySet[User], name: str, unit: Unit) -> QuerySet[User]:
        rows = Membership.objects.on(timezone.localdate()).within(unit)
        return queryset.filter(Exists(rows.filter(user=OuterRef("pk"))))

    def with_status(self, queryset: QuerySet[User], name: str, status: str) -> QuerySet[User]:
        rows = Membership.objects.on(timezone.localdate()).filter(person_status=status)
        return queryset.filter(Exists(rows.filter(user=OuterRef("pk"))))

    def with_account(self, queryset: QuerySet[User], name: str, state: str) -> QuerySet[User]:
        if state == "stopped":
            return queryset.filter(is_active=False)
        return queryset.filter(is_active=True, activated_at__isnull=state == "waiting")


def current_unit(user: Any) -> str:
    return ", ".join(row.unit.name for row in user.current_memberships)


def current_status(user: Any) -> str:
    return ", ".join(row.get_person_status_display() for row in user.current_memberships)


def account_state(user: User) -> str:
    if not user.is_active:
        return _("已停用")
    return _("已激活") if user.activated_at else _("未激活")


def last_login(user: User) -> str:
    return f"{timezone.localtime(user.last_login):%Y-%m-%d %H:%M}" if user.last_login else "—"


class PeopleIndexView(LocalXlsx, generic.IndexView):
    page_title = gettext_lazy("人员")
    table_classname = CARDS
    add_item_label = gettext_lazy("添加人员")
    default_ordering = "number"
    search_fields = ["number", "full_name"]
    list_export = ["number", "full_name", "unit", "status", "phone", "email", "activated_at", "last_login"]
    export_headings = {
        "unit": gettext_lazy("党组织"),
        "status": gettext_lazy("人员状态"),
        "last_login": gettext_lazy("最近登录"),
    }

    @cached_property
    def columns(self) -> list[Any]:
        title = self._get_title_column_class(TitleColumn)
        return [
            title("full_name", label=_("姓名"), sort_key="full_name", get_url=self.get_inspect_url),
            Cell("number", label=_("学号/工号"), sort_key="number"),
            Cell("unit", label=_("党组织"), accessor=current_unit),
            Cell("status", label=_("人员状态"), accessor=current_status),
            Cell("is_active", label=_("账号"), accessor=account_state, sort_key="is_active"),
            Cell("last_login", label=_("最近登录"), accessor=last_login, sort_key="last_login"),
        ]

    def get_base_queryset(self) -> QuerySet[User]:
        current = Membership.objects.on(timezone.localdate()).select_related("unit")
        people: QuerySet[User] = super().get_base_queryset()
        return people.prefetch_related(Prefetch("memberships", current, to_attr="current_memberships"))

    def to_row_dict(self, item: User) -> dict[str, Any]:
        derived = {"unit": current_unit, "status": current_status}
        return {
            field: derived[field](item) if field in derived else getattr(item, field)
            for field in self.list_export
        }


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Name and ways to reach the person; the number is fixed once it exists."""

    class Meta:
        model = User
        fields = ["full_name", "phone", "email"]

    def __init__(self, *args: Any, for_user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.for_user = for_user


class NewPersonForm(PersonForm):
    class Meta(PersonForm.Meta):
        fields = ["number", "full_name", "phone", "email"]

    person_status = forms.ChoiceField(label=gettext_lazy("人员状态"), choices=PersonStatus.choices)

    def __init__(self, *args: Any, for_user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, for_user=for_user, **kwargs)
        if for_user is not None:
            self.fields["unit"] = unit_field(for_user, Action.MEMBER_MANAGE)

    def clean_number(self) -> str:
        return clean_number(self.cleaned_data["number"])


class PersonCreateView(generic.CreateView):
    page_title = gettext_lazy("添加人员")
    success_message = gettext_lazy("已添加 %(object)s，可以给他发激活码了。")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "for_user": self.request.user}

    def save_instance(self) -> User:
        return accounts.create_user(**self.form.cleaned_data, by=self.request.user, now=timezone.now())

    def get_success_url(self) -> str:
        return reverse("wagtailusers_users:inspect", args=[self.object.pk])


class PersonEditView(generic.EditView):
    success_message = gettext_lazy("已保存 %(object)s。")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "for_user": self.request.user}

    def save_instance(self) -> User:
        fresh = User.objects.get(pk=self.object.pk)
        return accounts.edit_user(
            user=fresh, **self.form.cleaned_data, by=self.request.user, now=timezone.now()
        )

    def get_success_url(self) -> str:
        return reverse("wagtailusers_users:inspect", args=[self.object.pk])


class PersonView(generic.InspectView):
    """Everything about one person in one place, with what the organiser may do about it."""

    page_title = gettext_lazy("人员")
    template_name = "organisation/admin/person.html"
    fields = ["number", "full_name"]

    def get_page_subtitle(self) -> str:
        return str(self.object.full_name)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        user, person, today = self.request.user, self.object, timezone.localdate()
        managed = people_allowing(user, Action.MEMBER_MANAGE).filter(pk=person.pk).exists()
        entries = AuditEntry.objects.filter(object_type="organisation.user", object_id=str(person.pk))
        roles = (
            RoleAssignment.objects.on(today).filter(user=person).select_related("unit").order_by("unit__path")
        )
        return {
            **context,
            "person": person,
            "today": today,
            "memberships": Membership.objects.filter(user=person)
            .select_related("unit")
            .order_by("-from_date"),
            "roles": roles,
            "entries": [
                {"entry": entry, "words": words(entry.action)}
                for entry in entries.filter(scope_q(user, Action.AUDIT_VIEW))
                .select_related("actor")
                .order_by("-at")[:20]
            ],
            "may_manage": managed and not outranked(user, [person]),
            "managed": managed,
            "may_grant": may(user, Action.ROLE_GRANT),
            "may_report": people_allowing(user, Action.REPORT_VIEW).filter(pk=person.pk).exists(),
            "membership_form": MembershipForm(for_user=user, person=person),
            "grant_form": GrantForm(for_user=user),
        }


class UserViewSet(ScopedViewSetMixin, WagtailUserViewSet):
    """Wagtail registers this one for its user model (MembersWagtailUsersConfig)."""

    actions = {"view": Action.MEMBER_VIEW, "add": Action.MEMBER_MANAGE, "change": Action.MEMBER_MANAGE}
    add_to_settings_menu = False
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_view_fields = ["number"]
    ordering = "number"
    template_prefix = ""
    filterset_class = PeopleFilterSet
    index_view_class = PeopleIndexView
    add_view_class = PersonCreateView
    edit_view_class = PersonEditView
    inspect_view_class = PersonView
    list_export = PeopleIndexView.list_export
    export_headings = PeopleIndexView.export_headings
    export_filename = "people"

    def model_queryset(self, user: User, action: Action) -> QuerySet[User]:
        return people_allowing(user, action)

    def get_form_class(self, for_update: bool = False) -> type[PersonForm]:
        return PersonForm if for_update else NewPersonForm


class PersonChooserViewSet(ScopedViewSetMixin, ChooserViewSet):
    """A modal to pick people of the own subtree: `person_chooser.widget_class`."""

    model = User
    icon = "user"
    actions = UserViewSet.actions
    choose_one_text = gettext_lazy("选择人员")
    choose_another_text = gettext_lazy("换一位")
    edit_item_text = gettext_lazy("查看人员")
    register_widget = False

    def model_queryset(self, user: User, action: Action) -> QuerySet[User]:
        return people_allowing(user, action).order_by("number")


person_chooser = PersonChooserViewSet("person_chooser", url_prefix="choose-person")
