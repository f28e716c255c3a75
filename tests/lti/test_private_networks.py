"""LTI_PRIVATE_NETWORKS as an operator types it."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.live_site import ROOT

SAY = "from django.conf import settings; print(settings.LTI_PRIVATE_NETWORKS)"


def said(networks: str) -> subprocess.CompletedProcess[str]:
    told = {"LTI_PRIVATE_NETWORKS": networks, "DJANGO_SETTINGS_MODULE": "learning.project.settings.base"}
    return subprocess.run(
        [sys.executable, "-c", SAY],
        cwd=ROOT,
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=False,
    )


def test_spaces_and_host_bits_do_no_harm() -> None:
    assert said("10.20.3.1/16, fd00:20::/48,").stdout.strip() == "['10.20.0.0/16', 'fd00:20::/48']"


def test_what_is_no_network_stops_the_start_and_is_named() -> None:
    answer = said("10.20.0.0/16,campus")
    assert answer.returncode != 0
    assert "campus" in answer.stderr
