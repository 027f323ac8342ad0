# SPDX-License-Identifier: Apache-2.0
"""The bring-up check of ports (port/check), on the board that it was made for."""

import functools

import mps2
import pytest
from board import BUILD, HOST, Board, Firmware


class CheckFirmware(Firmware):
    def __init__(self):
        super().__init__()
        self.elf = BUILD / "check-ports.elf"

    @functools.cache
    def payload(self, behaviour="good"):
        return mps2.flatten(self.elf.read_bytes())


@pytest.mark.only("south")
def test_board_keeps_what_each_port_has_to(common_platform, tmp_path, dialect):
    firmware = CheckFirmware()
    board = Board(tmp_path, firmware, firmware.package("1.0"))
    uart = board.run(server=HOST, port=common_platform.port)
    verdicts = [line for line in uart.values("check:", "port") if ": done failed=" in line]
    assert verdicts == [f"{port}: done failed=0 warned=0"
                        for port in ("clock", "flash", "flash", "boot", "net")], uart
    assert uart.status == 0
    assert uart.says("flash: refuses a second program of a unit")
    assert not uart.says("flash: takes a second program"), uart
