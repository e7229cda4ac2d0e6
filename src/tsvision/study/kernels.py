"""The kernel of an executed notebook: this interpreter's, whatever kernelspecs the machine has, and as quick to start
as may be.

Importing torch, fastai and the like takes a fresh process ten seconds here. So one process of the standard library's
forkserver imports them once, and each kernel is a fork of it, with nothing else in common. Where a GPU may be, kernels
are started afresh, for CUDA can't be forked once fastai has looked for it.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

PRELOADED = ["ipykernel.kernelapp", "matplotlib.pyplot", "tsvision.figures", "tsvision.methods", "tsvision.study"]


def has_driver():
    """Whether a GPU driver's library is there: without one torch sees no GPU, and its seconds of import are saved."""
    if sys.platform != "linux":
        return True  # let torch tell
    for library in ("libcuda.so.1", "libamdhip64.so"):
        try:
            ctypes.CDLL(library)
            return True
        except OSError:
            continue
    return False


class Manager(AsyncKernelManager):
    """Starts kernels of the interpreter that runs this: forked where that is safe, else afresh."""

    kernel_spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], language="python"
    )

    async def _async_pre_start_kernel(self, **options):
        if self.provisioner is None and not has_driver():
            self.provisioner = Forked(kernel_id="forked", kernel_spec=self.kernel_spec, parent=self)
        return await super()._async_pre_start_kernel(**options)

    pre_start_kernel = _async_pre_start_kernel


class Forked(LocalProvisioner):
    """Forks a kernel off a process that has imported what notebooks need."""

    async def launch_kernel(self, cmd, **options):
        """Start a kernel with the arguments of a command line, in its folder and environment."""
        folder = options.get("cwd") or os.getcwd()
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        self.process = Process(context.Process(target=_kernel, args=(cmd[3:], folder, options["env"])))
        self.pid, self.pgid, self.cwd = self.process.pid, None, folder
        return self.connection_info


class Process:
    """A multiprocessing process with subprocess.Popen's methods, as the provisioner wants them."""

    stdin = stdout = stderr = None

    def __init__(self, process):
        process.start()
        self.process, self.pid = process, process.pid

    def poll(self):
        """The exit status, None while it runs."""
        return self.process.exitcode

    def wait(self):
        """The exit status, once it has ended."""
        self.process.join()
        return self.process.exitcode

    def send_signal(self, number):
        """To the kernel and what it started."""
        if self.poll() is None:
            os.killpg(self.pid, number)

    def kill(self):
        """End it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


def _kernel(arguments, folder, environment):
    """What runs in the fork: an IPython kernel, until its runner ends."""
    from ipykernel.kernelapp import IPKernelApp

    os.setsid()  # an interrupt from the keyboard is for the runner, which tells its kernels
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    threading.Thread(target=_end_with, args=[multiprocessing.parent_process()], daemon=True).start()
    IPKernelApp.launch_instance(arguments)


def _end_with(runner):
    runner.join()
    os._exit(1)
