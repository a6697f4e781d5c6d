"""Streams, files and snapshot cameras."""

from collections.abc import Iterator
from contextlib import suppress
import io
from pathlib import Path
import socket
import threading
import time
from typing import Any, NoReturn, cast, override
from unittest.mock import patch

import av
from av.container import InputContainer
from hypothesis import given, strategies as st
from PIL import Image as PillowImage
import pytest

from custom_components.vigilar.vision import source as source_module
from custom_components.vigilar.vision.source import (
    ALLOWED_SCHEMES,
    Backoff,
    ContainerSource,
    Packet,
    Picture,
    SnapshotSource,
    Source,
    SourceError,
    SourceFailure,
    check_stream_url,
    open_file,
    open_stream,
    probe,
)

from .common import (
    WAIT_S,
    ScriptedSource,
    StreamServer,
    encode,
    encode_sound,
    jpeg,
    still,
    stream_server,
    write_clip,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
def server(socket_enabled: None) -> Iterator[StreamServer]:
    """Run an HTTP server."""
    with stream_server() as running:
        yield running


def pictures(source: Source, count: int) -> list[Picture]:
    """Read and decode until there are enough pictures."""
    found: list[Picture] = []
    while len(found) < count:
        packet = source.read()
        if packet is not None:
            found += source.decode(packet)
    return found


def exhaust(source: Source, found: list[Picture] | None = None) -> NoReturn:
    """Read and decode, adding to what was found, until the source fails."""
    found = [] if found is None else found
    try:
        while True:
            packet = source.read()
            if packet is not None:
                found += source.decode(packet)
    finally:
        source.close()


def failure_of(url: str) -> SourceFailure:
    """Open a stream that must fail, and read to its end if it opens."""
    with pytest.raises(SourceError) as caught:
        exhaust(open_stream(url))
    return caught.value.failure


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://camera.local/stream",
        "RTSP://user:p%40ss@192.168.1.2:554/h264?profile=1",
        "rtsps://camera/1",
        "http://[::1]:8080/video.ts",
        "https://camera.example/live.m3u8?token=abc",
    ],
)
def test_network_streams_are_allowed(url: str) -> None:
    """The four schemes are accepted."""
    check_stream_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/etc/passwd",
        "camera.mp4",
        "file:///etc/passwd",
        "concat:http://a/1|http://a/2",
        "subfile,,start,0,end,9,,:/etc/passwd",
        "crypto:http://a/",
        "http:/etc/passwd",
        "http:///etc/passwd",
        "http://",
        "rtsp:",
        "udp://@239.0.0.1:1234",
        "ftp://host/file",
        "data:video/mp4;base64,AAAA",
        "http://host:port/",
        "http://[::1/",
        " http://host/",
        "http://host/a b",
        "http://host/\n",
        "ht\ttp://host/",
        "http://ho\x00st/",
        "http://host/\u00a0",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    """Files, chains of protocols and broken addresses are refused before they are opened."""
    with pytest.raises(SourceError) as caught:
        check_stream_url(url)
    assert caught.value.failure is SourceFailure.FORBIDDEN_SCHEME
    assert failure_of(url) is SourceFailure.FORBIDDEN_SCHEME


@given(st.text(max_size=40))
def test_no_text_passes_without_scheme_and_host(text: str) -> None:
    """Whatever is accepted begins with an allowed scheme, and nothing else is raised."""
    accepted = False
    with suppress(SourceError):
        check_stream_url(text)
        accepted = True
    assert not accepted or text.partition("://")[0].lower() in ALLOWED_SCHEMES


@given(
    st.sampled_from(sorted(ALLOWED_SCHEMES)),
    st.from_regex(r"[a-z0-9]{1,10}(\.[a-z]{2,5})?", fullmatch=True),
    st.integers(1, 65535),
    st.from_regex(r"(/[A-Za-z0-9_.~%=&?-]{0,8}){0,3}", fullmatch=True),
)
def test_well_formed_addresses_pass(
    scheme: str, host: str, port: int, path: str
) -> None:
    """Well-formed addresses pass; a space, tab or control character in them does not."""
    url = f"{scheme}://{host}:{port}{path}"
    check_stream_url(url)
    for bad in (" ", "\t", "\n", "\r", "\x00", "\x7f", "\u2028"):
        with pytest.raises(SourceError):
            check_stream_url(url + bad)


