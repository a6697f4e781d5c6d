"""Records an endless event until killed; a test runs it in a process of its own."""

from pathlib import Path
import sys
import time

from custom_components.vigilar.media.recorder import (
    MediaWriter,
    Recorder,
    RecorderSettings,
)

from .common import Sink, Wire, video


def main(folder: Path, part_s: float) -> None:
    """Feed a recorder ten times as fast as life, and say how the clip grows."""
    from custom_components.vigilar.media import recording

    recording.PART_S = part_s  # type: ignore[misc]
    writer, sink = MediaWriter(), Sink()
    writer.start()
    recorder = Recorder("gate", RecorderSettings(), sink, writer)
    data = video()
    begun = time.time()
    for round_ in range(1000):
        wire = Wire(data)
        for tenth in range(1, 201):
            wire.play(
                recorder.packet,
                until=tenth / 10,
                at=begun + round_ * 20,
                shift=round_ * 20,
            )
            # Ten times as fast as a camera: the clip must be growing when the process is killed.
            time.sleep(0.01)
            if round_ == 0 and tenth == 10:
                recorder.begin(
                    "event", round(begun * 1000), lambda part: folder / f"{part}.mp4"
                )
            if sink.progress:
                sys.stdout.write(f"{sink.progress.pop(0)[1].duration_s}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
