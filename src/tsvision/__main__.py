"""The command line behind the Makefile: python -m tsvision --help"""

import argparse
import sys

try:
    from tsvision.data import datasets
    from tsvision.study import journal, notebooks, processes, report
except ModuleNotFoundError as error:
    sys.exit(
        f"error: {sys.executable} has no package {error.name}; leave PYTHON=... out and make installs all into .venv"
    )


def choose_profile():
    """gpu where torch sees CUDA, else cpu; says so."""
    why = processes.why_no_gpu()
    seen = f"no CUDA GPU: {why}" if why else "a CUDA GPU"
    print(f"profile: {'cpu' if why else 'gpu'} (torch can use {seen}; PROFILE=NAME chooses another)")
    return "cpu" if why else "gpu"


def run(options):
    """Execute the notebooks that are not up to date, then print the results beside the published ones."""
    if wrong := [text for text in options.given if not text.partition("=")[0].isidentifier() or "=" not in text]:
        raise notebooks.UsageError(f"{wrong[0]}: expected NAME=VALUE")
    profile = options.profile or choose_profile()
    given = dict(text.split("=", 1) for text in options.given)
    if not notebooks.run(profile, given, options.only):
        print(f"nothing to do: {', '.join(options.only) or 'every notebook'} is up to date (profile {profile})")
    if len(options.only) != 1:
        print(report.comparison(profile, notebooks.folder_of(notebooks.values(profile, given, options.only))))


def publish(options):
    """Move a finished run's rows and figures into data/results and figures, and rewrite the pages' generated parts."""
    profile = options.profile or choose_profile()
    notebooks.values(profile)  # one that there is, before a folder is made for it
    with journal.alone(datasets.ROOT / "build" / profile):
        report.publish(profile)


def main(arguments=None):
    """Returns the exit code: 0 done, 1 a notebook or the disk failed, 2 wrong usage, busy or nothing to publish, 130
    stopped.
    """
    parser = argparse.ArgumentParser(prog="python -m tsvision")
    verbs = parser.add_subparsers(required=True, metavar="run | publish")
    for function in (run, publish):
        verb = verbs.add_parser(function.__name__, help=function.__doc__, description=function.__doc__)
        verb.add_argument(
            "--profile", help=f"one of {', '.join(notebooks.profiles())}; default: gpu where torch sees CUDA, else cpu"
        )
        verb.set_defaults(function=function)
    verbs.choices["run"].add_argument(
        "--only", action="append", default=[], help="a notebook's stem, such as 03_resnet_finetune; may be said again"
    )
    verbs.choices["run"].add_argument("given", nargs="*", metavar="NAME=VALUE", help="a notebook parameter")
    options = parser.parse_args(arguments)
    if sys.flags.optimize:
        parser.error("the checks at the end of each notebook need assert; leave out python -O and PYTHONOPTIMIZE")
    for stream in (sys.stdout, sys.stderr):  # a notebook may print what the locale's encoding lacks
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        options.function(options)
    except (notebooks.UsageError, journal.Busy, report.NotFinished) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except notebooks.NotebookFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a folder that can't be written to
        print(
            f"error: {error}; once that is mended the same command goes on from the last finished row", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        print("error: stopped; the same command goes on from the last finished row", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
