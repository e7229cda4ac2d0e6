import hashlib
import zipfile

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
    (tmp_path / "x").write_text("an older one")
    fetch.download(f"{server.url}/x", tmp_path / "x", checksum)
    assert (tmp_path / "x").read_bytes() == BODY and left(tmp_path) == ["x"]


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_server_that_is_busy_is_asked_again_with_longer_and_longer_pauses(server, tmp_path, hurry, status):
    server.page("/x", BODY, status)
    with pytest.raises(fetch.FetchError, match=f"/x: 4 attempts failed, at last: status {status}$"):
        fetch.download(f"{server.url}/x", tmp_path / "x")
    assert hurry == [0, 1, 2, 4] and len(server.asked) == 4 and left(tmp_path) == []


def test_a_server_that_recovers_gives_the_file(server, tmp_path, monkeypatch):
    server.page("/x", BODY, sent=100)
    answers = iter([lambda _: None, lambda _: server.page("/x", BODY)])
    monkeypatch.setattr(fetch.time, "sleep", lambda seconds: next(answers)(seconds))
    fetch.download(f"{server.url}/x", tmp_path / "x", SHA)
    assert (tmp_path / "x").read_bytes() == BODY and len(server.asked) == 2


@pytest.mark.parametrize("status", [401, 403, 404, 410, 204])
def test_a_page_that_is_not_there_is_not_asked_for_again(server, tmp_path, status):
    server.page("/x", b"" if status == 204 else BODY, status)
    with pytest.raises(fetch.FetchError, match=f"/x: expected status 200, got {status}$"):
        fetch.download(f"{server.url}/x", tmp_path / "x")
    assert len(server.asked) == 1 and left(tmp_path) == []


@pytest.mark.parametrize(
    "instead, said",
    [
        ({"sent": 5000}, "at last: .*[Ii]ncomplete"),
        ({"body": BODY[:5000]}, "at last: expected sha256:.*, found .* over 5000 bytes"),
        ({"body": BODY[:-1] + b"\xfe"}, "at last: expected sha256:.*, found .* over 10240 bytes"),
        ({"body": b"<html>sorry</html>"}, "at last: expected sha256:.* over 18 bytes"),
        ({"pause": 1.5}, "at last: .*timed out"),
        ({"pause": 0.3}, "at last: not whole after 1 s"),
        ({"headers": {"Content-Encoding": "gzip"}}, "at last: .*gzip"),
    ],
    ids=["cut off", "short", "a bit flipped", "an error page", "silent", "trickling", "no gzip"],
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


def test_more_than_fits_is_not_read_to_its_end(server, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "LARGEST", 10_000)
    server.page("/x", BODY)
    with pytest.raises(fetch.FetchError, match="expected at most 10000 bytes, more came"):
        fetch.download(f"{server.url}/x", tmp_path / "x")
    assert left(tmp_path) == []


def pack(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return path


def test_unpack_takes_what_is_named_and_nothing_else(tmp_path):
    path = pack(tmp_path / "a.zip", {"in/a.txt": "A", "in/b.txt": "B"})
    fetch.unpack(path, {"in/a.txt": tmp_path / "taken"})
    assert (tmp_path / "taken").read_text() == "A" and left(tmp_path) == ["a.zip", "taken"]


@pytest.mark.parametrize("name", ["../evil", "in/../../evil", "/evil", "..\\evil", "C:\\evil", "C:/evil"])
def test_a_member_that_leads_out_is_refused_even_if_it_is_not_wanted(tmp_path, name):
    path = pack(tmp_path / "a.zip", {"good": "A", name: "B"})
    with pytest.raises(ValueError, match=r"a\.zip: refused, its member .*evil' leads out of the archive"):
        fetch.unpack(path, {"good": tmp_path / "taken"})
    assert left(tmp_path) == ["a.zip"]


def test_an_archive_that_unpacks_to_gigabytes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "LARGEST", 10**6)
    path = pack(tmp_path / "a.zip", {"good": "A", "zeros": bytes(10**6)})
    assert path.stat().st_size < 2000
    with pytest.raises(ValueError, match="a.zip: refused, it unpacks to 1000001 bytes, expected at most 1000000"):
        fetch.unpack(path, {"good": tmp_path / "taken"})


def test_a_bomb_that_lies_about_its_size_gives_no_more_than_it_says(tmp_path):
    path = pack(tmp_path / "a.zip", {"zeros": bytes(10**6)})
    told = (10**6).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(told, (10).to_bytes(4, "little")))
    with pytest.raises(ValueError, match="a.zip: no readable zip file"):
        fetch.unpack(path, {"zeros": tmp_path / "taken"})
    assert (tmp_path / "taken").stat().st_size <= 10


def damaged(content):
    """Ways to break a zip file."""
    middle = content.index(b"PK\x01\x02") // 2
    yield "cut off", content[: len(content) // 2]
    yield "empty", b""
    yield "a page", b"<html>sorry</html>"
    yield "a bit flipped", content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("kind", ["cut off", "empty", "a page", "a bit flipped"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_damaged_archive_is_no_readable_one(tmp_path, kind, method):
    path = pack(tmp_path / "a.zip", {"good": bytes(range(256)) * 9}, method)
    path.write_bytes(dict(damaged(path.read_bytes()))[kind])
    with pytest.raises(ValueError, match="a.zip: no readable zip file"):
        fetch.unpack(path, {"good": tmp_path / "taken"})


def test_a_missing_member_is_named(tmp_path):
    with pytest.raises(ValueError, match="a.zip: expected a member good, there is none"):
        fetch.unpack(pack(tmp_path / "a.zip", {"other": "A"}), {"good": tmp_path / "taken"})
