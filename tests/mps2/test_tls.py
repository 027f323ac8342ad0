# SPDX-License-Identifier: Apache-2.0
"""The board with TLS: whole updates, and servers that it must not believe."""

import calendar
import pathlib
import ssl
import subprocess

import pytest
from board import ROOT, Firmware
from dialects import SOUTH
from test_update import whole

NAME = "ota.example"


@pytest.fixture(scope="session")
def certs(tmp_path_factory):
    """The folder with the certificates of tests/tls/certs.sh."""
    folder = tmp_path_factory.mktemp("certs")
    subprocess.run(["sh", str(ROOT / "tests" / "tls" / "certs.sh"), str(folder)], check=True, timeout=120)
    return pathlib.Path(folder)


def context_of(certs, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs / f"{name}.chain.pem", certs / f"{name}.key")
    return context


@pytest.fixture
def tls_scene(make_scene, certs, relay):
    """tls_scene("good"): a board that trusts "ca", before a platform with that certificate."""
    def make(certificate, dialect=SOUTH, **spoil):
        scene = make_scene(dialect, Firmware("https"), name=NAME)
        scene.relay = relay(scene.platform.port, context_of(certs, certificate))
        scene.outer = relay(scene.relay.port, **spoil)
        scene.board.args["port"] = scene.outer.port
        scene.board.trust(certs / "ca.pem")
        return scene

    return make


def test_tls_update_whole(tls_scene, dialect):
    scene = tls_scene("good", dialect)
    package = scene.package("2.0")
    task = scene.offer(package)
    uart = scene.board.run()

    scene.assert_updated(uart, package, task)
    assert scene.order_of_calls() == whole(dialect)
    assert uart.values("tls: trusts", "certificates") == [1, 1]
    assert max(uart.values("memory: TLS pool", "most")) > 0
    assert not any(" W " in line or " E " in line for line in uart.lines), uart


def test_tls_update_there_and_back(tls_scene):
    scene = tls_scene("below")   # a chain of two
    for version in ("2.0", "1.0"):
        package = scene.package(version)
        task = scene.offer(package, target=version)
        scene.assert_updated(scene.board.run(), package, task)


def noon(year, month, day):
    return calendar.timegm((year, month, day, 12, 0, 0))


@pytest.mark.parametrize("certificate, clock, why", [
    ("name", None, "certificate: wrong name"),
    ("untrusted", None, "certificate: untrusted CA"),
    ("expired", None, "certificate: expired"),
    ("expired", "none", "certificate: expired"),   # before this firmware was built
    ("future", None, "certificate: not yet valid"),
    ("late", noon(2050, 1, 2), "certificate: expired"),
    ("many", None, "certificate: wrong name, expired"),
    ("usage", None, "certificate: not for a server")])
def test_tls_server_that_is_not_believed(tls_scene, certs, certificate, clock, why):
    scene = tls_scene(certificate)
    package = scene.package("2.0")
    task = scene.offer(package)
    uart = scene.board.run(clock=clock)

    assert uart.status == 4, uart
    told = uart.values("tls: failed", "why")
    assert len(told) == 5 and all(text.startswith(f"{why} (-0x") for text in told), uart
    assert scene.calls() == [] and scene.downloaded() == 0
    scene.assert_untouched()

    scene.relay.context = context_of(certs, "good")
    scene.assert_updated(scene.board.run(), package, task)


@pytest.mark.parametrize("certificate, clock", [
    ("good", "none"), ("future", noon(2048, 6, 1)), ("good", noon(2010, 1, 1))],
    ids=["clock unknown", "its time has come", "before the build"])
def test_tls_server_that_is_believed_at_this_time(tls_scene, certificate, clock):
    scene = tls_scene(certificate)
    package = scene.package("2.0")
    task = scene.offer(package)
    scene.assert_updated(scene.board.run(clock=clock), package, task)


