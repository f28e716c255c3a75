"""The live server of the browser tests: static files straight from the apps, no collecting."""

from learning.project.settings.test import *  # noqa: F403 — a settings module is the sum of its base and its own lines

WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
