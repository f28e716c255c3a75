"""What is in a video or audio file, by ffprobe and ffmpeg where they are, else by the boxes of MP4. Files come from
organisers, so these programs get a time limit and may open local files only."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .mp4 import NotMp4, read_movie

PROBE_SECONDS = 60
POSTER_SECONDS = 120
POSTER_WIDTH = 1280
POSTER_AT = 0.1  # of the length: the first picture is often black
LONGEST_MS = 12 * 3600 * 1000
LOCAL = ["-protocol_whitelist", "file"]


class Unusable(Exception):
    """The file cannot be shown; `code` says why (words: courses/processing.py)."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Found:
    duration_ms: int
    has_video: bool
    has_audio: bool
    width: int = 0
    height: int = 0


def probe(path: Path, ending: str) -> Found:
    """Length and streams. Raises Unusable: broken, no_tool (ffprobe is missing and it is no MP4), no_length."""
    tool = shutil.which("ffprobe")
    found = _probed(tool, path) if tool else None
    if found is None:
        if ending not in ("mp4", "m4a"):
            raise Unusable("no_tool" if tool is None else "broken")
        found = _read(path)
    if not 0 < found.duration_ms <= LONGEST_MS:
        raise Unusable("no_length")
    return found


def poster(path: Path, target: Path, duration_ms: int) -> bool:
    """Writes a JPEG of the video; whether it could. A lesson goes without one."""
    tool = shutil.which("ffmpeg")
    if tool is None:
        return False
    at = f"{duration_ms * POSTER_AT / 1000:.3f}"
    shrink = f"scale='min({POSTER_WIDTH},iw)':-2"
    command = [
        tool,
        "-v",
        "error",
        "-nostdin",
        *LOCAL,
        "-ss",
        at,
        "-i",
        str(path),
        "-frames:v",
        "1",
        "-an",
        "-sn",
    ]
    command += ["-vf", shrink, "-q:v", "4", "-f", "image2", "-update", "1", "-y", str(target)]
    try:
        done = _run(command, POSTER_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and target.is_file() and target.stat().st_size > 0


def _probed(tool: str, path: Path) -> Found | None:
    """None where ffprobe itself failed: it crashed or ran out of time. Raises Unusable for a file it cannot read."""
    command = [
        tool,
        "-v",
        "error",
        *LOCAL,
        "-show_entries",
        "format=duration:stream=codec_type,width,height,disposition",
    ]
    try:
        done = _run([*command, "-of", "json", str(path)], PROBE_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode < 0:  # killed by a signal
        return None
    if done.returncode:
        raise Unusable("broken")
    try:
        told = json.loads(done.stdout)
        duration_ms = int(float(told.get("format", {}).get("duration", 0)) * 1000)
        streams = told.get("streams", [])
        # The cover of a song is a stream of one picture.
        pictures = [
            each
            for each in streams
            if each.get("codec_type") == "video" and not each.get("disposition", {}).get("attached_pic")
        ]
        sizes = [(int(each.get("width") or 0), int(each.get("height") or 0)) for each in pictures]
    except (ValueError, AttributeError, TypeError):
        return None
    width, height = max(sizes, default=(0, 0))
    has_audio = any(each.get("codec_type") == "audio" for each in streams)
    return Found(duration_ms, bool(pictures), has_audio, width, height)


def _read(path: Path) -> Found:
    try:
        with path.open("rb") as file:
            movie = read_movie(file, path.stat().st_size)
    except NotMp4:
        raise Unusable("broken") from None
    return Found(movie.duration_ms, movie.has_video, movie.has_audio, movie.width, movie.height)


def _run(command: Sequence[str], seconds: int) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
    )
