"""The operator's side as JSON over HTTP: what the platform's console does by hand."""

import json
import re
from functools import partial

from aiohttp import web

import auth
from deltatool import BLOCKS, ToolError
from tasks import KIND_NAMES, KINDS, ORDERS, VERSION, VERSION_OF

DEFAULT_MODEL = {1: ("000", "00001"), 2: ("100", "10001")}   # kind -> "other" of the code tables
CODE = re.compile(r"[0-9A-Za-z]{1,16}")
FILE_NAME = re.compile(r"[A-Za-z0-9 ._()+-]{1,64}")
DEVICE_ID = re.compile(r"[0-9]{1,20}")
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
DEFAULT_EXPIRY_S = 600   # the console's own default


class BadRequest(Exception):
    """The text says what is wrong and what would be right."""

    def __init__(self, text, status=400):
        super().__init__(text)
        self.status = status


def answer(value, status=200):
    """JSON for people: text as it is, and a mark in place of what a device sent that is none."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")


@web.middleware
async def tell_errors(request, handler):
    try:
        return await handler(request)
    except BadRequest as error:
        return answer({"error": str(error)}, status=error.status)
    except web.HTTPRequestEntityTooLarge:
        return answer({"error": "the file is too large"}, status=400)


# -- reading what the operator sent ------------------------------------------------------------

async def json_object(request):
    try:
        value = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON")
    if not isinstance(value, dict):
        raise BadRequest("the body is a JSON object")
    return value


async def form(request, *known):
    if request.content_type != "multipart/form-data":
        raise BadRequest(f"send a multipart form with {', '.join(known)}")
    try:
        fields = await request.post()
    except (ValueError, AssertionError):
        raise BadRequest("the multipart form is damaged")
    refuse_unknown(fields, known)
    return fields


def refuse_unknown(fields, known):
    for name in fields:
        if name not in known:
            raise BadRequest(f'"{name}" is not known; known are {", ".join(known)}')


def text(fields, name, pattern, wanted, default=None):
    value = fields.get(name, default)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadRequest(f'"{name}" is {wanted}')
    return value


def integer(fields, name, default, highest):
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= highest:
        raise BadRequest(f'"{name}" is a whole number from 0 to {highest}')
    return value


def version(fields, name):
    return text(fields, name, VERSION, "a version: 1 to 20 letters, digits, dots, - or _")


def file_of(fields):
    """(name, bytes) of the uploaded file."""
    upload = fields.get("file")
    if not isinstance(upload, web.FileField):
        raise BadRequest('"file" is the package, as a file of the form')
    if not FILE_NAME.fullmatch(upload.filename):
        raise BadRequest('the name of "file" is 1 to 64 ASCII letters, digits, blanks or ._()+-')
    data = upload.file.read()
    if not data:
        raise BadRequest('"file" is empty')
    return upload.filename, data


def row_of(find, ident, what):
    number = int(ident) if str(ident).isascii() and str(ident).isdigit() else 0
    row = find(number) if 0 < number < 2**63 else None
    if row is None:
        raise BadRequest(f"there is no {what} {ident}", status=404)
    return row


def chosen(fields, name, find):
    """The row that a field of a JSON object names by its number."""
    ident = fields.get(name)
    row = find(ident) if isinstance(ident, int) and 0 < ident < 2**63 else None
    if row is None:
        raise BadRequest(f'"{name}" is the number of a known {name}')
    return row


def shown(package):
    """A package as the operator knows it."""
    kind = package.pop("kind")
    return {**package, "type": KIND_NAMES[kind]}


# -- the calls ---------------------------------------------------------------------------------

class Admin:
    def __init__(self, platform, faults, call_names, product, delta_tool):
        self.store = platform.store
        self.tasks = platform.tasks
        self.faults = faults
        self.call_names = call_names
        self.product = product
        self.delta_tool = delta_tool

    def add_routes(self, router):
        router.add_get("/admin/devices", self.devices)
        router.add_post("/admin/devices", self.add_device)
        router.add_get("/admin/packages", self.packages)
        router.add_post("/admin/packages", self.add_package)
        router.add_post("/admin/packages/{id}/delta", self.add_delta)
        router.add_get("/admin/tasks", self.list_tasks)
        router.add_post("/admin/tasks", self.add_task)
        for order in ORDERS:
            router.add_post(f"/admin/tasks/{{id}}/{order}", partial(self.order, order))
        router.add_get("/admin/calls", self.calls)
        router.add_get("/admin/faults", self.show_faults)
        router.add_post("/admin/faults", self.set_faults)
        router.add_route("*", "/admin{rest:.*}", self.nowhere)

    async def nowhere(self, request):
        raise BadRequest(f"there is no {request.method} {request.path}", status=404)

    async def devices(self, request):
        return answer([{name: value for name, value in row.items() if name != "key"}
                       for row in self.store.devices()])

    async def add_device(self, request):
        fields = await json_object(request)
        refuse_unknown(fields, ("id", "name", "key", "product"))
        ident = text(fields, "id", DEVICE_ID, "the device's number, as text: 1 to 20 digits")
        name = text(fields, "name", NAME, "1 to 64 letters, digits, - or _", default=ident)
        product = text(fields, "product", NAME, "the id of a product", default=self.product)
        if self.store.product(product) is None:
            raise BadRequest(f'"product" is a known product, such as {self.product}')
        key = fields.get("key")
        try:
            if key is not None:
                auth.decode_key(key)
        except (ValueError, AttributeError):
            raise BadRequest('"key" is an access key: base64 text')
        if self.store.device(ident):
            raise BadRequest(f"device {ident} exists already", status=409)
        if self.store.device_named(product, name):
            raise BadRequest(f"a device named {name} exists already", status=409)
        self.store.put_device(ident, product, name, key)
        return answer({"id": ident, "name": name, "product": product}, status=201)

    async def packages(self, request):
        return answer([shown(row) for row in self.store.packages()])

    async def add_package(self, request):
        fields = await form(request, "type", "target", "manuf", "model", "file")
        kind = KINDS.get(fields.get("type"))
        if kind is None:
            raise BadRequest('"type" is fota (or 1) or sota (or 2)')
        manuf, model = DEFAULT_MODEL[kind]
        target = version(fields, "target")
        manuf = text(fields, "manuf", CODE, "a manufacturer code, such as 100", default=manuf)
        model = text(fields, "model", CODE, "a model code, such as 10001", default=model)
        name, data = file_of(fields)
        row = self.store.add_package(data, kind=kind, target=target, manuf=manuf, model=model,
                                     filename=name)
        return answer(shown(row), status=201)

    async def add_delta(self, request):
        full = row_of(self.store.package, request.match_info["id"], "package")
        if full["base"] is not None:
            raise BadRequest(f"package {full['id']} is a delta itself; name its full package")
        fields = await form(request, "from", "file", "block")
        base = self.base_of(full, version(fields, "from"))
        if "file" in fields:
            if "block" in fields:
                raise BadRequest('"block" is for a package made here; leave out "file", or "block"')
            (name, data), warning = file_of(fields), None
        else:
            name, data, warning = await self.make_delta(base, full, fields.get("block", "4096"))
        row = self.store.add_package(data, kind=full["kind"], target=full["target"],
                                     manuf=full["manuf"], model=full["model"], filename=name,
                                     base=full["id"], from_version=base["target"])
        return answer(shown(row) | ({"warning": warning} if warning else {}), status=201)

    def base_of(self, full, base_version):
        """The full package that devices of this version run: the last one that was added."""
        if base_version == full["target"]:
            raise BadRequest('"from" is the target itself')
        same = ("kind", "manuf", "model")
        found = [row for row in self.store.packages()
                 if row["base"] is None and row["target"] == base_version
                 and all(row[name] == full[name] for name in same)]
        if not found:
            raise BadRequest(f'"from" is the target of a full package of the same type, "manuf" and "model"; '
                             f"add that of {base_version} first")
        return found[-1]

    async def make_delta(self, base, full, block):
        """(name, bytes, a warning or None) of the package between two full ones."""
        if block not in BLOCKS:
            raise BadRequest(f'"block" is {", ".join(BLOCKS[:-1])} or {BLOCKS[-1]}')
        files = (self.store.package_file(row["id"]) for row in (base, full))
        try:
            data, warning = await self.delta_tool.make(*files, block)
        except ToolError as error:
            raise BadRequest(f"no package was made: {error}", status=500)
        return f"{base['target']}-{full['target']}.odp", data, warning

    async def list_tasks(self, request):
        return answer([self.tasks.show(row["id"]) for row in self.store.tasks()])

    async def add_task(self, request):
        fields = await json_object(request)
        refuse_unknown(fields, ("device", "package", "delta", "retry", "interval", "signal",
                                "power", "start", "expiry"))
        ident = str(fields.get("device"))
        device = self.store.device(ident) if DEVICE_ID.fullmatch(ident) else None
        if device is None:
            raise BadRequest('"device" is the number of a known device')
        package = chosen(fields, "package", self.store.package)
        delta = fields.get("delta", package["base"] is not None)
        if not isinstance(delta, bool) or (package["base"] is not None and not delta):
            raise BadRequest('"delta" is true or false, and true for a delta package')
        if device[VERSION_OF[package["kind"]]] == package["target"]:
            raise BadRequest(f"device {device['id']} runs {package['target']} already")
        task = self.tasks.add(
            device, package, delta,
            start=integer(fields, "start", 0, 2**40),
            expiry_s=integer(fields, "expiry", DEFAULT_EXPIRY_S, 10**9),
            retry=integer(fields, "retry", 0, 2**31 - 1),
            interval=integer(fields, "interval", 0, 2**31 - 1),
            signal=integer(fields, "signal", 10, 2**31 - 1),
            power=integer(fields, "power", 50, 100))
        return answer(task, status=201)

    async def order(self, order, request):
        task = row_of(self.store.task, request.match_info["id"], "task")
        if not self.tasks.order(task, order):
            state = self.tasks.show(task["id"])["state"]
            raise BadRequest(f"task {task['id']} is {state}: {order} is not possible", status=409)
        return answer(self.tasks.show(task["id"]))

    async def calls(self, request):
        after = request.query.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            raise BadRequest('"after" is the number of a call')
        return answer(self.store.calls(int(after)))

    async def show_faults(self, request):
        return answer([rule.show() for rule in self.faults.rules])

    async def set_faults(self, request):
        try:
            self.faults.set(json.loads(await request.read()), self.call_names)
        except json.JSONDecodeError:
            raise BadRequest("the body is not JSON")
        except (ValueError, RecursionError) as error:
            raise BadRequest(str(error))
        return await self.show_faults(request)
