"""Shared by the tests: no test leaves the loopback address, and a small local HTTP server that can misbehave."""

import os
import tempfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# read when huggingface_hub is imported: in-process tests neither ask the hub nor find what the user has in its cache
os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HOME": tempfile.mkdtemp(prefix="tsvision-hf")}

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pytest  # noqa: E402

from tsvision import datasets  # noqa: E402


class Handler(BaseHTTPRequestHandler):
    def do_GET(self, with_body=True):
        self.server.asked.append((self.command, self.path))
        status, headers, body, sent = self.server.pages.get(self.path.split("?")[0], (404, {}, b"", None))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body[:sent])

    def do_HEAD(self):
        self.do_GET(with_body=False)

    def log_message(self, *_):
        pass


def write_wheel(path, files):
    """Write a wheel at path (NAME-VERSION-py3-none-any.whl) that holds files, {member: bytes}, as pip wants it."""
    name, version = path.name.split("-")[:2]
    info = f"{name}-{version}.dist-info"
    parts = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in parts.items():
            archive.writestr(member, content)


def title(figure):
    """What stands above a figure, in one line."""
    return figure.get_suptitle().replace("\n", " ")


def assert_labelled(axes):
    """Every panel says what its x axis is, the first also its y axis, which the others share."""
    assert axes[0].get_ylabel() and all(axis.get_xlabel() for axis in axes)


def answers(*runs):
    """Predictions of runs over series from 7 on, all of class 0: a string a run, + for each right answer."""
    return pd.DataFrame(
        [
            {"run": run, "series": series, "label": 0, "predicted": int(sign == "-")}
            for run, signs in enumerate(runs)
            for series, sign in enumerate(signs, 7)
            if sign != " "
        ]
    )


@pytest.fixture
def server():
    """A server on the loopback address: server.page(path, body, ...) adds a page, server.asked lists what was asked for."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        made.pages, made.asked = {}, []
        made.url = f"http://127.0.0.1:{made.server_port}"
        made.page = lambda path, body=b"", status=200, headers=None, sent=None: made.pages.__setitem__(
            path, (status, headers or {}, body, sent)
        )
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def closed():
    """Leave no figure open: matplotlib warns of more than twenty."""
    yield
    plt.close("all")


@pytest.fixture
def data():
    """Nine series of three classes, six of them for training."""
    generator = np.random.default_rng(0)
    return datasets.Dataset(
        "Toy",
        generator.normal(size=(9, 20)),
        np.arange(9) % 3,
        ("a", "b", "c"),
        np.arange(9) < 6,
        "here",
        ("wavenumber in 1/cm", np.linspace(30, 10, 20)),
    )
