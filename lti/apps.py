"""The LTI 1.3 Advantage tool: campus platforms embed us, rosters come in, grades go out."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LtiConfig(AppConfig):
    name = "lti"
    verbose_name = _("校园平台")

    def ready(self) -> None:
        from courses.reading.notes import add_course_note
        from learning.organisation.exports import contribute
        from learning.organisation.own_links import add_own_link
        from question_bank.exams.notes import add_result_note
        from question_bank.exams.publishing import add_way_in
        from question_bank.exams.views.manage.doors import add_exam_tab

        from . import audit_names, receivers
        from .own_record import platforms_of
        from .result_notes import on_its_way, told_of_course
        from .services.targets import comes_by_links
        from .views.contexts import course_tab
        from .views.grades import tab
        from .views.joining import link_to_joining

        receivers.connect()
        audit_names.enter()
        add_own_link(link_to_joining)
        add_exam_tab(tab)
        add_exam_tab(course_tab)
        add_result_note(on_its_way)
        add_course_note(told_of_course)
        add_way_in(comes_by_links)
        contribute("campus_platforms", platforms_of)
