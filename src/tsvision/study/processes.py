"""Processes that are quick to start: kernels for executed notebooks, workers for runs.

Importing torch, fastai and the like takes a fresh process ten seconds here. So one process of the standard library's
forkserver imports them once, and each kernel and worker is a fork of it. That process is shown no GPU, for CUDA can't
be forked once it was looked for; what is forked sees those that are there.
"""

import contextlib
import ctypes
import multiprocessing
import os
import re
import signal
import sys
import tempfile
import threading
import types
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import util

import psutil
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from tsvision import THREADS

PRELOADED = [
    "ipykernel.kernelapp",
    "tsvision.figures",
    "tsvision.methods",
    "tsvision.study",
    "tsvision.study.preloaded",
]
# for the process that is forked: no GPU, and torch, asked for one, does not start CUDA to find out
BLIND = {"CUDA_VISIBLE_DEVICES": "", "PYTORCH_NVML_BASED_CUDA_CHECK": "1"}
# what libraries tell their developers as they are imported, and Python of semaphores that joblib leaves to the system
NOT_SHOWN = ["ignore:IProgress not found", "ignore:`torch.jit.script` is deprecated", "ignore:resource_tracker"]
GPU_GIB = 8  # of a GPU's memory for a run: a ResNet50 at 570 px took 6.3 of them, beside CUDA's own


def short_folder():
    """Where sockets may lie, whose path has 107 characters at most: /tmp in place of a long TMPDIR, or None for the
    usual place.
    """
    return "/tmp" if len(tempfile.gettempdir()) > 60 and os.path.isdir("/tmp") else None


def context():
    """Where processes come from: the forkserver, with what they need imported."""
    usual, tempfile.tempdir = tempfile.tempdir, short_folder() or tempfile.tempdir
    util.get_temp_dir()  # made once, and kept for the server's socket
    tempfile.tempdir = usual
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(PRELOADED)
    return made


