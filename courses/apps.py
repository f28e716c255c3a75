"""What is studied: course pages, lessons and their blocks, media, reflections, class plans, certificates."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = _("课程")

    def ready(self) -> None:
        from wagtail.images.models import Image
        from wagtail.models import Page
        from wagtail.permissions import register_permission_policy

        from . import audit_names, receivers
        from .admin import page_forms
        from .admin.image_rights import ImagePolicy
        from .classes import connecting
        from .index import make_index_after_migrating
        from .page_rights import CoursePagePolicy
        from .reading.showing import show_pages

        post_migrate.connect(make_index_after_migrating, sender=self, dispatch_uid="courses.index")
        receivers.connect()
        audit_names.enter()
        connecting.connect()
        show_pages()
        register_permission_policy(Page, CoursePagePolicy(Page))
        register_permission_policy(
            Image, ImagePolicy(Image, auth_model=Image, owner_field_name="uploaded_by_user"), exact_class=True
        )
        page_forms.set_up()
