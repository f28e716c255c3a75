"""Every door of the site, by room."""

from django.conf import settings
from django.urls import include, path
from django.views.generic import TemplateView
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from .api import api
from .health import healthz
from .home import home
from .look import brand_css
from .media import media
from .switches import LTI_ENABLED

urlpatterns = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("brand.css", brand_css, name="brand_css"),
    path(
        "robots.txt",
        TemplateView.as_view(template_name="site/robots.txt", content_type="text/plain"),
        name="robots",
    ),
    path("media/<path:name>", media, name="media"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/", api.urls),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("", include("learning.organisation.urls")),
    path("", include("question_bank.exams.urls")),
    path("", include("courses.urls")),
    path("", include("reports.urls")),
    path("", include("search.urls")),
]

if LTI_ENABLED:
    urlpatterns.append(path("", include("lti.urls")))

if settings.DEBUG:
    urlpatterns += [
        path("styleguide/", TemplateView.as_view(template_name="site/styleguide.html"), name="styleguide")
    ]
