# SPDX-License-Identifier: Apache-2.0
"""examples/mps2/mps2.py: bad input gets one clear line, and changes nothing."""

import os
import struct
import subprocess
import sys

import mps2
import pytest
from board import BUILD, ROOT, Board, Firmware

MPS2 = ROOT / "examples" / "mps2" / "mps2.py"
BOOT = BUILD / "boot.elf"


@pytest.fixture(scope="module")
def openssl_files(tmp_path_factory):
    """{name: DER} of a certificate, and of what looks like one."""
    folder = tmp_path_factory.mktemp("openssl")
    for words in ("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=ca -keyout key.pem "
                  "-outform DER -out ca.der", "pkey -in key.pem -outform DER -out key.der",
                  "req -new -key key.pem -subj /CN=ca -outform DER -out request.der"):
        subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True, timeout=60)
    files = {path.name: path.read_bytes() for path in folder.glob("*.der")}
    return {**files, "longer.der": files["ca.der"] + b"0", "shorter.der": files["ca.der"][:-1]}


def overlapping(elf):
    """With its last segment where the first one is."""
    place, = struct.unpack_from("<I", elf, 28)
    size, count = struct.unpack_from("<2H", elf, 42)
    loads = [place + i * size for i in range(count) if struct.unpack_from("<I", elf, place + i * size)[0] == 1]
    loads = [at for at in loads if struct.unpack_from("<I", elf, at + 16)[0] > 0]
    changed = bytearray(elf)
    struct.pack_into("<I", changed, loads[-1] + 12, mps2.LOAD + mps2.HEADER_BYTES + 16)
    return bytes(changed)


@pytest.fixture
def folder(tmp_path, openssl_files):
    """With all that the table below names."""
    good = Firmware().package("1.0")
    (tmp_path / "good.pkg").write_bytes(good)
    (tmp_path / "cut.pkg").write_bytes(good[:-1])
    (tmp_path / "damaged.pkg").write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    (tmp_path / "other.pkg").write_bytes(mps2.pack(b"x" * 100, "1.0", board=1))
    (tmp_path / "long.pkg").write_bytes(good + bytes(mps2.SLOT_BYTES))
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "noise").write_bytes(b"\0noise\xff" * 100)
    (tmp_path / "few").write_bytes(good[mps2.HEADER_BYTES:][:7])
    (tmp_path / "good.bin").write_bytes(good[mps2.HEADER_BYTES:])
    (tmp_path / "sequence").write_bytes(b"\x30" + bytes(99))
    for words in ("ecparam -genkey -noout -name prime256v1 -out private.pem",
                  "ecparam -genkey -noout -name secp384r1 -out other.pem", "ec -in other.pem -pubout -out p384.pem"):
        subprocess.run(["openssl", *words.split()], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    for name, data in openssl_files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "large").write_bytes(bytes(mps2.SLOT_BYTES))
    elf = Firmware().elf.read_bytes()
    (tmp_path / "cut.elf").write_bytes(elf[:5000])
    (tmp_path / "head.elf").write_bytes(elf[:40])
    (tmp_path / "64.elf").write_bytes(elf[:4] + b"\x02" + elf[5:])
    (tmp_path / "overlap.elf").write_bytes(overlapping(elf))
    (tmp_path / "bad.pem").write_text("-----BEGIN CERTIFICATE-----\n!!!!!\n-----END CERTIFICATE-----\n")
    (tmp_path / "cut.pem").write_text("-----BEGIN CERTIFICATE-----\nMIIBM\n-----END CERTIFICATE-----\n")
    (tmp_path / "state").mkdir()
    mps2.make_flash(tmp_path / "state", good)
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "flash.bin").write_bytes(bytes(1 << 20))
    return tmp_path


def run(folder, words, **kwargs):
    return subprocess.run([sys.executable, str(MPS2), *words.split()], cwd=folder, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=60, **kwargs)