def at_once(device="cpu"):
    """How many runs can be done beside each other on a device: the cores that this process may use, by the threads of a
    run, but no more than have two GiB of memory each and, on GPUs, GPU_GIB of theirs; fewer are said.
    """
    may_use = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    wanted = max(1, may_use // THREADS)
    needs = {"memory": (psutil.virtual_memory().available / 2**30, 2)}
    if not device.startswith("cpu"):
        if not can_fork():
            return 1
        needs |= {"GPU memory": (_free_on_gpus() / 2**30, GPU_GIB)}
    for name, (free, each) in needs.items():
        if (fit := max(1, int(free / each))) < wanted:
            print(f"{name}: {free:.1f} GiB are free, so {fit} of {wanted} runs that could go on at once do")
            wanted = fit
    return wanted


def _free_on_gpus():
    """Bytes of memory that are free on all GPUs that this process sees."""
    import torch

    return sum(torch.cuda.mem_get_info(number)[0] for number in range(torch.cuda.device_count()))


def spread(groups, function, workers, spoils=lambda made: False):
    """Yield function(*task) for the tasks of groups, as they are done: lists of tasks, each of which one worker does
    one after another, for they share what it keeps.

    spoils: whether what a task gave says that its worker can do no other, which then gets no further group. Raises what
    a task raises; RuntimeError where a worker is killed, or groups are left and no worker.
    """
    mine, todo, running = dict(os.environ), list(reversed(groups)), {}

    def feed(pool):
        running.update({pool.submit(function, *task): pool for task in (todo.pop() if todo else ())})

    pools = [ProcessPoolExecutor(1, context(), _prepare, (mine, number)) for number in range(workers)]
    main, sys.modules["__main__"] = sys.modules["__main__"], types.ModuleType("__main__")
    try:  # workers start here, and need nothing of the script that asked: without a guard they would run it again
        with _as_in(mine):
            for pool in pools:
                pool.submit(int)
    finally:
        sys.modules["__main__"] = main
    try:
        for pool in pools:
            feed(pool)
        while running:
            done = wait(running, return_when=FIRST_COMPLETED).done
            for future in [one for one in running if one in done]:  # in the order of their group
                pool, made = running.pop(future), future.result()
                if pool not in running.values() and not spoils(made):
                    feed(pool)
                yield made
        if todo:
            count = sum(map(len, todo))
            raise RuntimeError(
                f"no process is left that can go on; {count} runs were not begun, the same call does them"
            )
    except BrokenProcessPool as error:
        raise RuntimeError(
            "a process that did a run was killed, as happens when memory runs out; with OMP_NUM_THREADS="
            f"{2 * THREADS} half as many run beside each other"
        ) from error
    finally:
        for pool in pools:
            processes = list((pool._processes or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()


def _prepare(environment, number):
    """A worker's beginning: it sees what the process that asked sees, and takes the GPUs in turn."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for who asked
    _end_with_parent()
    os.environ.clear()
    os.environ.update(environment)
    if has_driver():
        import torch

        if gpus := torch.cuda.device_count():
            torch.cuda.set_device(number % gpus)


def has_driver():
    """Whether a GPU driver's library is there: without one torch sees no GPU, and its seconds of import are saved."""
    return sys.platform != "linux" or _loads("libcuda.so.1") or _loads("libamdhip64.so")  # elsewhere let torch tell


def why_no_gpu():
    """Why torch can use no GPU: there is no driver, it is too old, there is no device, or that is too old; empty if
    torch can.
    """
    if not has_driver():
        return "there is no driver of one"
    import torch

    if torch.cuda.is_available():
        (major, minor), built = torch.cuda.get_device_capability(), torch.cuda.get_arch_list()
        least = min((int(one[1]) for name in built if (one := re.match(r"sm_(\d+)", name))), default=0)  # sm_90a, too
        if 10 * major + minor >= least:
            return ""
        needed = f"{least // 10}.{least % 10} or newer"
        return f"its compute capability is {major}.{minor}, this torch needs {needed}; CUDA_VISIBLE_DEVICES= hides it"
    try:
        torch.cuda.init()
    except Exception as error:  # torch has its own for each
        return " ".join(str(error).split())[:300]
    return "torch finds none"


def spoils_process(error):
    """Whether after an error CUDA can do nothing more in its process, as torch's messages say; full memory is none."""
    return "CUDA error" in str(error) and type(error).__name__ != "OutOfMemoryError"


def explained(error):
    """The error of a run in a line, with what to do where a GPU is the cause."""
    text = " ".join(str(error).split()) or type(error).__name__
    if type(error).__name__ == "OutOfMemoryError":  # torch's, which this process need not have
        return (
            f"the GPU's memory is full ({text[:120]}); the same call goes on from the kept rows, fewer at once with a"
            " larger OMP_NUM_THREADS; smaller pictures or batches take less"
        )
    if spoils_process(error):
        return f"the GPU failed ({text[:120]}); the same call goes on from the kept rows once nvidia-smi shows it again"
    return text


def can_fork():
    """Whether what imported torch can be forked: without a GPU, or where torch can look for one and not start CUDA."""
    return not has_driver() or sys.platform == "linux" and _loads("libnvidia-ml.so.1")


def _loads(library):
    with contextlib.suppress(OSError):
        return bool(ctypes.CDLL(library))
    return False


# Not for kernels: what a machine sets for other Pythons.
NOT_FOR_KERNELS = {
    "PYTHONWARNINGS",  # error: some library's warning would stop the run
    "PYTHONSTARTUP",  # IPython runs that file, which may set a style or torch's default dtype
    *("PYTHONOPTIMIZE", "PYTHONINSPECT", "PYTHONIOENCODING"),
    *("PANDAS_FUTURE_INFER_STRING", "PANDAS_COPY_ON_WRITE"),
    *("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS"),  # other digits
}


def kernel_environment(folder):
    """The environment of a kernel, whatever the user's is; folder: of this run's own, for IPython."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_FOR_KERNELS}
    return kept | {
        "IPYTHONDIR": f"{folder}/ipython",  # no startup files, profile or configuration of the user's
        "MATPLOTLIBRC": os.devnull,  # for what a notebook draws itself, and where the file can't be read
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # a window system's would need a screen
        "PYTHONUTF8": "1",  # files and output, whatever the locale
    }


class Manager(AsyncKernelManager):
    """Starts kernels of the interpreter that runs this: forked where that is safe, else afresh."""

    kernel_spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], language="python"
    )

    async def start_kernel(self, **options):
        """Start one in an environment of its own; its folder is that of its sockets."""
        await super().start_kernel(env=kernel_environment(os.path.dirname(self.ip)), **options)

    async def _async_pre_start_kernel(self, **options):
        if self.provisioner is None and can_fork():
            self.provisioner = Forked(kernel_id="forked", kernel_spec=self.kernel_spec, parent=self)
        return await super()._async_pre_start_kernel(**options)

    pre_start_kernel = _async_pre_start_kernel


class Forked(LocalProvisioner):
    """Forks a kernel off a process that has imported what notebooks need."""

    async def launch_kernel(self, cmd, **options):
        """Start a kernel with the arguments of a command line, in its folder and environment."""
        folder = options.get("cwd") or os.getcwd()
        with _as_in(options["env"]):  # the server, which starts with the first, keeps it
            self.process = Process(context().Process(target=_kernel, args=(cmd[3:], folder, options["env"])))
        self.pid, self.pgid, self.cwd = self.process.pid, None, folder
        return self.connection_info


@contextlib.contextmanager
def _as_in(environment):
    """A server that starts within has that environment, Python's usual warnings but NOT_SHOWN, and no GPU."""
    before, warned = dict(os.environ), sys.warnoptions[:]
    try:
        os.environ.clear()
        os.environ.update(environment | BLIND)
        sys.warnoptions[:] = NOT_SHOWN
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        sys.warnoptions[:] = warned


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
    from multiprocessing import forkserver

    from ipykernel.kernelapp import IPKernelApp

    os.setsid()  # an interrupt from the keyboard is for the runner, which tells its kernels
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    # the server that forked this kernel forks its workers, too; the standard library would start another
    forkserver._forkserver.ensure_running = lambda: None
    _end_with_parent()
    # told of a parent it prints nothing about how to leave it
    IPKernelApp.launch_instance([*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])


def _end_with_parent():
    """End this process when the one that asked for it has ended, however it did."""

    def wait():
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
