"""What the calls of several dialects have in common: reading requests, and parts of a package."""

import json
import re

from tasks import KINDS, VERSION, Refused

RANGE = re.compile(r"(?:bytes=)?(\d{0,20})-(\d{0,20})")


def wanted_range(text, length):
    """(start, end) of a Range header, inclusive, or None for the whole file.

    The platform never refuses a range: it moves what lies outside, so that a wrong request gets
    bytes from another place.
    """
    match = RANGE.fullmatch((text or "").strip())
    if match is None or match[0].endswith("=-") or match[0] == "-":
        return None
    first, last = match.groups()
    if not first:
        count = int(last)
        return (length - count, length - 1) if 0 < count <= length else None
    start = int(first)
    end = min(int(last), length - 1) if last else length - 1
    if start >= length or start > end:
        start = 0
    return start, end


def json_body(call, reason="parameter"):
    try:
        value = json.loads(call.body)
    except (ValueError, RecursionError):
        raise Refused(reason)
    if not isinstance(value, dict):
        raise Refused(reason)
    return value


def reported(call, member, reason):
    """The whole number that the body reports."""
    value = json_body(call, reason).get(member)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(reason)
    return value


def reported_versions(call):
    """kind -> text."""
    body = json_body(call)
    versions = {KINDS[name]: body[member]
                for name, member in (("fota", "f_version"), ("sota", "s_version")) if member in body}
    if not versions or not all(isinstance(text, str) for text in versions.values()):
        raise Refused("parameter")
    if not all(VERSION.fullmatch(text) for text in versions.values()):
        raise Refused("version")
    return versions


def kind_of(call):
    text = call.query.get("type", "")
    if text not in ("1", "2"):
        raise Refused("parameter")
    return KINDS[text]


def running_version(call):
    text = call.query.get("version")
    if text is None:
        raise Refused("parameter")
    if not VERSION.fullmatch(text):
        raise Refused("version")
    return text


def part_of(call, package):
    """The bytes of a package that a call asks for, and the headers that say which they are."""
    size = package["size"]
    place = wanted_range(call.range, size)
    start, end = place or (0, size - 1)
    try:
        body, length = call.platform.store.read_package(package["id"], start, end)
    except FileNotFoundError:
        raise Refused("no_file")
    except OSError:
        raise Refused("unreadable")
    if length != size:
        raise Refused("wrong_size")
    headers = [("Content-Disposition", f'attachment; filename="{package["filename"]}"')]
    if place is not None:
        headers.append(("Content-Range", f"bytes {start}-{end}/{size}"))
    return body, headers
