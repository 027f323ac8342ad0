"""The Authorization value: how it is made, and whether one is good.

    version=2018-10-31&res=products%2F123123&et=1537255523&method=sha1&sign=...

The signature is HMAC over "et LF method LF res LF version" with the base64-decoded access key.
Values are URL-encoded after signing; the signed text holds them as they are.
"""

import base64
import binascii
import hashlib
import hmac
from urllib.parse import quote, unquote

METHODS = {"md5": hashlib.md5, "sha1": hashlib.sha1, "sha256": hashlib.sha256}
FIELDS = ("version", "res", "et", "method", "sign")


def decode_key(text):
    """The bytes of an access key. Some keys are stored without their `=` padding."""
    text = text.strip()
    padded = text + "=" * (-len(text) % 4)
    try:
        key = base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("an access key is base64 text")
    if not key:
        raise ValueError("an access key is not empty")
    return key


def sign(key, et, method, res, version):
    """The signature, in base64, for an already decoded key."""
    text = f"{et}\n{method}\n{res}\n{version}"
    mac = hmac.new(key, text.encode(), METHODS[method]).digest()
    return base64.b64encode(mac).decode()


def header(access_key, et, method, res, version="2018-10-31"):
    """A whole Authorization value, as a device sends it."""
    values = {"version": version, "res": res, "et": str(et), "method": method,
              "sign": sign(decode_key(access_key), et, method, res, version)}
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items())


def parse(text):
    """The five fields, or None. The order is free, and values need not be encoded:
    both are accepted by the platform, so `=` inside a value must survive the split."""
    if not text.isascii():
        return None
    fields = {}
    for pair in text.strip().split("&"):
        name, equals, value = pair.partition("=")
        if not equals or name in fields:
            return None
        fields[name] = unquote(value)
    return fields if set(fields) == set(FIELDS) else None


def verify(text, find_key, now, versions=("2018-10-31",), longest_s=None):
    """(res, None) of a good Authorization value, or (None, why it is refused).

    find_key: res -> access key (base64) or None.
    longest_s: how far ahead `et` may lie; None = without limit.
    """
    fields = parse(text or "")
    if fields is None:
        return None, "missing or malformed"
    if fields["version"] not in versions:
        return None, "unknown version"
    if fields["method"] not in METHODS:
        return None, "unknown method"
    if not (fields["et"].isascii() and fields["et"].isdigit() and len(fields["et"]) <= 19):
        return None, "et is not a number"
    et = int(fields["et"])
    if et < now:
        return None, f"expired: et={et} now={int(now)}"
    if longest_s is not None and et > now + longest_s:
        return None, f"et is too far ahead: et={et} now={int(now)}"

    key = find_key(fields["res"])
    if key is None:
        return None, "unknown res, or it has no key"
    # The text as sent is signed: an `et` with leading zeros stays as it is.
    expected = sign(decode_key(key), fields["et"], fields["method"], fields["res"],
                    fields["version"])
    if not hmac.compare_digest(expected.encode(), fields["sign"].encode()):
        return None, "wrong signature"
    return fields["res"], None