@given(
    st.sampled_from(
        [
            "file",
            "concat",
            "subfile",
            "data",
            "pipe",
            "fd",
            "tcp",
            "udp",
            "cache",
            "async",
            "gopher",
        ]
    ),
    st.sampled_from([":", "://", ",,start,0,,:"]),
    st.sampled_from(["http://host/a", "/etc/passwd", "host/a"]),
)
def test_other_protocols_are_refused(scheme: str, joint: str, rest: str) -> None:
    """No other protocol of FFmpeg passes, whatever it wraps."""
    with pytest.raises(SourceError):
        check_stream_url(scheme + joint + rest)


# Streams over HTTP


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_mpeg_ts(server: StreamServer, codec: str) -> None:
    """MPEG-TS gives pictures with the times of the stream."""
    source = open_stream(server.add_bytes("/ts", encode(still(20), codec=codec)))
    try:
        assert source.live
        assert source.info.codec == ("h264" if codec == "libx264" else codec)
        assert (source.info.width, source.info.height) == (256, 144)
        assert source.info.fps == pytest.approx(5)
        found = pictures(source, 10)
    finally:
        source.close()
    times = [picture.ts for picture in found if picture.ts is not None]
    assert [round(after - times[0], 2) for after in times] == [
        round(number / 5, 2) for number in range(10)
    ]
    assert (found[0].frame.width, found[0].frame.height) == (256, 144)


def test_keyframes_are_told(server: StreamServer) -> None:
    """Packets say whether they can be decoded alone, and how large they are."""
    source = open_stream(server.add_bytes("/ts", encode(still(21))))
    try:
        packets = [packet for _ in range(20) if (packet := source.read()) is not None]
    finally:
        source.close()
    assert [packet.keyframe for packet in packets] == [
        number % 10 == 0 for number in range(20)
    ]
    assert min(packets[0].size, packets[10].size) > 0


def test_mjpeg(server: StreamServer) -> None:
    """A multipart stream of JPEGs works; it has no times."""
    source = open_stream(
        server.add_mjpeg("/mjpeg", [jpeg(image) for image in still(3)])
    )
    try:
        assert source.info.codec == "mjpeg"
        found = pictures(source, 5)
    finally:
        source.close()
    assert [picture.ts for picture in found] == [None] * 5
    assert found[0].frame.width == 256


def test_hls(server: StreamServer) -> None:
    """A playlist of segments works."""
    server.add_bytes("/1.ts", encode(still(10)))
    playlist = (
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXTINF:2.0,\n1.ts\n#EXT-X-ENDLIST\n"
    )
    url = server.add_bytes(
        "/live.m3u8", playlist.encode(), "application/vnd.apple.mpegurl"
    )
    source = open_stream(url)
    try:
        assert len(pictures(source, 8)) >= 8
    finally:
        source.close()


def test_a_playlist_cannot_read_files(server: StreamServer, tmp_path: Path) -> None:
    """A malicious playlist that names a local file gets nothing."""
    clip = write_clip(tmp_path / "secret.ts", still(10))
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\nfile://{clip}\n#EXT-X-ENDLIST\n"
    url = server.add_bytes(
        "/evil.m3u8", playlist.encode(), "application/vnd.apple.mpegurl"
    )
    assert failure_of(url) is SourceFailure.NO_VIDEO


def test_ffmpeg_itself_refuses_files(tmp_path: Path) -> None:
    """Should an address of a file come as far as FFmpeg, it is not opened there."""
    clip = write_clip(tmp_path / "secret.ts", still(10))
    for name in (str(clip), f"file:{clip}", f"concat:{clip}|{clip}"):
        with pytest.raises(SourceError):
            source_module._open(name, source_module._OPTIONS, 1.0)


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, SourceFailure.AUTH_FAILED),
        (403, SourceFailure.AUTH_FAILED),
        (404, SourceFailure.UNREACHABLE),
        (500, SourceFailure.UNREACHABLE),
    ],
)
def test_refusals(server: StreamServer, status: int, failure: SourceFailure) -> None:
    """An answer that is an error is told apart."""
    assert failure_of(server.add_status("/no", status)) is failure


