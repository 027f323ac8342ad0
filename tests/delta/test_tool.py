"""oneota-delta as its user meets it: packages from real and from awkward images, and bad input.

ONEOTA_DELTA is the program.
"""

import hashlib
import os
import random
import re
import struct
import subprocess
import time
import zlib

import pytest

TOOL = os.environ["ONEOTA_DELTA"]


def run(*arguments, status=0, **options):
    done = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                          check=False, **options)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def firmware(size, seed=1):
    """Bytes as repetitive as code: 4-byte words of which some are frequent."""
    source = random.Random(seed)
    words = [source.randbytes(4) for _ in range(600)]
    code = b"".join(source.choice(words) if source.random() < 0.8 else source.randbytes(4)
                    for _ in range(size // 4))
    return code + source.randbytes(size % 4)


def changed(image, seed=2, share=200):
    """The image with some code moved, some bytes changed everywhere."""
    source = random.Random(seed)
    half = len(image) // 2
    result = bytearray(image[:half] + source.randbytes(500) + image[half + 200:])
    for _ in range(len(result) // share):
        place = source.randrange(len(result))
        result[place] = (result[place] + 48) % 256
    return bytes(result)


@pytest.fixture
def files(tmp_path):
    """files(old=b"...") writes files and gives their paths."""
    def write(**contents):
        paths = []
        for name, content in contents.items():
            path = tmp_path / name
            path.write_bytes(content)
            paths.append(path)
        return paths if len(paths) > 1 else paths[0]
    write.folder = tmp_path
    return write


IMAGE = firmware(60000)
PAIRS = {
    "changed": (IMAGE, changed(IMAGE)),
    "identical": (IMAGE, IMAGE),
    "unrelated": (IMAGE, firmware(50000, 7)),
    "noise": (noise(30000), noise(40000, 2)),
    "from nothing": (b"", IMAGE),
    "to one byte": (IMAGE, b"x"),
    "of one byte": (b"x", b"y"),
    "grown": (IMAGE, IMAGE + IMAGE),
    "shrunk": (IMAGE, IMAGE[20000:30000]),
    "halves swapped": (IMAGE, IMAGE[30000:] + IMAGE[:30000]),
    "reversed in pieces": (IMAGE, b"".join(IMAGE[i:i + 100] for i in range(59900, -1, -100))),
    "alternating bytes": (IMAGE, bytes(b ^ (i & 1) for i, b in enumerate(IMAGE))),
    "every byte one more": (IMAGE, bytes((b + 1) % 256 for b in IMAGE)),
    "far apart": (IMAGE + noise(300000, 3) + IMAGE[::-1],
                  b"".join(IMAGE[i:i + 500] + IMAGE[::-1][i:i + 500] for i in range(0, 60000, 500))),
    "zeros": (bytes(50000), bytes(70000)),
    "zeros with marks": (bytes(50000) + b"a", bytes(40000) + b"b" + bytes(40000) + b"c"),
    "periodic": (b"abcdefgh" * 8000, b"abcdefgh" * 4000 + b"bacdefgh" * 4000),
}


@pytest.mark.parametrize("block", [1024, 2048, 4096, 8192])
@pytest.mark.parametrize("name", PAIRS)
def test_diff_then_apply_gives_the_new_image(files, name, block):
    old, new = files(old=PAIRS[name][0], new=PAIRS[name][1])
    patch, out = files.folder / "patch", files.folder / "out"
    started = time.monotonic()
    run("diff", "--block", block, old, new, patch)
    assert time.monotonic() - started < 10
    run("apply", old, patch, out)
    assert out.read_bytes() == PAIRS[name][1]
    size = len(PAIRS[name][1])
    bound = size + 128 + (size // (block - 64) + 1) * 32
    assert patch.stat().st_size <= bound


def test_diff_of_small_change_is_small(files):
    new = bytearray(IMAGE)
    new[30000:30005] = b"1.0.1"
    old, new = files(old=IMAGE, new=bytes(new))
    run("diff", old, new, files.folder / "patch")
    assert (files.folder / "patch").stat().st_size <= 128 + 16 + 20


def test_diff_says_what_it_made_and_warns_of_images_with_little_in_common(files):
    old, new, other = files(old=IMAGE, new=changed(IMAGE), other=noise(60000, 5))
    patch = files.folder / "patch"
    done = run("diff", old, new, patch)
    assert re.fullmatch(rf"{patch}: {patch.stat().st_size} bytes, \d+\.\d % of the new image's 60300; "
                        r"\d+ blocks of up to 4096\n", done.stdout)
    assert done.stderr == ""
    done = run("diff", old, other, patch)
    assert "warning: the two images have little in common" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("other, warned", [(0.68, False), (0.72, True)])
def test_warning_begins_at_seventy_percent_of_the_deflated_image(files, other, warned):
    """Of noise, which nothing makes shorter: the package is as large as what is not in the old image."""
    image = noise(60000)
    count = int(len(image) * other)
    old, new = files(old=image, new=noise(count, 2) + image[count:])
    assert ("warning: " in run("diff", old, new, files.folder / "patch").stderr) == warned


def test_package_that_makes_another_image_is_not_written(files):
    """A zlib that is broken: its streams are right, but not those of what it was given."""
    source, broken = files.folder / "broken.c", files.folder / "broken.so"
    source.write_text("""
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <zlib.h>
        int deflate(z_stream *s, int flush)
        {
            int (*right)(z_stream *, int) = (int (*)(z_stream *, int))dlsym(RTLD_NEXT, "deflate");
            if (s->avail_in > 100) {
                ((unsigned char *)s->next_in)[s->avail_in - 1] ^= 1;
            }
            return right(s, flush);
        }""")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", broken, source, "-ldl"], check=True)
    old, new = files(old=IMAGE, new=changed(IMAGE))
    patch = files.folder / "patch"
    env = {**os.environ, "LD_PRELOAD": str(broken)}
    done = run("diff", old, new, patch, status=1, env=env)
    assert "the package was not written: " in done.stderr and not patch.exists()
    theirs = files.folder / "bsdiff"
    subprocess.run(["bsdiff", old, new, theirs], check=True)
    done = run("pack", old, theirs, patch, status=1, env=env)
    assert "the package was not written: " in done.stderr and not patch.exists()


def test_diff_is_the_same_each_time(files):
    old, new = files(old=IMAGE, new=changed(IMAGE))
    run("diff", old, new, files.folder / "a")
    run("diff", old, new, files.folder / "b")
    assert (files.folder / "a").read_bytes() == (files.folder / "b").read_bytes()


def test_header_as_documented(files):
    old, new = files(old=IMAGE, new=changed(IMAGE))
    patch = files.folder / "patch"
    run("diff", "--block", "2048", old, new, patch)
    data = patch.read_bytes()
    magic, version, flags, log2, codec, length, old_size, new_size, size, zero = struct.unpack_from(
        "<4sBBBBIIIII", data)
    assert (magic, version, flags, log2, codec, length, zero) == (b"ODP1", 1, 0, 11, 1, 128, 0)
    assert (old_size, new_size, size) == (60000, 60300, len(data))
    assert data[28:60] == hashlib.sha256(IMAGE).digest()
    assert data[60:92] == hashlib.sha256(changed(IMAGE)).digest()
    assert data[92:124] == bytes(32)
    assert struct.unpack_from("<I", data, 124)[0] == zlib.crc32(data[:124])
    position, offset = 0, 128
    while offset < len(data):
        packed, raw, made, _cursor, crc = struct.unpack_from("<HHIII", data, offset)
        assert 1 <= packed <= raw <= 2048
        block = data[offset:offset + 12] + data[offset + 16:offset + 16 + packed]
        assert zlib.crc32(block, position) == crc
        if packed < raw:
            assert len(zlib.decompress(block[12:], -15)) == raw
        position += made
        offset += 16 + packed
    assert position == 60300


def test_info_says_what_is_in_the_header(files):
    old, new = files(old=IMAGE, new=changed(IMAGE))
    patch = files.folder / "patch"
    run("diff", old, new, patch)
    text = run("info", patch).stdout
    assert f"package     {patch.stat().st_size} bytes" in text
    assert "old image   60000 bytes" in text and "new image   60300 bytes" in text
    assert hashlib.sha256(IMAGE).hexdigest() in text
    assert hashlib.sha256(changed(IMAGE)).hexdigest() in text
    assert re.search(r"device RAM  9\d\d\d bytes", text)


# ---------------------------------------------------------------- bsdiff


@pytest.mark.parametrize("name", [name for name in PAIRS if name != "from nothing"])
def test_pack_takes_what_bsdiff_made(files, name):
    old, new = files(old=PAIRS[name][0], new=PAIRS[name][1])
    theirs, patch, out = (files.folder / each for each in ("bsdiff", "patch", "out"))
    subprocess.run(["bsdiff", old, new, theirs], check=True)
    run("pack", old, theirs, patch)
    run("apply", old, patch, out)
    assert out.read_bytes() == PAIRS[name][1]


def test_diff_is_not_larger_than_pack(files):
    old, new = files(old=IMAGE, new=changed(IMAGE))
    theirs, packed, patch = (files.folder / each for each in ("bsdiff", "packed", "patch"))
    subprocess.run(["bsdiff", old, new, theirs], check=True)
    run("pack", old, theirs, packed)
    run("diff", old, new, patch)
    assert patch.stat().st_size <= packed.stat().st_size * 1.01


@pytest.mark.parametrize("seed", range(40))
def test_pack_of_damaged_bsdiff_patch_never_writes_a_package(files, seed):
    old, new = files(old=IMAGE, new=changed(IMAGE))
    theirs, patch = files.folder / "bsdiff", files.folder / "patch"
    subprocess.run(["bsdiff", old, new, theirs], check=True)
    source = random.Random(seed)
    data = bytearray(theirs.read_bytes())
    if seed % 4 == 0:
        data = data[:source.randrange(len(data))]
    else:  # of the header, and of the three blocks
        place = source.randrange(32) if seed % 4 == 1 else source.randrange(32, len(data))
        data[place] ^= 1 << source.randrange(8)
    theirs.write_bytes(data)
    done = run("pack", old, theirs, patch, status=4)
    assert len(done.stderr.splitlines()) == 1 and not patch.exists()


def test_pack_of_places_outside_the_old_image(files):
    """bsdiff reads them as zero."""
    import bz2

    def triple(*values):
        return b"".join(struct.pack("<Q", v if v >= 0 else -v | 1 << 63) for v in values)

    control = bz2.compress(triple(4, 0, 6) + triple(6, 1, -20) + triple(8, 0, 0))
    difference = bz2.compress(bytes(range(18)))
    extra = bz2.compress(b"!")
    theirs = b"BSDIFF40" + struct.pack("<QQQ", len(control), len(difference), 19)
    old, theirs = files(old=b"0123456789AB", theirs=theirs + control + difference + extra)
    run("pack", old, theirs, files.folder / "patch")
    run("apply", old, files.folder / "patch", files.folder / "out")
    # 4 from 0; 6 from 10, of which 2 are there; 1 extra; 8 from -4, of which the last 4 are there
    wanted = bytes([48, 50, 52, 54, 65 + 4, 66 + 5, 6, 7, 8, 9]) + b"!" + bytes(
        [10, 11, 12, 13, 48 + 14, 49 + 15, 50 + 16, 51 + 17])
    assert (files.folder / "out").read_bytes() == wanted


# ---------------------------------------------------------------- bad input


def package(files):
    old, new = files(old=IMAGE, new=changed(IMAGE))
    run("diff", old, new, files.folder / "patch")
    return old, files.folder / "patch"


def refused(files, *arguments, says, status=4):
    done = run(*arguments, status=status)
    assert says in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("oneota-delta: ") and done.stdout == ""
    assert not (files.folder / "out").exists()


def test_apply_to_another_image_refused(files):
    _, patch = package(files)
    other, short = files(other=firmware(60000, 9), short=IMAGE[:100])
    refused(files, "apply", other, patch, files.folder / "out",
            says="another old image: the SHA-256 differs")
    refused(files, "apply", short, patch, files.folder / "out",
            says="another old image: that is larger")


def test_apply_to_image_with_something_behind_it_taken(files):
    _, patch = package(files)
    longer = files(longer=IMAGE + b"a boot loader's trailer")
    run("apply", longer, patch, files.folder / "out")
    assert (files.folder / "out").read_bytes() == changed(IMAGE)


@pytest.mark.parametrize("place", [0, 5, 20, 60, 130, 140, 145, -1])
def test_apply_of_damaged_package_refused(files, place):
    old, patch = package(files)
    data = bytearray(patch.read_bytes())
    data[place] ^= 0x10
    patch.write_bytes(data)
    refused(files, "apply", old, patch, files.folder / "out", says="cannot be applied: ")


@pytest.mark.parametrize("keep", [0, 1, 127, 128, 140, -1])
def test_apply_of_cut_package_refused(files, keep):
    old, patch = package(files)
    patch.write_bytes(patch.read_bytes()[:keep])
    refused(files, "apply", old, patch, files.folder / "out", says="damaged, or no such package")
    refused(files, "info", patch, says="damaged, or no such package")


def test_apply_when_the_package_lies_about_the_new_image_refused(files):
    old, patch = package(files)
    data = bytearray(patch.read_bytes())
    data[60] ^= 1
    data[124:128] = struct.pack("<I", zlib.crc32(data[:124]))
    patch.write_bytes(data)
    refused(files, "apply", old, patch, files.folder / "out", says="has another SHA-256")


def test_newer_version_says_so(files):
    old, patch = package(files)
    data = bytearray(patch.read_bytes())
    data[4] = 2
    data[124:128] = struct.pack("<I", zlib.crc32(data[:124]))
    patch.write_bytes(data)
    refused(files, "apply", old, patch, files.folder / "out", says="of a version")


@pytest.mark.parametrize("arguments, says", [
    ([], "oneota-delta diff"),
    (["make"], "no such command: make"),
    (["diff", "a", "b"], "files are missing for diff"),
    (["diff", "a", "b", "c", "d"], "one file too many: d"),
    (["diff", "--block", "512", "a", "b", "c"], "not 512"),
    (["diff", "a", "b", "c", "--block"], "not nothing"),
    (["apply", "--block", "1024", "a", "b", "c"], "no such option: --block"),
    (["info", "--json", "a"], "no such option: --json"),
])
def test_wrong_usage(arguments, says):
    assert says in run(*arguments, status=2).stderr


def test_files_that_cannot_be_used(files):
    image = files(image=IMAGE)
    out, folder = files.folder / "out", files.folder
    refused(files, "diff", folder / "nowhere", image, out, says="nowhere cannot be opened", status=3)
    refused(files, "diff", folder, image, out, says="cannot be read: Is a directory", status=3)
    refused(files, "diff", image, image, folder / "no" / "out", says="cannot be written", status=3)
    empty = files(empty=b"")
    refused(files, "diff", image, empty, out, says="empty is empty")
    assert sorted(path.name for path in folder.iterdir()) == ["empty", "image"]


def test_output_replaces_a_file_whole_and_with_usual_rights(files):
    old, new, patch = files(old=IMAGE, new=changed(IMAGE), patch=b"before")
    previous = os.umask(0o022)
    try:
        run("diff", old, new, patch)
    finally:
        os.umask(previous)
    assert patch.read_bytes()[:4] == b"ODP1"
    assert patch.stat().st_mode & 0o777 == 0o644
    run("diff", old, files.folder / "nowhere", patch, status=3)
    assert patch.read_bytes()[:4] == b"ODP1"
    assert len(list(files.folder.iterdir())) == 3


def test_file_name_that_begins_with_dashes(files):
    (files.folder / "--old").write_bytes(IMAGE)
    (files.folder / "new").write_bytes(changed(IMAGE))
    run("diff", "--", "--old", "new", "patch", cwd=files.folder)
    assert (files.folder / "patch").exists()


def test_help_and_version():
    assert "Exit status" in run("--help").stdout
    assert re.fullmatch(r"oneota-delta \d+\.\d+\.\d+\n", run("--version").stdout)


# ---------------------------------------------------------------- large ones


@pytest.mark.parametrize("kind, most", [("changed", 1.2), ("unrelated", 2), ("zeros", 1)])
def test_one_mebibyte_takes_less_than_two_seconds(files, kind, most):
    image = firmware(1 << 20, 11)
    new = {"changed": changed(image), "unrelated": firmware(1 << 20, 12),
           "zeros": changed(bytes(1 << 20), share=5000)}[kind]
    old, new = files(old=bytes(1 << 20) if kind == "zeros" else image, new=new)
    used = []
    for _ in range(3):
        before = os.times()
        run("diff", old, new, files.folder / "patch")
        after = os.times()
        used.append(after.children_user - before.children_user)
    assert min(used) < most


def test_progress_is_for_a_terminal_alone(files):
    image = firmware(1 << 20, 11)
    old, new = files(old=image, new=changed(image))
    patch = files.folder / "patch"
    assert run("diff", old, new, patch).stderr == ""
    done = subprocess.run(["script", "-qec", f"{TOOL} diff {old} {new} {patch}", "/dev/null"],
                          capture_output=True, text=True, timeout=60, check=True)
    assert re.search(r"comparing +\d+ %", done.stdout)
    assert done.stdout.rstrip().endswith("blocks of up to 4096")
