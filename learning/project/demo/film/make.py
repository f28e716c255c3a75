"""Draws the demo film from its script: slides by Chromium, sound by sine waves, H.264 and AAC by ffmpeg.

By hand, in the development environment: .venv/bin/python -m learning.project.demo.film.make
Writes film.mp4, film.zh.vtt and the covers of the courses beside this file; all are in the repository.
"""

from __future__ import annotations

import array
import io
import math
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from .scenes import SCENES, SERIES, STAGES, TITLE, Moment, length_s, moments, subtitles

HERE = Path(__file__).resolve().parent
STYLE = HERE / "slides.css"
CREST = HERE.parents[1] / "static" / "site" / "crest.svg"
SIZE = (1280, 720)
FRAMES_A_SECOND = 12
FADE_FRAMES = 6
SAMPLES_A_SECOND = 44_100
MAX_BYTES = 4_000_000
COVERS = {
    "cover-constitution.jpg": ("党章学习入门", "入门课程 · 五个课时"),
    "cover-branch.jpg": ("支部工作实务", "党员课程 · 四个课时"),
}


def main() -> int:
    ffmpeg, chromium = shutil.which("ffmpeg"), shutil.which("chromium")
    if ffmpeg is None or chromium is None:
        sys.stderr.write("Needs ffmpeg and chromium.\n")
        return 1
    slides = draw(chromium, [slide(moment) for moment in moments()])
    film = HERE / "film.mp4"
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        write_sound(sound)
        encode(ffmpeg, slides, sound, film)
    (HERE / "film.zh.vtt").write_text(subtitles(), encoding="utf-8")
    covers = draw(chromium, [document("title", title_body(*words)) for words in COVERS.values()])
    for name, picture in zip(COVERS, covers, strict=True):
        picture.save(HERE / name, quality=80, optimize=True)
    size = film.stat().st_size
    sys.stdout.write(f"{film.name}: {size / 1e6:.2f} MB, {length_s():.2f} s\n")
    return 0 if size <= MAX_BYTES else 1


def draw(chromium: str, pages: Sequence[str]) -> list[Image.Image]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        pictures = []
        for html in pages:
            page.set_content(html)
            page.evaluate("document.fonts.ready")
            pictures.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        browser.close()
    return pictures


def slide(moment: Moment) -> str:
    layout = moment.scene.layout
    if layout == "title":
        return document(layout, title_body(TITLE, SERIES))
    return document(layout, {"path": _path, "times": _times, "lines": _lines}[layout](moment))


def document(layout: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><style>{STYLE.read_text()}</style>'
        f'<body class="{layout}">{body}</body></html>'
    )


def title_body(title: str, series: str) -> str:
    crest = f'<div class="crest">{CREST.read_text()}</div>'
    return f'{crest}<h1>{escape(title)}</h1><div class="rule"></div><p class="series">{escape(series)}</p>'


def _heading(moment: Moment) -> str:
    number, _space, name = moment.scene.heading.partition("　")
    if not name:
        return f"<h2>{escape(number)}</h2>"
    return f'<p class="eyebrow">{escape(number)}</p><h2>{escape(name)}</h2>'


def _lines(moment: Moment) -> str:
    lines = [step.line for step in moment.scene.steps if step.line]
    items = "".join(
        f'<li class="{_state(number, moment.shown)}"><span>{number}</span>{escape(line)}</li>'
        for number, line in enumerate(lines, 1)
    )
    return f"{_heading(moment)}<ol>{items}</ol>{_rail(moment.scene.stage)}"


def _state(number: int, shown: int) -> str:
    return "hidden" if number > shown else ("now" if number == shown else "")


def _rail(stage: int) -> str:
    if not stage:
        return ""
    dots = "".join(
        f'<i class="{"done" if number < stage else "here" if number == stage else ""}">{number}</i>'
        for number in range(1, len(STAGES) + 1)
    )
    return f'<div class="rail">{dots}</div>'


