"""Shared by the tests: no test leaves the loopback address, and a small local HTTP server that can misbehave."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# read when huggingface_hub is imported: in-process tests neither ask the hub nor find what the user has in its cache
hub_cache = tempfile.TemporaryDirectory(prefix="tsvision-hf")  # goes when the tests end
os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HOME": hub_cache.name}

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pytest  # noqa: E402
import toys  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402
from xdist.scheduler import LoadScopeScheduling  # noqa: E402

from tsvision.data import datasets  # noqa: E402

usual = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}
settings.register_profile("usual", max_examples=150, derandomize=True, **usual)  # the same cases on every machine
settings.register_profile("hand", max_examples=6000, **usual)
settings.load_profile("usual")

MAKE = shutil.which("make")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self, with_body=True):
        self.server.asked.append((self.command, self.path))
        missing = (404, {}, b"", None, 0)
        status, headers, body, sent, pause = self.server.pages.get(self.path.split("?")[0], missing)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        body = body[: sent if with_body else 0]
        with contextlib.suppress(OSError):  # who asked has given up
            if not pause:
                self.wfile.write(body)
            for byte in body * bool(pause):
                self.wfile.write(bytes([byte]))
                if self.server.over.wait(pause):
                    return

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


def assert_labelled(axes):
    """Every panel says what its x axis is, the first also its y axis, which the others share."""
    assert axes[0].get_ylabel() and all(axis.get_xlabel() for axis in axes)


def environment(root):
    """The environment in which a copy of the project at root runs its own code."""
    return os.environ | {"PYTHONPATH": str(root / "src")}


def command(*arguments, root):
    """Run python -m tsvision in a copy of the project."""
    words = [sys.executable, "-W", "ignore", "-m", "tsvision", *arguments]
    return subprocess.run(words, cwd=root, env=environment(root), capture_output=True, text=True, check=False)


# a machine that somebody set up for other work
DARK = """
figure.facecolor: black
axes.facecolor: black
font.size: 20
image.origin: lower
image.lut: 16
backend: TkAgg
"""
STARTUP = """
import matplotlib.pyplot, numpy, pandas, torch
matplotlib.pyplot.style.use("dark_background")
numpy.seterr(all="raise")
pandas.options.display.precision = 1
torch.set_default_dtype(torch.float64)
"""


def written(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def hostile(place):
    """An environment whose every setting is legal, and made for something else; its files lie below place."""
    written(place / "ipython/profile_default/startup/00-mine.py", STARTUP)
    written(place / "ipython/profile_default/ipython_kernel_config.py", "c.InlineBackend.rc = {'font.size': 30}")
    written(place / "jupyter/kernels/python3/kernel.json", '{"argv": ["/bin/false"], "language": "python"}')
    written(place / "config/jupyter_config.py", "1 / 0")
    (place / "a temporary folder").mkdir()
    return {
        "HOME": str(place),
        "PATH": str(place),  # no git
        "TMPDIR": str(place / "a temporary folder"),
        "LC_ALL": "de_DE.ISO-8859-1",
        "TZ": "Pacific/Apia",
        "COLUMNS": "20",
        "FORCE_COLOR": "1",
        "MAKEFLAGS": "-j8",
        "PROFILE": "mine",
        "GIT_DIR": str(place),
        "MATPLOTLIBRC": written(place / "matplotlibrc", DARK),
        "MPLBACKEND": "TkAgg",
        "IPYTHONDIR": str(place / "ipython"),
        "JUPYTER_PATH": str(place / "jupyter"),
        "JUPYTER_CONFIG_DIR": str(place / "config"),
        "PYTHONSTARTUP": written(place / "startup.py", STARTUP),
        "PYTHONOPTIMIZE": "2",
        "PYTHONWARNINGS": "error",
        "PYTHONHASHSEED": "7",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PANDAS_FUTURE_INFER_STRING": "0",
        "TIMM_FUSED_ATTN": "0",
    }


class Shared(LoadScopeScheduling):
    """Tests go to whichever process is free, but those that take the run of all notebooks, called so, all to one: the
    first; and those of published rows, which are judged once in a process.
    """

    def _split_scope(self, nodeid):
        name = nodeid.split("::")[-1].split("[")[0]
        return next((scope for scope in ("smoke", "published") if scope in name), nodeid)


def pytest_xdist_make_scheduler(config, log):
    return Shared(config, log)


def pytest_collection_modifyitems(items):
    wrong = [item.name for item in items if "smoke" in item.fixturenames and "smoke" not in item.originalname]
    assert not wrong, f"not called smoke, so that each process would run all notebooks: {wrong}"


@pytest.fixture(scope="session")
def smoke(tmp_path_factory):
    """What make reproduce prints in the smoke profile, on a hostile machine, and its folder."""
    folder = datasets.ROOT / "build" / "smoke"
    shutil.rmtree(folder, ignore_errors=True)
    words = [MAKE, "reproduce", "PROFILE=smoke", f"PYTHON={sys.executable}"]
    machine = os.environ | hostile(tmp_path_factory.mktemp("machine") / "mine")
    told = {"capture_output": True, "text": True, "check": False}
    ended = subprocess.run(words, cwd=datasets.ROOT, env=machine, umask=0o077, **told)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    return ended.stdout, folder


@pytest.fixture
def server():
    """A server on the loopback address: server.page(path, body, ...) adds a page, server.asked lists what was asked
    for.

    sent: the bytes after which it breaks off. pause: seconds after each byte.
    """
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        made.pages, made.asked, made.over = {}, [], threading.Event()
        made.url = f"http://127.0.0.1:{made.server_port}"
        made.page = lambda path, body=b"", status=200, headers=None, sent=None, pause=0: made.pages.__setitem__(
            path, (status, headers or {}, body, sent, pause)
        )
        thread = threading.Thread(target=made.serve_forever, args=[0.02], daemon=True)
        thread.start()
        yield made
        made.over.set()
        made.shutdown()
        thread.join()


@pytest.fixture
def put(tmp_path):
    """put(name, *tables) writes them as one into a results folder, put.folder, and beside rows what their runs
    predicted.
    """

    def write(name, *tables):
        table = pd.concat(tables, ignore_index=True)
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        if "accuracy" in table:
            toys.predicted(table).to_csv(tmp_path / f"{name}.predictions.csv", index=False)

    write.folder = tmp_path
    return write


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
