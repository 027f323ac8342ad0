#!/usr/bin/python3
"""Makes the seeds of the corpora from captured replies; seeds that a fuzzer found stand beside them.

    /usr/bin/python3 tests/fuzz/make_corpus.py
"""

import hashlib
import json
import pathlib
import struct
import zlib

HERE = pathlib.Path(__file__).parent
SAMPLES = HERE.parent / "samples"
OUT = HERE / "corpus"
CALLS = {"version": 0, "check": 1, "token": 2, "download": 3, "report": 4}
SOUTH, FUSE, STUDIO = 0, 1, 2


def put(harness, name, data):
    folder = OUT / harness
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def sample(name):
    return (SAMPLES / name).read_bytes()


def south(code, text="x", **data):
    return json.dumps({"errno": code, "error": text, **({"data": data} if data else {})}).encode()


def fuse(code, text="x", **data):
    return json.dumps({"code": code, "msg": text, **({"data": data} if data else {})}).encode()


def http_answers():
    for path in sorted(SAMPLES.glob("A_*.http")):
        yield path.stem, path.read_bytes()
    yield "whole", sample("B_download_200_headers.http") + b"\x11" * 300
    yield "interim", b"HTTP/1.1 100 Continue\r\n\r\n" + sample("A_version_ok.http")
    yield "rest", b"HTTP/1.0 200 OK\nDate: x\n\nuntil the end"
    yield "retry", b"HTTP/1.1 503 \r\nRetry-After: 120\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    chunks = b"4;a=b\r\nabcd\r\n0010\r\n0123456789abcdef\r\n0\r\nTrailer: x\r\n\r\n"
    yield "chunks", b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    yield "empty", b"HTTP/1.1 204 \r\n\r\n"
    yield "long", b"HTTP/1.1 200 \r\nX-Line: " + b"y" * 600 + b"\r\nContent-Length: 0\r\n\r\n"
    yield "errno", b"HTTP/1.1 200 \r\nOta-Errno: 6\r\nContent-Length: 1\r\n\r\n6"


def make_http():
    for name, answer in http_answers():
        put("http", name, bytes([0, 1, 15, 0, 63, 3, 255, 7]) + answer)


def bodies():
    answer = json.loads(sample("A_check_task.http").split(b"\r\n")[9])
    yield "south-task", SOUTH, "check", json.dumps(answer, separators=(",", ":")).encode()
    answer["data"]["ipPort"] = "172.19.3.3:8002"
    yield "south-address", SOUTH, "check", json.dumps(answer, separators=(",", ":")).encode()
    yield "fuse-task", FUSE, "check", sample("B_check_task.json")
    yield "fuse-state", FUSE, "token", sample("B_tid_check_status5.json")
    yield "fuse-start", FUSE, "token", fuse(0, status=1)
    yield "fuse-over", FUSE, "report", sample("B_status_task_finish_20.json")
    yield "fuse-version", FUSE, "version", sample("B_version_ok.json")
    yield "studio-token", STUDIO, "token", south(0, status=2)
    yield "studio-task", STUDIO, "check", south(0, target="1.1", tid="77", size=9, md5="a" * 32, type=2)
    for code in (1, 12, 17, 20, 22):
        yield f"south-{code}", SOUTH, "report", south(code, "invalid state")
    yield "now", SOUTH, "check", south(1, "auth failed: et=1 now=1572920455")
    yield "digit", SOUTH, "download", b"4"
    yield "quoted", SOUTH, "check", b' {"errno":"0", "data" : {"a":[1,{"b":null}],"error":"\\u0041\\""} } '


def make_answer():
    for name, dialect, call, body in bodies():
        put("answer", name, struct.pack("<BBHBBB", dialect, CALLS[call], 200, 0, 0, 0) + body)
        put("json", name, b"\0" + body)
    put("answer", "page", struct.pack("<BBHBBB", 0, 1, 502, 0, 30, 0) + b"<html>502</html>")


