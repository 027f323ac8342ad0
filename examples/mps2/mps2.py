#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Image packages, flash files and QEMU for the mps2-an386 example.

    mps2.py pack ELF|BIN --version V --out PACKAGE       what a release is, and what OneNET is given
    mps2.py flash --state DIR --image PACKAGE            a board fresh from the factory: slot 0 holds it
    mps2.py ca --state DIR CERTIFICATE...                whom it trusts: DER or PEM, one or more in a file
    mps2.py run --state DIR [--arg NAME=VALUE]...        power on; the UART is on stdout
    mps2.py info --state DIR                             what is in flash
    mps2.py keys KEY.pub... --out FILE                   public keys as constant data, for the build

DIR holds flash.bin, the board's 16 MiB of flash, which outlives QEMU: to kill the process of `run` is a
power cut (it becomes QEMU itself), to copy the file is a snapshot. `run` ends with what the firmware passes to
bsp_exit(), with 77 at an --arg cut=N (bsp/flash.h) and with 78 when the boot loader finds no image.

Layout of packages and boot control: boot/image.h, boot/control.h and src/journal.h.
"""

import argparse
import base64
import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import struct
import sys
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOOT = ROOT / "build" / "mps2" / "boot.elf"
QEMU = "qemu-system-arm"
NIC = "user,model=lan9118"

HEADER_BYTES = 256
DIGEST_PLACE = 224
HEADER = struct.Struct("<4s4I32s")  # magic, header bytes, board, load address, payload bytes, version
MAGIC = b"OTAI"
BOARD = 0x386
LOAD = 0x00100000
RAM = (0x20000000, 0x20010000)  # as boot/image.c has it
TRAILER_BYTES = 192  # oneota/trailer.h
TRAILER_MAGIC = b"OTRL"
VERSION_MAX = 20
VERSION_CHARSET = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.")

FLASH_BYTES = 16 << 20
UNIT = 4096
CONTROL = (0, 3)  # place in flash.bin, erase units
JOURNAL = (0x4000, 4)
TRUST = (0x10000, 4)
TRUST_MAGIC = b"OTCA"
TRUST_MAX = 4
SLOTS = (0x100000, 0x200000)
SLOT_BYTES = 512 << 10
ARGS_MAX = 767
P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")  # what stands before the point
EXIT_CUT = 77
EXIT_NO_IMAGE = 78

CONDITIONS = ("confirmed", "pending", "trial", "reverted")


class Mps2Error(Exception):
    """What is wrong, in one line."""


def read_file(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise Mps2Error(f"{path}: {error.strerror}") from error


def write_file(path, data):
    try:
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(path).write_bytes(data)
    except OSError as error:
        raise Mps2Error(f"{path}: {error.strerror}") from error


# ---------------------------------------------------------------- packages


def flatten(elf, name="ELF file"):
    """What the linker put into an image, from the end of the header on: bytes."""
    if len(elf) < 52 or elf[4:6] != b"\x01\x01":
        raise Mps2Error(f"{name}: not a 32-bit little-endian ELF file")
    place, size, count = struct.unpack_from("<I", elf, 28) + struct.unpack_from("<2H", elf, 42)
    if count == 0 or size < 32 or place + size * count > len(elf):
        raise Mps2Error(f"{name}: no program headers, or cut off")
    parts = []
    for i in range(count):
        kind, offset, _, address, length = struct.unpack_from("<5I", elf, place + i * size)
        if kind == 1 and length > 0:
            if offset + length > len(elf):
                raise Mps2Error(f"{name}: cut off")
            parts.append((address, elf[offset:offset + length]))
    start = LOAD + HEADER_BYTES
    parts = [(max(address, start), data[max(0, start - address):]) for address, data in sorted(parts)]
    parts = [(address, data) for address, data in parts if data]
    if not parts or parts[0][0] != start:
        raise Mps2Error(f"{name}: not linked at 0x{start:08x} (app.ld)")
    if parts[-1][0] + len(parts[-1][1]) > LOAD + SLOT_BYTES:
        raise Mps2Error(f"{name}: larger than a slot")
    payload = bytearray()
    for address, data in parts:
        if address - start < len(payload):
            raise Mps2Error(f"{name}: segments overlap at 0x{address:08x}")
        payload.extend(bytes(address - start - len(payload)) + data)
    return bytes(payload)


def pack(payload, version, board=BOARD, load=LOAD):
    """A package of a payload."""
    if not 0 < len(version) <= VERSION_MAX or not set(version) <= VERSION_CHARSET:
        raise Mps2Error(f"version '{version}': 1 to {VERSION_MAX} characters of A-Z a-z 0-9 _ - .")
    if not 0 <= board < 1 << 32:
        raise Mps2Error(f"board {board}: 0 to 0xffffffff")
    if HEADER_BYTES + len(payload) > SLOT_BYTES:
        raise Mps2Error(f"{HEADER_BYTES + len(payload)} bytes do not fit into a slot of {SLOT_BYTES}")
    header = HEADER.pack(MAGIC, HEADER_BYTES, board, load, len(payload), version.encode())
    header = header.ljust(DIGEST_PLACE, b"\0")
    return header + hashlib.sha256(header + payload).digest() + payload


def check_payload(payload, name):
    """Refuses what the boot loader would: its first words are the stack, and where to start."""
    if payload[:4] == MAGIC:
        raise Mps2Error(f"{name}: is a package already")
    if len(payload) < 8:
        raise Mps2Error(f"{name}: is no image: {len(payload)} bytes" if payload else f"{name}: is empty")
    stack, start = struct.unpack_from("<2I", payload)
    if not RAM[0] < stack <= RAM[1] or stack % 8 or start % 2 == 0 \
            or not LOAD + HEADER_BYTES <= start < LOAD + HEADER_BYTES + len(payload):
        raise Mps2Error(f"{name}: is no image: its vector table points outside")


def pack_file(path, version, board=BOARD, behaviour=None):
    """A package of an ELF file, or of a raw binary."""
    data = read_file(path)
    payload = flatten(data, path) if data[:4] == b"\x7fELF" else data
    return pack(set_behaviour(payload, behaviour) if behaviour else payload, version, board)


def set_behaviour(payload, behaviour):
    """The payload with its word for the self-test (app/trial.h) replaced."""
    word = b"behaviour="
    place = payload.find(word)
    if place < 0 or payload.find(word, place + 1) >= 0:
        raise Mps2Error("the image has no one word 'behaviour=' to be patched: it was not made of app/trial.c")
    if not 0 < len(behaviour) < 16 or not behaviour.isascii():
        raise Mps2Error(f"behaviour '{behaviour}': 1 to 15 characters")
    place += len(word)
    return payload[:place] + behaviour.encode().ljust(16, b"\0") + payload[place + 16:]


def check_package(data):
    """(length, version, None or what is wrong) of what begins with a package."""
    if len(data) < HEADER_BYTES:
        return 0, "", "truncated"
    magic, header_bytes, board, load, length, version = HEADER.unpack_from(data)
    if magic != MAGIC or header_bytes != HEADER_BYTES:
        return 0, "", "erased" if not data.strip(b"\xff") else "not an image"
    end = HEADER_BYTES + length
    version = version.split(b"\0")[0].decode("ascii", "replace")
    if board != BOARD or load != LOAD:
        return end, version, "for another board or load address"
    if end > len(data):
        return end, version, "truncated"
    digest = hashlib.sha256(data[:DIGEST_PLACE] + data[HEADER_BYTES:end]).digest()
    whole = end + trailer_bytes(data, end)
    return whole, version, None if digest == data[DIGEST_PLACE:HEADER_BYTES] else "damaged"


def trailer_bytes(data, end):
    """Of the trailer that a signed package has behind its payload; whether it is right is not looked at."""
    trailer = data[end:end + TRAILER_BYTES]
    signed = trailer[:4] == TRAILER_MAGIC and struct.unpack_from("<I", trailer.ljust(12), 8)[0] == end
    return len(trailer) if signed else 0


# ---------------------------------------------------------------- keys


def public_key(path):
    """The point of a public key in PEM, 65 bytes."""
    pem = re.search(b"-----BEGIN PUBLIC KEY-----(.*?)-----END PUBLIC KEY-----", read_file(path), re.DOTALL)
    try:
        der = base64.b64decode(pem[1]) if pem else b""
    except ValueError:
        der = b""
    if not der.startswith(P256) or len(der) != len(P256) + 65 or der[len(P256)] != 4:
        raise Mps2Error(f"{path}: is no public key of the curve P-256 in PEM; oneota-image keygen makes one")
    return der[len(P256):]


def keys_header(paths):
    """C: the keys."""
    rows = [", ".join(f"0x{byte:02x}" for byte in public_key(path)) for path in paths]
    text = "\n".join(f"    {{{row}}}," for row in rows)
    return f"""/* Made by mps2.py. */
