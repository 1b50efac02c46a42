"""Has the libraries loaded, and becomes whatever program it is asked for: each in a child of its own.

Run as a script by :mod:`tests.warm_start`, with the file number of a socket. What is asked for comes as JSON, with
two files: where the program writes, and where its number and its exit code are told. The end of the socket is ours.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import runpy
import socket
import sys
import time
from typing import Any

LIBRARIES = (
    "alembic.command",
    "authlib.integrations.starlette_client",
    "cachetools",
    "cryptography.fernet",
    "fastapi",
    "itsdangerous",
    "limits.strategies",
    "openpyxl",
    "PIL.Image",
    "platformdirs",
    "prometheus_client",
    "psycopg",
    "pydantic_settings",
    "requests",
    "sqlmodel",
    "streamlit",
    "streamlit.web.cli",
    "structlog",
    "typer",
    "uvicorn",
)
"""What a server of ours loads of others, and none of our own; whatever is missing here only takes longer."""


def main() -> None:
    """Serve until the socket ends; returns there, and in each child when its program ends."""
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()
    asked = socket.socket(fileno=int(sys.argv[1]))
    while True:
        message, files, *_ = socket.recv_fds(asked, 1024 * 1024, 2)
        with contextlib.suppress(ChildProcessError):  # there is none
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        if not message:
            return
        if os.fork() == 0:
            break
        for file in files:
            os.close(file)
    asked.close()
    log, told = files
    if child := os.fork():
        os.close(log)
        os.write(told, f"{child}\n".encode())
        os.write(told, f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n".encode())
        os._exit(0)
    os.close(told)
    _become(log, **json.loads(message))


def _become(
    log: int,
    *,
    module: str,
    script: str,
    arguments: list[str],
    folder: str,
    environment: dict[str, str],
    files: int | None,
) -> None:
    for stream, target in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
        os.dup2(stream, target)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    if files is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    sys.argv = [script or module, *arguments]
    sys.path[0] = os.path.dirname(script) if script else folder  # noqa: PTH120 - loads less
    run: Any = runpy.run_path if script else runpy.run_module
    run(script or module, run_name="__main__", **({} if script else {"alter_sys": True}))


if __name__ == "__main__":
    main()