PACK = "--version 1.0 --out out.pkg"
BAD = [
    (f"pack nothing.elf {PACK}", "nothing.elf: No such file or directory"),
    (f"pack state {PACK}", "state: Is a directory"),
    (f"pack cut.elf {PACK}", "cut.elf: no program headers, or cut off|cut.elf: cut off"),
    (f"pack head.elf {PACK}", "head.elf: not a 32-bit little-endian ELF file"),
    (f"pack 64.elf {PACK}", "64.elf: not a 32-bit little-endian ELF file"),
    (f"pack {BOOT} {PACK}", "not linked at 0x00100100"),
    (f"pack large {PACK}", "bytes do not fit into a slot of 524288"),
    ("pack good.bin --version 1.0_and_very_much_more --out out.pkg", "1 to 20 characters of"),
    ("pack good.bin --version 1/0 --out out.pkg", "1 to 20 characters of"),
    (f"pack noise {PACK} --behaviour hang", "no one word 'behaviour='"),
    (f"pack {Firmware().elf} {PACK} --behaviour {'x' * 16}", "1 to 15 characters"),
    (f"pack good.bin {PACK} --board 0x100000000", "board"),
    (f"pack good.bin {PACK} --board -1", "board"),
    (f"pack empty {PACK}", "empty: is empty"),
    (f"pack noise {PACK}", "noise: is no image: its vector table points outside"),
    (f"pack few {PACK}", "few: is no image: 7 bytes"),
    (f"pack good.pkg {PACK}", "good.pkg: is a package already"),
    (f"pack overlap.elf {PACK}", "overlap.elf: segments overlap at 0x"),
    ("pack good.bin --version 1.0 --out state", "state: Is a directory"),
    ("pack good.bin --version 1.0 --out good.pkg/out.pkg", "Not a directory|File exists"),
    ("flash --state new --image nothing.pkg", "nothing.pkg: No such file or directory"),
    ("flash --state new --image empty", "empty: truncated; make one with: mps2.py pack"),
    ("flash --state new --image noise", "noise: not an image; make one with: mps2.py pack"),
    ("flash --state new --image cut.pkg", "cut.pkg: truncated"),
    ("flash --state new --image damaged.pkg", "damaged.pkg: damaged"),
    ("flash --state new --image other.pkg", "other.pkg: for another board"),
    ("flash --state new --image long.pkg", "a slot 524288"),
    ("flash --state noise --image good.pkg", "Not a directory|File exists"),
    ("ca --state state nothing.pem", "nothing.pem: No such file or directory"),
    ("ca --state state noise", "noise: holds no certificate, neither PEM nor DER"),
    ("ca --state state empty", "empty: holds no certificate, neither PEM nor DER"),
    ("ca --state state bad.pem", "bad.pem: holds no certificate, neither PEM nor DER"),
    ("ca --state state cut.pem", "cut.pem: holds no certificate, neither PEM nor DER"),
    ("ca --state state sequence", "sequence: holds no certificate, neither PEM nor DER"),
    ("ca --state state key.der", "key.der: holds no certificate, neither PEM nor DER"),
    ("ca --state state request.der", "request.der: holds no certificate, neither PEM nor DER"),
    ("ca --state state longer.der", "longer.der: holds no certificate, neither PEM nor DER"),
    ("ca --state state shorter.der", "shorter.der: holds no certificate, neither PEM nor DER"),
    ("ca --state half ca.der", "half/flash.bin: has 1048576 bytes, not 16777216"),
    ("ca --state new ca.der", "new/flash.bin: No such file or directory"),
    ("ca --state new noise", "noise: holds no certificate|flash.bin: No such file"),
    ("info --state new", "new/flash.bin: No such file or directory"),
    ("info --state half", "half/flash.bin: has 1048576 bytes, not 16777216; make it with: mps2.py flash"),
    ("keys nothing --out keys.h", "nothing: No such file or directory"),
    ("keys noise --out keys.h", "noise: is no public key of the curve P-256 in PEM; oneota-image keygen makes one"),
    ("keys private.pem --out keys.h", "private.pem: is no public key of the curve P-256"),
    ("keys p384.pem --out keys.h", "p384.pem: is no public key of the curve P-256"),
    (f"run --boot {BOOT} --state new", "new/flash.bin: is not a file of 16777216 bytes; make it with"),
    (f"run --boot {BOOT} --state half", "half/flash.bin: is not a file of 16777216 bytes; make it with"),
    ("run --boot nothing.elf --state state", "nothing.elf: there is no such boot loader; build examples/mps2"),
    (f"run --boot {BOOT} --state state --arg once", "'once': is not name=value"),
    (f"run --boot {BOOT} --state state --arg key={'x' * 800}", "more than 767 characters"),
]


@pytest.mark.parametrize("words, line", BAD, ids=[words.replace(str(BUILD), "")[:70] for words, _ in BAD])
def test_script_bad_input_gets_one_line(folder, words, line):
    flash = (folder / "state" / "flash.bin").read_bytes()
    done = run(folder, words)
    assert done.returncode == 1 and done.stdout == "", done
    assert done.stderr.startswith("mps2.py: ") and done.stderr.count("\n") == 1, done
    assert any(text in done.stderr for text in line.split("|")), done.stderr
    assert not (folder / "out.pkg").exists() and not (folder / "new").exists()
    assert (folder / "state" / "flash.bin").read_bytes() == flash


