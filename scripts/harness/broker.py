"""A real MQTT broker."""

from pathlib import Path
import shutil

from .process import LOOPBACK, HarnessError, ManagedProcess, accepts_connections


class Mosquitto(ManagedProcess):
    """Mosquitto on the loopback address, open to everybody there."""

    def __init__(self, port: int, work_dir: Path, *, persistence: bool = False) -> None:
        """Write the configuration; nothing runs yet.

        Args:
            port: TCP port.
            work_dir: Receives configuration, log and, if any, the database.
            persistence: Keep retained messages and sessions over restarts.

        Raises:
            HarnessError: Mosquitto is not installed.
        """
        program = shutil.which("mosquitto") or shutil.which(
            "mosquitto", path="/usr/sbin"
        )
        if program is None:
            raise HarnessError("mosquitto is not installed (run scripts/setup system)")
        self.port = port
        work_dir.mkdir(parents=True, exist_ok=True)
        config = work_dir / "mosquitto.conf"
        lines = [f"listener {port} {LOOPBACK}", "allow_anonymous true"]
        if persistence:
            # As root Mosquitto drops to a user that could not write here.
            lines += [
                "user root",
                "persistence true",
                f"persistence_location {work_dir}/",
                "autosave_interval 1",
            ]
        config.write_text("\n".join(lines) + "\n")
        super().__init__(
            "mosquitto",
            [program, "-c", str(config)],
            log_file=work_dir / "mosquitto.log",
            ready=lambda: accepts_connections(port),
        )
