"""The child process that holds a GGUF model: `python -m haechi.models.llama_cpp_worker`, started by `llama_cpp.py`.

It reads one JSON line of settings from stdin, loads the model into llama.cpp's own server, and says `ready` or
`failed` in one JSON line on stdout. The server always opens a listener; here it is a Unix socket in a folder that only
this user can enter, behind a random key, so nothing listens on TCP. The child ends when stdin ends, which happens
however the parent ends. (PR_SET_PDEATHSIG is not used: it fires when the *thread* that started the child ends.)
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

#: Tokens read at once; also how long a cancelled prefill goes on.
BATCH = 256
#: Saved prefixes of other prompts (1.5B: 28 KB a token), so that two kinds of prompt do not evict each other.
PREFIX_CACHE_MB = 256


def main() -> None:
    """Serve until stdin ends."""
    settings: dict[str, Any] = json.loads(sys.stdin.readline())
    socket = Path(settings["socket"])
    watcher = threading.Thread(target=_exit_with_parent, args=(socket.parent,), daemon=True)
    watcher.start()
    try:
        server = _load(settings)
        _say({"state": "ready", "address": server.listening_address})
    except Exception as error:  # whatever it is, the parent must hear of it
        _say({"state": "failed", "error": str(error)})
        return
    watcher.join()


def _load(settings: dict[str, Any]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["model"]
    params.n_ctx = settings["context"]
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = BATCH
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    if settings["adapter"]:
        lora = xllamacpp.CommonAdapterLoraInfo()
        lora.path, lora.scale = settings["adapter"], settings["adapter_scale"]
        params.lora_adapters = [lora]
    params.cache_ram_mib = PREFIX_CACHE_MB
    # The default (True) clears the slot after every answer: the next one read all of its 443 tokens again, not 10.
    params.cache_idle_slots = False
    params.hostnames = [settings["socket"]]
    params.api_keys = [settings["key"]]
    params.offline = True
    params.ui = False
    params.endpoint_slots = False
    params.fit_params = False
    params.warmup = False
    params.verbosity = -1
    return xllamacpp.Server(params)


def _say(line: dict[str, str]) -> None:
    print(json.dumps(line), flush=True)  # noqa: T201 - the pipe to the parent, not a user's terminal


def _exit_with_parent(folder: Path) -> None:
    sys.stdin.read()
    shutil.rmtree(folder, ignore_errors=True)
    # Not sys.exit: llama.cpp may be in the middle of a token, and nothing here needs saving.
    os._exit(0)


if __name__ == "__main__":
    main()