def make_auth():
    vectors = json.loads(sample("auth_vectors.json")) + json.loads(sample("auth_vectors_2022.json"))
    signs = {"sha1": 0, "md5": 1, "sha256": 2}
    for n, vector in enumerate(vectors):
        values = ["245528", "527776559", "name", vector["access_key"], vector["res"], vector["version"],
                  "ota.heclouds.com", "/gateway", "7.0", "1.0", "ota_YbDB8ANDSmPEM78DkHDT", "1.0", "", ""]
        front = struct.pack("<BBHIIBBBII", n % 3, n % 5, 700, vector["et"] >> 32, vector["et"] & 0xFFFFFFFF,
                            signs[vector["method"]] | 8, 101, n % 3, 4096 * n, 4096 * n + 4095)
        put("auth", f"vector-{n}", front + "\n".join(values).encode())


def make_values():
    values = {0: ["bytes 0-5/22", "bytes 16384-32767/131072", "bytes 5-4/22", "bytes 0-5/*",
                  "bytes 4294967293-4294967294/4294967295", "BYTES 0-0/1"],
              1: ["Tue, 05 Nov 2019 02:20:55 GMT", "Thu, 29 Feb 2024 23:59:60 GMT",
                  "Thu, 31 Dec 2105 00:00:00 GMT"],
              2: ["120", "0", "86401", "4294967296", "Tue, 05 Nov 2019 02:20:55 GMT"]}
    for header, texts in values.items():
        for n, text in enumerate(texts):
            front = struct.pack("<BIIBBIB", header, 22, 0, 1, 3, 16384, 0)
            put("values", f"{header}-{n}", front + text.encode())


def order(dialect=1, size=22, md5=None, target=b"1.1"):
    md5 = md5 or hashlib.md5(sample("A_package_121.bin")).digest()
    task = struct.pack("<IIIii", size, 3, 60, -1, -1) + md5 + b"\1" + target.ljust(21, b"\0")
    return b"\1" + bytes([dialect, 0, 0]) + (task + bytes(2))[:60] + b"ota_YbDB8ANDSmPEM78DkHDT".ljust(65, b"\0")


def progress(stage, percent=0, result=0, stored=0):
    return struct.pack("<8BIIIII", 1, stage, percent, result, 0, 0, 0, 0, 0, stored, stored, 0, 0)


def make_record():
    for stage in range(8):
        put("record", f"stage-{stage}", bytes([3, stage]) + order().ljust(132, b"\0") +
            progress(stage, 10 * stage, 201 if stage == 7 else 0))


def journal_record(kind, payload):
    return bytes([4, kind, len(payload)]) + payload


def make_journal():
    two = journal_record(1, order()) + journal_record(2, progress(1)) + bytes([1, 20])
    for n in range(8):
        front = bytes([n, 0, 5]) + bytes((n * 37 + k * 29) % 256 for k in range(16))
        put("journal", f"old-{n}", front + two + journal_record(2, progress(2, 50)))
        put("journal", f"two-{n}", front + two + bytes([0]) + journal_record(9, b"new type") +
            two[:-1] + bytes([21]) + bytes([3, 2, 28]) + progress(3))
    put("journal", "raw", bytes([0, 255, 3]) + bytes(16) + bytes([2, 9]) + b"\xA5\1\xFF\xFFxxxxx")


def answer(kind, *rest):
    """A step of the whole client's server: see fuzz_client.c."""
    return bytes([kind, *rest])


def raw(text):
    return answer(1) + struct.pack("<H", len(text)) + text


