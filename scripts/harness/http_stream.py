"""Serve a file in a loop as endless MPEG-TS: `python -m … FILE PORT`.

Each reader gets an FFmpeg of its own that copies the packets in real time, so
each begins with the first frame.
"""

import asyncio
from contextlib import suppress
import sys

from aiohttp import web

from .process import LOOPBACK

CHUNK_BYTES = 16 * 188


async def stream(request: web.Request) -> web.StreamResponse:
    """Send the file, over and over, until the reader leaves."""
    response = web.StreamResponse(headers={"Content-Type": "video/mp2t"})
    await response.prepare(request)
    ffmpeg = await asyncio.create_subprocess_exec(
        *("ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1"),
        *(
            "-i",
            request.app[CLIP],
            "-c",
            "copy",
            "-f",
            "mpegts",
            "-flush_packets",
            "1",
            "pipe:1",
        ),
        stdout=asyncio.subprocess.PIPE,
    )
    assert ffmpeg.stdout is not None
    try:
        while chunk := await ffmpeg.stdout.read(CHUNK_BYTES):
            await response.write(chunk)
    except ConnectionError:
        pass
    finally:
        with suppress(ProcessLookupError):
            ffmpeg.kill()
        await ffmpeg.wait()
    return response


CLIP = web.AppKey("clip", str)


def main() -> None:
    """Serve the named file until terminated."""
    clip, port = sys.argv[1:3]
    app = web.Application()
    app[CLIP] = clip
    app.router.add_get("/stream.ts", stream)
    web.run_app(app, host=LOOPBACK, port=int(port), print=None, shutdown_timeout=1)


if __name__ == "__main__":
    main()
