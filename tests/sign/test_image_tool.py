# SPDX-License-Identifier: Apache-2.0
"""oneota-image from end to end, with openssl as the other side.

The program is $ONEOTA_IMAGE, or build/gcc/oneota-image.
"""

import hashlib
import os
import pathlib
import stat
import struct
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("ONEOTA_IMAGE", str(ROOT / "build" / "gcc" / "oneota-image"))
TRAILER = 192
FACTS = ["--version", "1.2.3", "--counter", "5", "--vendor", "7", "--class", "3"]
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Bench:
    """A folder with a key and a firmware, in which commands run."""

    def __init__(self, folder):
        self.folder = folder
        self.firmware = bytes(n * 7 % 251 for n in range(10000))
        self.write("fw.bin", self.firmware)
        self.good("keygen", "--out", "key.pem")

    def write(self, name, data):
        (self.folder / name).write_bytes(data)
        return name

    def read(self, name):
        return (self.folder / name).read_bytes()

    def names(self):
        return {path.name for path in self.folder.iterdir()}

    def run(self, *words):
        return subprocess.run([PROGRAM, *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=60, check=False)

    def good(self, *words):
        done = self.run(*words)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def bad(self, code, says, *words):
        """Fails with this code, one line, and leaves no file behind."""
        before = self.names()
        done = self.run(*words)
        assert done.returncode == code, done
        assert done.stderr.startswith("oneota-image: ") and done.stderr.count("\n") == 1, done
        assert says in done.stderr, done
        assert self.names() == before
        return done.stderr

    def openssl(self, *words, code=0):
        done = subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True,
                              timeout=60, check=False)
        assert done.returncode == code, done
        return done.stdout

    def sign(self, *words, out="pkg.bin", facts=FACTS, source="fw.bin", key="key.pem"):
        return self.good("sign", "--key", key, *facts, "--in", source, "--out", out, *words)

    def patched(self, name, offset, data, out="patched.bin"):
        """A copy with other bytes; a negative offset counts from the end."""
        whole = bytearray(self.read(name))
        offset %= len(whole)
        whole[offset:offset + len(data)] = data
        return self.write(out, bytes(whole))


@pytest.fixture(name="bench")
def make_bench(tmp_path):
    return Bench(tmp_path)


# -- keys ------------------------------------------------------------------------------------------


def test_keygen_writes_what_openssl_writes(bench):
    again = bench.openssl("ec", "-in", "key.pem")
    assert bench.read("key.pem") == again
    assert bench.read("key.pub") == bench.openssl("pkey", "-in", "key.pem", "-pubout")
    assert b"prime256v1" in bench.openssl("pkey", "-in", "key.pem", "-noout", "-text")
    assert stat.S_IMODE((bench.folder / "key.pem").stat().st_mode) == 0o600


def test_keygen_makes_another_key_each_time(bench):
    bench.good("keygen", "--out", "other.pem")
    assert bench.read("other.pem") != bench.read("key.pem")


def test_keygen_does_not_overwrite(bench):
    before = bench.read("key.pem"), bench.read("key.pub")
    bench.bad(3, "key.pub exists", "keygen", "--out", "key.pem")
    (bench.folder / "key.pub").unlink()
    bench.bad(3, "key.pem exists", "keygen", "--out", "key.pem")
    assert bench.read("key.pem") == before[0]
    bench.write("new.pub", b"mine")
    bench.bad(3, "new.pub exists", "keygen", "--out", "new.pem")
    assert bench.read("new.pub") == b"mine"


def test_keygen_into_no_folder_fails(bench):
    bench.bad(3, "cannot create no/key.pem: No such file or directory", "keygen", "--out",
              "no/key.pem")


@pytest.mark.parametrize("make", [
    ["ecparam", "-name", "prime256v1", "-genkey", "-out", "o.pem"],
    ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "o.pem"],
    ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "o.pem"],
])
def test_keys_of_openssl_are_taken(bench, make):
    bench.openssl(*make)
    bench.openssl("pkey", "-in", "o.pem", "-pubout", "-out", "o.pub")
    bench.sign(key="o.pem")
    bench.good("verify", "--pubkey", "o.pub", "pkg.bin")


