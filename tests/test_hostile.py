"""Settings of a user's machine, for other work than this: none reaches a row or a figure in silence, none stops a run.

What the pictures, the figures and the commit make of them is tested beside each; that the smoke run, which bears them
all, gives the rows and figures of a usual machine, in test_faults.
"""

import importlib
import os
import subprocess
import sys

import matplotlib
import pytest
from conftest import MAKE, hostile, write_wheel, written

import tsvision
from tsvision.data import datasets, fetch
from tsvision.pictures import colours


def test_a_colormap_has_256_colours_however_many_a_user_asks_for(monkeypatch):
    usual = colours.colormap_table("rainbow")
    monkeypatch.setattr(colours, "mpl_colormaps", {"rainbow": matplotlib.colormaps["rainbow"].resampled(16)})
    assert len(usual.unique(dim=0)) == 256 and colours.colormap_table("rainbow").equal(usual)


@pytest.mark.parametrize("name", ["NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "TIMM_FUSED_ATTN"])
def test_what_changes_arithmetic_in_silence_is_dropped_before_torch_reads_it(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    importlib.reload(tsvision)
    assert name not in os.environ


# --- make -------------------------------------------------------------------------------------------------------------


SHELL = """#!/bin/sh
echo begin "$@"
env | sort | grep -E "^(PYTHON(HOME|PATH|OPTIMIZE|STARTUP|UTF8|WARNINGS)|MATPLOTLIBRC|MPLBACKEND)="
sleep 0.2
echo end
"""


@pytest.mark.parametrize("given", [True, False], ids=["PYTHON=", ".venv"])
def test_make_hands_on_what_it_is_told_and_nothing_that_is_meant_for_others(tmp_path, given):
    root = tmp_path / "it's a project"
    python = root / (".venv/bin/python" if given is False else "a folder/it's python")
    written(root / "Makefile", (datasets.ROOT / "Makefile").read_text())
    for stem in ("01_one", "02_two"):
        written(root / f"notebooks/{stem}.ipynb", "")
    for name in ("requirements.lock", ".venv/installed"):
        written(root / name, "same")
    written(python, SHELL)
    python.chmod(0o755)
    words = [MAKE, "01_one", "02_two", "PROFILE=it's", "word=a 'b', c", *([f"PYTHON={python}"] if given else [])]
    environment = hostile(tmp_path / "mine") | {
        "PYTHONPATH": "/other",
        "PYTHONHOME": "/other",
        "PATH": os.environ["PATH"],
    }
    told = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=True).stdout
    kept = ["PYTHONHOME=/other", f"PYTHONPATH={root}/src:/other"] if given else [f"PYTHONPATH={root}/src"]
    seen = ["MATPLOTLIBRC=/dev/null", *kept, "PYTHONUTF8=1", "end"]
    begin = "begin -m tsvision run --profile it's --only {} word=a 'b', c".format
    assert told.splitlines() == [begin("01_one"), *seen, begin("02_two"), *seen]  # one after the other


UV = "import os, sys\n\ndef main():\n    os.execv(os.environ['REAL_UV'], sys.argv)\n"


def test_an_install_lands_in_the_venv_wherever_others_go(tmp_path):
    uv = pytest.importorskip("uv").find_uv_bin()
    root, wheels = tmp_path / "it's a project", tmp_path / "wheels"
    write_wheel(wheels / "tiny-1-py3-none-any.whl", {"tiny.py": "x = 1\n"})
    entry = {"uv-1.dist-info/entry_points.txt": "[console_scripts]\nuv = uvshim:main\n"}
    write_wheel(wheels / "uv-1-py3-none-any.whl", {"uvshim.py": UV} | entry)
    digests = {path.name.split("-")[0]: fetch.sha256(path) for path in sorted(wheels.iterdir())}
    lock = "".join(f"{name}==1 \\\n    --hash=sha256:{digest}\n" for name, digest in digests.items())
    written(root / "requirements.lock", lock)
    written(root / "Makefile", (datasets.ROOT / "Makefile").read_text())
    away = str(tmp_path / "away")
    config = f"[global]\nuser = true\ntarget = {away}\nprefix = {away}\nroot = {away}\n"
    written(tmp_path / "mine/.config/uv/uv.toml", f'[pip]\ntarget = "{away}"\n')
    environment = (
        os.environ
        | hostile(tmp_path / "mine")
        | {
            "PATH": os.environ["PATH"],
            "XDG_CONFIG_HOME": str(tmp_path / "mine/.config"),
            "REAL_UV": uv,
            "PYTHONHOME": "/other",
            "PYTHONPATH": "/other",
            "PIP_CONFIG_FILE": written(tmp_path / "mine/pip.conf", config),
            "PIP_USER": "1",
            "PIP_TARGET": away,
            "PIP_PREFIX": away,
            "PIP_DRY_RUN": "1",
            "PIP_REQUIRE_VIRTUALENV": "1",
            "PIP_CONSTRAINT": "/nowhere",
            "UV_CONSTRAINT": "/nowhere",
            "UV_SYSTEM_PYTHON": "1",
            "UV_OFFLINE": "1",
        }
        | {
            f"{tool}_{name}": value
            for tool in ("PIP", "UV")
            for name, value in (("NO_INDEX", "1"), ("FIND_LINKS", str(wheels)))
        }
    )
    words = [MAKE, "install", f"BOOTSTRAP={sys.executable}"]
    ended = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = list((root / ".venv").rglob("site-packages/tiny.py"))
    assert len(found) == 1 and (found[0].parent / "tsvision.pth").read_text() == f"{root}/src\n"
    assert (root / ".venv" / "installed").read_text() == lock


def test_no_half_install_is_taken_for_a_whole_one_where_make_is_told_to_ignore_errors(tmp_path):
    written(tmp_path / "requirements.lock", "")
    written(tmp_path / "Makefile", (datasets.ROOT / "Makefile").read_text())
    bootstrap = tmp_path / "python"
    written(bootstrap, '#!/bin/sh\n[ "$1" = -c ] || mkdir -p .venv/bin\n')  # a venv without pip
    bootstrap.chmod(0o755)
    words = [MAKE, "-i", "install", f"BOOTSTRAP={bootstrap}"]
    subprocess.run(words, cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / ".venv" / "bin").is_dir() and not (tmp_path / ".venv" / "installed").exists()


def test_ci_runs_in_its_own_checkout_whatever_cd_looks_through(tmp_path):
    for name in ("ours", "theirs"):
        run = tmp_path / name / ".ci" / "run"
        written(run, (datasets.ROOT / ".ci" / "run").read_text())
    make = tmp_path / "bin" / "make"
    written(make, "#!/bin/sh\npwd\n")
    make.chmod(0o755)
    environment = os.environ | {"PATH": f"{make.parent}:{os.environ['PATH']}", "CDPATH": str(tmp_path / "theirs")}
    words = ["bash", ".ci/run"]
    told = subprocess.run(words, cwd=tmp_path / "ours", env=environment, capture_output=True, text=True, check=True)
    assert told.stdout == f"{tmp_path}/ours\n"
