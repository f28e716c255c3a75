"""The live server of the browser tests: static files straight from the apps, no collecting; tables made from the models
(24 s less than by 190 migrations, which the demo's tests run on SQLite and the run on PostgreSQL there)."""

from learning.project.settings.test import *  # noqa: F403 — a settings module is the sum of its base and its own lines

WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True


class FromTheModels(dict[str, None]):
    """No app has migrations."""

    def __contains__(self, app: object) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = FromTheModels()