def test_key_prints_an_array_with_the_point_that_openssl_shows(bench):
    bench.good("keygen", "--out", "next.pem")
    text = bench.good("key", "--pubkey", "key.pub", "--pubkey", "next.pub")
    assert text.startswith("static const uint8_t keys[][ONEOTA_PUBKEY_BYTES] = {\n")
    assert max(map(len, text.splitlines())) <= 100
    found = bytes(int(word, 16) for word in
                  text.split("=", 1)[1].replace("{", " ").replace("}", " ").replace(",", " ")
                  .replace(";", " ").split())
    wanted = b"".join(bench.openssl("pkey", "-in", name, "-pubout", "-outform", "DER")[-65:]
                      for name in ("key.pem", "next.pem"))
    assert found == wanted


def test_keys_of_another_kind_are_refused(bench):
    bench.openssl("ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", "p384.pem")
    bench.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out",
                  "rsa.pem")
    bench.openssl("pkey", "-in", "key.pem", "-aes128", "-passout", "pass:x", "-out", "locked.pem")
    bench.openssl("ec", "-in", "key.pem", "-aes128", "-passout", "pass:x", "-out", "locked2.pem")
    bench.write("text.pem", b"no key at all\n")
    bench.write("empty.pem", b"")
    for name, says in [("p384.pem", "not a key of the curve P-256"), ("rsa.pem", "P-256"),
                       ("locked.pem", "is encrypted"), ("locked2.pem", "is encrypted"),
                       ("text.pem", "cannot read a private key from text.pem"),
                       ("empty.pem", "cannot read a private key from empty.pem"),
                       ("key.pub", "holds a public key; signing needs the private one"),
                       ("none.pem", "cannot open none.pem: No such file")]:
        bench.bad(3, says, "sign", "--key", name, *FACTS, "--in", "fw.bin", "--out", "x.bin")
    bench.sign()
    for name, says in [("key.pem", "holds a private key"), ("text.pem", "cannot read a public key"),
                       ("none.pub", "cannot open none.pub")]:
        bench.bad(3, says, "verify", "--pubkey", name, "pkg.bin")


# -- sign ------------------------------------------------------------------------------------------


def test_sign_puts_the_bytes_of_the_format_behind_the_firmware(bench):
    said = bench.sign()
    assert said == "pkg.bin: 10192 bytes, version 1.2.3, counter 5\n"
    package = bench.read("pkg.bin")
    assert package[:-TRAILER] == bench.firmware
    point = bench.openssl("pkey", "-in", "key.pem", "-pubout", "-outform", "DER")[-65:]
    assert package[-TRAILER:-64] == (
        b"OTRL\x01\x01\x01\x00" + struct.pack("<IIII", 10000, 7, 3, 5) + point[1:9] +
        b"1.2.3".ljust(20, b"\0") + bytes(12) + bytes(32) + hashlib.sha256(bench.firmware).digest())


def test_sign_is_what_openssl_verifies(bench):
    bench.sign()
    package = bench.read("pkg.bin")
    bench.write("signed", package[-TRAILER:-64])
    conf = "asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x{}\ns=INTEGER:0x{}\n"
    bench.write("der.conf", conf.format(package[-64:-32].hex(), package[-32:].hex()).encode())
    bench.openssl("asn1parse", "-genconf", "der.conf", "-noout", "-out", "sig.der")
    said = bench.openssl("dgst", "-sha256", "-verify", "key.pub", "-signature", "sig.der", "signed")
    assert said == b"Verified OK\n"


def test_sign_twice_gives_the_same_bytes(bench):
    bench.sign()
    bench.sign(out="again.bin")
    assert bench.read("pkg.bin") == bench.read("again.bin")


def test_sign_replaces_an_old_package_and_leaves_nothing_else(bench):
    before = bench.names()
    bench.write("pkg.bin", b"old")
    bench.sign()
    assert bench.names() == before | {"pkg.bin"}


def test_sign_keeps_the_mode_that_files_have_here(bench):
    bench.sign()
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((bench.folder / "pkg.bin").stat().st_mode) == 0o666 & ~umask


@pytest.mark.parametrize("length", [1, 191, 192, 193, 65535, 65536, 65537, 300000])
def test_sign_any_length(bench, length):
    bench.write("fw.bin", os.urandom(length))
    bench.sign()
    bench.good("verify", "--pubkey", "key.pub", "pkg.bin")


