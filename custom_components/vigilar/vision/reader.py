"""The thread that reads a second stream of a camera, for whoever keeps its packets."""

from collections.abc import Callable
import logging
import threading
import time
from typing import Final

from .source import READ_TIMEOUT_S, Backoff, Source, SourceError
from .tap import PacketTap, TapFeed

_LOGGER = logging.getLogger(__name__)

_LOOK_S: Final = 0.5


class StreamReader:
    """Hands the packets of a stream on, undecoded, while they are wanted."""

    def __init__(
        self,
        source_id: str,
        open_source: Callable[[], Source],
        tap: PacketTap,
        wanted: threading.Event | None = None,
        *,
        backoff: Backoff | None = None,
    ) -> None:
        """Prepare a reader; nothing happens before `start`.

        Args:
            source_id: Names the camera in the thread's name.
            open_source: Called anew for each connection, in the reader's thread;
                may block; raises `SourceError`.
            tap: Given every packet, in the reader's thread.
            wanted: It is connected only while this is set; always by default.
            backoff: How long to wait between attempts.
        """
        self._source_id = source_id
        self._open_source = open_source
        self._tap = tap
        self._wanted = wanted
        self._backoff = backoff or Backoff()
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"vigilar_{source_id}_clips", daemon=True
        )

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def request_stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._stop.set()

    def join(self, timeout: float) -> bool:
        """Wait for the thread to end.

        Args:
            timeout: Seconds.

        Returns:
            Whether it has ended.
        """
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def _is_wanted(self) -> bool:
        """Return whether to be connected."""
        return not self._stop.is_set() and (
            self._wanted is None or self._wanted.is_set()
        )

    def _run(self) -> None:
        """Read until asked to stop."""
        while not self._stop.is_set():
            if self._wanted is not None and not self._wanted.wait(_LOOK_S):
                continue
            self._connect()
            if self._is_wanted:
                self._stop.wait(self._backoff.next())

    def _connect(self) -> None:
        """Read one connection."""
        try:
            source = self._open_source()
            try:
                self._read(source)
            finally:
                source.close()
        except SourceError as err:
            _LOGGER.debug("Second stream of %s: %s", self._source_id, err)
        except Exception as err:  # noqa: BLE001 - clips may still come of the first stream
            _LOGGER.warning(
                "Second stream of %s failed with %s",
                self._source_id,
                type(err).__name__,
            )

    def _read(self, source: Source) -> None:
        """Hand packets on until the stream is lost or no longer wanted."""
        feed = TapFeed(self._tap)
        waited = 0.0
        heard = time.monotonic()
        try:
            while self._is_wanted:
                begin = time.monotonic()
                packet = source.read()
                arrival = time.monotonic()
                waited += arrival - begin
                if packet is None:
                    if arrival - heard > READ_TIMEOUT_S:
                        return
                    continue
                heard = arrival
                feed.put(packet, arrival, waited)
                if not packet.sound:
                    waited = 0.0
                    self._backoff.reset()
        finally:
            feed.lost()
