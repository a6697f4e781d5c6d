"""Make the shipped object detector again from the package that Google publishes.

The package is npm's @mediapipe/objectron; the detector lies within one file of
it, behind its list of labels. The result is the same to the byte each time.
"""

import argparse
import hashlib
import json
from pathlib import Path
import subprocess
import sys
import tarfile
import tempfile
from typing import Final

from . import ncnn_model, tflite
from .home_assistant import REPOSITORY

PACKAGE: Final = "@mediapipe/objectron@0.4.1675468480"
PACKAGE_SHA256: Final = (
    "fc3e37b326b05e8f596099c90b3e0931b05a56cd3160b9ac450b621794bac94c"
)
MEMBER: Final = "package/objectron_solution_packed_assets.data"
MODEL_SHA256: Final = "d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6"
# The file begins with the labels, one a line, background first.
LABELS_BYTES: Final = 184
OUTPUTS: Final = ("boxes", "scores")

FOLDER: Final = (
    REPOSITORY / "custom_components" / "vigilar" / "vision" / "models" / "ssd_oidv4"
)


class PackageError(Exception):
    """The package is not the one that the model was made from."""


def fetch(folder: Path) -> Path:
    """Download the package into a folder and return the file."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", PACKAGE],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return folder / packed.stdout.strip()


def unpack(package: bytes, member: bytes) -> tuple[list[str], bytes]:
    """Check a package and take it apart.

    Args:
        package: The whole file.
        member: What it holds as `MEMBER`.

    Returns:
        The labels without background, and the TFLite model.

    Raises:
        PackageError: A checksum differs.
    """
    labels, model = member[:LABELS_BYTES], member[LABELS_BYTES:]
    for data, expected in ((package, PACKAGE_SHA256), (model, MODEL_SHA256)):
        if (found := hashlib.sha256(data).hexdigest()) != expected:
            raise PackageError(f"checksum {found} instead of {expected}")
    return labels.decode().split("\n")[1:-1], model


def read_member(package: Path) -> bytes:
    """Return the file that holds the model."""
    with tarfile.open(package) as archive:
        member = archive.extractfile(MEMBER)
        if member is None:
            raise PackageError(f"{MEMBER} is no file")
        return member.read()


def convert(package: Path, folder: Path) -> None:
    """Write the network beside its description.

    Args:
        package: The package's file.
        folder: Holds `model.json`, whose labels must be the package's.

    Raises:
        PackageError: It is another package, or has other labels.
    """
    labels, model = unpack(package.read_bytes(), read_member(package))
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    if description["labels"] != labels:
        raise PackageError("model.json has other labels")
    param, weights = ncnn_model.convert(tflite.read(model), OUTPUTS)
    (folder / "model.param").write_text(param, encoding="ascii")
    (folder / "model.bin").write_bytes(weights)
    for name in ("model.param", "model.bin"):
        data = (folder / name).read_bytes()
        print(f"{name}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


def main() -> int:
    """Convert the named package, or the one that npm has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", nargs="?", type=Path, help=f"{PACKAGE} as a file")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to write")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        convert(arguments.package or fetch(Path(work)), arguments.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