def test_sign_takes_the_widest_values(bench):
    bench.sign(facts=["--version", "A" * 20, "--counter", "4294967295", "--vendor", "0xFFFFFFFF",
                      "--class", "4294967295"])
    said = bench.good("info", "pkg.bin")
    assert f"version: {'A' * 20}\n" in said
    assert "counter: 4294967295\n" in said and "vendor: 4294967295\n" in said


def test_sign_needs_no_vendor_and_class(bench):
    bench.sign(facts=["--version", "1", "--counter", "1"])
    assert "vendor: 0\nclass: 0\n" in bench.good("info", "pkg.bin")


def test_sign_refuses_a_signed_file_unless_forced(bench):
    bench.sign()
    bench.bad(3, "pkg.bin is signed already", "sign", "--key", "key.pem", *FACTS, "--in", "pkg.bin",
              "--out", "x.bin")
    bench.good("keygen", "--out", "next.pem")
    bench.sign("--force", source="pkg.bin", out="again.bin", key="next.pem",
               facts=["--version", "2", "--counter", "6"])
    again = bench.read("again.bin")
    assert again[:-TRAILER] == bench.firmware
    bench.good("verify", "--pubkey", "next.pub", "again.bin")


def test_sign_a_trailer_inside_the_firmware_is_firmware(bench):
    bench.sign()
    bench.write("fw.bin", bench.read("pkg.bin") + b"more")
    bench.sign()
    bench.good("verify", "--pubkey", "key.pub", "pkg.bin")


@pytest.mark.parametrize("change,says", [
    (["--version", ""], "--version is 1 to 20 of"),
    (["--version", "A" * 21], "--version is 1 to 20 of"),
    (["--version", "1.2 3"], "not '1.2 3'"),
    (["--version", "1.2+3"], "--version is 1 to 20 of"),
    (["--counter", "0"], "--counter is a number from 1 to 4294967295, not '0'"),
    (["--counter", "-1"], "--counter is a number from 1 to 4294967295, not '-1'"),
    (["--counter", "4294967296"], "--counter is a number"),
    (["--counter", "99999999999999999999999"], "--counter is a number"),
    (["--counter", "5x"], "not '5x'"),
    (["--counter", ""], "--counter is a number"),
    (["--counter", " 5"], "--counter is a number"),
    (["--vendor", "acme"], "--vendor is a number from 0 to 4294967295, not 'acme'"),
    (["--type", "delta"], "--type is full or diff, not 'delta'"),
    (["--type", "diff"], "--type diff needs --base"),
    (["--base", "fw.bin"], "--base belongs to --type diff"),
    (["--in", ""], "--in is empty"),
    (["--colour", "red"], "sign does not take '--colour'"),
    (["--pubkey", "key.pub"], "sign does not take '--pubkey'"),
    (["extra"], "sign does not take 'extra'"),
])
def test_sign_usage_errors(bench, change, says):
    words = {"--key": "key.pem", "--version": "1", "--counter": "1", "--in": "fw.bin",
             "--out": "x.bin"}
    if len(change) == 2:
        words[change[0]] = change[1]
        change = []
    line = [word for pair in words.items() for word in pair] + change
    bench.bad(2, says, "sign", *line)


@pytest.mark.parametrize("missing", ["--key", "--version", "--counter", "--in", "--out"])
def test_sign_says_what_is_missing(bench, missing):
    words = {"--key": "key.pem", "--version": "1", "--counter": "1", "--in": "fw.bin",
             "--out": "x.bin"}
    del words[missing]
    line = [word for pair in words.items() for word in pair]
    bench.bad(2, f"sign needs {missing}", "sign", *line)
    bench.bad(2, f"{missing} needs a value", "sign", *line, missing)


def test_usage_of_the_whole(bench):
    bench.bad(2, "which command?")
    bench.bad(2, "no command 'fly'", "fly")
    bench.bad(2, "--out is there twice", "keygen", "--out", "a", "--out", "b")
    bench.bad(2, "info needs PACKAGE", "info")
    bench.bad(2, "PACKAGE is there twice", "info", "a", "b")
    bench.bad(2, "8 keys at most", "key", *["--pubkey", "key.pub"] * 9)
    for word in ("--help", "-h", "help"):
        said = bench.good(word)
        for name in ("keygen", "key", "sign", "digest", "attach", "verify", "info"):
            assert f"oneota-image {name} " in said
        assert max(map(len, said.splitlines())) <= 100


