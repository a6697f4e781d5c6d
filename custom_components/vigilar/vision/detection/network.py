"""A network on ncnn: a picture in, its outputs as they are."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .decoders import Floats
from .description import (
    ColorOrder,
    ModelDescription,
    ModelError,
    ModelFiles,
    ModelProblem,
)

# How far a picture may be shrunk by averaging blocks before it is resampled.
# Anything near 1 is quick and loses no more than a blur that the model ignores.
_REDUCING_GAP = 1.1


class Network:
    """A loaded network; belongs to the thread that created it."""

    def __init__(
        self, ncnn: Any, files: ModelFiles, description: ModelDescription
    ) -> None:
        """Load a network.

        Args:
            ncnn: The imported `ncnn` module.
            files: Of the model.
            description: Of the same model.

        Raises:
            ModelError: ncnn cannot read the files.
        """
        self._ncnn = ncnn
        self._description = description
        self._net = _load(ncnn, files)
        (self._input,) = self._net.input_names()
        # ncnn lists them as the network happens to be written.
        self._outputs = sorted(self._net.output_names())
        self._scale = list(description.scale)
        self._mean = list(description.mean)
        types = ncnn.Mat.PixelType
        self._pixels = (
            types.PIXEL_RGB
            if description.color_order is ColorOrder.RGB
            else types.PIXEL_RGB2BGR
        )

    def run(self, rgb: NDArray[np.uint8]) -> list[Floats]:
        """Look at a picture.

        Args:
            rgb: uint8[h, w, 3] of any size; it is stretched to the input's.

        Returns:
            The outputs in the order of their names, each with the shape that
            ncnn gives it.

        Raises:
            ModelError: The network does not run.
        """
        image = self._resize(rgb)
        width, height = self._description.width, self._description.height
        mat = self._ncnn.Mat.from_pixels(image, self._pixels, width, height)
        mat.substract_mean_normalize(self._mean, self._scale)
        extractor = self._net.create_extractor()
        extractor.input(self._input, mat)
        outputs: list[Floats] = []
        for name in self._outputs:
            code, output = extractor.extract(name)
            if code or output.empty():
                raise ModelError(ModelProblem.NETWORK_FAILED, blob=name)
            # ncnn's memory ends with the extractor.
            outputs.append(np.array(output, np.float32))
        return outputs

    def _resize(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Scale a picture to the input, each pixel the mean of what it stands for."""
        size = (self._description.width, self._description.height)
        image = Image.fromarray(np.ascontiguousarray(rgb))
        if image.size == size:
            return np.ascontiguousarray(rgb)
        return np.asarray(
            image.resize(size, Image.Resampling.BILINEAR, reducing_gap=_REDUCING_GAP)
        )


def _load(ncnn: Any, files: ModelFiles) -> Any:
    """Load a network for one thread, with as little memory as it goes."""
    net = ncnn.Net()
    net.opt.num_threads = 1
    net.opt.use_vulkan_compute = False
    net.opt.lightmode = True
    # Half the memory for half the digits is fine, half the digits of a sum is not.
    net.opt.use_fp16_arithmetic = False
    for load, file in ((net.load_param, files.param), (net.load_model, files.weights)):
        if not _loads(load, file):
            raise ModelError(ModelProblem.NETWORK_UNREADABLE, file=file.name)
    return net


def _loads(load: Any, file: Path) -> bool:
    """Return whether ncnn could read a file."""
    return bool(load(str(file)) == 0)


def import_ncnn() -> Any:
    """Return ncnn.

    Raises:
        ImportError: It is not there, or does not fit this machine.
    """
    return importlib.import_module("ncnn")
