"""What many cameras do to a real Home Assistant: lag, memory and processor time.

A small custom component beside Vigilar measures the event loop from within
(`loop_probe`); memory and processor time are the kernel's figures of the whole
process. The streams come from processes of their own, on the same machine.
"""

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
import os
from pathlib import Path
import tempfile
import time
from typing import Any, Final

from . import cpu
from .client import HomeAssistantClient
from .figures import percentile
from .home_assistant import REPOSITORY, HomeAssistantProcess
from .process import free_port
from .streams import HttpStreamServer

BUSY: Final = 2
WARM_UP_S: Final = 30.0
"""Time to connect, to learn the scenes and to fall asleep."""
SAMPLE_S: Final = 5.0
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


def slope_mb_per_min(samples: list[float]) -> float:
    """Return the trend of memory samples taken every `SAMPLE_S`, least squares."""
    middle = (len(samples) - 1) / 2
    mean = sum(samples) / len(samples)
    spread = sum((number - middle) ** 2 for number in range(len(samples)))
    shared = sum(
        (number - middle) * (sample - mean) for number, sample in enumerate(samples)
    )
    return shared / spread * 60 / SAMPLE_S if spread else 0.0


async def watch(
    client: HomeAssistantClient, pid: int, seconds: float
) -> dict[str, Any]:
    """Return the figures of the next so many seconds."""
    await client.call("loop_probe/take")
    used, began = processor_s(pid), time.monotonic()
    memory = [resident_mb(pid)]
    lags: list[float] = []
    while time.monotonic() - began < seconds:
        await asyncio.sleep(SAMPLE_S)
        lags += await client.call("loop_probe/take")
        memory.append(resident_mb(pid))
    elapsed = time.monotonic() - began
    return {
        "seconds": round(elapsed),
        "lag_p50_ms": round(percentile(lags, 50), 2),
        "lag_p99_ms": round(percentile(lags, 99), 2),
        "lag_max_ms": round(max(lags), 2),
        "rss_start_mb": round(memory[0]),
        "rss_end_mb": round(memory[-1]),
        "rss_mb_per_min": round(slope_mb_per_min(memory), 2),
        "cpu_cores": round((processor_s(pid) - used) / elapsed, 3),
        # What else runs on the machine makes the loop late, too.
        "machine_load": round(os.getloadavg()[0], 1),
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
    return "\n".join([*lines, *cameras])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument(
        "--cameras", type=int, default=8, help="how many (8); two of them busy"
    )
    parser.add_argument(
        "--seconds", type=float, default=120, help="how long to measure (120)"
    )
