"""Runs one system over one prepared set, in this process, and writes what it found and what it cost as JSON.

    python benchmarks/peers/worker.py MODULE VARIANT FOLDER RESULT

Nothing here may reach the network: connections to anything but this machine are refused and counted.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_WARM_UP = 5


class Network:
    """Refuses every internet connection of this process. `attempts` names what was tried."""

    def __init__(self) -> None:
        self.attempts: list[str] = []
        connect = socket.socket.connect

        def guarded(sock: socket.socket, address: Any) -> None:
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                self.attempts.append(str(address[0]))
                raise OSError("no network in the comparison")
            connect(sock, address)

        socket.socket.connect = guarded  # type: ignore[method-assign]
        socket.getaddrinfo = self._resolve  # type: ignore[assignment]

    def _resolve(self, host: Any, *_: Any, **__: Any) -> Any:
        self.attempts.append(str(host))
        raise socket.gaierror("no network in the comparison")


def peak_mb() -> float:
    """Peak resident memory of this process. Not `ru_maxrss`, which begins with the size of the process that forked."""
    with open("/proc/self/status", encoding="ascii") as lines:
        kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return round(kilobytes / 1024, 1)


def _versions(packages: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "?"
    return found


def run(module_name: str, variant: str, folder: Path) -> dict[str, Any]:
    """One system's result; `{"missing": package}` when its package is not installed here."""
    from data import DEPTH, read

    network = Network()
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        return {"missing": error.name}
    own = getattr(module, "run", None)
    if own is not None:
        result: dict[str, Any] = own(variant, folder)
    else:
        data = read(folder)
        started = time.perf_counter()
        try:
            search = module.build(data, variant)
        except ModuleNotFoundError as error:
            return {"missing": error.name}
        built = time.perf_counter() - started
        for question in data.questions[:_WARM_UP]:
            search(question)
        ranked, seconds = [], []
        for question in data.questions:
            started = time.perf_counter()
            found = search(question)
            seconds.append(time.perf_counter() - started)
            ranked.append(list(dict.fromkeys(found))[:DEPTH])
        result = {"ranked": ranked, "seconds": seconds, "build_seconds": round(built, 2)}
        result["build_peak_mb"] = peak_mb()
    result["peak_mb"] = peak_mb()
    result["versions"] = _versions(module.PACKAGES)
    result["network_attempts"] = sorted(set(network.attempts))
    return result


def main() -> None:
    module_name, variant, folder, out = sys.argv[1:5]
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    Path(out).write_text(json.dumps(run(module_name, variant, Path(folder)), ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