def test_nobody_listens() -> None:
    """A closed port is unreachable."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert failure_of(f"rtsp://127.0.0.1:{port}/stream") is SourceFailure.UNREACHABLE
    assert failure_of(f"http://127.0.0.1:{port}/stream") is SourceFailure.UNREACHABLE


def test_sound_alone_is_no_video(server: StreamServer) -> None:
    """A stream without a picture is told apart."""
    assert (
        failure_of(server.add_bytes("/sound", encode_sound())) is SourceFailure.NO_VIDEO
    )


def test_a_web_page_is_no_video(server: StreamServer) -> None:
    """A page where a stream should be is told apart."""
    page = b"<html>" + b"hello " * 5000

    def answer(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(page)))
        handler.end_headers()
        handler.wfile.write(page)

    server.routes["/page"] = answer
    assert failure_of(server.url("/page")) is SourceFailure.NO_VIDEO


def test_the_end_of_a_stream(server: StreamServer) -> None:
    """A stream that ends is told apart."""
    assert failure_of(server.add_bytes("/ts", encode(still(10)))) is SourceFailure.ENDED


def test_a_stalled_stream(server: StreamServer) -> None:
    """A stream that sends nothing more is told apart."""
    url = server.add_stalling("/ts", encode(still(40)))
    with patch.object(source_module, "READ_TIMEOUT_S", 0.5):
        assert failure_of(url) is SourceFailure.STALLED


def test_a_server_that_does_not_answer(server: StreamServer) -> None:
    """Opening has a time-out of its own."""

    def hang(_handler: Any) -> None:
        server.closing.wait(WAIT_S)

    server.routes["/hang"] = hang
    with patch.object(source_module, "OPEN_TIMEOUT_S", 0.5):
        assert failure_of(server.url("/hang")) is SourceFailure.UNREACHABLE


def test_credentials_stay_secret(server: StreamServer) -> None:
    """Neither an error's text nor what it came from holds the address."""
    server.add_status("/no", 401)
    with pytest.raises(SourceError) as caught:
        open_stream(server.url("/no", "admin:hunter2@"))
    err = caught.value
    assert "hunter2" not in f"{err!s} {err!r} {err.args}"
    assert err.__cause__ is None
    assert err.__context__ is None


@pytest.mark.parametrize("failure", list(SourceFailure))
def test_every_failure_has_words(failure: SourceFailure) -> None:
    """Each failure can be told to people, and is named by its value."""
    assert str(SourceError(failure)) == failure.reason
    assert failure.value == failure.name.lower()
    assert len(failure.reason) > 10


class FakeContainer:
    """A container whose reads are scripted."""

    def __init__(self, real: Any, script: list[Any]) -> None:
        """Borrow streams from a real container."""
        self.streams = real.streams
        self.format = real.format
        self.script = script
        self.demuxed = 0
        self.closed = False

    def demux(self) -> Iterator[Any]:
        """Play the script; like FFmpeg's, the iterator ends with an error."""
        self.demuxed += 1
        while self.script:
            item = self.script.pop(0)
            if isinstance(item, Exception):
                raise item
            yield item

    def close(self) -> None:
        """Note it."""
        self.closed = True


@pytest.fixture
def real_container() -> Iterator[Any]:
    """Return an open container with one video stream."""
    with av.open(io.BytesIO(encode(still(10)))) as container:
        yield container


def container_source(container: FakeContainer, *, sliced: bool) -> ContainerSource:
    """Return a live source of a scripted container."""
    return ContainerSource(cast(InputContainer, container), live=True, sliced=sliced)


def interrupted() -> Exception:
    """Return what PyAV raises when a read takes too long."""
    return av.error.ExitError(
        1, "Immediate exit requested", "rtsp://user:secret@camera/"
    )


def test_an_rtsp_read_is_taken_up_again(real_container: Any) -> None:
    """A slice without a packet is no failure, and the next packet comes through."""
    packet = next(real_container.demux())
    container = FakeContainer(real_container, [interrupted(), interrupted(), packet])
    source = container_source(container, sliced=True)
    assert source.read() is None
    assert source.read() is None
    read = source.read()
    assert read is not None
    assert read.data is packet
    assert container.demuxed == 3


