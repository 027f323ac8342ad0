"""Differential packages made on the platform, from two full ones, by oneota-delta."""

import asyncio
import shutil
import tempfile
from pathlib import Path

BLOCKS = ("1024", "2048", "4096", "8192")
LONGEST_S = 300


class ToolError(Exception):
    """No package was made; the text says why and what to do."""


class DeltaTool:
    """path: the program, or its name among the directories of PATH."""

    def __init__(self, path, longest_s=LONGEST_S):
        self.path = path
        self.longest_s = longest_s

    async def make(self, old, new, block):
        """(package, what the tool warned of or None). old, new: files."""
        program = shutil.which(self.path)
        if program is None:
            raise ToolError(f"{self.path} was not found: build it (cmake --build DIR --target oneota-delta) "
                            "and start the platform with --delta-tool DIR/oneota-delta")
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / "package"
            said = await self._run(program, "diff", "--block", block, "--", old, new, package)
            try:
                return package.read_bytes(), said or None
            except OSError:
                raise ToolError(f"{self.path} says that it is done, and has written nothing")

    async def _run(self, *command):
        """What the tool says on stderr, when it succeeds."""
        try:
            process = await asyncio.create_subprocess_exec(
                *map(str, command), stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
        except OSError as error:
            raise ToolError(f"{self.path} cannot be run: {error.strerror}")
        try:
            _, said = await asyncio.wait_for(process.communicate(), self.longest_s)
        except asyncio.TimeoutError:
            raise ToolError(f"{self.path} was stopped: it took longer than {self.longest_s} s")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        text = said.decode("utf-8", "replace").strip()
        if process.returncode != 0:
            raise ToolError(f"{self.path} failed, status {process.returncode}: {text or 'it does not say why'}")
        return text
