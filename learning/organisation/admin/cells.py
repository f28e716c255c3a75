"""Cells of our listings, which are tables on a desk and cards on a phone (dx-cards in project/admin.css)."""

from __future__ import annotations

from wagtail.admin.ui.tables import Column

CARDS = "listing dx-cards"


class Cell(Column):
    """A cell that says its column's name where the table is shown as cards."""

    cell_template_name = "organisation/admin/cell_labelled.html"
