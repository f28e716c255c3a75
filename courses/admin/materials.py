"""Material for organisers: the list, uploading, one piece with its preview, subtitles and uses."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.files.uploadhandler import load_handler
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from wagtail.admin import messages

from courses.models import Material
from courses.tasks import process_material
from courses.uploading import (
    LimitedUploads,
    SubtitlesRefused,
    UploadRefused,
    announced_too_large,
    change_material,
    delete_material,
    in_use,
    take_material,
    too_large,
)
from learning.organisation.admin.choices import unit_field
from learning.organisation.admin.screens import found
from learning.organisation.models import User
from learning.organisation.permissions import Action, may, units_allowing
from learning.organisation.searching import holding

from .rooms import CourseRoom, CourseRoomList
from .words import length_words

PER_PAGE = 30
TOO_LARGE = 413


class MaterialPage(CourseRoom):
    home = (reverse_lazy("material_list"), gettext_lazy("课件"))
    header_icon = "media"

    def rows(self, action: Action) -> QuerySet[Material]:
        return Material.objects.allowing(self.user, action).select_related("owner_unit", "created_by")


class MaterialList(CourseRoomList, MaterialPage):
    template_name = "courses/admin/material_list.html"
    page_title = gettext_lazy("课件")
    add_label = gettext_lazy("上传课件")
    add_icon = "upload"

    def add_url(self) -> str:
        return reverse("material_upload")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = {name: self.request.GET.get(name, "").strip() for name in ("q", "kind", "state")}
        rows = self.rows(Action.COURSE_VIEW).annotate(use_count=Count("uses"))
        rows = holding(rows, asked["q"], "title")
        for name in ("kind", "state"):
            if asked[name]:
                rows = rows.filter(**{name: asked[name]})
        page = Paginator(rows.order_by("-pk"), PER_PAGE).get_page(self.request.GET.get("p"))
        for row in page.object_list:
            row.length = length_words(row)  # type: ignore[attr-defined]  # for the template
        kinds, states = Material.Kind.choices, Material.State.choices
        return dict(
            super().get_context_data(**kwargs), materials=page, asked=asked, kinds=kinds, states=states
        )


class UploadForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("文件"), allow_empty_file=True)
    title = forms.CharField(
        label=gettext_lazy("名称"), max_length=120, required=False, help_text=gettext_lazy("留空则用文件名。")
    )
    subtitles = forms.FileField(
        label=gettext_lazy("字幕"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("只用于视频：WebVTT 文件（.vtt），可以以后再加。"),
    )

    def __init__(self, user: User, *args: Any) -> None:
        super().__init__(*args)
        owner = unit_field(user, Action.COURSE_EDIT, label=gettext_lazy("所属党组织"))
        owner.initial = units_allowing(user, Action.COURSE_EDIT).open_on(timezone.localdate()).first()
        self.fields["owner_unit"] = owner
        self.fields["file"].widget.attrs["accept"] = "video/mp4,video/webm,audio/*,application/pdf"
        self.fields["subtitles"].widget.attrs["accept"] = ".vtt,text/vtt"


# The handlers have to be set before anything reads the form, and the check against forgery would read it.
@method_decorator(csrf_exempt, name="dispatch")
class MaterialUpload(MaterialPage):
    action = Action.COURSE_EDIT
    template_name = "courses/admin/material_upload.html"
    page_title = gettext_lazy("上传课件")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may(cast(User, request.user), self.action):
            raise Http404
        if request.method == "POST":
            if announced_too_large(request):
                return self.refused(request)
            self.limit = LimitedUploads(request)
            others = [load_handler(name, request) for name in settings.FILE_UPLOAD_HANDLERS]
            request.upload_handlers = [self.limit, *others]
            _read_all = request.POST  # the handlers work now
            if self.limit.stopped:
                return self.refused(request)
        return csrf_protect(super().dispatch)(request, *args, **kwargs)

    def refused(self, request: HttpRequest) -> HttpResponseBase:
        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"problem": too_large()}, status=TOO_LARGE)
        messages.error(request, too_large())
        response = redirect("material_upload")
        response["Connection"] = "close"
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = UploadForm(self.user, request.POST, request.FILES)
        if not form.is_valid():
            return self.again(form=form)
        cleaned = form.cleaned_data
        file = cleaned["file"]
        title = cleaned["title"].strip() or str(file.name).rpartition(".")[0][:120] or str(file.name)[:120]
        try:
            material = take_material(
                file=file,
                title=title,
                owner_unit=cleaned["owner_unit"],
                subtitles=cleaned["subtitles"],
                by=self.user,
                now=timezone.now(),
            )
        except UploadRefused as error:
            form.add_error("subtitles" if isinstance(error, SubtitlesRefused) else "file", str(error))
            return self.again(form=form)
        # Without the queue the sweep finds the row a minute later.
        transaction.on_commit(lambda: process_material.delay(material.pk), robust=True)
        messages.success(request, _("“%(title)s”已上传，正在处理。") % {"title": material.title})
        return redirect("material_edit", pk=material.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context.setdefault("form", UploadForm(self.user))
        return dict(context, most_bytes=settings.MATERIAL_MAX_BYTES, too_large=too_large())


class ChangeForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("名称"), max_length=120)
    subtitles = forms.FileField(label=gettext_lazy("字幕"), required=False, allow_empty_file=True)
    drop_subtitles = forms.BooleanField(label=gettext_lazy("去掉字幕"), required=False)

    def __init__(self, material: Material, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, initial={"title": material.title})
        if material.kind != Material.Kind.VIDEO:
            del self.fields["subtitles"]
        if not material.subtitles:
            del self.fields["drop_subtitles"]


class MaterialEdit(MaterialPage):
    template_name = "courses/admin/material_edit.html"

    @cached_property
    def material(self) -> Material:
        return found(self.rows(Action.COURSE_VIEW), self.kwargs["pk"])

    def get_page_title(self) -> str:
        return self.material.title

    @property
    def editable(self) -> bool:
        return may(self.user, Action.COURSE_EDIT, self.material.owner_unit)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.editable:
            raise Http404
        if request.POST.get("act") == "delete":
            return self.delete_it()
        form = ChangeForm(self.material, request.POST, request.FILES)
        if not form.is_valid():
            return self.again(form=form)
        cleaned = form.cleaned_data
        try:
            change_material(
                material=self.material,
                title=cleaned["title"],
                subtitles=cleaned.get("subtitles"),
                drop_subtitles=cleaned.get("drop_subtitles", False),
                by=self.user,
                now=timezone.now(),
            )
        except UploadRefused as error:
            form.add_error("subtitles", str(error))
            return self.again(form=form)
        messages.success(request, _("课件已保存。"))
        return redirect("material_edit", pk=self.material.pk)

    def delete_it(self) -> HttpResponse:
        title = self.material.title
        try:
            delete_material(material=self.material, by=self.user, now=timezone.now())
        except UploadRefused as error:
            messages.error(self.request, str(error))
            return redirect("material_edit", pk=self.material.pk)
        messages.success(self.request, _("课件“%(title)s”已删除。") % {"title": title})
        return redirect("material_list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context.setdefault("form", ChangeForm(self.material))
        uses = self.material.uses.select_related("activity__parent").order_by("activity__title")
        pages = [(number, page) for number, page in enumerate(self.material.pages, 1)]
        return dict(
            context,
            material=self.material,
            length=length_words(self.material),
            uses=[use.activity for use in uses],
            pages=pages,
            editable=self.editable,
            used=in_use(self.material),
        )
