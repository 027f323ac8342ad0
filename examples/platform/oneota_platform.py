#!/usr/bin/env python3
"""A stand-in for OneNET's OTA service, to try and to test devices without an account.

    python3 oneota_platform.py --port 8080 --data /tmp/platform

Devices call it as they call the platform; the operator's side is JSON under /admin (admin.py):

    curl -F type=sota -F target=V2 -F file=@app-v2.bin http://127.0.0.1:8080/admin/packages
    curl -d '{"device": "10000001", "package": 1}'     http://127.0.0.1:8080/admin/tasks
    curl http://127.0.0.1:8080/admin/tasks
"""

import argparse
import asyncio
import logging
import os
import re
import signal
import ssl
import sys
import time

SYSTEM_PYTHON = "/usr/bin/python3"
SECOND_TRY = "ONEOTA_PLATFORM_SECOND_TRY"


def require_aiohttp():
    """aiohttp often belongs to the system's Python alone, not to the one found first."""
    try:
        import aiohttp   # noqa: F401
    except ImportError:
        if SECOND_TRY not in os.environ and os.access(SYSTEM_PYTHON, os.X_OK):
            os.environ[SECOND_TRY] = "1"
            os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, os.path.abspath(__file__), *sys.argv[1:]])
        fail("aiohttp is missing: install it with `apt-get install python3-aiohttp`")


def fail(text):
    print(f"oneota_platform: {text}", file=sys.stderr)
    sys.exit(1)


def arguments():
    import auth

    def port(text):
        if not text.isascii() or not text.isdigit() or int(text) > 65535:
            raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
        return int(text)

    def positive(text):
        if not text.isascii() or not text.isdigit() or not 0 < int(text) < 2**31:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
        return int(text)

    def key(text):
        try:
            auth.decode_key(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error))
        return text

    def matching(pattern, wanted):
        def check(text):
            if not re.fullmatch(pattern, text):
                raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
            return text
        return check

    name = matching("[A-Za-z0-9_-]{1,64}", "1 to 64 letters, digits, - or _")
    number = matching("[0-9]{1,20}", "1 to 20 digits")
    parser = argparse.ArgumentParser(
        prog="oneota_platform.py", description="A stand-in for OneNET's OTA service.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--port", type=port, required=True, default=argparse.SUPPRESS,
        help="TCP port; 0 picks a free one")
    add("--data", required=True, default=argparse.SUPPRESS,
        help="directory of the platform's memory; made if missing")
    add("--cert", metavar="FILE", default=argparse.SUPPRESS,
        help="serve HTTPS with this certificate chain, PEM; needs --key")
    add("--key", metavar="FILE", default=argparse.SUPPRESS, help="private key of --cert, PEM")
    add("--bind", default="127.0.0.1", help="address to listen on")
    add("--product", type=name, default="100001", help="product id")
    add("--product-key", type=key, default="b25lb3RhLWRlbW8tcHJvZHVjdC1rZXk=",
        help="access key of the product, base64")
    add("--device", type=number, default="10000001", help="id of the first device")
    add("--device-name", type=name, default="device-1", help="its name")
    add("--device-key", type=key, default="b25lb3RhLWRlbW8tZGV2aWNlLWtleQ==",
        help="its access key, base64")
    add("--user", type=number, default="112", help="id of the account's user")
    add("--user-key", type=key, default="b25lb3RhLWRlbW8tdXNlci1rZXk=",
        help="access key of the user, base64")
    add("--token-life", type=positive, default=2 * 24 * 3600, metavar="SECONDS",
        help="how long a download token is valid")
    add("--requests-per-connection", type=positive, default=1000, metavar="N",
        help="requests after which a connection is closed")
    add("--delta-tool", default="oneota-delta", metavar="PROGRAM",
        help="oneota-delta, which makes differential packages; a name is looked for in PATH")
    options = parser.parse_args()
    options.tls = None
    if hasattr(options, "cert") != hasattr(options, "key"):
        parser.error("--cert and --key belong together")
    if hasattr(options, "cert"):
        options.tls = load_certificate(parser, options.cert, options.key)
    return options


def load_certificate(parser, cert, key):
    for name, path in (("--cert", cert), ("--key", key)):
        if not os.access(path, os.R_OK):
            parser.error(f"{name} {path}: cannot be read")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(cert, key)
    except (ssl.SSLError, OSError) as error:
        parser.error(f"--cert {cert}, --key {key}: {error.args[-1]}")
    return context


class Platform:
    """What every call works on."""

    def __init__(self, store, tasks, users):
        self.store = store
        self.tasks = tasks
        self.users = users   # id -> access key
        self.now = time.time


def build(options, store):
    """The web application: the devices' calls and the operator's."""
    from aiohttp import web

    import fuse
    import south
    import studio
    from admin import Admin, tell_errors
    from calls import Exchange
    from deltatool import DeltaTool
    from faults import Faults
    from tasks import Tasks

    users = {options.user: options.user_key}
    platform, faults = Platform(store, Tasks(store, options.token_life), users), Faults()
    dialects = (south.DIALECT, fuse.DIALECT, studio.DIALECT)
    exchange = Exchange(platform, faults, options.requests_per_connection, dialects)
    app = web.Application(middlewares=[tell_errors], client_max_size=256 * 1024 * 1024)
    tool = DeltaTool(options.delta_tool)
    Admin(platform, faults, exchange.names(), options.product, tool).add_routes(app.router)
    exchange.add_routes(app.router)
    return app


def open_store(options):
    from store import Store, StoreError

    try:
        store = Store(options.data)
    except StoreError as error:
        fail(error)
    namesake = store.device_named(options.product, options.device_name)
    if namesake and namesake["id"] != options.device:
        fail(f"device {namesake['id']} in {options.data} is named {options.device_name} already; "
             "give another --device-name")
    store.put_product(options.product, options.product_key)
    store.put_device(options.device, options.product, options.device_name, options.device_key)
    return store


async def serve(options, store):
    from aiohttp import web

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(build(options, store), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, options.bind, options.port, shutdown_timeout=1,
                       ssl_context=options.tls)
    try:
        await site.start()
    except OSError as error:
        reason = os.strerror(error.errno) if (error.errno or 0) > 0 else error.strerror
        fail(f"cannot listen on {options.bind} port {options.port}: {reason}; "
             "choose another --port or --bind")
    host = f"[{options.bind}]" if ":" in options.bind else options.bind
    scheme = "https" if options.tls else "http"
    print(f"listening on {scheme}://{host}:{runner.addresses[0][1]}", flush=True)
    await stop.wait()
    await runner.cleanup()


def quiet_bad_requests(record):
    """A peer that speaks no HTTP is worth a line, not a traceback."""
    if record.exc_info and type(record.exc_info[1]).__module__.startswith("aiohttp.http"):
        record.msg, record.args = "bad request: %s", (type(record.exc_info[1]).__name__,)
        record.exc_info = None
    return True


def main():
    options = arguments()
    require_aiohttp()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("aiohttp.server").addFilter(quiet_bad_requests)
    store = open_store(options)
    try:
        asyncio.run(serve(options, store))
    finally:
        store.close()


if __name__ == "__main__":
    main()