def test_sign_files_that_cannot_be_used(bench):
    sign = ["sign", "--key", "key.pem", *FACTS]
    bench.write("empty.bin", b"")
    (bench.folder / "folder").mkdir()
    bench.bad(3, "empty.bin is empty", *sign, "--in", "empty.bin", "--out", "x.bin")
    bench.bad(3, "cannot open none.bin: No such file", *sign, "--in", "none.bin", "--out", "x.bin")
    bench.bad(3, "cannot read folder", *sign, "--in", "folder", "--out", "x.bin")
    bench.bad(3, "cannot create a file beside no/x.bin: No such file", *sign, "--in", "fw.bin",
              "--out", "no/x.bin")
    bench.bad(3, "cannot write folder", *sign, "--in", "fw.bin", "--out", "folder")
    bench.bad(3, "--in and --out are the same file", *sign, "--in", "fw.bin", "--out", "./fw.bin")
    assert bench.read("fw.bin") == bench.firmware


def test_print_to_a_full_device_fails(bench):
    bench.sign()
    with open("/dev/full", "wb") as full:
        done = subprocess.run([PROGRAM, "info", "pkg.bin"], cwd=bench.folder, stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert "cannot write what was to be printed" in done.stderr


# -- verify, info ----------------------------------------------------------------------------------


def test_verify_takes_any_of_the_keys(bench):
    bench.good("keygen", "--out", "next.pem")
    bench.sign(key="next.pem")
    assert "signed, and whole" in bench.good("verify", "--pubkey", "key.pub", "--pubkey",
                                             "next.pub", "pkg.bin")
    bench.bad(1, "signed with another key than given", "verify", "--pubkey", "key.pub", "pkg.bin")


def test_verify_refuses_every_change(bench):
    bench.write("fw.bin", bytes(300))
    bench.sign()
    package = bench.read("pkg.bin")
    for at in [*range(0, 300, 37), *range(300, len(package))]:
        bench.patched("pkg.bin", at, bytes([package[at] ^ 0x40]))
        bench.bad(1, "patched.bin", "verify", "--pubkey", "key.pub", "patched.bin")


@pytest.mark.parametrize("r,s", [(0, 0), (0, 1), (1, 0), (ORDER, 1), (1, ORDER), (ORDER - 1, 1),
                                 (2**256 - 1, 2**256 - 1)])
def test_verify_refuses_r_and_s_out_of_range(bench, r, s):
    bench.sign()
    bench.patched("pkg.bin", -64, r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    bench.bad(1, "the signature is wrong", "verify", "--pubkey", "key.pub", "patched.bin")


def test_verify_says_what_is_wrong(bench):
    bench.sign()
    package = bench.read("pkg.bin")
    verify = ["verify", "--pubkey", "key.pub"]
    for name, data in [("fw.bin", bench.firmware), ("short.bin", package[:-1]),
                       ("long.bin", package + b"\0"), ("tail.bin", package[1:]),
                       ("trailer.bin", package[-TRAILER:]), ("empty.bin", b"")]:
        bench.write(name, data)
        bench.bad(1, f"{name} is not signed: it does not end in a trailer", *verify, name)
        bench.bad(1, f"{name} is not signed", "info", name)
    bench.patched("pkg.bin", 0, b"X")
    bench.bad(1, "the payload is not the one that was signed", *verify, "patched.bin")
    bench.patched("pkg.bin", -TRAILER + 20, b"\x06")
    bench.bad(1, "the signature is wrong", *verify, "patched.bin")
    bench.bad(3, "cannot open none.bin", *verify, "none.bin")


def test_info_shows_all_and_what_does_not_match(bench):
    bench.sign()
    said = dict(line.split(": ", 1) for line in bench.good("info", "pkg.bin").splitlines())
    assert said["type"] == "full" and said["version"] == "1.2.3" and said["counter"] == "5"
    assert said["vendor"] == "7" and said["class"] == "3" and said["payload bytes"] == "10000"
    assert said["digest"] == hashlib.sha256(bench.firmware).hexdigest()
    assert said["signature"] == bench.read("pkg.bin")[-64:].hex() + " (not checked: see verify)"
    bench.patched("pkg.bin", 0, b"X")
    assert "(NOT that of the payload)" in bench.good("info", "patched.bin")
    bench.patched("pkg.bin", -TRAILER + 32, b"\x1b[31m")
    assert "version: ?[31m" in bench.good("info", "patched.bin")


# -- a signer elsewhere ----------------------------------------------------------------------------


def digest(bench, *words):
    said = bench.good("digest", "--pubkey", "key.pub", *FACTS, "--in", "fw.bin", *words)
    return said.strip()


def attach(bench, signature):
    return ["attach", "--pubkey", "key.pub", *FACTS, "--in", "fw.bin", "--signature", signature,
            "--out", "pkg.bin"]


def test_external_signer_signs_the_digest(bench):
    shown = digest(bench, "--out", "digest.bin")
    assert bench.read("digest.bin").hex() == shown
    bench.openssl("pkeyutl", "-sign", "-inkey", "key.pem", "-in", "digest.bin", "-out", "sig.der")
    bench.good(*attach(bench, "sig.der"))
    bench.good("verify", "--pubkey", "key.pub", "pkg.bin")


def test_external_signer_signs_the_message(bench):
    shown = digest(bench, "--message", "message.bin")
    message = bench.read("message.bin")
    assert len(message) == 128 and hashlib.sha256(message).hexdigest() == shown
    bench.openssl("dgst", "-sha256", "-sign", "key.pem", "-out", "sig.der", "message.bin")
    bench.good(*attach(bench, "sig.der"))
    bench.good("verify", "--pubkey", "key.pub", "pkg.bin")


def test_external_signature_in_raw_form_is_taken(bench):
    bench.sign(out="direct.bin")
    bench.write("sig.raw", bench.read("direct.bin")[-64:])
    bench.good(*attach(bench, "sig.raw"))
    assert bench.read("pkg.bin") == bench.read("direct.bin")


def der_integer(digits):
    """Minimal, and never negative."""
    digits = digits.lstrip(b"\0")
    digits = b"\0" + digits if digits[0] & 0x80 else digits
    return b"\x02" + bytes([len(digits)]) + digits


def test_external_signature_with_short_integers_is_taken(bench):
    """r or s that begins with a zero takes fewer bytes in DER: counters are tried until one does."""
    for counter in range(1, 3000):
        facts = ["--version", "1", "--counter", str(counter)]
        bench.sign(facts=facts)
        raw = bench.read("pkg.bin")[-64:]
        if 0 in (raw[0], raw[32]):
            inside = der_integer(raw[:32]) + der_integer(raw[32:])
            bench.write("sig.der", b"\x30" + bytes([len(inside)]) + inside)
            bench.good("attach", "--pubkey", "key.pub", *facts, "--in", "fw.bin", "--signature",
                       "sig.der", "--out", "again.bin")
            assert bench.read("again.bin") == bench.read("pkg.bin")
            return
    pytest.fail("no short one in 3000")


def test_external_signature_that_is_wrong_is_refused(bench):
    digest(bench, "--out", "digest.bin")
    bench.openssl("pkeyutl", "-sign", "-inkey", "key.pem", "-in", "digest.bin", "-out", "sig.der")
    good = bench.read("sig.der")
    neither = "is neither 64 bytes r and s nor an ECDSA signature in DER"
    for data in (b"", good[:-1], good + b"\0", b"\x31" + good[1:], bytes(63), bytes(65),
                 b"\x30\x06\x02\x01\x01\x02\x01\x81", b"\x30\x04\x02\x00\x02\x00",
                 b"\x30\x80" + good[2:], b"\x30\x05\x02\x01\x01\x02\x05",
                 b"\x30\x26\x02\x21" + b"\x01" * 33 + b"\x02\x01\x01"):
        bench.write("bad.sig", data)
        bench.bad(3, neither, *attach(bench, "bad.sig"))
    bench.write("long.sig", bytes(2000))
    bench.bad(3, "long.sig has more than 1024 bytes", *attach(bench, "long.sig"))
    wrong = "is not the signature of this digest by this key"
    for data in (bytes(64), good[:-1] + bytes([good[-1] ^ 1]),
                 b"\x30\x06\x02\x01\x01\x02\x01\x01"):
        bench.write("bad.sig", data)
        bench.bad(1, wrong, *attach(bench, "bad.sig"))
    bench.good("keygen", "--out", "other.pem")
    bench.openssl("pkeyutl", "-sign", "-inkey", "other.pem", "-in", "digest.bin", "-out", "bad.sig")
    bench.bad(1, wrong, *attach(bench, "bad.sig"))
    other = attach(bench, "sig.der")
    other[other.index("5")] = "6"
    bench.bad(1, wrong, *other)


# -- differential packages -------------------------------------------------------------------------


def odp1(old, new, body=b"blocks"):
    """The header of a differential payload, and a body that nobody reads here."""
    size = 128 + len(body)
    head = b"ODP1" + bytes([1, 0, 12, 1]) + struct.pack("<IIIII", 128, len(old), len(new), size, 0)
    head += hashlib.sha256(old).digest() + hashlib.sha256(new).digest()
    return head.ljust(128, b"\0") + body


@pytest.fixture(name="pair")
def make_pair(bench):
    """Signed old and new package, and what leads from one to the other."""
    bench.sign(out="old.pkg")
    bench.write("fw2.bin", bench.firmware[::-1])
    bench.sign(source="fw2.bin", out="new.pkg",
               facts=["--version", "2", "--counter", "6", "--vendor", "7", "--class", "3"])
    bench.write("odp.bin", odp1(bench.read("old.pkg"), bench.read("new.pkg")))
    return bench


def sign_diff(*words, counter="6", vendor="7", source="odp.bin", base="old.pkg"):
    return ["sign", "--key", "key.pem", "--version", "2", "--counter", counter, "--vendor", vendor,
            "--class", "3", "--type", "diff", "--base", base, "--in", source, "--out", "diff.pkg",
            *words]


def test_diff_names_base_and_result(pair):
    pair.good(*sign_diff())
    trailer = pair.read("diff.pkg")[-TRAILER:]
    assert trailer[6] == 2
    assert trailer[64:96] == hashlib.sha256(pair.read("old.pkg")).digest()
    assert trailer[96:128] == hashlib.sha256(pair.read("new.pkg")).digest()
    pair.good("verify", "--pubkey", "key.pub", "diff.pkg")
    said = pair.good("info", "diff.pkg")
    assert "type: diff\n" in said
    assert f"base: {hashlib.sha256(pair.read('old.pkg')).hexdigest()}\n" in said


def test_diff_with_another_base_or_result_than_signed_is_refused(pair):
    pair.good(*sign_diff())
    for offset in (28, 60):
        pair.patched("diff.pkg", offset, b"\xAA\xBB")
        pair.bad(1, "the payload is for other images than were signed", "verify", "--pubkey",
                 "key.pub", "patched.bin")
        assert "(NOT that of the payload)" in pair.good("info", "patched.bin")


def test_diff_that_does_not_fit_its_base_is_not_signed(pair):
    pair.write("whole.bin", pair.read("odp.bin") + b"x")
    pair.write("half.bin", pair.read("odp.bin")[:100])
    pair.bad(3, "is not a whole differential payload", *sign_diff(source="fw.bin"))
    pair.bad(3, "is not a whole differential payload", *sign_diff(source="whole.bin"))
    pair.bad(3, "is not a whole differential payload", *sign_diff(source="half.bin"))
    pair.bad(1, "the differential payload was not made from new.pkg", *sign_diff(base="new.pkg"))
    pair.bad(1, "fw.bin is not a signed full package", *sign_diff(base="fw.bin"))
    pair.bad(1, "old.pkg is for vendor 7, class 3", *sign_diff(vendor="8"))
    pair.bad(1, "--counter must be above 5, that of old.pkg", *sign_diff(counter="5"))
    pair.bad(3, "cannot open none.pkg", *sign_diff(base="none.pkg"))
    pair.good(*sign_diff())
    pair.bad(1, "diff.pkg is not a signed full package", *sign_diff(base="diff.pkg"))