@pytest.mark.parametrize("words", ["", "bake", "pack", "pack noise", "flash --state new", "run",
                                   f"pack noise {PACK} --board red", "info"])
def test_script_bad_usage_is_told(folder, words):
    done = run(folder, words)
    assert done.returncode == 2 and done.stderr.startswith("usage: mps2.py"), done
    assert "Traceback" not in done.stderr


def test_script_without_qemu_says_how_to_get_it(folder):
    done = run(folder, f"run --boot {BOOT} --state state", env={**os.environ, "PATH": "/nowhere"})
    assert done.returncode == 1 and "qemu-system-arm is missing: sh scripts/install-tools.sh arm" in done.stderr


def test_script_runs_a_flash_file_in_one_qemu_alone(folder):
    command = [sys.executable, str(MPS2), "run", "--boot", str(BOOT), "--state", "state"]
    first = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        assert "boot: start cause=power-on" in first.stdout.readline()
        before = (folder / "state" / "flash.bin").read_bytes()
        for words in (f"run --boot {BOOT} --state state", "flash --state state --image good.pkg",
                      "ca --state state ca.der"):
            done = run(folder, words)
            assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1, done
            assert "state/flash.bin: the board is running" in done.stderr, done
        trust = slice(mps2.TRUST[0], mps2.TRUST[0] + 4)
        assert (folder / "state" / "flash.bin").read_bytes()[trust] == before[trust]
    finally:
        first.kill()
        first.wait()
        first.stdout.close()
    assert run(folder, "ca --state state ca.der").returncode == 0
    assert mps2.read_flash(folder / "state")[trust] == mps2.TRUST_MAGIC


def test_script_writes_flash_where_it_lies(folder):
    """A QEMU that has the file mapped must never see it shorter."""
    path = folder / "state" / "flash.bin"
    with path.open("rb") as file:
        assert run(folder, "ca --state state ca.der").returncode == 0
        assert os.fstat(file.fileno()).st_ino == path.stat().st_ino
        file.seek(mps2.TRUST[0])
        assert file.read(4) == mps2.TRUST_MAGIC
    assert run(folder, "flash --state state --image good.pkg").returncode == 0
    assert mps2.read_flash(folder / "state")[mps2.TRUST[0]:][:4] == b"\xff" * 4
    assert run(folder, "flash --state half --image good.pkg").returncode == 0
    assert mps2.read_flash(folder / "half") == mps2.read_flash(folder / "state")


def test_script_info_tells_what_is_wrong_in_flash(folder):
    flash = bytearray((folder / "state" / "flash.bin").read_bytes())
    flash[mps2.SLOTS[0] + 1000] ^= 1
    (folder / "state" / "flash.bin").write_bytes(flash)
    lines = run(folder, "info --state state").stdout.splitlines()
    assert lines[0] == "control: running=0 condition=confirmed (never written)"
    assert lines[1].startswith("slot 0: version=1.0 bytes=") and lines[1].endswith(" damaged")
    assert lines[2:] == ["slot 1: erased", "journal: empty"]


def test_boot_loader_without_an_image_ends_with_78(folder):
    board = Board(folder / "state", Firmware(), Firmware().package("1.0"))
    flash = bytearray(mps2.read_flash(board.folder))
    flash[mps2.SLOTS[0] + 1000] ^= 1
    board.flash_file.write_bytes(flash)
    uart = board.run()
    assert uart.status == mps2.EXIT_NO_IMAGE, uart
    assert uart.values("boot: slot 0 cannot start", "why") == ["damaged: its SHA-256 differs"]
    assert uart.values("boot: slot 1 cannot start", "why") == ["not an image"]
    assert uart.says("E boot: nothing to start; write a whole image to slot 0"), uart
    assert uart.operations == 0


@pytest.mark.parametrize("slot", [0, 1])
def test_boot_loader_starts_the_whole_image_whatever_the_control_says(folder, slot):
    """Boot control of noise, and one slot that is whole."""
    board = Board(folder / "state", Firmware(), Firmware().package("1.0"))
    package = Firmware().package("3.0")
    flash = bytearray(mps2.read_flash(board.folder))
    flash[0:mps2.UNIT * 4] = os.urandom(mps2.UNIT * 4)
    flash[mps2.SLOTS[0]:mps2.SLOTS[0] + mps2.SLOT_BYTES] = os.urandom(mps2.SLOT_BYTES)
    flash[mps2.SLOTS[slot]:mps2.SLOTS[slot] + len(package)] = package
    board.flash_file.write_bytes(flash)
    power = board.start()
    power.until("boot: image version=3.0")
    power.until("app: start version=3.0")
    power.kill()
    board.check_boots()
