"""Pictures and a clip of a house that does not exist, for the pages that show them."""

from functools import cache
import io
from pathlib import Path
import re
import subprocess
import tempfile
from typing import Final

from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Route

WIDTH: Final = 640
HEIGHT: Final = 360
CLIP_S: Final = 20
FPS: Final = 5

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def scene(person: float | None = None, *, tint: int = 0) -> Image.Image:
    """Draw a front garden at dusk.

    Args:
        person: How far somebody has walked along the path, 0-1; None for nobody.
        tint: Makes another place of it, 0-255.
    """
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(picture)
    for y in range(HEIGHT):
        shade = y / HEIGHT
        draw.line(
            (0, y, WIDTH, y),
            fill=(60 + round(70 * shade), 82 + round(50 * shade), 110 - tint // 4),
        )
    draw.rectangle((0, 200, WIDTH, HEIGHT), fill=(58 + tint // 6, 78, 52))
    draw.polygon(
        [(250, HEIGHT), (390, HEIGHT), (345, 200), (315, 200)], fill=(128, 122, 112)
    )
    draw.rectangle((30, 60, 230, 240), fill=(150, 134 - tint // 3, 116))
    draw.polygon([(15, 64), (130, 8), (246, 64)], fill=(96, 58, 50))
    draw.rectangle((110, 140, 160, 240), fill=(70, 46, 36))
    draw.rectangle((52, 100, 92, 140), fill=(242, 214, 140))
    draw.ellipse((470, 90, 610, 230), fill=(44, 70 + tint // 5, 40))
    draw.rectangle((532, 210, 548, 260), fill=(70, 52, 38))
    if person is not None:
        x, y = round(560 - 340 * person), round(150 + 30 * person)
        draw.ellipse((x - 13, y - 34, x + 13, y - 8), fill=(214, 172, 146))
        draw.rounded_rectangle((x - 20, y - 8, x + 20, y + 62), 10, fill=(176, 62, 54))
        draw.rectangle((x - 15, y + 60, x - 3, y + 120), fill=(40, 44, 60))
        draw.rectangle((x + 3, y + 60, x + 15, y + 120), fill=(40, 44, 60))
    return picture


def jpeg(picture: Image.Image) -> bytes:
    """Return a picture as a JPEG."""
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=88)
    return data.getvalue()


@cache
def clip() -> bytes:
    """Return a clip of somebody who walks by, H.264 in an MP4."""
    frames = b"".join(
        scene(number / (CLIP_S * FPS)).tobytes() for number in range(CLIP_S * FPS)
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
            route.fulfill(body=jpeg(scene(0.35)), content_type="image/jpeg")
        else:
            tint = sum(path.split("?")[0].encode()) % 256
            route.fulfill(body=jpeg(scene(tint=tint)), content_type="image/jpeg")

    context.route("**/api/**", answer)
    return asked
