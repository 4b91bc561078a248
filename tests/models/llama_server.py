"""A real llama.cpp HTTP server on loopback, until stdin ends.

`python -m tests.models.llama_server MODEL KEY chat|embedding`
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(model: Path, key: str, *, embedding: bool = False) -> Iterator[str]:
    """The server's base URL, ending in /v1."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.models.llama_server", str(model), key, "embedding" if embedding else "chat"],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip() + "/v1"
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    import xllamacpp

    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.api_keys = [sys.argv[2]]
    params.n_ctx = 2048
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.embedding = sys.argv[3] == "embedding"
    if params.embedding:
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.ui = False
    params.fit_params = False
    params.verbosity = -1
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