def make_client():
    good = answer(0) * 40
    for n in range(8):
        front = bytes([n, n * 31 % 256, n * 77 % 256, n, 0, n * 5, 0, 0])
        put("client", f"good-{n}", front + bytes([0]) + good)
        stage = bytes([1, 3]) + bytes([n, 50, 0xCA if n == 7 else 0, 0])
        put("client", f"stage-{n}", front + stage + good)
    for kind, name in enumerate(("differential", "signed"), 1):
        for n in range(4):
            front = bytes([n, n * 31, n * 77, n, 0, n * 5, kind, 0])
            put("client", f"{name}-{n}", front + bytes([0]) + good)
            put("client", f"{name}-resumed-{n}", front + bytes([1, 2 * n, 1 + n // 2, 40, 0, 0]) + good)
            put("client", f"{name}-changed-{n}", front + bytes([0]) + answer(0) * (3 + n) + answer(3, 40 + n, 160) + good)
    front = bytes(8) + bytes([0])
    for path in sorted(SAMPLES.glob("A_*.http")):
        put("client", path.stem, front + raw(path.read_bytes()) * 2 + good)
    for n in range(3, 6):
        for flags in (0, 1):
            spoilt = answer(0) * n + answer(3, 9, 129) + good
            put("client", f"changed-{flags}-{n}", bytes([flags]) + bytes(8) + spoilt)
    put("client", "mixed", front + answer(0) * 3 + answer(4, 5, 9) + answer(3, 12) + answer(0) * 2 +
        answer(5, 0) + answer(2, 200, 1) + b"<html>" + good)


def make_trailer():
    for n, (want, less, floor, fails) in enumerate([(0, 0, 0, 0), (0, 0, 49, 3), (0, 0, 50, 0), (8, 0, 1, 0), (1, 0, 0, 0),
                                                    (2, 0, 0, 0), (10, 0, 0, 0), (4, 0, 0, 0), (0, 1, 0, 0),
                                                    (0, 200, 0, 0), (0, 0, 60, 0)]):
        front = struct.pack("<BBHIB", want, 40 * n % 256, less, floor, fails)
        put("trailer", f"as-it-is-{n}", front)
        put("trailer", f"changed-{n}", front + struct.pack("<HB", 19 * n, 1 << n % 8))


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def block(made, cursor, ops, packed=None):
    packed = ops if packed is None else packed
    return struct.pack("<HHIII", len(packed), len(ops), made, cursor, 0) + packed


def deflate(data, **how):
    packer = zlib.compressobj(wbits=-15, **how)
    return packer.compress(data) + packer.flush()


def make_package():
    def put_package(name, flags, old, new, blocks):
        put("package", name, struct.pack("<BBBHHH", flags, 40, 30, 0, old, new) + b"".join(blocks))
    extra = varint(0) + varint(9) + varint(0) + b"123456789"
    add = varint(10) + varint(2) + varint(5) + varint(6 << 2 | 1) + b"ab" + varint(2 << 2) + b"xy"
    more = varint(20) + varint(0) + varint(0) + varint(0 << 2 | 3) + varint(4) + b"12345678" + varint(12 << 2)
    zeros = varint(0) + varint(200) + varint(0) + bytes(200)
    put_package("extra", 4, 500, 9, [block(9, 0, extra)])
    put_package("add", 0, 500, 12, [block(12, 3, add)])
    put_package("two", 0, 400, 32, [block(12, 3, add), block(20, 100, more)])
    put_package("packed", 0, 500, 200, [block(200, 0, zeros, deflate(zeros))])
    put_package("raw", 2, 500, 9, [block(9, 0, extra)])
    put_package("beyond", 0, 10, 20, [block(20, 400, more)])
    for n, data in enumerate((b"", b"a", b"abcabcabcabc" * 9, bytes(range(256)) * 3, bytes(3000))):
        for m, how in enumerate(({"level": 0}, {"level": 9}, {"level": 9, "strategy": zlib.Z_FIXED})):
            for name, room in (("stream", len(data)), ("short", max(len(data), 1) - 1)):
                put("package", f"{name}-{n}-{m}", struct.pack("<BBBH", 1, 0, 0, room) + deflate(data, **how))


def main():
    for make in (make_http, make_answer, make_auth, make_values, make_record, make_journal, make_client, make_trailer,
                 make_package):
        make()


if __name__ == "__main__":
    main()