#include "oneota/trailer.h"

static const uint8_t k_keys[][ONEOTA_PUBKEY_BYTES] = {{
{text}
}};
"""


# ---------------------------------------------------------------- flash


@contextlib.contextmanager
def flash_alone(state, flags=0):
    """DIR/flash.bin, open to be written where it lies: what maps it never sees it shorter. No QEMU runs on it."""
    path = pathlib.Path(state) / "flash.bin"
    try:
        if flags & os.O_CREAT:
            path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | flags, 0o666), "r+b") as file:
            lock_flash(file.fileno(), path)
            yield file
    except OSError as error:
        raise Mps2Error(f"{path}: {error.strerror}") from error


def lock_flash(file, path):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise Mps2Error(f"{path}: the board is running: another QEMU runs on it") from error


def make_flash(state, package):
    """DIR/flash.bin as it leaves the factory. @return its path"""
    if len(package) > SLOT_BYTES:
        raise Mps2Error(f"the image has {len(package)} bytes, a slot {SLOT_BYTES}")
    flash = bytearray(b"\xff") * FLASH_BYTES
    flash[SLOTS[0]:SLOTS[0] + len(package)] = package
    with flash_alone(state, os.O_CREAT) as file:
        file.write(flash)
        file.truncate()
    return pathlib.Path(state) / "flash.bin"


def der_elements(data):
    """[(tag, content)...] of DER; [] if it is none."""
    found, at = [], 0
    while at < len(data):
        head = data[at:at + 2]
        extra = head[1] & 0x7F if len(head) == 2 and head[1] & 0x80 else 0
        length = int.from_bytes(data[at + 2:at + 2 + extra], "big") if extra else head[-1]
        at += 2 + extra
        if len(head) < 2 or at + length > len(data):
            return []
        found.append((head[0], data[at:at + length]))
        at += length
    return found


def is_certificate(der):
    """X.509 by its structure; a request, a CRL and a key have others."""
    def inside(elements, *tags):
        return elements[0][1] if [tag for tag, _ in elements] == list(tags) else b""

    signed = der_elements(inside(der_elements(inside(der_elements(der), 0x30)), 0x30, 0x30, 0x03))
    tags = [tag for tag, _ in signed if tag != 0xA0]   # without the version: serial number, algorithm,
    return tags[:6] == [0x02] + 5 * [0x30]             # issuer, dates, subject, key


def certificates(path):
    """The certificates of a file, in DER."""
    data = read_file(path)
    pem = re.findall(b"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", data, re.DOTALL)
    try:
        found = [base64.b64decode(text) for text in pem] or [data]
    except ValueError:
        found = [b""]
    if not all(map(is_certificate, found)):
        raise Mps2Error(f"{path}: holds no certificate, neither PEM nor DER")
    return found


def set_trust(state, ders):
    """Puts the certificates of CAs into flash, in place of those that were there: app/tls.c."""
    place, units = TRUST
    data = b"".join(struct.pack("<I", len(der)) + der for der in ders)
    if len(ders) > TRUST_MAX or len(data) + 12 > units * UNIT:
        raise Mps2Error(f"too much for flash: {TRUST_MAX} certificates and {units * UNIT - 12} bytes at most")
    data = TRUST_MAGIC + struct.pack("<2I", len(data), zlib.crc32(data)) + data
    with flash_alone(state) as file:
        read_flash(state)   # it is one
        file.seek(place)
        file.write(data.ljust(units * UNIT, b"\xff"))


def read_flash(state):
    path = pathlib.Path(state) / "flash.bin"
    flash = read_file(path)
    if len(flash) != FLASH_BYTES:
        raise Mps2Error(f"{path}: has {len(flash)} bytes, not {FLASH_BYTES}; make it with: mps2.py flash")
    return flash


def records(unit):
    """(type, payload) of the records of a journal's unit, up to the first that is not whole."""
    place = 0
    while place + 8 <= len(unit) and unit[place] == 0xA5:
        kind, length = struct.unpack_from("<BH", unit, place + 1)
        end = place + 4 + length
        if end + 4 > len(unit) or struct.unpack_from("<I", unit, end)[0] != zlib.crc32(unit[place:end]):
            return
        yield kind, unit[place + 4:end]
        place = (end + 4 + 15) // 16 * 16


