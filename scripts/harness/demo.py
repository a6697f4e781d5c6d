"""Run Vigilar in a real Home Assistant with a camera that plays a clip."""

import argparse
import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
import shutil
import signal
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import av

from homeassistant.util import slugify

from .client import HomeAssistantClient
from .home_assistant import PASSWORD, REPOSITORY, USER, HomeAssistantProcess
from .process import HarnessError, free_port, port_in_use
from .streams import CLIP, RtspServer

WORK_DIR = REPOSITORY / ".demo"
STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https")
SERVED_CODECS = ("h264", "hevc")
MQTT_PORT = 1883
DASHBOARD = "live-timeline"
CAMERA = "Demo camera"


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


def arguments() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=8123, help="port of Home Assistant (8123)"
    )
    parser.add_argument(
        "--seconds", type=float, help="stop by itself after so many seconds"
    )
    parser.add_argument("--source", metavar="URL|FILE", help="your own camera or clip")
    parser.add_argument(
        "--mqtt", metavar="HOST[:PORT]", help="also publish to this broker"
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="go on with the last demo: its source and its events",
    )
    return parser.parse_args()


def servable(clip: Path, work_dir: Path) -> Path:
    """Return the clip, or a copy that the RTSP server can play.

    Raises:
        HarnessError: There is no such file or no video in it.
    """
    if not clip.is_file():
        raise HarnessError(f"no such clip: {clip}")
    try:
        with av.open(str(clip)) as container:
            codec = container.streams.video[0].codec_context.name
    except (av.FFmpegError, IndexError) as err:
        raise HarnessError(f"no video in {clip}") from err
    if codec in SERVED_CODECS and clip.suffix.lower() in (".mp4", ".mkv"):
        return clip
    say(f"demo: converting {clip.name}")
    converted = work_dir / "converted.mp4"
    command = [
        "ffmpeg",
        "-nostdin",
        "-loglevel",
        "error",
        "-y",
        "-i",
        str(clip),
        "-an",
        "-c:v",
        "libx264",
    ]
    command += [
        "-preset",
        "veryfast",
        "-bf",
        "0",
        "-g",
        "30",
        "-pix_fmt",
        "yuv420p",
        str(converted),
    ]
    try:
        subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError) as err:
        raise HarnessError(f"ffmpeg could not convert {clip}") from err
    return converted


def stream_port() -> int:
    """Return the stream server's port, the same for as long as the demo is kept."""
    saved = WORK_DIR / "rtsp.port"
    if not saved.exists():
        saved.write_text(str(free_port()))
    return int(saved.read_text())


def without_credentials(url: str) -> str:
    """Return a stream's address as it may be shown."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def dashboard(*beside: dict[str, Any]) -> dict[str, Any]:
    """Return a dashboard whose first view is the live timeline.

    Args:
        beside: Cards that stand beside it.
    """
    timeline = {
        "type": "custom:vigilar-timeline-card",
        "grid_options": {"columns": "full", "rows": 9},
    }
    sections = [{"type": "grid", "cards": [timeline]}]
    if beside:
        sections.append({"type": "grid", "cards": list(beside)})
    return {
        "title": "Vigilar",
        "views": [
            {
                "title": "Timeline",
                "path": "timeline",
                "icon": "mdi:timeline-clock-outline",
                "type": "sections",
                "max_columns": 2,
                "sections": sections,
            }
        ],
    }


def camera_cards() -> list[dict[str, Any]]:
    """Return what the demo shows of its camera beside the timeline."""
    slug = slugify(CAMERA)
    return [
        {
            "type": "picture-entity",
            "entity": f"image.{slug}_last_event",
            "show_state": False,
        },
        {"type": "tile", "entity": f"binary_sensor.{slug}_motion", "color": "red"},
        {"type": "tile", "entity": f"switch.{slug}_detection"},
    ]


def line(event: dict[str, Any]) -> str:
    """Return an event as one line."""
    data = event["data"]
    began = datetime.fromtimestamp(data["ts"] / 1000, UTC).astimezone()
    payload = data["payload"]
    labels = ", ".join(label["label"] for label in payload.get("labels") or ())
    shown = [
        f"{began:%H:%M:%S}",
        data["severity"],
        data["type"],
        payload.get("name") or data["source_id"],
    ]
    return "  ".join([*shown, f"({labels})"] if labels else shown)


async def set_up(
    client: HomeAssistantClient, options: argparse.Namespace, url: str
) -> None:
    """Set up broker, Vigilar, camera and dashboard, each as a user would."""
    if options.mqtt:
        host, _, port = options.mqtt.partition(":")
        await client.add_mqtt(host, int(port or MQTT_PORT))
        say(f"demo: publishing to MQTT at {host}:{port or MQTT_PORT}")
    _, camera_flow = await client.add_vigilar()
    await client.add_stream_camera(camera_flow, CAMERA, url)
    say(f"demo: camera {without_credentials(url)}")
    await client.create_dashboard(DASHBOARD, "Security", dashboard(*camera_cards()))


async def follow(
    home_assistant: HomeAssistantProcess,
    options: argparse.Namespace,
    url: str,
    known: bool,
) -> None:
    """Set everything up, then print events until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with HomeAssistantClient(home_assistant.login()) as client:
        await client.subscribe_events("vigilar_event", lambda event: say(line(event)))
        if not known:
            await set_up(client, options, url)
        say(
            f"demo: {home_assistant.url}/{DASHBOARD}/timeline  (user {USER}, password {PASSWORD})"
        )
        say("demo: events follow, Ctrl-C stops")
        waiting = [asyncio.create_task(event.wait()) for event in (stop, client.closed)]
        await asyncio.wait(
            waiting, timeout=options.seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for task in waiting:
            task.cancel()
        if client.closed.is_set():
            raise HarnessError(
                f"Home Assistant went away:\n{home_assistant.log_tail()}"
            )


def run(options: argparse.Namespace) -> None:
    """Start the processes, follow the events, stop the processes.

    Raises:
        HarnessError: Something does not work; the text says what.
    """
    if port_in_use(options.port):
        raise HarnessError(f"port {options.port} is in use; choose another with --port")
    if not options.keep:
        shutil.rmtree(WORK_DIR, ignore_errors=True)
    config_dir = WORK_DIR / "config"
    known = config_dir.exists()
    WORK_DIR.mkdir(exist_ok=True)
    with ExitStack() as running:
        url = options.source
        if url is None or urlsplit(url).scheme not in STREAM_SCHEMES:
            clip = servable(Path(url) if url else CLIP, WORK_DIR)
            url = running.enter_context(
                RtspServer(WORK_DIR, clip=clip, port=stream_port())
            ).url
        say("demo: starting Home Assistant")
        home_assistant = HomeAssistantProcess(config_dir, options.port)
        running.enter_context(home_assistant)
        running.callback(say, "demo: stopping")
        asyncio.run(follow(home_assistant, options, url, known))


def main() -> int:
    """Run; return the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run(arguments())
    except HarnessError as err:
        print(f"demo: {err}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("demo: stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
