"""Feeds the decoders whatever reaches new code: run by libFuzzer through Atheris, in the soak.

    python -m tests.support.fuzz_decoders DECODER [libFuzzer's options] [corpus]
    python -m tests.support.fuzz_decoders --published    (exits 0 where Atheris is, for this system)

A decoder refuses what it cannot read by an error of ours; any other exception is a find, and
libFuzzer writes the bytes that led there into the working folder.
"""

import platform
import sys
from collections.abc import Callable, Mapping

import zstandard

DECODERS = ("batch", "codec1", "codec2", "columns", "frames", "page", "receipt", "hello")
_INSTRUMENTED = ["shared_schema"]
_WHEELS = {("Linux", "x86_64", "glibc", "CPython", f"3.{minor}") for minor in (11, 12, 13)}


def published() -> bool:
    """Tell whether the pinned Atheris has a wheel for this system and Python."""
    version = ".".join(platform.python_version_tuple()[:2])
    libc, python = platform.libc_ver()[0], platform.python_implementation()
    return (platform.system(), platform.machine(), libc, python, version) in _WHEELS


def targets() -> Mapping[str, Callable[[bytes], object]]:
    """Return the decoders by name; they are imported here, so that they can be instrumented."""
    from shared_schema.canonical import decode  # noqa: PLC0415
    from shared_schema.custody import receipt_from_json  # noqa: PLC0415
    from shared_schema.envelope import parse  # noqa: PLC0415
    from shared_schema.frames import Frame, Kind, read_frames  # noqa: PLC0415
    from shared_schema.messages import page_cursors, read_hello  # noqa: PLC0415
    from shared_schema.wire import decode_payload  # noqa: PLC0415
    from shared_schema.wire.compression import compress  # noqa: PLC0415
    from tests.support.strategies import STREAMS  # noqa: PLC0415

    def packed(codec: int, data: bytes) -> object:
        plain, count = data[1:], data[0] % 5 + 1 if data else 1
        whole = zstandard.ZstdCompressor(level=1).compress(plain)
        payload = compress(plain, b"") if codec == 2 else whole
        return decode_payload(codec, payload, STREAMS[0], 1, count)

    return {
        "batch": parse,
        "codec1": lambda data: packed(1, data),
        "codec2": lambda data: decode_payload(2, data, STREAMS[0], 1, 3),
        "columns": lambda data: packed(2, data),
        "frames": read_frames,
        "page": page_cursors,
        "receipt": lambda data: receipt_from_json(decode(data)),
        "hello": lambda data: read_hello(Frame(Kind.HELLO, bytes(64) + data)),
    }


def seeds() -> Mapping[str, list[bytes]]:
    """Return some good input for the decoders that a fuzzer would be long in finding."""
    from shared_schema.enrolment import EnrolmentCode  # noqa: PLC0415
    from shared_schema.wire import encode_payload  # noqa: PLC0415
    from shared_schema.wire.compression import decompress  # noqa: PLC0415
    from tests.support.raw_device import RawDevice, person  # noqa: PLC0415

    code = EnrolmentCode(url="", signing=b"", sealing=b"", secret=b"", expires_ms=0)
    device = RawDevice(code=code)
    one_person = device.change(person("Warga Contoh", nik="5315055705800001"))
    visit = {"person": str(one_person.record), "outcome": "recorded"}
    edit = device.change({"rt": "004"}, record=one_person.record, replaces=[one_person.stamp])
    changes = [one_person, edit, device.change(visit, type="visit")]
    one, two = (encode_payload(codec, changes) for codec in (1, 2))
    count = bytes([len(changes) - 1])
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(one)
    return {"codec1": [count + plain], "codec2": [two], "columns": [count + decompress(two)]}


def main() -> None:
    """Fuzz one decoder until libFuzzer is told to end."""
    import atheris  # type: ignore[import-untyped, unused-ignore]  # noqa: PLC0415

    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=_INSTRUMENTED):
        target = targets()[name]
        from shared_schema.errors import JemputError  # noqa: PLC0415

    def run(data: bytes) -> None:
        try:
            target(data)
        except JemputError:
            return

    atheris.Setup(sys.argv, run)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:] == ["--published"]:
        sys.exit(not published())
    main()
