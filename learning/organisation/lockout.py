"""What django-axes keys its lock on: account and device. A lab behind one address is never locked as a whole."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any]) -> HttpResponse:
    return render(request, "organisation/locked.html", status=429)
