"""What comes over the network: whole or not there, asked for again where that may help, and why it failed."""

import hashlib

import pytest

from tsvision.data import fetch

BODY = bytes(range(256)) * 40
SHA = f"sha256:{hashlib.sha256(BODY).hexdigest()}"


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    """Pauses and patience that a test can wait for, and where they are spent."""
    slept = []
    monkeypatch.setattr(fetch, "SILENCE", 0.5)
    monkeypatch.setattr(fetch, "PATIENCE", 1)
    monkeypatch.setattr(fetch.time, "sleep", slept.append)
    return slept


def left(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("checksum", [SHA, f"md5:{hashlib.md5(BODY).hexdigest()}", ""])
def test_a_file_is_whole_or_not_there(server, tmp_path, checksum):
    server.page("/x", BODY)
    server.page("/moved", b"", 301, {"Location": "/x"})
    (tmp_path / "x").write_text("an older one")
    fetch.download(f"{server.url}/moved", tmp_path / "x", checksum)
    assert (tmp_path / "x").read_bytes() == BODY and left(tmp_path) == ["x"]


def test_a_server_that_recovers_gives_the_file(server, tmp_path, monkeypatch):
    server.page("/x", BODY, sent=100)
    answers = iter([lambda _: None, lambda _: server.page("/x", BODY)])
    monkeypatch.setattr(fetch.time, "sleep", lambda seconds: next(answers)(seconds))
    fetch.download(f"{server.url}/x", tmp_path / "x", SHA)
    assert (tmp_path / "x").read_bytes() == BODY and len(server.asked) == 2


@pytest.mark.parametrize("status", [500, 503, 429, 408, 401, 404, 204])
def test_a_busy_server_is_asked_again_with_longer_pauses_one_without_the_page_is_not(server, tmp_path, hurry, status):
    server.page("/x", b"" if status == 204 else BODY, status)
    is_busy = status in (500, 503, 429, 408)
    said = f"4 attempts failed, at last: status {status}" if is_busy else f"expected status 200, got {status}"
    with pytest.raises(fetch.FetchError, match=f"/x: {said}$"):
        fetch.download(f"{server.url}/x", tmp_path / "x")
    assert hurry == ([0, 1, 2, 4] if is_busy else [0]) and len(server.asked) == len(hurry) and left(tmp_path) == []


@pytest.mark.parametrize(
    "instead, said",
    [
        ({"sent": 5000}, "at last: .*[Ii]ncomplete"),
        ({"body": BODY[:5000]}, "at last: expected sha256:.*, found .* over 5000 bytes"),
        ({"body": BODY[:-1] + b"\xfe"}, "at last: expected sha256:.*, found .* over 10240 bytes"),
        ({"pause": 1.5}, "at last: .*timed out"),
        ({"pause": 0.3}, "at last: not whole after 1 s"),
        ({"headers": {"Content-Encoding": "gzip"}}, "at last: .*gzip"),
    ],
    ids=["cut off", "short", "a bit flipped", "silent", "trickling", "no gzip"],
)
def test_what_comes_broken_leaves_nothing_and_says_why(server, tmp_path, monkeypatch, instead, said):
    monkeypatch.setattr(fetch, "PAUSES", ())
    server.page("/x", **{"body": BODY} | instead)
    with pytest.raises(fetch.FetchError, match=said):
        fetch.download(f"{server.url}/x", tmp_path / "x", SHA)
    assert left(tmp_path) == []


def test_nobody_there(tmp_path):
    with pytest.raises(fetch.FetchError, match="4 attempts failed, at last: .*[Rr]efused"):
        fetch.download("http://127.0.0.1:9/x", tmp_path / "x")
    assert left(tmp_path) == []
