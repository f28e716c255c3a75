"""The site: pages, admin, API. Production serves it with granian; the lanes are in asgi.py."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.project.settings.production")
application = get_wsgi_application()

from search.analysis.queries import load_dictionaries  # noqa: E402 — with the rest of the house, after Django

load_dictionaries()  # or the first person who searches would wait for them

# What is loaded by now stays: walking it again and again would hold up a request for 0.1 s at a time.
gc.collect()
gc.freeze()
