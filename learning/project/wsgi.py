"""The site: pages, admin, API. Production serves it with granian; the lanes are in asgi.py."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.project.settings.production")
application = get_wsgi_application()
