#!/usr/bin/python3
"""What the parts of the mps2 firmware cost, as a table.

    python3 tests/size/firmware.py PARTS WHOLE HTTP-UART HTTPS-UART [--check]

PARTS and WHOLE are builds of examples/mps2, without and with link-time optimisation: only without can the
linker's map tell the files apart. The UART's output of an update tells how much stack and TLS pool were needed.
With --check, fails beyond a limit.
"""

import argparse
import collections
import pathlib
import re
import subprocess
import sys

import kept

LIMITS = {  # bytes
    "HTTP image, text": 64 << 10,
    "HTTPS image, text": 124 << 10,
    "HTTPS image, RAM": 60 << 10,
}
OUTPUTS = {".text": 0, ".ARM.exidx": 0, ".data": 1, ".bss": 2, ".shared": 2}
POOL = "TLS pool, mbedTLS's heap"
# The first that matches an object's place in the map is its part; rows stand in this order.
PARTS = (
    ("client, `src/`", r"liboneota\.a"),
    ("cJSON", r"libcjson\.a"),
    ("mbedTLS: hashes, base64", r"mbedcrypto.*\((md5|sha\w*|base64|platform_util|constant_time)\."),
    ("mbedTLS: bignum, ECC, RSA, keys", r"mbedcrypto.*\((bignum\w*|ec\w*|rsa\w*|pk\w*|asn1\w*|oid)\."),
    ("mbedTLS: TLS, X.509, AES-GCM", r"liboneota_mbed"),
    ("lwIP", r"liblwip\.a"),
    ("net ports, `port/`", r"/port/(lwip|mbedtls)/"),
    ("boot control, image check", r"/boot/|boot_crypto"),
    ("board, `bsp/`", r"/bsp/"),
    ("application, `app/`", r"/app/|/device/"),
    ("libc, libgcc", r""),
)


def parts_of(build, name):
    """{part: [text, data, bss]} of an image that was linked file by file."""
    sizes = collections.defaultdict(lambda: [0, 0, 0])
    text = (build / f"{name}.map").read_text(encoding="utf-8")
    for output, length, place in kept.pieces(text):
        if output in OUTPUTS:
            part = next(part for part, pattern in PARTS if re.search(pattern, place))
            sizes[part][OUTPUTS[output]] += length
    pool = symbol(build / f"{name}.elf", "s_pool")
    sizes["application, `app/`"][2] -= pool
    sizes[POOL][2] = pool
    return sizes


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


def symbol(elf, name):
    """Bytes of an object, 0 where there is none."""
    return sum(int(size) for size in re.findall(
        rf"^\d+ (\d+) \w {name}(?:\.\S+)?$", run("arm-none-eabi-nm", "-S", "-t", "d", str(elf)), re.M))


def whole(elf):
    """[text, data, bss, stack] of an image."""
    sections = dict(re.findall(r"^(\.\S+) +(\d+)", run("arm-none-eabi-size", "-A", str(elf)), re.M))
    sizes = [0, 0, 0, int(sections[".stack"])]
    for output, column in OUTPUTS.items():
        sizes[column] += int(sections.get(output, 0))
    return sizes


def most(uart, what):
    """The largest number that the firmware has told of its stack, or of its pool."""
    found = re.findall(rf"memory: {what} most=(\d+)", pathlib.Path(uart).read_text(encoding="utf-8"))
    if not found:
        sys.exit(f"{uart}: no update ended there: it says nothing of its {what}")
    return max(map(int, found))


def row(name, *cells):
    print(f"| {name} | " + " | ".join(str(cell) if cell else "" for cell in cells) + " |")


def print_table(http, https, images, boot):
    row("bytes of flash and RAM", "HTTP: text", "data", "bss", "HTTPS: text", "data", "bss")
    row("---", *["---:"] * 6)
    for part in [name for name, _ in PARTS] + [POOL]:
        row(part, *http[part], *https[part])
    saved = [images[i][0] - sum(sizes[0] for sizes in parts.values()) for i, parts in enumerate((http, https))]
    row("link-time optimisation", saved[0], "", "", saved[1], "", "")
    row("**whole image**", *(f"**{size}**" for image in images for size in image[:3]))
    row("stack, reserved", "", "", images[0][3], "", "", images[1][3])
    row("**RAM in all**", "", "", f"**{ram(images[0])}**", "", "", f"**{ram(images[1])}**")
    row("boot loader", *boot[:3], *boot[:3])


def ram(image):
    return sum(image[1:])


def check(values):
    good = True
    for name, limit in LIMITS.items():
        fits = values[name] <= limit
        print(f"limit {name}: {values[name]} of {limit} {'ok' if fits else 'EXCEEDED'}")
        good = good and fits
    return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", type=pathlib.Path)
    parser.add_argument("whole", type=pathlib.Path)
    parser.add_argument("uart", nargs=2)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    images = [whole(args.whole / f"{name}.elf") for name in ("app-http", "app-https")]
    print_table(parts_of(args.parts, "app-http"), parts_of(args.parts, "app-https"), images,
                whole(args.whole / "boot.elf"))
    stack = [most(uart, "stack") for uart in args.uart]
    print(f"\nDeepest stack in an update: {stack[0]} over HTTP, {stack[1]} over HTTPS. Most of the TLS pool that was "
          f"needed: {most(args.uart[1], 'TLS pool')}.")
    if not args.check:
        return 0
    print()
    return 0 if check({"HTTP image, text": images[0][0], "HTTPS image, text": images[1][0],
                       "HTTPS image, RAM": ram(images[1])}) else 1


if __name__ == "__main__":
    sys.exit(main())
