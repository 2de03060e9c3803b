"""Runs jupiter_run and jupiter_bench under mpirun, for the tests beside this file.

Every run gets a mark in its environment, which mpirun hands on to the ranks: whatever process bears the
mark after the run was left behind.
"""
import argparse
import concurrent.futures
import dataclasses
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid

SKIP_EXIT_CODE = 77
MARK = "JUPITER_TEST_RUN"
# Root, more ranks than cores, and nothing from mpirun about exit codes that a test expects.
ENVIRONMENT = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_orte_execute_quiet": "1",
    # Shared memory and TCP: looking for other networks takes longer than many a test.
    "OMPI_MCA_pml": "ob1",
    "OMPI_MCA_btl": "self,vader,tcp",
    # A program that was started alone starts no daemon of MPI beside it.
    "OMPI_MCA_ess_singleton_isolated": "1",
}
# What a program that went down says, and what the launcher or a sanitizer says of it.
CRASH = re.compile(
    r"Sanitizer|runtime error:|terminate called|Aborted|core dumped|Segmentation|Signal:|"
    r"unexpected error|internal error|CHECK failed|MPI_ABORT|noticed that process|stack smashing")


@dataclasses.dataclass
class Result:
    """How one run ended."""
    command: list
    code: int  # None: it was still running when its time was up
    out: str
    err: str
    left: list  # processes that outlived it
    seconds: float
    raw: bytes = b""  # stdout as it came

    def problems(self, code=0):
        """What is wrong with a run that should have ended with `code`."""
        found = []
        if self.code is None:
            found.append(f"still running after {self.seconds:.0f} s")
        elif self.code != code:
            found.append(f"exit code {self.code}, expected {code}")
        if self.left:
            found.append(f"processes left: {self.left}")
        crash = CRASH.search(self.out + self.err)
        if crash:
            found.append(f"the output has '{crash[0]}'")
        return found

    def show(self):
        """All of it, for a person."""
        command = " ".join(self.command).encode(errors="replace").decode()
        return (f"  $ {command}\n  exit code {self.code} after {self.seconds:.1f} s\n"
                f"  stdout: {self.out[-2000:]!r}\n  stderr:\n{self.err[-4000:]}")


def marked_processes(mark):
    """The live processes whose environment has the mark."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if wanted not in file.read().split(b"\0"):
                    continue
            with open(f"/proc/{pid}/stat", "rb") as file:
                state = file.read().rpartition(b")")[2].split()[0]
        except OSError:
            continue
        if state not in (b"Z", b"X"):
            found.append(int(pid))
    return found


def left_behind(mark):
    """The marked processes that do not go away on their own; they are ended."""
    for _ in range(10):
        left = marked_processes(mark)
        if not left:
            return []
        time.sleep(0.1)
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return left


def run(command, ranks=None, environment=None, timeout=120, mpirun="mpirun"):
    """Runs a program on that many ranks, or without a launcher when `ranks` is None."""
    command = [str(word) for word in command]
    if ranks is not None:
        command = [mpirun, "-np", str(ranks), *command]
    mark = uuid.uuid4().hex
    start = time.monotonic()
    # MPI's own files apart from those of other runs: programs that are started alone all have the same
    # name there, and the first that ends removes the folder that another one is about to use.
    with tempfile.TemporaryDirectory(prefix="jupiter-mpi-", ignore_cleanup_errors=True) as folder, \
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE,
                             env={**os.environ, **ENVIRONMENT, "OMPI_MCA_orte_tmpdir_base": folder,
                                  **(environment or {}), MARK: mark}) as process:
        late = threading.Event()
        timer = threading.Timer(timeout, lambda: (late.set(), left_behind(mark)))
        timer.start()
        out, err = process.communicate()
        timer.cancel()
    seconds = time.monotonic() - start
    return Result(command, None if late.is_set() else process.returncode,
                  out.decode(errors="replace"), err.decode(errors="replace"), left_behind(mark), seconds, out)


class Session:
    """Runs programs and keeps what went wrong, for one test."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.problems = []
        self.details = ""

    def path(self, name):
        return os.path.join(self.folder, name)

    def check(self, right, problem):
        if not right:
            self.problems.append(problem)

    def call(self, program, flags, ranks=None, code=0):
        result = run([program, *flags], ranks, timeout=self.options.timeout,
                     mpirun=self.options.mpirun)
        self.problems += result.problems(code)
        self.details += result.show()
        return result

    def tool(self, name, flags, code=0):
        """A program that needs no MPI, beside jupiter_bench."""
        return self.call(os.path.join(os.path.dirname(self.options.bench), name), flags, None, code)


def arguments(description, quick=True, kills=None, alone=False):
    """The command line that the tests share; `kills`: the default of a flag of that name, if there is one."""
    parser = argparse.ArgumentParser(description=description.split("\n", maxsplit=1)[0])
    parser.add_argument("--run", default="jupiter_run", help="the program jupiter_run")
    parser.add_argument("--bench", default="jupiter_bench", help="the program jupiter_bench")
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--jobs", type=int, default=4, help="runs at a time")
    parser.add_argument("--timeout", type=float, default=240, help="seconds for one run")
    parser.add_argument("--models", default=os.environ.get("JUPITER_TEST_MODELS", ""),
                        help="folder with stories260K (default: $JUPITER_TEST_MODELS)")
    if quick:
        parser.add_argument("--quick", action="store_true", help="a covering subset")
    if alone:
        parser.add_argument("--alone", action="store_true", help="without a launcher only")
    if kills is not None:
        parser.add_argument("--kills", type=int, default=kills, help="random moments to kill at")
    return parser.parse_args()


def stories(options):
    """The folder of the small real model; ends the test as skipped when it is not there."""
    folder = os.path.join(options.models, "stories260K")
    if not os.path.exists(os.path.join(folder, "greedy.json")):
        print(f"skipped: no {folder}/greedy.json; set JUPITER_TEST_MODELS to the folder that holds "
              "stories260K")
        sys.exit(SKIP_EXIT_CODE)
    return folder


def check_all(cases, check, jobs):
    """Runs check(case), which returns (name, problems, details), on all cases; exits with the verdict."""
    fine = 0
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for name, problems, details in pool.map(check, cases):
            fine += not problems
            print(f"{name}: {'; '.join(problems) or 'ok'}", flush=True)
            if problems:
                print(details, flush=True)
    seconds = time.monotonic() - start
    print(f"{fine} of {len(cases)} as they should be ({seconds:.0f} s)")
    return fine == len(cases) and fine > 0


def check_in_folders(tests, session_type, options):
    """Runs test(session_type(options, folder)) on all tests, each in a folder of its own; exits with the verdict."""
    def check(test):
        with tempfile.TemporaryDirectory(prefix=f"jupiter-{test.__name__}-") as folder:
            session = session_type(options, folder)
            try:
                test(session)
            except (OSError, ValueError, LookupError, StopIteration) as error:
                session.problems.append(f"{type(error).__name__}: {error}")
        return test.__name__, session.problems, session.details

    sys.exit(0 if check_all(tests, check, options.jobs) else 1)
