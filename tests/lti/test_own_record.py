from __future__ import annotations

import pytest

from tests.lti.campus import Campus

pytestmark = pytest.mark.django_db


def test_the_copy_of_ones_data_holds_what_the_platform_told(campus: Campus) -> None:
    campus.launch()
    (row,) = campus.client.get("/me/export/").json()["campus_platforms"]
    assert row["platform"] == campus.row.name
    assert row["name"] == "王小明"
    assert [each["title"] for each in row["courses"]] == ["党课一班"]
    assert row["scores_sent"] == []
