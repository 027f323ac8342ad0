"""What the platform remembers: products, devices, packages, tasks, tokens, calls.

One SQLite file and a folder of package files under the data directory. No rules here: what may
happen to a task is in tasks.py.
"""

import contextlib
import hashlib
import json
import os
import secrets
import sqlite3
import string
from pathlib import Path

FORMAT = 1
SCHEMA = """
CREATE TABLE products (id TEXT PRIMARY KEY, key TEXT NOT NULL);
CREATE TABLE devices  (id TEXT PRIMARY KEY, product TEXT NOT NULL, name TEXT NOT NULL, key TEXT,
                       f_version TEXT, s_version TEXT, UNIQUE (product, name));
CREATE TABLE packages (id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL,
                       target TEXT NOT NULL, manuf TEXT NOT NULL, model TEXT NOT NULL,
                       filename TEXT NOT NULL, size INTEGER NOT NULL, md5 TEXT NOT NULL,
                       base INTEGER, from_version TEXT);
CREATE TABLE tasks    (id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL,
                       kind INTEGER NOT NULL, package INTEGER NOT NULL, delta INTEGER NOT NULL,
                       state TEXT NOT NULL, before TEXT, percent INTEGER, step INTEGER, reason TEXT,
                       retry INTEGER NOT NULL, interval INTEGER NOT NULL, signal INTEGER NOT NULL,
                       power INTEGER NOT NULL, created REAL NOT NULL, start REAL NOT NULL,
                       expires REAL);
CREATE TABLE tokens   (number INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT UNIQUE NOT NULL,
                       task INTEGER NOT NULL, issued REAL NOT NULL);
CREATE TABLE history  (task INTEGER NOT NULL, time REAL NOT NULL, state TEXT NOT NULL, step INTEGER);
CREATE TABLE calls    (seq INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL);
"""
INDEXES = """
CREATE INDEX IF NOT EXISTS tasks_of_device ON tasks (device);
CREATE INDEX IF NOT EXISTS tokens_of_task  ON tokens (task);
CREATE INDEX IF NOT EXISTS history_of_task ON history (task);
"""

VERSION_OF = {1: "f_version", 2: "s_version"}   # kind of image -> the column of a device


class StoreError(Exception):
    """The data directory cannot be used; the text says why and what to do."""