def test_an_rtsp_stream_stalls_after_all_slices(real_container: Any) -> None:
    """Slices without a packet add up to a stall."""
    container = FakeContainer(real_container, [interrupted()])
    source = container_source(container, sliced=True)
    with (
        patch.object(source_module, "READ_TIMEOUT_S", 0.0),
        pytest.raises(SourceError) as caught,
    ):
        source.read()
    assert caught.value.failure is SourceFailure.STALLED
    source.close()
    assert container.closed


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (av.error.HTTPUnauthorizedError(1, "401"), SourceFailure.AUTH_FAILED),
        (av.error.ConnectionResetError(104, "reset"), SourceFailure.ENDED),
        (av.error.TimeoutError(110, "time-out"), SourceFailure.STALLED),
    ],
)
def test_errors_in_mid_stream(
    real_container: Any, error: Exception, failure: SourceFailure
) -> None:
    """Errors while reading are told apart."""
    source = container_source(FakeContainer(real_container, [error]), sliced=False)
    with pytest.raises(SourceError) as caught:
        source.read()
    assert caught.value.failure is failure


def test_sound_does_not_keep_a_picture_alive(real_container: Any) -> None:
    """Packets of another stream are no sign of life."""

    class Other:
        """A packet of sound."""

        class stream:
            """Its stream."""

            index = 7

    source = container_source(
        FakeContainer(real_container, [Other, Other]), sliced=False
    )
    assert source.read() is None
    with (
        patch.object(source_module, "READ_TIMEOUT_S", 0.0),
        pytest.raises(SourceError) as caught,
    ):
        source.read()
    assert caught.value.failure is SourceFailure.STALLED


def test_a_missing_decoder(real_container: Any) -> None:
    """A codec that cannot be decoded is told apart, and the container closed."""

    class Undecodable:
        """A stream without a decoder."""

        codec_context: None = None

    class Streams:
        """The streams of the container."""

        video = (Undecodable(),)

    container = FakeContainer(real_container, [])
    container.streams = Streams()
    with pytest.raises(SourceError) as caught:
        container_source(container, sliced=False)
    assert caught.value.failure is SourceFailure.UNSUPPORTED_CODEC
    assert container.closed


def test_decoder_missing_at_opening() -> None:
    """FFmpeg may find at opening that it has no decoder."""
    error = av.error.DecoderNotFoundError(
        1, "Decoder not found", "rtsp://user:secret@camera/"
    )
    with patch.object(av, "open", side_effect=error):
        assert failure_of("rtsp://camera/") is SourceFailure.UNSUPPORTED_CODEC


def test_damaged_packets_are_left_out(server: StreamServer) -> None:
    """A stream that begins in the middle of a group of pictures goes on at the next keyframe."""
    data = bytearray(encode(still(40), codec="libx264"))
    data[1500:4000] = bytes(2500)
    source = open_stream(server.add_bytes("/ts", bytes(data)))
    try:
        assert len(pictures(source, 10)) >= 10
    finally:
        source.close()


def test_a_packet_that_cannot_be_decoded_is_left_out(real_container: Any) -> None:
    """An error of the decoder costs a picture, not the connection."""

    class Damaged:
        """A packet that the decoder refuses."""

        def decode(self) -> list[Any]:
            """Fail as PyAV does."""
            raise av.error.InvalidDataError(1, "Invalid data", "rtsp://user:secret@a/")

    source = container_source(FakeContainer(real_container, []), sliced=False)
    packet = Packet(None, keyframe=False, size=9, data=cast(Any, Damaged()))
    assert source.decode(packet) == []


# Files


def test_a_file_has_its_own_clock(tmp_path: Path) -> None:
    """Times count from the start of the file, to the last frame."""
    source = open_file(write_clip(tmp_path / "clip.ts", still(12)))
    assert not source.live
    found: list[Picture] = []
    with pytest.raises(SourceError) as caught:
        exhaust(source, found)
    assert caught.value.failure is SourceFailure.ENDED
    expected = pytest.approx([number / 5 for number in range(12)])
    assert [picture.ts for picture in found] == expected
    with pytest.raises(SourceError):
        source.read()


def test_files_that_are_none(tmp_path: Path) -> None:
    """A missing file and one without video are told apart."""
    with pytest.raises(SourceError) as caught:
        open_file(tmp_path / "none.mp4")
    assert caught.value.failure is SourceFailure.UNREACHABLE
    text = tmp_path / "text.mp4"
    text.write_text("hello " * 1000)
    with pytest.raises(SourceError) as caught:
        open_file(text)
    assert caught.value.failure is SourceFailure.NO_VIDEO


# Snapshot cameras


