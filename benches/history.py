#!/usr/bin/env python3
"""history.py [--bin PROGRAM] [--runs N] CLEAN.git [LEAKY.git]

Times `hallpass scan --history` in turn with what git itself needs to print every object, on
repositories that benches/make-history.py made (LEAKY with --tokens 200), and a second run that
remembers the first (--cache). Prints medians of whole processes, the median of the ratios of
pairs, processor time and peak memory.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

CAT = ["git", "cat-file", "--batch-all-objects", "--batch", "--buffer", "--unordered"]


def run(command, folder):
    """Wall time and processor time in seconds, and peak memory in MiB."""
    with open(os.devnull, "w") as nowhere:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=nowhere, stderr=nowhere)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{command} in {folder} ended with {os.waitstatus_to_exitcode(status)}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def pairs(name, command, beside, folder, runs):
    own, other = [], []
    run(command, folder), run(beside, folder)
    for _ in range(runs):
        own.append(run(command, folder))
        other.append(run(beside, folder))
    median = lambda values: statistics.median(values)
    ratio = median([a[0] / b[0] for a, b in zip(own, other)])
    cpu = median([a[1] / b[1] for a, b in zip(own, other)])
    print(
        f"{name}: {median([a[0] for a in own]):.3f} s beside {median([b[0] for b in other]):.3f} s, "
        f"ratio {ratio:.2f}; processor time {median([a[1] for a in own]):.2f} s, ratio {cpu:.2f}; "
        f"peak {max(a[2] for a in own):.0f} MiB"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default="target/release/hallpass")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("clean")
    parser.add_argument("leaky", nargs="?")
    args = parser.parse_args()
    scan = [os.path.abspath(args.bin), "scan", "--no-config", "--history", "--format", "concise"]
    pairs("nothing to find", scan, CAT, args.clean, args.runs)
    if args.leaky:
        pairs("200 tokens to trace", scan, CAT, args.leaky, args.runs)
    with tempfile.TemporaryDirectory() as folder:
        cached = [*scan, "--cache", os.path.join(folder, "cache")]
        pairs("a second run, --cache", cached, scan, args.clean, args.runs)


if __name__ == "__main__":
    main()
