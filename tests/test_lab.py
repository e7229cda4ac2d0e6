"""JupyterLab as a reader meets it, in a browser: a notebook is opened, run, changed and run again.

Needs the package playwright and a Chromium, the system's or the one that the variable CHROMIUM names; else skipped.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from functools import partial

import nbformat
import pytest

from tsvision.data import datasets
from tsvision.study import notebooks

playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives the browser, is not installed")
NAMES = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed")
PATIENCE = 240  # seconds, for what takes ten on an idle machine


def project(root, stem):
    """Copy the project to root, with one notebook, whose cell of parameters holds the values of profile smoke."""
    for name in ("src", "data"):
        shutil.copytree(
            datasets.ROOT / name, root / name, ignore=shutil.ignore_patterns("raw", "results", "__pycache__")
        )
    shutil.copyfile(datasets.ROOT / "Makefile", root / "Makefile")
    notebook = nbformat.read(notebooks.FOLDER / f"{stem}.ipynb", as_version=4)
    cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    for name, value in notebooks.values("smoke", only=[stem])[stem].items():
        cell.source = re.sub(rf"(?m)^({name}: \w+ = ).+(?=  # )", rf"\g<1>{value!r}", cell.source)
    (root / "notebooks").mkdir()
    nbformat.write(notebook, root / "notebooks" / f"{stem}.ipynb")


class Reader:
    """Somebody before a notebook in JupyterLab."""

    def __init__(self, page, root):
        self.page, self.journal = page, root / "build" / "smoke" / "rows.jsonl"

    def change(self, name, value):
        """Write another value into the cell of parameters."""
        self.page.locator(".jp-CodeCell .cm-line", has_text=re.compile(rf"^{name}\b")).first.click()
        self.page.keyboard.press("Home")
        self.page.keyboard.press("Shift+End")
        self.page.keyboard.insert_text(f"{name} = {value!r}")

    def run_all(self):
        """Choose Run All Cells from the menu."""
        self.page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
        self.page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()

    def sees(self, text):
        """Wait for a text in a cell's output; return all of that output."""
        shown = self.page.locator(".jp-Cell-outputArea", has_text=re.compile(text)).last
        shown.wait_for()
        return shown.inner_text()

    def picture(self, box, other=None):
        """The picture in a box, once it is another one than `other`."""
        script = "([box, other]) => (box.querySelector('img')?.src ?? other) !== other && box.querySelector('img').src"
        arguments = [box.element_handle(), other]
        return self.page.wait_for_function(script, arg=arguments).json_value()

    @property
    def kept(self):
        return len(self.journal.read_text().splitlines())


@contextlib.contextmanager
def lab(browser, root, stem):
    """Start make lab in a copy of the project and open a notebook in a browser: a context with a Reader."""
    project(root, stem)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own = {name: str(root / "jupyter" / name) for name in folders}
    server = {"ip": "127.0.0.1", "port": port, "port_retries": 0, "open_browser": False, "allow_root": True}
    config = root / "jupyter" / "JUPYTER_CONFIG_DIR" / "jupyter_server_config.json"
    config.parent.mkdir(parents=True)
    config.write_text(
        json.dumps({"ServerApp": server, "IdentityProvider": {"token": ""}, "LabApp": {"news_url": None}})
    )
    words = ["make", "lab", f"PYTHON={sys.executable}"]
    with (root / "log").open("w") as log:
        made = subprocess.Popen(words, cwd=root, env=os.environ | own, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/api/status", made, root / "log")
        page = browser.new_page(viewport={"width": 1400, "height": 9000})  # cells out of sight are not drawn
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(f"http://127.0.0.1:{port}/lab/tree/{stem}.ipynb")
        page.locator("#jp-main-statusbar").get_by_text("(ipykernel) | Idle").wait_for()
        yield Reader(page, root)
        page.close()
    finally:
        os.killpg(made.pid, signal.SIGTERM)  # make, the server, which ends its kernels
        made.wait(60)


def wait_for(url, process, log):
    """Wait until a server answers."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text()[-2000:])


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as play:
        made = play.chromium.launch(executable_path=CHROMIUM)
        yield made
        made.close()


@pytest.fixture(scope="module")
def reader(browser, tmp_path_factory):
    with lab(browser, tmp_path_factory.mktemp("lab"), "03_resnet_finetune") as made:
        yield made


def test_run_all_shows_a_bar_figures_and_the_answer_and_a_changed_value_computes_what_is_new(reader):
    reader.run_all()
    reader.sees(r"03_resnet_finetune: +\d+%\|")
    reader.sees(r"Answer\. .* in the mean of 2 seeds")
    told = reader.sees("2 runs, 0 of them kept from before")
    assert re.search(r"03_resnet_finetune: 100%\|.*\| 2/2 \[", told)
    assert sorted(re.findall(r"run (\d) of 2: ", told)) == ["1", "2"]
    assert reader.page.locator(".jp-OutputArea-output img").count() == 5 and reader.kept == 2
    reader.change("seeds", 3)
    reader.run_all()
    reader.sees(r"Answer\. .* in the mean of 3 seeds")
    told = reader.sees("3 runs, 2 of them kept from before")
    assert re.findall(r"run (\d) of 3: ", told) == ["3"] and reader.kept == 3


@pytest.mark.parametrize(
    "name, wrong, usual, says",
    [
        ("colormap", "virdis", "viridis", "ValueError: colormap: expected 'field' or a name .*, got 'virdis'"),
        ("size", 0, 32, "ValueError: size: expected .*, got 0"),
        ("dataset", "Cofee", "Coffee", "FetchError: dataset 'Cofee' could not be had .* check the name's spelling; .*"),
    ],
    ids=("colormap", "size", "dataset"),
)
def test_a_wrong_value_is_named_in_the_output_before_anything_is_trained(reader, name, wrong, usual, says):
    before = reader.kept
    reader.change(name, wrong)
    reader.run_all()
    told = reader.sees(says)
    assert re.fullmatch(says, told.rstrip().splitlines()[-1]) and reader.kept == before
    reader.change(name, usual)


def test_sliders_draw_another_series_encoding_and_colormap(browser, tmp_path):
    pytest.importorskip("ipywidgets", reason="ipywidgets, which has the sliders, is not installed")
    with lab(browser, tmp_path, "02_gadf_render") as reader:
        reader.run_all()
        box = reader.page.locator(".jp-OutputArea-output .widget-interact")
        box.locator("img").wait_for()
        seen, slider = [reader.picture(box)], box.locator(".noUi-handle")
        encoding, colormap = box.locator("select").all()
        for turn in (
            partial(slider.press, "ArrowRight"),
            partial(encoding.select_option, "mtf"),
            partial(colormap.select_option, "rainbow"),
            partial(encoding.select_option, "gadf"),
            partial(slider.press, "ArrowLeft"),
            partial(colormap.select_option, "viridis"),
        ):
            turn()
            seen.append(reader.picture(box, seen[-1]))
        assert len({*seen[:-1]}) == 6 and seen[-1] == seen[0]