def test_snapshots_are_polled() -> None:
    """A picture is fetched when it is due, and not sooner."""
    data = jpeg(next(still(1)))
    fetched: list[float] = []

    def fetch() -> bytes:
        fetched.append(time.monotonic())
        return data

    source = SnapshotSource(fetch, 0.05)
    assert source.live
    found = pictures(source, 3)
    assert len(fetched) == 3
    assert fetched[2] - fetched[0] >= 0.1
    assert [picture.ts for picture in found] == [None] * 3
    assert (source.info.width, source.info.height, source.info.fps) == (256, 144, 20)
    assert source.drain() == []
    source.close()


def test_waiting_for_a_snapshot_looks_up() -> None:
    """The wait for the next picture is cut in slices."""
    source = SnapshotSource(lambda: b"x", 3600)
    assert source.read() is not None
    with patch.object(source_module, "_WAIT_SLICE_S", 0.01):
        assert source.read() is None


def test_png_snapshots() -> None:
    """A PNG is a picture too, whatever its colours."""
    out = io.BytesIO()
    PillowImage.new("P", (64, 48), 3).save(out, "PNG")
    assert pictures(SnapshotSource(out.getvalue), 1)[0].frame.height == 48


@pytest.mark.parametrize(
    "error", [OSError("http://user:secret@camera/"), TimeoutError()]
)
def test_a_snapshot_camera_that_fails(error: Exception) -> None:
    """A failed request means that the camera is not reachable."""

    def fetch() -> bytes:
        raise error

    with pytest.raises(SourceError) as caught:
        SnapshotSource(fetch).read()
    assert caught.value.failure is SourceFailure.UNREACHABLE
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_an_empty_snapshot() -> None:
    """No bytes are no picture."""
    with pytest.raises(SourceError) as caught:
        SnapshotSource(bytes).read()
    assert caught.value.failure is SourceFailure.UNREACHABLE


def test_a_snapshot_that_is_no_picture() -> None:
    """Other data, a truncated picture, one too large, and one of a refused format are no video."""
    good = jpeg(next(still(1)))
    gif = io.BytesIO()
    PillowImage.new("L", (8, 8)).save(gif, "GIF")
    for data in (b"hello", good[: len(good) // 2], gif.getvalue()):
        with pytest.raises(SourceError) as caught:
            pictures(SnapshotSource(lambda data=data: data), 1)  # type: ignore[misc]
        assert caught.value.failure is SourceFailure.NO_VIDEO
    for limit, value in (
        ("MAX_SNAPSHOT_BYTES", 100),
        ("MAX_SNAPSHOT_PIXELS", 256 * 143),
    ):
        with patch.object(source_module, limit, value), pytest.raises(SourceError):
            pictures(SnapshotSource(lambda: good), 1)
    assert pictures(SnapshotSource(lambda: good), 1)


# Probing and waiting


def test_probe(server: StreamServer) -> None:
    """A probe tells what a stream gives, with a picture, and closes it."""
    url = server.add_bytes("/ts", encode(still(10)))
    result = probe(lambda: open_stream(url))
    assert (result.width, result.height, result.codec) == (256, 144, "mpeg4")
    assert result.fps == pytest.approx(5)
    with PillowImage.open(io.BytesIO(result.jpeg)) as image:
        assert image.size == (256, 144)
    assert threading.active_count() < 20


class Undecodable(ScriptedSource):
    """A source whose packets never become pictures."""

    @override
    def decode(self, packet: Any) -> list[Picture]:
        """Return nothing."""
        return []


@pytest.mark.parametrize(
    ("source", "failure"),
    [
        (ScriptedSource([], failure=None), SourceFailure.STALLED),
        (Undecodable(still(5), failure=None), SourceFailure.UNSUPPORTED_CODEC),
        (ScriptedSource([], failure=SourceFailure.ENDED), SourceFailure.ENDED),
    ],
)
def test_probe_fails(source: ScriptedSource, failure: SourceFailure) -> None:
    """A probe says why there is no picture, and closes the source."""
    with pytest.raises(SourceError) as caught:
        probe(lambda: source, timeout_s=0.2)
    assert caught.value.failure is failure
    assert source.closed


def test_back_off() -> None:
    """Waits double up to a minute, and begin anew after success."""
    backoff = Backoff()
    assert [backoff.next() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    backoff.reset()
    assert backoff.next() == 1
