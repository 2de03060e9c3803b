#!/usr/bin/env python3
"""Kills (SIGKILL) or stops (SIGSTOP) one rank in mid-run and checks how the others leave.

kill_test.py [--kills N] [--stops N] [--deadline S] [--ready TEXT] [--after S] [--ranks N]
             [--jobs N] [--mpirun M] -- COMMAND...

COMMAND uses that deadline itself. The blow falls --after seconds after it wrote TEXT to stderr.
Each time: the exit code is not zero, every other rank tells in a line what it was doing, all is
over within the deadline and 5 s, and no process is left.
"""
import argparse
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

MARGIN_SECONDS = 5
START_SECONDS = 60


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--stops", type=int, default=2)
    parser.add_argument("--deadline", type=float, default=3, help="that of COMMAND")
    parser.add_argument("--ready", default="", help="what COMMAND writes to stderr once it runs")
    parser.add_argument("--after", type=float, default=0.5, help="seconds from there to the blow")
    parser.add_argument("--ranks", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time: most of each is waiting")
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def read(path):
    """A file, empty if it has gone (as those of /proc do)."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def alive(pid):
    """Whether a process exists and is more than an entry that waits to be read."""
    fields = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return bool(fields) and fields[0] not in (b"Z", b"X")


def rank_processes(launcher):
    """The processes of the ranks, {rank: pid}: children of the launcher that know their rank."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        fields = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        if not fields or int(fields[1]) != launcher:
            continue
        rank = re.search(rb"(?:^|\0)OMPI_COMM_WORLD_RANK=(\d+)", read(f"/proc/{pid}/environ"))
        if rank:
            found[int(rank[1])] = int(pid)
    return found


def wait_for_ranks(launcher, arguments, errors):
    """The ranks, once all are there and the command has said that it runs."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and launcher.poll() is None:
        ranks = rank_processes(launcher.pid)
        if len(ranks) == arguments.ranks and arguments.ready in read(errors.name).decode():
            return ranks
        time.sleep(0.02)
    return {}


def strike(launcher, arguments, errors, blow, victim):
    """One run: what went wrong, and its seconds, given that `victim` gets the signal `blow`."""
    ranks = wait_for_ranks(launcher, arguments, errors)
    if not ranks:
        return ["the command did not get ready"], 0
    time.sleep(arguments.after)
    if launcher.poll() is not None:
        return ["the command ended before the blow"], 0
    os.kill(ranks[victim], blow)
    start = time.monotonic()
    found = []
    try:
        if launcher.wait(arguments.deadline + MARGIN_SECONDS) == 0:
            found.append("exit code 0")
    except subprocess.TimeoutExpired:
        found.append("still running at the deadline and 5 s")
    seconds = time.monotonic() - start
    time.sleep(0.1)
    left = [pid for pid in ranks.values() if alive(pid)]
    if left:
        found.append(f"processes left: {left}")
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return found, seconds


def run_once(arguments, blow, victim):
    command = [arguments.mpirun, "-np", str(arguments.ranks), *arguments.command]
    with tempfile.NamedTemporaryFile("w+") as errors:
        launcher = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        try:
            found, seconds = strike(launcher, arguments, errors, blow, victim)
        finally:
            if launcher.poll() is None:
                launcher.kill()
            launcher.wait()
        errors.seek(0)
        text = errors.read()
    for rank in range(arguments.ranks):
        if rank != victim and not re.search(rf"^jupiter: rank {rank} on ", text, re.MULTILINE):
            found.append(f"rank {rank} said nothing")
    name = signal.Signals(blow).name
    print(f"{name} of rank {victim}: {'; '.join(found) or 'fine'}, exit code {launcher.returncode} "
          f"after {seconds:.1f} s", flush=True)
    if found:
        print(text, flush=True)
    return not found


def main():
    arguments = parse_arguments()
    blows = [signal.SIGKILL] * arguments.kills + [signal.SIGSTOP] * arguments.stops
    victims = [turn % arguments.ranks for turn in range(len(blows))]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        fine = sum(pool.map(lambda blow, victim: run_once(arguments, blow, victim), blows, victims))
    print(f"{fine} of {len(blows)} as they should be")
    sys.exit(0 if fine == len(blows) else 1)


if __name__ == "__main__":
    main()
