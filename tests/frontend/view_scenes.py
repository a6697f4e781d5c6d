"""The pictures and the clip that the pages of the panel ask for."""

from functools import cache
from pathlib import Path
import re
import subprocess
import tempfile
from typing import Final

from PIL import ImageOps
from playwright.sync_api import BrowserContext, Route

from .scenes import jpeg, scene

WIDTH: Final = 640
HEIGHT: Final = 360
CLIP_S: Final = 20
FPS: Final = 5

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@cache
def clip() -> bytes:
    """Return a clip of somebody who walks by, H.264 in an MP4."""
    count = CLIP_S * FPS
    frames = b"".join(
        scene(WIDTH, person=(0.95 - 0.6 * number / count, 0.9)).tobytes()
        for number in range(count)
    )
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "clip.mp4")
        subprocess.run(
            [
                *("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "rawvideo"),
                *("-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS)),
                *("-i", "-", "-c:v", "libx264", "-preset", "ultrafast", "-g", "5"),
                *("-pix_fmt", "yuv420p", "-movflags", "+faststart", str(target)),
            ],
            input=frames,
            check=True,
        )
        return target.read_bytes()


@cache
def snapshot() -> bytes:
    """Return the picture of an event."""
    return jpeg(scene(person=(0.47, 0.9)))


@cache
def still(mirrored: bool) -> bytes:
    """Return what a camera sees now."""
    picture = scene()
    return jpeg(ImageOps.mirror(picture) if mirrored else picture)


def _send(route: Route, body: bytes, content_type: str) -> None:
    """Send a file, or the asked range of it, as Home Assistant does."""
    asked = _RANGE.match(route.request.headers.get("range", ""))
    if asked is None:
        route.fulfill(body=body, content_type=content_type)
        return
    start = int(asked[1])
    end = min(int(asked[2] or len(body) - 1), len(body) - 1)
    route.fulfill(
        status=206,
        body=body[start : end + 1],
        content_type=content_type,
        headers={
            "Accept-Ranges": "bytes",
            "Content-Range": f"bytes {start}-{end}/{len(body)}",
        },
    )


def serve(context: BrowserContext) -> list[str]:
    """Answer every request for a picture or a clip; return what was asked for."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        path = route.request.url.split("/api/", 1)[1]
        asked.append(path)
        if "/clip" in path:
            _send(route, clip(), "video/mp4")
        elif "/exports/" in path:
            route.fulfill(body=b"bundle", headers={"Content-Disposition": "attachment"})
        elif path.startswith("vigilar/"):
            route.fulfill(body=snapshot(), content_type="image/jpeg")
        else:
            mirrored = bool(len(path.split("?")[0]) % 2)
            route.fulfill(body=still(mirrored), content_type="image/jpeg")

    context.route("**/api/**", answer)
    return asked