def journal(flash, region):
    """{type: newest payload} of a journal."""
    place, count = region
    home = None
    for i in range(count):
        found = list(records(flash[place + i * UNIT:place + (i + 1) * UNIT]))
        seals = [struct.unpack("<I", data)[0] for kind, data in found if kind == 0 and len(data) == 4]
        if seals and (home is None or 0 < (seals[0] - home[0]) % (1 << 32) < 1 << 31):
            home = (seals[0], found)
    return {kind: data for kind, data in home[1] if kind != 0} if home else {}


def boot_control(flash):
    """The boot control: a dict; as the boot loader takes it where it was never written."""
    data = journal(flash, CONTROL).get(1)
    if data is None:
        return {"written": False, "running": 0, "condition": "confirmed", "attempts": 0,
                "size": (0, 0), "version": ("", "")}
    if len(data) != 60 or data[0] != 1 or data[1] > 1 or data[2] >= len(CONDITIONS):
        raise Mps2Error("the boot control is of another format")
    slots = [struct.unpack_from("<I24s", data, 4 + 28 * i) for i in range(2)]
    return {"written": True, "running": data[1], "condition": CONDITIONS[data[2]], "attempts": data[3],
            "size": tuple(size for size, _ in slots),
            "version": tuple(text.split(b"\0")[0].decode("ascii", "replace") for _, text in slots)}


