"""Rows of any room that point at a chapter or a knowledge point, found through the model's relations, so that a merge can
take them along without knowing who they are (a quota cell whose chapter silently vanished would draw from the whole bank)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models


def repoint(old: models.Model, new: models.Model) -> None:
    """Makes everything that points at `old` point at `new`; a row that would then say the same twice is removed."""
    for model, name in _pointers(type(old)):
        rows: models.QuerySet[Any] = model._default_manager.filter(**{name: old})
        through = bool(model._meta.auto_created)
        other = next((f.name for f in model._meta.fields if f.remote_field and f.name != name), None)
        if through and other:
            known = model._default_manager.filter(**{name: new}).values(other)
            rows.filter(**{f"{other}__in": known}).delete()
            rows = model._default_manager.filter(**{name: old})
        rows.update(**{name: new})


def is_referenced(instance: models.Model) -> bool:
    return any(
        model._default_manager.filter(**{name: instance}).exists()
        for model, name in _pointers(type(instance))
    )


def _pointers(target: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    """(model, name of its foreign key) for every foreign key to `target`, those of many-to-many tables included."""
    for relation in target._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel):
            yield relation.related_model, relation.field.name  # type: ignore[misc]  # a resolved class by now
