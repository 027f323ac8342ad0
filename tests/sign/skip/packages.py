# SPDX-License-Identifier: Apache-2.0
"""Packages as they should be and damaged ones, and those among them that a boot loader is given."""

import hashlib
import pathlib
import re
import struct
import sys
import zlib

from program import run

sys.path[0:0] = [str(pathlib.Path(__file__).resolve().parents[3] / "examples" / "mps2")]
import mps2  # noqa: E402

# Not the boot loader's own: the curve and its numbers; the rounds of SHA-256; what prints.
THEIRS = re.compile(r"(mbedtls_(?!sha256)|mbedtls_internal|ecp_|buffer_alloc|derive_mpi|add32|sub32|add_sub_mpi"
                    r"|verify_header|verify_chain|uart_)")
ENTRY = mps2.LOAD + mps2.HEADER_BYTES + 8   # of the image


class Packages:
    """What stands in the slot, by name. key: a private key, None: a new one."""

    def __init__(self, program, folder, key=None, firmware=bytes(n * 5 % 253 for n in range(150)),
                 vendor="7", klass="3"):
        self.program, self.folder, self.signed = program, folder, []
        self.vendor, self.klass = vendor, klass
        (folder / "fw").write_bytes(firmware)
        for name in ("key", "other"):
            run(program, "keygen", "--out", str(folder / f"{name}.pem"))
        if key:
            for kind in (".pem", ".pub"):
                (folder / f"key{kind}").write_bytes(pathlib.Path(key).with_suffix(kind).read_bytes())
        text = run(program, "key", "--pubkey", str(folder / "key.pub"))
        self.key = bytes(int(word, 16) for word in
                         text.split("=", 1)[1].translate(str.maketrans("{},;", "    ")).split())
        self.good = self.sign()
        payload = len(self.good) - 192
        self.bad = {
            "payload": self.changed(0),
            "payload-end": self.changed(payload - 1),
            "magic": self.changed(payload),
            "trailer": self.changed(payload + 20),
            "digest": self.changed(payload + 100),
            "r": self.changed(payload + 140),
            "s": self.changed(payload + 180),
            "key-id": self.changed(payload + 24),
            "key": self.sign(key="other"),
            "class": self.sign(klass="4"),
            "vendor": self.sign(vendor="8"),
            "back": self.sign(counter="9"),
            "equal": self.sign(counter="10"),
            "jump": self.sign(counter="1011"),
            "erased": b"\xff" * len(self.good),
        }

    def sign(self, key="key", klass=None, vendor=None, counter="11"):
        out = self.folder / "out"
        out.unlink(missing_ok=True)
        run(self.program, "sign", "--key", str(self.folder / f"{key}.pem"), "--version", "1",
            "--counter", counter, "--vendor", vendor or self.vendor, "--class", klass or self.klass, "--in",
            str(self.folder / "fw"), "--out", str(out))
        self.signed.append(out.read_bytes())
        return self.signed[-1]

    def changed(self, offset):
        whole = bytearray(self.good)
        whole[offset] ^= 0x21
        return bytes(whole)

    def known(self):
        """What the curve says yes to: (digest, r, s, X) of all that our key has signed."""
        found = set()
        for package in self.signed:
            trailer = package[-192:]
            if trailer[24:32] == self.key[1:9]:
                found.add((hashlib.sha256(trailer[:128]).digest(),
                           int.from_bytes(trailer[128:160], "big"),
                           int.from_bytes(trailer[160:], "big"),
                           int.from_bytes(self.key[1:33], "big")))
        return found


# -- of the boot loader ----------------------------------------------------------------------------


def payload():
    """An image as small as can be: a vector table, and branches to the first of them."""
    branches = (0xE000 | -(4 + 2 * place) // 2 & 0x7FF for place in range(100))
    return struct.pack("<2I100H", 0x20010000, ENTRY | 1, *branches)


def boot_packages(program, folder, key):
    return Packages(program, folder, key, mps2.pack(payload(), "1"), "1", str(mps2.BOARD))


def repacked(package):
    """With a changed payload, and the header's digest made right again: what can be done without a key."""
    body = bytearray(package[:-mps2.TRAILER_BYTES])
    body[-1] ^= 0x21
    digest = hashlib.sha256(body[:mps2.DIGEST_PLACE] + body[mps2.HEADER_BYTES:]).digest()
    body[mps2.DIGEST_PLACE:mps2.HEADER_BYTES] = digest
    return bytes(body) + package[-mps2.TRAILER_BYTES:]


def boot_cases(packages):
    bad = {name: packages.bad[name] for name in ("payload-end", "magic", "trailer", "digest", "r", "key-id", "key", "class")}
    return {**bad, "repacked": repacked(packages.good)}


def record(kind, data):
    """As src/journal.c has it, in units of 16 bytes."""
    whole = struct.pack("<BBH", 0xA5, kind, len(data)) + data
    whole += struct.pack("<I", zlib.crc32(whole))
    return whole + b"\xff" * (-len(whole) % 16)


def pending():
    """The boot control when what is in slot 1 is to be tried, and slot 0 runs."""
    slots = 2 * struct.pack("<I24s", 0, b"1")
    return record(1, struct.pack("<4B", 1, 0, mps2.CONDITIONS.index("pending"), 0) + slots) + record(0, struct.pack("<I", 1))


def flash(*slots, control=b""):
    """As much of the board's flash as there is something in."""
    whole = bytearray(b"\xff") * (mps2.SLOTS[1] + mps2.SLOT_BYTES)
    for place, data in ((0, control), *zip(mps2.SLOTS, slots)):
        whole[place:place + len(data)] = data
    return bytes(whole)
