# Two commands matter: `make reproduce` and `make test`. Any other NAME=VALUE is a notebook parameter.
.DEFAULT_GOAL := help
.PHONY: help reproduce quick classify test lab bench gpu-check same publish lock audit clean environment install
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:  # a run takes all cores, and a second one beside it is sent away

NOTEBOOKS := $(patsubst notebooks/%.ipynb,%,$(wildcard notebooks/[0-9][0-9]_*.ipynb))
.PHONY: $(NOTEBOOKS)

# PYTHON=python3 uses an environment as it is: no .venv, no install
ifeq ($(origin PYTHON),command line)
VENV :=
export PYTHONPATH := $(CURDIR)/src$(if $(PYTHONPATH),:$(PYTHONPATH))
else
PYTHON := .venv/bin/python
VENV := environment
export PYTHONPATH := $(CURDIR)/src
unexport PYTHONHOME
endif
BOOTSTRAP ?= python3
# What this machine sets for other Pythons and installs stays out: without asserts, for one, nothing would be checked.
# Indexes, proxies and certificates stay as they are.
unexport PYTHONOPTIMIZE PYTHONWARNINGS PYTHONSTARTUP PYTHONINSPECT PYTHONIOENCODING MPLBACKEND
unexport PIP_PYTHON PIP_DRY_RUN PIP_REQUIREMENT PIP_CONSTRAINT UV_CONSTRAINT UV_OVERRIDE UV_EXCLUDE_NEWER
export PYTHONUTF8 := 1
export MATPLOTLIBRC := /dev/null
export PIP_REQUIRE_VIRTUALENV := 0
# glibc would give every large tensor back to the system and fault its pages in again: what that costs shows make bench
export MALLOC_MMAP_THRESHOLD_ ?= 1000000000
export MALLOC_TRIM_THRESHOLD_ ?= 1000000000

quoted = '$(subst ','\'',$(1))'
PY = $(call quoted,$(PYTHON))
BOOT = $(call quoted,$(BOOTSTRAP))

# every variable given on the command line, other than those of tools and the four below, is a notebook parameter; DATASET is the parameter dataset, NEW the parameter new
DATASET :=
NEW :=
PROFILE :=
ONLY :=
PARAMETERS := $(foreach v,$(filter-out PYTHON PROFILE ONLY BOOTSTRAP MAKEFLAGS DATASET NEW,$(.VARIABLES)),$(if $(filter command,$(firstword $(origin $v))),$(call quoted,$v=$($v))))
PARAMETERS += $(if $(DATASET),$(call quoted,dataset=$(DATASET))) $(if $(NEW),$(call quoted,new=$(NEW)))
RUN = $(PY) -m tsvision run $(if $(PROFILE),--profile $(call quoted,$(PROFILE)))

help: ## this list
	@echo "make TARGET [PROFILE=gpu|h100|cpu|published|smoke] [DATASET=...] [NAME=VALUE ...]   any NAME=VALUE sets a notebook parameter: make reproduce seeds=20"
	@echo "  DATASET: a name of the UCR archive (Meat), a folder with NAME_TRAIN and NAME_TEST, or a file (series.csv, series.csv@0.7); see docs/own-data.md"
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  one notebook alone:  $(NOTEBOOKS)"
	@echo "  PYTHON=python3 uses an environment that already has the packages: no .venv, no install"

reproduce: $(VENV) ## run every notebook that is not up to date, then show the results beside the published ones
	@$(RUN) $(PARAMETERS)

quick: $(VENV) ## notebooks 01 to 05, after the post, in minutes (with a GPU: PROFILE=cpu); make reproduce goes on from there
	@$(RUN) $(patsubst %,--only %,$(wordlist 1,5,$(sort $(NOTEBOOKS)))) $(PARAMETERS)

classify: $(VENV) ## which recipe suits your labelled series (DATASET), how often it is right, and the classes of new ones (NEW)
	@$(RUN) --only 19_new_series $(PARAMETERS)

$(NOTEBOOKS): $(VENV)
	@$(RUN) --only $@ $(PARAMETERS)