def test_tls_server_that_gets_another_certificate_in_mid_download(tls_scene, certs):
    scene = tls_scene("good")
    package = scene.package("2.0")
    task = scene.offer(package)
    scene.faults({"call": "download", "nth": 3, "close_at": 500})
    scene.board.args.update(once=None, poll=1)
    power = scene.board.start()
    power.until("percent=20")
    scene.relay.context = context_of(certs, "untrusted")
    power.until("W tls: failed why=certificate: untrusted CA")
    power.kill()
    scene.assert_untouched()
    scene.relay.context = context_of(certs, "good")
    scene.faults()
    scene.assert_updated(scene.board.run(), package, task)


def test_tls_record_that_is_corrupted_in_mid_download(tls_scene):
    scene = tls_scene("good", spoil=8)
    package = scene.package("2.0")
    task = scene.offer(package)
    uart = scene.board.run()

    assert scene.outer.spoilt
    told = uart.values("tls: failed", "why")
    assert told == ["record: corrupted, wrong MAC (-0x7180)"], uart
    assert uart.lines.index(line_with(uart, "tls: failed")) < uart.lines.index(line_with(uart, "percent=100"))
    scene.assert_updated(uart, package, task)


def test_tls_record_that_is_corrupted_at_the_start_of_an_answer(tls_scene):
    """The connection was kept: the client asks again, and no event says so."""
    scene = tls_scene("good", spoil=3, spoil_least=1)
    package = scene.package("2.0")
    task = scene.offer(package)
    uart = scene.board.run()

    assert scene.outer.spoilt
    assert uart.values("tls: failed", "why") == ["record: corrupted, wrong MAC (-0x7180)"], uart
    assert not uart.values("machine: failed", "reason"), uart
    scene.assert_updated(uart, package, task)


def line_with(uart, text):
    return next(line for line in uart.lines if text in line)


def test_tls_server_that_speaks_plain_http(tls_scene):
    scene = tls_scene("good")
    scene.relay.context = None
    scene.offer(scene.package("2.0"))
    uart = scene.board.run()
    assert uart.status == 4 and uart.values("tls: failed", "why"), uart
    assert scene.calls() == [] or all(call["call"] == "unknown" for call in scene.calls())
    scene.assert_untouched()


def test_tls_server_that_closes_without_a_word_in_mid_download(tls_scene):
    scene = tls_scene("good")
    package = scene.package("2.0")
    task = scene.offer(package)
    scene.faults({"call": "download", "nth": 3, "reset_at": 700}, {"call": "download", "nth": 5, "close_at": 900})
    uart = scene.board.run()
    assert uart.values("machine: failed", "reason"), uart
    scene.assert_updated(uart, package, task)


def test_tls_trust_changes_hands(tls_scene, certs):
    """First both CAs, then the new one alone."""
    scene = tls_scene("good")
    scene.board.trust(certs / "ca.pem", certs / "other.pem")
    assert scene.board.run().status == 0
    scene.relay.context = context_of(certs, "untrusted")
    assert scene.board.run().status == 0
    scene.board.trust(certs / "other.pem")
    assert scene.board.run().status == 0
    scene.relay.context = context_of(certs, "good")
    uart = scene.board.run()
    assert uart.status == 4 and uart.says("certificate: untrusted CA"), uart


def test_tls_without_a_ca_trusts_nobody(tls_scene):
    scene = tls_scene("good")
    scene.board.trust()
    uart = scene.board.run()
    assert uart.status == 2 and uart.says("E tls: no CA in flash"), uart
    assert scene.calls() == []


def test_tls_trial_that_cannot_trust_the_server(tls_scene, certs):
    """The self-test shakes hands: a new image that is connected, but not with TLS, is reverted."""
    scene = tls_scene("good")
    good = scene.relay.context
    task = scene.offer(scene.package("2.0"))
    power = scene.board.start(once=1)
    power.until("machine: state is=mark")
    scene.relay.context = context_of(certs, "name")
    power.until("self-test: the server is not reached")
    power.until("boot: image condition=reverted", timeout=120)
    scene.relay.context = good
    uart = power.wait()
    assert uart.says("tls: failed why=certificate: wrong name"), uart
    assert not uart.says("update: self-test result"), uart
    assert uart.status == 3 and uart.values("update: ended", "step") == [206], uart
    assert scene.task(task)["state"] == "failed" and scene.board.running() == scene.board.old_image