def slot_state(flash, slot):
    """(length, version, None or what is wrong) of a slot."""
    return check_package(flash[SLOTS[slot]:SLOTS[slot] + SLOT_BYTES])


def info_lines(flash):
    control = boot_control(flash)
    line = f"control: running={control['running']} condition={control['condition']}"
    if control["condition"] == "trial":
        line += f" attempts={control['attempts']}"
    yield line if control["written"] else line + " (never written)"
    for slot in range(2):
        length, version, why = slot_state(flash, slot)
        line = f"slot {slot}: version={version} bytes={length}" if length else f"slot {slot}:"
        yield line + (f" {why}" if why else " whole")
    types = ", ".join(f"{kind} ({len(data)} bytes)" for kind, data in sorted(journal(flash, JOURNAL).items()))
    yield f"journal: {'types ' + types if types else 'empty'}"


# ---------------------------------------------------------------- QEMU


def qemu_command(state, args=(), boot=BOOT, nic=NIC, extra=()):
    """The command line, as a list. args: "name=value"."""
    qemu = shutil.which(QEMU)
    if qemu is None:
        raise Mps2Error(f"{QEMU} is missing: sh scripts/install-tools.sh arm")
    path = pathlib.Path(state) / "flash.bin"
    if not path.is_file() or path.stat().st_size != FLASH_BYTES:
        raise Mps2Error(f"{path}: is not a file of {FLASH_BYTES} bytes; make it with: mps2.py flash")
    if not pathlib.Path(boot).is_file():
        raise Mps2Error(f"{boot}: there is no such boot loader; build examples/mps2, or give --boot")
    for arg in args:
        if "=" not in arg or any(character.isspace() for character in arg):
            raise Mps2Error(f"--arg '{arg}': is not name=value, or holds a blank")
    if len(" ".join(["fw", *args])) > ARGS_MAX:
        raise Mps2Error(f"the arguments have more than {ARGS_MAX} characters in all")

    def quoted(text):  # a comma separates QEMU's options, two are one
        return str(text).replace(",", ",,")

    options = "".join(f",arg={quoted(arg)}" for arg in ["fw", *args])
    return [qemu, "-M", "mps2-an386,memory-backend=nv", "-object",
            f"memory-backend-file,id=nv,mem-path={quoted(path)},size=16M,share=on", "-kernel", str(boot),
            "-display", "none", "-monitor", "none", "-serial", "stdio",
            "-semihosting-config", f"enable=on,target=native{options}", "-nic", nic, *extra]


