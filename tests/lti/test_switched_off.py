"""LTI=off: the site without the tool."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WITHOUT = """
import django
django.setup()
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.test.utils import setup_test_environment
from learning.project.celery import app
assert not apps.is_installed("lti")
assert not [name for name in settings.MIDDLEWARE + settings.AUTHENTICATION_BACKENDS if name.startswith("lti")]
call_command("check")
call_command("migrate", run_syncdb=True, verbosity=0)
app.loader.import_default_modules()
assert not [name for name in app.tasks if name.startswith("lti.")], app.tasks
assert not [entry for entry in app.conf.beat_schedule.values() if entry["task"].startswith("lti.")]
from learning.organisation.models import User
setup_test_environment()
client = Client()
assert client.get("/lti/launch").status_code == 404
assert client.get("/lti/jwks").status_code == 404
page = client.get("/login/")
assert page.status_code == 200
assert page["X-Frame-Options"] == "SAMEORIGIN"
person = User.objects.create_superuser("1", "管理员", "a-password")
client.force_login(person, backend="learning.organisation.backends.NumberBackend")
for address in ("/", "/me/", "/exams/", "/courses/", "/manage/exams/", "/admin/", "/admin/exams/", "/admin/reports/"):
    assert client.get(address).status_code == 200, address
"""


def test_the_site_works_without_the_tool(tmp_path: Path) -> None:
    environment = os.environ | {
        "LTI": "off",
        "DATABASE_URL": f"sqlite:///{tmp_path}/site.sqlite3",
        "REDIS_URL": "",
        "DANGXIAO_VAR": str(tmp_path),
        # Tables from the models: half a minute less than all migrations.
        "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
    }
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
