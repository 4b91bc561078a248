"""Nothing leaves the machine: the block that every test runs under works, and Haechi does not need what it blocks."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import NetworkBlockedError

#: TEST-NET-1: never routed, so even a broken block would reach nobody.
NOWHERE = ("192.0.2.1", 443)


def test_a_connection_to_another_machine_is_refused_before_a_packet_leaves() -> None:
    with socket.socket() as plain, pytest.raises(NetworkBlockedError):
        plain.connect(NOWHERE)
    with pytest.raises(NetworkBlockedError):
        socket.create_connection(NOWHERE, timeout=1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram, pytest.raises(NetworkBlockedError):
        datagram.sendto(b"x", NOWHERE)


def test_a_name_is_not_even_looked_up() -> None:
    # A DNS question already tells an outsider what is going on inside.
    with pytest.raises(NetworkBlockedError):
        socket.getaddrinfo("example.org", 443)


def test_an_http_client_is_refused_too() -> None:
    import httpx

    with pytest.raises(NetworkBlockedError):
        httpx.get("http://192.0.2.1/")


def test_loopback_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname(), timeout=5) as client:
            client.sendall(b"x")
            accepted, _ = server.accept()
            with accepted:
                assert accepted.recv(1) == b"x"


def test_the_package_never_names_a_host_outside() -> None:
    # URLs in the source are loopback and examples in messages: no hub, no registry, no beacon.
    import re

    import haechi

    source = Path(haechi.__file__).parent
    found = {
        match
        for path in source.rglob("*.py")
        for match in re.findall(r"https?://([^/\s\"'{}<>)]+)", path.read_text(encoding="utf-8"))
    }
    names = {host.split(":")[0] for host in found}
    outside = {name for name in names if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}", name, re.IGNORECASE)}
    # The name of an XML namespace, never an address.
    assert outside - {"schemas.openxmlformats.org"} == set()


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs the program unshare")
def test_values_and_check_work_in_a_network_namespace_with_no_interface_at_all(tmp_path: Path) -> None:
    probe = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("this machine does not allow user namespaces")
    evidence = tmp_path / "evidence.txt"
    evidence.write_text("출장비는 10만 원까지 지급한다.", encoding="utf-8")
    command = ["unshare", "-rn", sys.executable, "-m", "haechi.cli", "check", "--json"]
    done = subprocess.run(
        [*command, "--answer", "출장비는 10만 원입니다.", "--evidence", str(evidence)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"supported": true' in done.stdout