def run(state, args, boot, nic, extra):
    """Becomes QEMU."""
    command = qemu_command(state, args, boot, nic, extra)
    path = pathlib.Path(state) / "flash.bin"
    file = os.open(path, os.O_RDONLY)
    os.set_inheritable(file, True)   # locked until QEMU ends
    lock_flash(file, path)
    sys.stdout.flush()
    os.execv(command[0], command)


# ---------------------------------------------------------------- command line


def parse(argv):
    parser = argparse.ArgumentParser(prog="mps2.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("pack", help="make an image package")
    command.add_argument("file", metavar="ELF|BIN")
    command.add_argument("--version", required=True)
    command.add_argument("--out", required=True, metavar="PACKAGE")
    command.add_argument("--board", type=lambda text: int(text, 0), default=BOARD)
    command.add_argument("--behaviour", help="of the self-test, see app/trial.h: for tests")
    command = commands.add_parser("flash", help="make flash.bin with an image in slot 0")
    command.add_argument("--state", required=True, metavar="DIR")
    command.add_argument("--image", required=True, metavar="PACKAGE")
    command = commands.add_parser("ca", help="put the CAs' certificates into flash.bin")
    command.add_argument("--state", required=True, metavar="DIR")
    command.add_argument("files", nargs="+", metavar="CERTIFICATE")
    command = commands.add_parser("run", help="run the board; what follows -- goes to QEMU")
    command.add_argument("--state", required=True, metavar="DIR")
    command.add_argument("--arg", action="append", default=[], metavar="NAME=VALUE")
    command.add_argument("--boot", default=BOOT, metavar="ELF")
    command.add_argument("--nic", default=NIC, metavar="OPTIONS")
    command.add_argument("extra", nargs="*")
    command = commands.add_parser("info", help="print what is in flash.bin")
    command.add_argument("--state", required=True, metavar="DIR")
    command = commands.add_parser("keys", help="write public keys as constant data")
    command.add_argument("files", nargs="+", metavar="KEY.pub")
    command.add_argument("--out", required=True, metavar="FILE")
    return parser.parse_args(argv)


def main(argv):
    options = parse(argv)
    if options.command == "pack":
        package = pack_file(options.file, options.version, options.board, options.behaviour)
        check_payload(package[HEADER_BYTES:], options.file)
        write_file(options.out, package)
        print(f"{options.out}: version={options.version} bytes={len(package)}")
    elif options.command == "flash":
        package = read_file(options.image)
        why = check_package(package)[2]
        if why:
            raise Mps2Error(f"{options.image}: {why}; make one with: mps2.py pack")
        print(f"{make_flash(options.state, package)}: slot 0 has {options.image}")
    elif options.command == "ca":
        ders = [der for path in options.files for der in certificates(path)]
        set_trust(options.state, ders)
        print(f"{options.state}/flash.bin: trusts {len(ders)} certificates")
    elif options.command == "keys":
        write_file(options.out, keys_header(options.files).encode())
    elif options.command == "run":
        run(options.state, options.arg, options.boot, options.nic, options.extra)
    else:
        print("\n".join(info_lines(read_flash(options.state))))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Mps2Error as problem:
        sys.exit(f"mps2.py: {problem}")
    except BrokenPipeError:  # the reader of stdout has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
