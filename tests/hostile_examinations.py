"""What a decoder could do to the process that examines a file; the child process of the sandbox imports these."""

import ctypes
import json
import os
import socket
import time
from pathlib import Path


def crash(request):
    if request.path.name != "harmless.png":
        ctypes.string_at(0)
    return {"pid": os.getpid()}


def hang(request):
    time.sleep(3600)


def burn(request):
    while True:
        pass


def devour(request):
    blocks = []
    try:
        while True:
            blocks.append(bytearray(64 << 20))
    except MemoryError:
        return {"mebibytes": 64 * len(blocks)}


def leave(request):
    os._exit(7)


def phone_home(request):
    try:
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    except PermissionError as error:
        return {"refused": str(error)}
    return {"refused": ""}


def interfaces(request):
    """Say whether the kernel lets this process see any network: without Python's help, past the hook."""
    lines = Path("/proc/self/net/dev").read_text(encoding="utf-8").splitlines()[2:]
    return {"interfaces": sorted(line.split(":")[0].strip() for line in lines)}


def shout(request):
    os.write(1, b"\x1b[2Jfrom the file\n")
    os.write(2, b"\x1b[2Jfrom the file\n")
    return {}


def speak_nonsense(request):
    return {"json": json.dumps(float("nan")), "value": float("nan")}


def count(request):
    return {"pid": os.getpid()}
