#!/usr/bin/env python3
"""How fast `hallpass audit` and `scan --inventory` are: reports of half a million issued tokens.

    cargo build --release && python3 benches/reports.py [rows]

`ordinary` is what an institution's report looks like: mostly tokens of mobile apps, few findings.
`worst` has only tokens that people made, each of which breaks several clauses. `requests` is
`ordinary` beside 2,000 requests. Prints medians of whole processes, and asserts nothing.
"""

import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HALLPASS = ROOT / "target" / "release" / "hallpass"
ALPHABET = "2346789acefhkmnrtuvwxyzABCDEFGHJKLMNPQRTUVWXYZ"
HEADER = "user id,user name,token hint,expiration,last used,dev key id,dev key name,status,creation\n"
RUNS = 7


def hint(draw):
    return "".join(draw.choices(ALPHABET, k=5))


def day(draw, first, last):
    return f"{draw.randint(first, last)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}T09:00:00-06:00"


def row(draw, number, worst):
    name = f'"Person, Number {number}"'
    if worst:
        return f"{number},{name},{hint(draw)},never,never,10,User-Generated,active,{day(draw, 2020, 2024)}\n"
    kind = draw.random()
    if kind < 0.8:
        return f"{number},{name},{hint(draw)},never,{day(draw, 2025, 2026)},11,Canvas for iOS,active,{day(draw, 2020, 2026)}\n"
    if kind < 0.95:
        return f"{number},{name},{hint(draw)},{day(draw, 2026, 2027)},{day(draw, 2025, 2026)},12,Reading Tool,active,{day(draw, 2024, 2026)}\n"
    return f"{number},{name},{hint(draw)},{day(draw, 2027, 2028)},2026-11-20T09:00:00Z,10,User-Generated,active,2026-11-01T09:00:00Z\n"


def write(path, rows, worst):
    draw = random.Random(7)
    with open(path, "w", encoding="utf-8") as out:
        out.write(HEADER)
        for number in range(rows):
            out.write(row(draw, number, worst))


def request(number):
    return (
        "kind: CanvasTokenRequest\nversion: 1\nrequested: 2026-10-20\n"
        f"requester: {{name: Number {number} Person, email: u{number}@example.edu, role: staff}}\n"
        "purpose: {name: Weekly grade export}\nexpires: 2028-12-31\n"
        "decision: {outcome: approved, by: Canvas team, on: 2026-10-21}\n"
    )


def measure(name, *args):
    command = [str(HALLPASS), "--no-config", "--today", "2026-11-23", *args]
    times, processor, peak = [], [], 0
    for _ in range(RUNS):
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, used = os.wait4(child.pid, 0)
        child.returncode = 0
        times.append(time.perf_counter() - start)
        processor.append(used.ru_utime + used.ru_stime)
        peak = max(peak, used.ru_maxrss)
    print(
        f"{name}: {statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f}), "
        f"processor {statistics.median(processor):.2f} s, peak {peak / 1024:.0f} MiB"
    )


def make(folder, rows):
    """Writes all that is measured; in a process of its own, since a child begins as large as it."""
    here = pathlib.Path(folder)
    write(here / "ordinary.csv", rows, False)
    write(here / "worst.csv", rows, True)
    text = (here / "ordinary.csv").read_text("utf-8")
    (here / "wide.csv").write_bytes(text.encode("utf-16"))
    (here / "requests").mkdir()
    for number in range(2_000):
        (here / "requests" / f"{number:05}.yaml").write_text(request(number), "utf-8")
    # a made-up token whose hint is in the report
    found = text.splitlines()[rows // 2].split(",")[3]
    body = found + "".join(random.Random(8).choices(ALPHABET, k=59))
    (here / "leak.env").write_text(f"CANVAS_TOKEN=7~{body}\n", "utf-8")


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, __file__, "--make", folder, str(rows)], check=True)
        here = pathlib.Path(folder)
        ordinary, worst = str(here / "ordinary.csv"), str(here / "worst.csv")
        size = os.path.getsize(ordinary) >> 20
        print(f"{rows} rows, {size} MiB; worst {os.path.getsize(worst) >> 20} MiB")
        for policy in ["canvas", "udayton"]:
            measure(f"ordinary, {policy}", "audit", ordinary, "--policy", policy)
            measure(f"worst, {policy}", "audit", worst, "--policy", policy)
        measure("worst, as JSON", "audit", worst, "--format", "json")
        measure("worst, --list 0, as CSV", "audit", worst, "--format", "csv", "--list", "0")
        measure("ordinary in UTF-16", "audit", str(here / "wide.csv"))
        measure("beside 2,000 requests", "audit", ordinary, "--requests", str(here / "requests"))
        measure("scan of one leak", "scan", str(here / "leak.env"), "--inventory", ordinary)


if sys.argv[1:2] == ["--make"]:
    make(sys.argv[2], int(sys.argv[3]))
else:
    main()
