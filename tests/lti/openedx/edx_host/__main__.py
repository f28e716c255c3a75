"""Open edX's LTI consumer as a platform without edx-platform: a small Django host, made for tests.

    python -m edx_host --port 8461 --tool http://127.0.0.1:8000 --database FILE

The consumer is under the AGPL: it runs here, in a process and an environment of its own, speaks to the product over
HTTP only, and is neither imported by it nor shipped with it."""

import argparse
import os

parser = argparse.ArgumentParser(prog="edx_host")
parser.add_argument(
    "--host", default="localhost", help="another site than the tool's 127.0.0.1, as browsers see it"
)
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--tool", required=True, help="where the tool is, without a slash at the end")
parser.add_argument("--database", required=True, help="a file for SQLite")
told = parser.parse_args()
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "edx_host.settings",
    "EDX_BASE": f"http://{told.host}:{told.port}",
    "EDX_TOOL": told.tool,
    "EDX_DATABASE": told.database,
}

import django  # noqa: E402 — the settings read what was told

django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from edx_host import campus  # noqa: E402

campus.take_the_place_of_edx()
call_command("migrate", run_syncdb=True, verbosity=0)
for username, role in list(campus.CAMPUS.roles.items()):
    campus.add_person(username, role)
campus.put_link(
    "exam", course="LTI", custom={}, target=f"{told.tool}/lti/launch", ags="programmatic", nrps=True
)


class Quiet(WSGIRequestHandler):
    def log_message(self, format, *arguments):
        """Tests tell what they asked for."""


server = ThreadedWSGIServer(("127.0.0.1", told.port), Quiet)
server.daemon_threads = True
server.set_app(get_wsgi_application())
server.serve_forever()
