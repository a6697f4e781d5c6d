"""What many cameras do to a real Home Assistant: lag, memory and processor time.

A small custom component beside Vigilar measures the event loop from within
(`loop_probe`); memory and processor time are the kernel's figures of the whole
process. The streams come from processes of their own, on the same machine.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from math import exp, log
import os
from pathlib import Path
import statistics
import tempfile
import time
from typing import Any, Final

from . import cpu
from .client import HomeAssistantClient
from .home_assistant import REPOSITORY, HomeAssistantProcess
from .process import free_port
from .streams import HttpStreamServer

BUSY: Final = 2
WARM_UP_S: Final = 30.0
"""Time to connect, to learn the scenes and to fall asleep."""
SAMPLE_S: Final = 5.0
LEAST_LAG_MS: Final = 0.01
BIN: Final = 0.05
"""Width of a bin of the lag's histogram, in its logarithm."""
BUSY_MACHINE: Final = 0.5
"""Cores that others may take before the figures are called theirs, too."""
CONFIGURATION: Final = "\ndiagnostics:\nloop_probe:\n"


def install_probe(config_dir: Path) -> None:
    """Put the probe beside the integration, in a prepared configuration folder."""
    components = config_dir / "custom_components"
    components.unlink()
    components.mkdir()
    for component in (
        REPOSITORY / "custom_components" / "vigilar",
        Path(__file__).parent / "loop_probe",
    ):
        (components / component.name).symlink_to(component)


def resident_mb(pid: int) -> float:
    """Return the memory of a process that is in RAM, megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def processor_s(pid: int) -> float:
    """Return the processor seconds that a process has used."""
    # The name before may hold spaces, and ends with the last parenthesis.
    columns = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(columns[11]) + int(columns[12])) / os.sysconf("SC_CLK_TCK")


def growth_mb_per_h(samples: list[tuple[float, float]]) -> float:
    """Return the trend of the second half of memory samples, least squares.

    The first half is left to caches that fill and to the allocator.

    Args:
        samples: Times in seconds and megabytes, in order.

    Returns:
        Megabytes an hour; 0 of too few samples.
    """
    late = samples[len(samples) // 2 :]
    if len(late) < 2:
        return 0.0
    times, sizes = zip(*late, strict=True)
    return statistics.linear_regression(times, sizes).slope * 3600


class LagHistogram:
    """Lags in bins, so that a long measurement takes no memory of its own.

    Bins grow with the lag: a percentile is right to a twentieth.

    Attributes:
        longest: The longest lag, milliseconds.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._counts: Counter[int] = Counter()
        self.longest = 0.0

    def add(self, lags: Iterable[float]) -> None:
        """Take lags, in milliseconds."""
        for lag in lags:
            self._counts[round(log(max(lag, LEAST_LAG_MS)) / BIN)] += 1
            self.longest = max(self.longest, lag)

    def percentile(self, percent: float) -> float:
        """Return the lag that so many percent stay below, milliseconds."""
        left = self._counts.total() * percent / 100
        for step in sorted(self._counts):
            left -= self._counts[step]
            if left <= 0:
                return exp(step * BIN)
        return 0.0


def machine_s() -> tuple[float, float]:
    """Return the processor seconds that the machine was busy, and all there were."""
    columns = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    ticks = [int(column) / os.sysconf("SC_CLK_TCK") for column in columns]
    whole = sum(ticks)
    # Idle, and waiting for a disk.
    return whole - ticks[3] - ticks[4], whole


async def watch(
    client: HomeAssistantClient, pid: int, seconds: float
) -> dict[str, Any]:
    """Return the figures of the next so many seconds."""
    await client.call("loop_probe/take")
    used, began = processor_s(pid), time.monotonic()
    busy, whole = machine_s()
    memory = [(0.0, resident_mb(pid))]
    lags = LagHistogram()
    while memory[-1][0] < seconds:
        await asyncio.sleep(SAMPLE_S)
        lags.add(await client.call("loop_probe/take"))
        memory.append((time.monotonic() - began, resident_mb(pid)))
    elapsed = memory[-1][0]
    used = processor_s(pid) - used
    busy, whole = (
        now - then for now, then in zip(machine_s(), (busy, whole), strict=True)
    )
    return {
        "seconds": round(elapsed),
        "lag_p50_ms": round(lags.percentile(50), 2),
        "lag_p99_ms": round(lags.percentile(99), 2),
        "lag_max_ms": round(lags.longest, 2),
        "rss_start_mb": round(memory[0][1], 1),
        "rss_middle_mb": round(memory[len(memory) // 2][1], 1),
        "rss_end_mb": round(memory[-1][1], 1),
        "rss_growth_mb_per_h": round(growth_mb_per_h(memory), 1),
        "cpu_cores": round(used / elapsed, 3),
        # What else runs on the machine makes the loop late, too.
        "other_cores": round(busy / elapsed - used / elapsed, 2),
        "idle_cores": round((whole - busy) / elapsed, 2),
    }


def worker_figures(diagnostics: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield how each camera fares, of the integration's diagnostics."""
    shown = ("fps_in", "fps_decoded", "fps_analysed", "gate", "wakes", "frames_dropped")
    for name, camera in diagnostics["data"]["cameras"].items():
        worker = camera["worker"] or {}
        yield {"camera": name} | {key: worker.get(key) for key in shown}


async def measure(work_dir: Path, cameras: int, seconds: float) -> dict[str, Any]:
    """Run Home Assistant with so many cameras, the first `BUSY` of them busy."""
    clips = {
        scene.name: cpu.make_clip(scene, work_dir) for scene in cpu.scenes(footage=None)
    }
    with ExitStack() as running:
        streams = {
            name: running.enter_context(HttpStreamServer(work_dir / name, clip=clip))
            for name, clip in clips.items()
        }
        home_assistant = HomeAssistantProcess(
            work_dir / "config", free_port(), configuration=CONFIGURATION
        )
        install_probe(home_assistant.config_dir)
        running.enter_context(home_assistant)
        async with HomeAssistantClient(home_assistant.login()) as client:
            entry, flow_id = await client.add_vigilar()
            for number in range(cameras):
                name = "busy" if number < BUSY else "quiet"
                if number:
                    flow = await client.start_subentry_flow(entry["entry_id"], "camera")
                    flow_id = flow["flow_id"]
                # The same address twice would be the same camera.
                await client.add_stream_camera(
                    flow_id, f"{name} {number}", f"{streams[name].url}?{number}"
                )
            await asyncio.sleep(WARM_UP_S)
            figures = await watch(client, home_assistant.pid, seconds)
            diagnostics = await client.rest(
                "GET", f"/api/diagnostics/config_entry/{entry['entry_id']}"
            )
    return figures | {"cameras": list(worker_figures(diagnostics))}


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure as the command line says."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder), options.cameras, options.seconds))


def table(figures: dict[str, Any]) -> str:
    """Return the figures for people."""
    lines = [
        f"{name:>16}  {value}" for name, value in figures.items() if name != "cameras"
    ]
    cameras = [
        "  ".join(f"{key} {value}" for key, value in camera.items())
        for camera in figures["cameras"]
    ]
    if figures["other_cores"] > BUSY_MACHINE:
        lines.append(
            f"other programs took {figures['other_cores']} cores: the lag is theirs, too"
        )
    return "\n".join([*lines, *cameras])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument(
        "--cameras", type=int, default=8, help="how many (8); two of them busy"
    )
    parser.add_argument(
        "--seconds", type=float, default=120, help="how long to measure (120)"
    )