class Store:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.files = self.folder / "packages"
        path = self.folder / "platform.db"
        try:
            self.files.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot use data directory {folder}: {error.strerror}; "
                             "name another with --data")
        try:
            self._open(path)
        except sqlite3.Error as error:
            if "locked" in str(error):
                raise StoreError(f"{path} is in use by another process; "
                                 "stop it or name another directory with --data")
            raise StoreError(f"cannot use {path}: {error}; "
                             "move it away or name another directory with --data")

    def _open(self, path):
        self.db = sqlite3.connect(path, isolation_level=None, timeout=0.5)
        self.db.row_factory = sqlite3.Row
        # Two processes on one directory would hand out contradicting states.
        self.db.execute("PRAGMA locking_mode = EXCLUSIVE")
        # Survives the end of this process, if not that of the machine; every call is written.
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.execute("BEGIN EXCLUSIVE")
        found = self.db.execute("PRAGMA user_version").fetchone()[0]
        self.db.execute("COMMIT")
        if found == 0:
            self.db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;")
        elif found != FORMAT:
            raise sqlite3.DatabaseError(f"its format is {found}, not {FORMAT}")
        self.db.executescript(INDEXES)

    def close(self):
        self.db.close()

    @contextlib.contextmanager
    def transaction(self):
        self.db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # -- small SQL helpers -------------------------------------------------------------------

    def _one(self, sql, *values):
        row = self.db.execute(sql, values).fetchone()
        return dict(row) if row else None

    def _all(self, sql, *values):
        return [dict(row) for row in self.db.execute(sql, values)]

    def _insert(self, table, row):
        marks = ", ".join("?" * len(row))
        sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
        return self.db.execute(sql, tuple(row.values())).lastrowid

    def _update(self, table, ident, changes):
        sets = ", ".join(f"{name} = ?" for name in changes)
        self.db.execute(f"UPDATE {table} SET {sets} WHERE id = ?", (*changes.values(), ident))

    # -- products and devices ----------------------------------------------------------------

    def put_product(self, ident, key):
        self.db.execute("INSERT OR REPLACE INTO products VALUES (?, ?)", (ident, key))

    def product(self, ident):
        return self._one("SELECT * FROM products WHERE id = ?", ident)

    def put_device(self, ident, product, name, key):
        """Adds a device, or gives a known one a new name and key; its versions stay."""
        self.db.execute(
            "INSERT INTO devices (id, product, name, key) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET product = excluded.product, name = excluded.name, "
            "key = excluded.key", (ident, product, name, key))

    def device(self, ident):
        return self._one("SELECT * FROM devices WHERE id = ?", ident)

    def device_named(self, product, name):
        return self._one("SELECT * FROM devices WHERE product = ? AND name = ?", product, name)

    def devices(self):
        return self._all("SELECT * FROM devices ORDER BY id")

    def set_version(self, device, kind, version):
        self._update("devices", device, {VERSION_OF[kind]: version})

    # -- packages ----------------------------------------------------------------------------

    def add_package(self, data, **fields):
        row = dict(fields, size=len(data), md5=hashlib.md5(data).hexdigest())
        with self.transaction():
            ident = self._insert("packages", row)
            self.package_file(ident).write_bytes(data)
        return self.package(ident)

    def package(self, ident):
        return self._one("SELECT * FROM packages WHERE id = ?", ident)

    def packages(self):
        return self._all("SELECT * FROM packages ORDER BY id")

    def package_file(self, ident):
        return self.files / f"{ident}.bin"

    def read_package(self, ident, start, end):
        """Bytes start..end (inclusive) of the file, and the length of the whole file."""
        with open(self.package_file(ident), "rb") as file:
            length = os.fstat(file.fileno()).st_size
            file.seek(start)
            return file.read(end - start + 1), length

    # -- tasks and their tokens --------------------------------------------------------------

    def add_task(self, **fields):
        with self.transaction():
            ident = self._insert("tasks", fields)
            self.note(ident, fields["created"], fields["state"], None)
        return self.task(ident)

    def task(self, ident):
        return self._one("SELECT * FROM tasks WHERE id = ?", ident)

    def tasks(self, device=None):
        if device is None:
            return self._all("SELECT * FROM tasks ORDER BY id")
        return self._all("SELECT * FROM tasks WHERE device = ? ORDER BY id", device)

    def change_task(self, ident, **changes):
        self._update("tasks", ident, changes)

    def note(self, task, now, state, step):
        self._insert("history", {"task": task, "time": now, "state": state, "step": step})

    def history(self, task):
        return self._all("SELECT time, state, step FROM history WHERE task = ? ORDER BY rowid", task)

    def issue_token(self, task, now):
        letters = string.ascii_letters + string.digits
        token = "ota_" + "".join(secrets.choice(letters) for _ in range(20))
        self._insert("tokens", {"token": token, "task": task, "issued": now})
        return token

    def token(self, token):
        return self._one("SELECT * FROM tokens WHERE token = ?", token)

    def newest_token(self, task):
        return self._one("SELECT * FROM tokens WHERE task = ? ORDER BY number DESC LIMIT 1", task)

    # -- the record of calls -----------------------------------------------------------------

    def open_call(self, entry):
        return self._insert("calls", {"entry": json.dumps(entry)})

    def close_call(self, seq, entry):
        self.db.execute("UPDATE calls SET entry = ? WHERE seq = ?", (json.dumps(entry), seq))

    def calls(self, after=0):
        rows = self._all("SELECT * FROM calls WHERE seq > ? ORDER BY seq", after)
        return [{"seq": row["seq"], **json.loads(row["entry"])} for row in rows]
