"""The exams for outside programs."""

from ninja import Router

router = Router(tags=["exams"])
