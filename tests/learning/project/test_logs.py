"""A refusal is one line in the log; a fault keeps its traceback."""

from __future__ import annotations

import logging
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.log import CallbackFilter, log_response

from learning.project.settings import base


def written(status: int, error: Exception, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the console's handler of the settings writes when Django answers `error` with `status`."""
    configured, text = base.LOGGING["handlers"]["console"], StringIO()
    handler = logging.StreamHandler(text)
    for name in configured["filters"]:
        handler.addFilter(CallbackFilter(base.LOGGING["filters"][name]["callback"]))
    monkeypatch.setattr(logging.getLogger("django.request"), "handlers", [handler])
    try:
        raise error
    except type(error) as raised:
        request = RequestFactory().get("/admin/")
        response = HttpResponse(status=status)
        log_response("Said of %s", request.path, response=response, request=request, exception=raised)
    return text.getvalue()


def test_a_refusal_is_one_line_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(403, PermissionDenied("no"), monkeypatch) == "Said of /admin/\n"


def test_a_fault_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "ZeroDivisionError: no" in written(500, ZeroDivisionError("no"), monkeypatch)
