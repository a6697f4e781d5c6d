"""Child processes that are started, stopped and killed on purpose."""

import atexit
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
import os
from pathlib import Path
import signal
import socket
import subprocess
import time
from types import TracebackType
from typing import Final, Self

LOOPBACK: Final = "127.0.0.1"
POLL_SECONDS: Final = 0.05
LOG_TAIL_LINES: Final = 15


class HarnessError(Exception):
    """Something that the harness needs did not work; the text says what."""


def free_port() -> int:
    """Return a TCP port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def port_in_use(port: int) -> bool:
    """Return whether a TCP port of the loopback address cannot be bound."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def accepts_connections(port: int) -> bool:
    """Return whether something answers on a TCP port of the loopback address."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


class ManagedProcess:
    """One child process with a log file and a life of its own.

    The child leads its own session, so Ctrl-C in a terminal reaches it only
    through `stop`, in the order that the caller chooses.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log_file: Path,
        env: Mapping[str, str] | None = None,
        ready: Callable[[], bool],
        ready_timeout: float = 30,
        stop_timeout: float = 30,
    ) -> None:
        """Describe the process; nothing runs yet.

        Args:
            name: What messages call it.
            command: Program and arguments.
            log_file: Receives standard output and error; appended to.
            env: Added to the environment.
            ready: Says whether the process does its work; polled by `start`.
            ready_timeout: Seconds that `start` waits for it.
            stop_timeout: Seconds that `stop` waits before it kills.
        """
        self.name = name
        self.log_file = log_file
        self._command = list(command)
        self._env = dict(env or {})
        self._ready = ready
        self._ready_timeout = ready_timeout
        self._stop_timeout = stop_timeout
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Return whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Return the process id.

        Raises:
            HarnessError: It does not run.
        """
        if self._process is None:
            raise HarnessError(f"{self.name} does not run")
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it is ready.

        Raises:
            HarnessError: It ended or did not get ready in time.
        """
        if self.running:
            raise HarnessError(f"{self.name} runs already")
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            try:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **self._env},
                    start_new_session=True,
                )
            except FileNotFoundError as err:
                raise HarnessError(
                    f"{self.name}: {self._command[0]} is not installed (run scripts/setup)"
                ) from err
        atexit.register(self.kill)
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.kill()
            raise

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Poll until the process does its work."""
        deadline = time.monotonic() + self._ready_timeout
        while not self._ready():
            if process.poll() is not None:
                raise HarnessError(f"{self.name} ended at once:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise HarnessError(
                    f"{self.name} was not ready after {self._ready_timeout:.0f} s:\n"
                    f"{self.log_tail()}"
                )
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Ask the process to end and wait for it; kill it if it will not."""
        if self._process is None:
            return
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(self._stop_timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                return
        self._end_group()

    def kill(self) -> None:
        """Kill the process and what it started, without a warning."""
        self._end_group()

    def restart(self) -> None:
        """Stop, then start again."""
        self.stop()
        self.start()

    def log_tail(self) -> str:
        """Return the last lines of the log."""
        if not self.log_file.exists():
            return ""
        lines = self.log_file.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def _end_group(self) -> None:
        """Kill whatever is left of the session and reap the process."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        atexit.unregister(self.kill)
        self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()