test: $(VENV) ## unit tests, and every notebook in the smoke profile; needs no network
	@$(PY) -m pytest --numprocesses logical --maxprocesses 8

lab: $(VENV) ## JupyterLab on the notebooks, whose own values are the short run (profile cpu)
	@IPYTHONDIR=$(call quoted,$(CURDIR)/build/ipython) $(PY) -m jupyter lab --notebook-dir=notebooks

bench: $(VENV) ## what each step costs here, beside the usual way; ONLY=draw measures the steps with that in their name
	@$(PY) benchmarks/bench.py $(if $(ONLY),--only $(call quoted,$(ONLY)))

gpu-check: $(VENV) ## a GPU: does all that a profile (gpu) trains work on it, and how long would it take? a minute or two
	@$(PY) benchmarks/gpu_check.py $(call quoted,$(or $(PROFILE),gpu)) $(if $(weights),$(call quoted,$(weights)))

same: $(VENV) ## the same seeds again, with another number of threads and other instructions: do the rows change?
	@$(PY) benchmarks/same.py

publish: $(VENV) ## move a finished run's rows and figures into data/results and figures, rewrite the generated parts of all pages
	@$(PY) -m tsvision publish $(if $(PROFILE),--profile $(call quoted,$(PROFILE)))

lock: $(VENV) ## after a change of pyproject.toml's dependencies: resolve requirements.lock anew
	@$(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --group dev pyproject.toml -o requirements.lock

audit: $(VENV) ## every package's licence into data/LICENCES.csv; known vulnerabilities in requirements.lock, where the index tells them
	@$(PY) -m uv tool run pip-licenses --python $(PY) --format=csv | $(PY) -c 'import sys, pandas; \
	  table = pandas.read_csv(sys.stdin); table["License"] = table["License"].str.split("\n").str[0]; \
	  table.to_csv("data/LICENCES.csv", index=False, lineterminator="\n")'
	@$(PY) -m uv tool run pip-audit --strict --requirement requirements.lock --require-hashes --disable-pip

clean: ## remove build/ and .venv/; downloads in data/raw stay
	rm -rf build .venv

# .venv/installed says which lock file is installed: what it says counts, not how old it is. A second make waits for the first.
environment:
	@cmp -s requirements.lock .venv/installed || $(BOOT) -c 'import fcntl, os, sys; lock = os.open("requirements.lock", os.O_RDONLY); \
	  fcntl.flock(lock, fcntl.LOCK_EX); os.set_inheritable(lock, True); os.execvp(sys.argv[1], sys.argv[1:])' $(MAKE) install

# into .venv, whatever the user's configuration of pip says about other places
PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
  --no-user --target= --prefix=$(call quoted,$(CURDIR)/.venv) --root=/
# that of uv may have led it elsewhere, and it installs all or nothing
THERE = .venv/bin/python -c 'import importlib.metadata as all; all.version(open("requirements.lock").readline().partition("==")[0])' 2>/dev/null

# uv installs six times faster than pip; pip, which every venv has, brings the locked uv. Compiled once here, not by every
# process anew where PYTHONDONTWRITEBYTECODE is set. One command, the stamp last: make -i must not put it on half an install.
install:
	@cmp -s requirements.lock .venv/installed || $(MAKE) .venv/installed

.PHONY: .venv/installed
.venv/installed:
	@$(BOOT) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Python 3.11 or newer needed, " + sys.executable + " is " + sys.version.split()[0] + "; name another with BOOTSTRAP=python3.12")' && \
	rm -rf .venv && echo "installing into .venv (6.5 GB with the CUDA libraries, about a minute)" && $(BOOT) -m venv .venv && \
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock && \
	$(PIP) --no-deps -r .venv/uv.lock && \
	{ .venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python --require-hashes -r requirements.lock && $(THERE) || \
	  { echo "uv failed; trying pip, which knows the index that this machine configures for it (minutes)"; \
	    $(PIP) -r requirements.lock; }; } && \
	printf '%s\n' $(call quoted,$(CURDIR)/src) > "$$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tsvision.pth" && \
	cp requirements.lock .venv/installing && mv .venv/installing $@
