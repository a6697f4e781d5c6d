"""Measure Vigilar: one subcommand a figure, a table or JSON out."""

import argparse
import asyncio
from collections.abc import Callable
from contextlib import ExitStack
import json
from pathlib import Path
import sys
import tempfile
import time
from typing import Any

from . import cpu, loop, media, storm, timeline
from .analyze import stand_in
from .client import HomeAssistantClient, JsonObject
from .figures import percentile
from .home_assistant import HomeAssistantProcess
from .paint import TARGET_MS, painting
from .process import HarnessError, free_port
from .streams import RtspServer

# Each camera sees three walkers in the 75 s of the clip.
CAMERAS = 2
PATIENCE_S = 600


def arguments() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    latency = commands.add_parser(
        "latency",
        help="from the frame that confirms a motion to a websocket client and a browser",
    )
    latency.add_argument(
        "--events", type=int, default=12, help="stop after so many (12)"
    )
    processor = commands.add_parser(
        "cpu", help="processor seconds of a quiet and a busy stream, beside a yardstick"
    )
    cpu.add_arguments(processor)
    cameras = commands.add_parser(
        "loop", help="lag, memory and processor time of Home Assistant with cameras"
    )
    loop.add_arguments(cameras)
    motion = commands.add_parser(
        "cost", help="milliseconds of motion at 1080p beside MOG2, by image kernels"
    )
    motion.add_argument(
        "folder",
        type=Path,
        metavar="DIR",
        help="holds clips and their ground_truth.json",
    )
    recording = commands.add_parser(
        "media", help="what the ring, clips and snapshots of a camera cost"
    )
    media.add_arguments(recording)
    million = commands.add_parser(
        "timeline", help="answers of a database of a million events, and many clients"
    )
    timeline.add_arguments(million)
    weather = commands.add_parser(
        "storm", help="everything at once: is any change lost or told twice"
    )
    storm.add_arguments(weather)
    add_accuracy(commands)
    for command in commands.choices.values():
        command.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def add_accuracy(commands: Any) -> None:
    """Add the subcommand to a command line.

    Args:
        commands: The subparsers.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "accuracy", help="events found, false alarms and delay on clips with a truth"
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="DIR",
        help="holds clips and their ground_truth.json",
    )
    parser.add_argument(
        "--synthetic", action="store_true", help="measure synthetic scenes"
    )
    parser.add_argument(
        "--seeds",
        default="1-3",
        metavar="A-B",
        help="of the synthetic scenes (%(default)s, on which the algorithm is tuned)",
    )
    parser.add_argument(
        "--compressed",
        action="store_true",
        help="send synthetic scenes through a camera's codec, the gate and the decoder",
    )
    parser.add_argument(
        "--sweep",
        action="store_true",
        help="also change each constant by 30 %% and compare",
    )
    parser.add_argument(
        "--objects", action="store_true", help="also recognise what moves"
    )
    parser.add_argument(
        "--no-opencv", action="store_true", help="use the NumPy kernels"
    )


def run_accuracy(options: argparse.Namespace) -> int:
    """Measure the accuracy, line by line; return the exit code."""
    stand_in()
    from . import accuracy, synthetic

    try:
        options.seeds = synthetic.seeds_of(options.seeds)
    except ValueError:
        print("bench: --seeds takes two numbers, as in 1-3", file=sys.stderr)
        return 2
    return accuracy.run(options)


def latency_of(event: JsonObject, arrived_ms: float) -> float:
    """Return the milliseconds from the confirming frame to the arrival.

    The event began at its `ts`, and `confirm` milliseconds later the frame
    came that confirmed it; both by the wall clock that the client reads, too.
    Where the event was held back until it was known what moves, the frame
    counts that ended it.
    """
    stages = event["payload"]["latency_ms"]
    told: float = event["ts"] + stages["confirm"] + stages.get("held", 0.0)
    return arrived_ms - told


async def measure_latency(home_assistant: HomeAssistantProcess, events: int) -> Any:
    """Watch real streams until enough motions have arrived; return the figures.

    Raises:
        HarnessError: Too few motions came in time.
    """
    latencies: list[float] = []
    handoffs: list[float] = []
    enough = asyncio.Event()

    def receive(message: JsonObject) -> None:
        arrived_ms = time.time_ns() / 1e6
        if message["kind"] != "changed":
            return
        for event in message["events"]:
            if "confirm" in event["payload"]["latency_ms"] and (
                event["payload"]["phase"] == "new"
            ):
                latencies.append(latency_of(event, arrived_ms))
                handoffs.append(event["payload"]["latency_ms"]["handoff"])
        if len(latencies) >= events:
            enough.set()

    tokens = home_assistant.login()
    async with HomeAssistantClient(tokens) as client, painting(tokens, client) as seen:
        await client.subscribe("vigilar/timeline/subscribe", receive)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await enough.wait()
        except TimeoutError:
            raise HarnessError(
                f"only {len(latencies)} motions in {PATIENCE_S} s"
            ) from None
        paints = await seen.latencies()
    if not paints:
        raise HarnessError("the browser painted no event")
    return {
        "events": len(latencies),
        "p50_ms": round(percentile(latencies, 50), 1),
        "p95_ms": round(percentile(latencies, 95), 1),
        "max_ms": round(max(latencies), 1),
        "handoff_p95_ms": round(percentile(handoffs, 95), 1),
        "painted": len(paints),
        "paint_p50_ms": round(percentile(paints, 50), 1),
        "paint_p95_ms": round(percentile(paints, 95), 1),
        "paint_max_ms": round(max(paints), 1),
        "paint_target_ms": TARGET_MS,
    }


async def latency(work_dir: Path, events: int) -> Any:
    """Run Home Assistant with real RTSP cameras and measure their motions."""
    with ExitStack() as running:
        streams = [
            running.enter_context(RtspServer(work_dir / str(number)))
            for number in range(CAMERAS)
        ]
        home_assistant = running.enter_context(
            HomeAssistantProcess(work_dir / "config", free_port())
        )
        async with HomeAssistantClient(home_assistant.login()) as client:
            entry, flow_id = await client.add_vigilar()
            for number, stream in enumerate(streams):
                if number:
                    flow = await client.start_subentry_flow(entry["entry_id"], "camera")
                    flow_id = flow["flow_id"]
                await client.add_stream_camera(flow_id, f"Camera {number}", stream.url)
        return await measure_latency(home_assistant, events)


def run_latency(options: argparse.Namespace) -> tuple[Any, str]:
    """Return the figures, and a table of them."""
    with tempfile.TemporaryDirectory() as work_dir:
        figures = asyncio.run(latency(Path(work_dir), options.events))
    return figures, _listed(figures)


def run_cpu(options: argparse.Namespace) -> tuple[Any, str]:
    """Return the figures, and a table of them."""
    figures = cpu.run(options)
    return figures, cpu.table(figures)


def run_cost(options: argparse.Namespace) -> tuple[Any, str]:
    """Return the figures, and a table of them."""
    stand_in()
    from . import cost

    figures = cost.run(options)
    return figures, cost.table(figures)


def run_loop(options: argparse.Namespace) -> tuple[Any, str]:
    """Return the figures, and a table of them."""
    figures = loop.run(options)
    return figures, loop.table(figures)


def run_media(options: argparse.Namespace) -> tuple[Any, str]:
    """Return the figures, and a table of them."""
    stand_in()
    figures = media.run(options)
    return figures, _listed(figures)


def run_timeline(options: argparse.Namespace) -> tuple[Any, str]:
    """Return the figures, and a table of them."""
    figures = timeline.run(options)
    return figures, timeline.table(figures)


def run_storm(options: argparse.Namespace) -> tuple[Any, str]:
    """Return the figures, and a table of them."""
    figures = storm.run(options)
    return figures, storm.table(figures)


def _listed(figures: dict[str, Any]) -> str:
    """Return figures, one a line."""
    return "\n".join(f"{name:>16}  {value}" for name, value in figures.items())


MEASUREMENTS: dict[str, Callable[[argparse.Namespace], tuple[Any, str]]] = {
    "latency": run_latency,
    "cpu": run_cpu,
    "cost": run_cost,
    "loop": run_loop,
    "media": run_media,
    "timeline": run_timeline,
    "storm": run_storm,
}


def main() -> int:
    """Run; return the exit code."""
    options = arguments()
    if options.command == "accuracy":
        return run_accuracy(options)
    try:
        figures, text = MEASUREMENTS[options.command](options)
    except HarnessError as err:
        print(f"bench: {err}", file=sys.stderr)
        return 1
    print(json.dumps({options.command: figures}) if options.json else text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
