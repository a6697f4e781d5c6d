"""Real video streams that play a file in a loop."""

from pathlib import Path
import shutil
import sys

from .process import LOOPBACK, ManagedProcess, accepts_connections, free_port

CLIP = Path(__file__).parent / "clips" / "demo.mp4"


class RtspServer(ManagedProcess):
    """An RTSP server (over TCP); every connection begins with the first frame.

    Attributes:
        url: The stream's address.
    """

    def __init__(
        self, work_dir: Path, *, clip: Path = CLIP, port: int | None = None
    ) -> None:
        """Describe the server; nothing runs yet.

        Args:
            work_dir: Receives the log and the served folder.
            clip: MP4 or Matroska with H.264 or H.265 video.
            port: TCP port; a free one by default.
        """
        self.port = port or free_port()
        self.url = f"rtsp://{LOOPBACK}:{self.port}/{clip.name}/play_count_0"
        served = work_dir / "rtsp"
        served.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(clip, served / clip.name)
        super().__init__(
            "rtsp-server",
            [
                str(Path(sys.executable).with_name("rtsp-server")),
                *("-d", str(served), "-H", LOOPBACK, "-p", str(self.port)),
                *("-cp", str(free_port())),
            ],
            log_file=work_dir / "rtsp-server.log",
            ready=lambda: accepts_connections(self.port),
        )


class HttpStreamServer(ManagedProcess):
    """An HTTP server of an endless MPEG-TS stream, for many readers at a time.

    Attributes:
        url: The stream's address.
    """

    def __init__(
        self, work_dir: Path, *, clip: Path = CLIP, port: int | None = None
    ) -> None:
        """Describe the server; nothing runs yet.

        Args:
            work_dir: Receives the log.
            clip: Any file whose video fits into MPEG-TS.
            port: TCP port; a free one by default.
        """
        self.port = port or free_port()
        self.url = f"http://{LOOPBACK}:{self.port}/stream.ts"
        super().__init__(
            "http-stream-server",
            [
                sys.executable,
                "-m",
                "scripts.harness.http_stream",
                str(clip),
                str(self.port),
            ],
            log_file=work_dir / "http-stream-server.log",
            ready=lambda: accepts_connections(self.port),
        )
