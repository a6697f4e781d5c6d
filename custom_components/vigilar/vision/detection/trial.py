"""Run a network once in a process of its own.

ncnn trusts its files: a network that takes its picture in another shape than
ours, or whose layers contradict each other, ends the process that runs it. So
what somebody else made runs here first. The child runs this file as a script,
which is why it imports nothing of Vigilar.
"""

import importlib
import os
from pathlib import Path
import subprocess
import sys
from typing import Final

TIMEOUT_S: Final = 60.0


def survives(param: Path, weights: Path, width: int, height: int) -> bool:
    """Return whether a network can be loaded and run without harm.

    Args:
        param: The network.
        weights: Its numbers.
        width: Of the picture, pixels.
        height: Of the picture, pixels.

    Returns:
        False also if it takes longer than `TIMEOUT_S`. A network that ncnn
        refuses in good order does survive.
    """
    arguments = [str(param), str(weights), str(width), str(height)]
    try:
        child = subprocess.run(
            [sys.executable, __file__, *arguments],
            # Home Assistant may keep packages where only its own path leads.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return child.returncode == 0


def main(param: str, weights: str, width: str, height: str) -> None:
    """Load and run a network on a black picture."""
    ncnn = importlib.import_module("ncnn")
    net = ncnn.Net()
    net.opt.num_threads = 1
    if net.load_param(param) or net.load_model(weights):
        return
    for output in net.output_names():
        picture = ncnn.Mat(int(width), int(height), 3)
        picture.fill(0.0)
        extractor = net.create_extractor()
        extractor.input(net.input_names()[0], picture)
        extractor.extract(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