def _path(moment: Moment) -> str:
    steps = "".join(
        f"<li><span>{number}</span><b>{escape(name).replace('入党', '入党<br>')}</b></li>"
        for number, name in enumerate(STAGES, 1)
    )
    return f'{_heading(moment)}<ol class="path">{steps}</ol>'


def _times(moment: Moment) -> str:
    return (
        f'{_heading(moment)}<div class="bars"><div class="bar one"><b>培养考察</b><em>至少一年</em></div>'
        '<div class="bar two"><b>预备期</b><em>一年</em></div></div>'
        '<div class="marks"><span>积极分子</span><span>预备党员</span><span>正式党员</span></div>'
    )


def frames(slides: list[Image.Image]) -> Iterator[bytes]:
    """Raw pictures at an even pace; a slide fades in over half a second."""
    before = slides[0]
    for moment, picture in zip(moments(), slides, strict=True):
        first, last = (round(at * FRAMES_A_SECOND) for at in (moment.begins_s, moment.ends_s))
        still = picture.tobytes()
        for number in range(last - first):
            if before is not picture and number < FADE_FRAMES:
                yield Image.blend(before, picture, (number + 1) / (FADE_FRAMES + 1)).tobytes()
            else:
                yield still
        before = picture


def write_sound(path: Path) -> None:
    """A soft chime at each new slide, two notes at the first and the last; silence between."""
    samples = array.array("h", bytes(2 * math.ceil(length_s() * SAMPLES_A_SECOND)))
    last = SCENES[-1]
    seen = None
    for moment in moments():
        if moment.scene is not seen:
            seen = moment.scene
            _strike(samples, moment.begins_s, 523.25 if seen.stage % 2 else 587.33)
            if seen in (SCENES[0], last):
                _strike(samples, moment.begins_s + 0.6, 783.99)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLES_A_SECOND)
        out.writeframes(samples.tobytes())


def _strike(samples: array.array[int], at_s: float, hertz: float) -> None:
    """A bell: three partials that die away, the higher the faster; begins without a click."""
    start = round(at_s * SAMPLES_A_SECOND)
    for number in range(min(round(2.4 * SAMPLES_A_SECOND), len(samples) - start)):
        t = number / SAMPLES_A_SECOND
        tone = sum(
            weight * math.exp(-t * fall) * math.sin(2 * math.pi * hertz * partial * t)
            for partial, weight, fall in ((1, 0.6, 2.2), (2, 0.25, 3.6), (3.01, 0.1, 5.5))
        )
        value = samples[start + number] + round(5200 * tone * min(1.0, t / 0.012))
        samples[start + number] = max(-32768, min(32767, value))


def encode(ffmpeg: str, slides: list[Image.Image], sound: Path, film: Path) -> None:
    """A key frame every four seconds, so that seeking is quick; the index first, so that it plays while it loads."""
    command = [
        ffmpeg, "-y", "-loglevel", "error",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", str(FRAMES_A_SECOND), "-i", "-",
        "-i", str(sound),
        "-vf", "scale=out_color_matrix=bt709:out_range=tv", "-colorspace", "bt709", "-color_primaries", "bt709",
        "-color_trc", "bt709",
        "-c:v", "libx264", "-profile:v", "main", "-level", "3.1", "-pix_fmt", "yuv420p", "-preset", "veryslow",
        "-tune", "animation", "-crf", "26", "-g", str(4 * FRAMES_A_SECOND), "-keyint_min", str(4 * FRAMES_A_SECOND),
        "-sc_threshold", "0", "-c:a", "aac", "-b:a", "48k", "-ac", "1", "-movflags", "+faststart",
        "-map_metadata", "-1", "-fflags", "+bitexact", "-metadata", f"title={TITLE}", str(film),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        if process.stdin is not None:
            for picture in frames(slides):
                process.stdin.write(picture)
            process.stdin.close()
        if process.wait():
            raise RuntimeError("ffmpeg could not write the film.")


if __name__ == "__main__":
    sys.exit(main())
