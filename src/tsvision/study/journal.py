"""What is kept of finished runs on the disk: files that are whole or not there, a journal of rows, one run at a time in
a folder.
"""

import contextlib
import json
import os

import filelock

from tsvision.data import provenance


class Busy(RuntimeError):
    """Another run is at work in the same folder."""


def write(path, text):
    """Write a text file under a temporary name, then rename: it is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def alone(folder):
    """Keep every other run and publish out of a folder, or raise Busy; a killed process keeps nobody out."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / ".lock", timeout=0)
    try:
        held = lock.acquire()
    except filelock.Timeout:
        raise Busy(f"another run is at work in {folder}; wait for its end, or stop it") from None
    with held:
        yield


def append_journal(path, entry):
    """Append one entry with its own hash, in one write; a cut-off earlier line is closed first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(entry)
    with open(path, "ab+") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        cut_off = size > 0 and file.read(1) != b"\n"
        file.write(b"\n" * cut_off + f"{provenance.digest(text)} {text}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def read_journal(path):
    """The entries of a journal by key; a line that does not match its hash is reported and left out."""
    entries = {}
    for number, line in enumerate(
        path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else [], 1
    ):
        digest, _, text = line.partition(" ")
        if digest == provenance.digest(text):
            entry = json.loads(text)
            entries[entry["key"]] = entry
        elif line:
            print(f"rows: {path}, line {number}: damaged or cut off, left out; its run is computed again")
    return entries
