"""Words for what the study tests do: a small film, a lesson on the running site, its page with shortened times."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import BrowserContext, Page, Route

from learning.organisation.models import User
from learning.study.models import Coverage, StudySlice
from tests.browser.conftest import Site, watch
from tests.courses.factories import Blocks, make_course, make_lesson, make_material, publish

FILM_S = 6
# What the page's own times are shortened to: the server bounds every claim by its own clock, whatever the page says.
QUICK = {"beat": 1}


def make_film(folder: Path, *, seconds: int = FILM_S) -> bytes:
    """A test picture with a tone, seekable at every half second."""
    ffmpeg = shutil.which("ffmpeg")
    if not ffmpeg:
        pytest.skip("needs ffmpeg")
    out = folder / "film.mp4"
    picture = ["-f", "lavfi", "-i", f"testsrc=duration={seconds}:size=320x180:rate=10"]
    tone = ["-f", "lavfi", "-i", f"sine=frequency=220:duration={seconds}"]
    coded = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "5", "-crf", "34", "-c:a", "aac", "-b:a", "32k"]
    command = [ffmpeg, "-y", "-v", "error", *picture, *tone, *coded, "-movflags", "+faststart", str(out)]
    subprocess.run(command, check=True)
    return out.read_bytes()


def film_lesson(site: Site, member: User, film: bytes, *, seconds: int = FILM_S, **rules: Any) -> str:
    """The address of a public lesson of one film, in a course with these rules."""
    with site.database(), override_settings(MEDIA_ROOT=site.file.parent / "media"):
        material = make_material(
            unit_of(member),
            data=film,
            title="入党誓词",
            duration_ms=seconds * 1000,
            width=320,
            height=180,
        )
    return lesson(site, member, [("video", {"material": material.pk})], **rules)


def lesson(site: Site, member: User, blocks: Blocks, **rules: Any) -> str:
    """The address of a public lesson with another one after it."""
    with site.database():
        course = make_course(unit_of(member), **rules)
        page = make_lesson(course, blocks=blocks, live=True)
        make_lesson(course, title="下一课时", live=True)
        publish(course)
        url: str = page.url
        return url


def unit_of(member: User) -> Any:
    return member.memberships.get().unit


def open_lesson(
    context: BrowserContext, url: str, complaints: list[str] | None = None, **times: float
) -> Page:
    """The lesson's page with its session open. `times` in seconds by data attribute (idle, prompt_from …)."""
    page = context.new_page()
    if complaints is not None:
        watch(page, complaints)
    shorten(page, url, **times)
    page.goto(url)
    page.wait_for_selector("[data-lesson][data-session]")
    return page


def shorten(page: Page, url: str, **times: float) -> None:
    def quick(route: Route) -> None:
        answer = route.fetch()
        body = answer.text()
        for name, seconds in {**QUICK, **times}.items():
            attribute = f"data-{name.replace('_', '-')}-s"
            body = re.sub(rf'{attribute}="[\d.]+"', f'{attribute}="{seconds}"', body)
        route.fulfill(response=answer, body=body)

    page.route(lambda asked: asked.endswith(url), quick)


def play(page: Page, *, from_s: float | None = None, rate: float = 1) -> None:
    """Plays; muted, because a browser plays sound only after a gesture."""
    page.locator("video").evaluate(
        """(video, [from, rate]) => {
          video.muted = true;
          if (from !== null) video.currentTime = from;
          video.playbackRate = rate;
          return video.play();
        }""",
        [from_s, rate],
    )


def position(page: Page) -> float:
    at: float = page.locator("video").evaluate("(video) => video.currentTime")
    return at


def has_ended(page: Page) -> bool:
    ended: bool = page.locator("video").evaluate("(video) => video.ended")
    return ended


def hide(page: Page, *, hidden: bool) -> None:
    """What a browser does when the tab goes to the back: headless Chromium has no back."""
    page.evaluate(
        """(state) => {
          Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        "hidden" if hidden else "visible",
    )


def studied_s(site: Site, member: User) -> float:
    """Credited study time."""
    with site.database():
        spans = StudySlice.objects.filter(user=member).values_list("started_at", "ended_at")
        return sum((end - start).total_seconds() for start, end in spans)


def covered_s(site: Site, member: User) -> float:
    with site.database():
        return sum(Coverage.objects.filter(user=member).values_list("covered_ms", flat=True)) / 1000
