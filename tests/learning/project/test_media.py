"""Pictures are served where no web server does it, and nothing else of what was uploaded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from learning.organisation.models import Role
from learning.project.models import SiteLook
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media_root(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def administrator() -> Client:
    client = Client()
    client.force_login(
        make_user(roles=[(Role.ADMINISTRATOR, make_unit())]),
        backend="learning.organisation.backends.NumberBackend",
    )
    return client


def test_a_crest_that_the_administrator_uploads_shows_in_the_top_bar() -> None:
    client = administrator()
    picture = SimpleUploadedFile("crest.png", get_test_image_file("crest.png").file.getvalue(), "image/png")
    chooser = reverse("wagtailimages_chooser:create")
    upload = {"image-chooser-upload-title": "校徽", "image-chooser-upload-file": picture}
    assert client.post(chooser, upload).json()["step"] == "chosen"
    crest = get_image_model().objects.get(title="校徽")
    look = SiteLook.load()
    page = reverse("wagtailsettings:edit", args=["project", "sitelook", look.pk])
    said = {
        "name": "示范党校", "crest": str(crest.pk), "brand": "#B3191F", "footer_text": "",
        "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0",
    }  # fmt: skip
    assert client.post(page, said).status_code == 302
    shown = re.search(
        r'<img[^>]*src="(/media/images/[^"]+)"', Client().get(reverse("login")).content.decode()
    )
    assert shown
    reply = Client().get(shown[1])
    assert (reply.status_code, reply["Content-Type"]) == (200, "image/png")
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert reply.content.startswith(b"\x89PNG")
    assert Client().get(crest.file.url).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "imports/bank.xlsx",
        "imports/picture.png",
        "documents/a.png",
        "picture.png",
        "images/deep/picture.png",
        "images/page.html",
        "images/.hidden.png",
        "images/absent.png",
        "images/folder.png",
        "images/",
        "images",
    ],
)
def test_nothing_but_a_picture_in_its_place_is_served(name: str, media_root: Path) -> None:
    (media_root / "images" / "folder.png").mkdir(parents=True)
    if name not in ("images/absent.png", "images/folder.png", "images/", "images"):
        assert default_storage.save(name, ContentFile(b"secret")) == name
    assert Client().get(f"/media/{name}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/media/images/../imports/picture.png",
        "/media/images/%2e%2e/imports/picture.png",
        "/media/images/..%2fimports%2fpicture.png",
        "/media/images/..%5cimports%5cpicture.png",
        "/media//imports/picture.png",
        "/media/images//../../outside.png",
        "/media/images/picture.png%00.png",
    ],
)
def test_no_path_leads_out_of_the_pictures(path: str, media_root: Path) -> None:
    for place in (media_root / "imports" / "picture.png", media_root / "images" / "picture.png",
                  media_root.parent / "outside.png"):  # fmt: skip
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"secret")
    assert Client().get(path).status_code == 404
    assert Client().get("/media/images/picture.png").status_code == 200


def test_an_svg_is_shown_in_pages_but_only_downloaded_by_itself() -> None:
    default_storage.save("images/crest.svg", ContentFile(b"<svg><script>alert(1)</script></svg>"))
    reply = Client().get("/media/images/crest.svg")
    assert reply["Content-Type"] == "image/svg+xml"
    assert reply["Content-Disposition"] == "attachment"
    assert "sandbox" in reply["Content-Security-Policy"]


def test_pictures_are_only_read() -> None:
    default_storage.save("images/a.png", ContentFile(b"x"))
    assert Client().post("/media/images/a.png").status_code == 405
