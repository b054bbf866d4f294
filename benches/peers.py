#!/usr/bin/env python3
"""peers.py --bin DIR [--tree DIR] [--rg PROGRAM] [--runs N]: what other scanners find in the
fixtures, by their own rules and by one written for Canvas, and how long they take on a tree.

DIR holds the programs under the names below; those that are missing are passed over. Nothing is
looked up or verified online. docs/comparison.md tells what came out and where the programs came
from."""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time
from collections import Counter

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATTERN = r"\b[0-9]{1,6}~[A-Za-z0-9]{64}\b"
TOML = f"[[rules]]\nid = \"canvas\"\ndescription = \"Canvas\"\nregex = '''{PATTERN}'''\n"
YAML = (
    "rules:\n  - name: Canvas\n    id: custom.canvas.1\n"
    f"    pattern: '({PATTERN})'\n    min_entropy: 0\n    confidence: low\n    examples: []\n"
)


def commands(folder, work):
    """For each program: how to run it by its own rules, by ours, and how to read its report."""
    rule, yaml, out = work / "rule.toml", work / "rule.yml", work / "report.json"
    rule.write_text(TOML)
    yaml.write_text(YAML)
    program = lambda name: str(folder / name)
    gitleaks = [program("gitleaks"), "dir", "--no-banner", "--exit-code=0", "-l", "error", "-f", "json", "-r", out]
    betterleaks = [program("betterleaks"), "--no-banner", "--exit-code=0", "-l", "error", "-s", "-o", out]
    kingfisher = [program("kingfisher"), "scan", "--no-update-check", "--no-validate", "--format", "json", "-o", out]
    own = ["--rules-path", yaml, "--load-builtins=false", "--rule", "all", "--confidence", "low"]
    ripsecrets = [program("ripsecrets")]
    hallpass = [str(ROOT / "target/release/hallpass"), "scan", "--no-config", "--no-ignore", "--format", "json", "--exit-zero", "--output", f"json:{out}"]
    return {
        "hallpass": (hallpass, None, read_hallpass),
        "gitleaks": (gitleaks, gitleaks + ["-c", rule], read_gitleaks),
        "betterleaks": (betterleaks, betterleaks + ["-c", rule], read_betterleaks),
        "kingfisher": (kingfisher, kingfisher + own, read_kingfisher),
        "ripsecrets": (ripsecrets, ripsecrets + ["--additional-pattern", PATTERN], read_ripsecrets),
    }, out


def read_hallpass(report, _):
    for f in json.loads(report.read_text())["findings"]:
        line = f["location"].get("line")
        yield f["location"]["path"], line, f["location"].get("end_line", line)


def read_gitleaks(report, _):
    for f in json.loads(report.read_text() or "[]"):
        yield f["File"], f["StartLine"], f["EndLine"]


def read_betterleaks(report, _):
    for f in json.loads(report.read_text())["findings"]:
        at = f["location"]
        yield at["path"], at["start_line"], at["end_line"]


def read_kingfisher(report, _):
    for f in json.loads(report.read_text())["findings"]:
        f = f["finding"]
        yield f["path"], f["line"], f["line"] + f["snippet"].count("\n")


def read_ripsecrets(_, stdout):
    for text in stdout.splitlines():
        parts = text.split(":", 2)
        if len(parts) == 3 and parts[1].isdigit():
            yield parts[0], int(parts[1]), int(parts[1])


def due(folder, work):
    """A copy of the fixtures without what says what is due, and what is due: (file, line)."""
    places = Counter()
    copy = work / folder.name
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.expect"))
    whole = folder.with_name(folder.name + ".expect")
    expects = [whole] if whole.exists() else sorted(folder.rglob("*.expect"))
    for expect in expects:
        for text in expect.read_text().splitlines():
            place = text.split(" ", 1)[0]
            if expect == whole:
                path, line, _ = place.split(":")
            else:
                path, line = expect.relative_to(folder).with_suffix("").as_posix(), place.split(":")[0]
            places[path, int(line) if line.isdigit() else None] += 1
    return copy, places


def score(findings, places, root):
    """How many planted secrets a report names, by file and line, and what else it reports."""
    left, others = Counter(places), set()
    for path, first, last in findings:
        path = os.path.relpath(os.path.join(root, path) if not os.path.isabs(path) else path, root)
        hits = [at for at in places if at[0] == path and (at[1] is None or first is None or first <= at[1] <= last)]
        here = [at for at in hits if left[at] > 0]
        # one that spans several counts for all of them
        for at in here if last != first else here[:1]:
            left[at] -= 1
        if not hits:
            others.add((path, first))
    return sum(places.values()) - sum(left.values()), len(others)


def run(command, target, out):
    out.unlink(missing_ok=True)
    begin = time.perf_counter()
    process = subprocess.run([str(part) for part in [*command, target]], cwd=target, capture_output=True, text=True, errors="replace")
    return time.perf_counter() - begin, process


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--tree", type=pathlib.Path)
    parser.add_argument("--rg", default="rg")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        programs, out = commands(args.bin.resolve(), work)
        programs = {name: p for name, p in programs.items() if os.access(p[0][0], os.X_OK)}
        sets = [due(ROOT / "fixtures" / name, work) for name in ("leaky-course", "detect/leaks", "detect/clean")]
        print("| | rules | " + " | ".join(f"{copy.name}: planted of {sum(d.values())}, others" for copy, d in sets) + " |")
        for name, (default, custom, read) in programs.items():
            for label, command in (("its own", default), ("one for Canvas", custom)):
                if command is None:
                    continue
                cells = []
                for copy, places in sets:
                    _, process = run(command, copy, out)
                    found = list(read(out, process.stdout))
                    cells.append("%d, %d" % score(found, places, copy))
                print(f"| {name} | {label} | " + " | ".join(cells) + " |", flush=True)
        if args.tree:
            rg = [args.rg, "-uuu", "-c", r"\b[0-9]{1,5}~[A-Za-z0-9]{64}\b"]
            for name, (default, custom, _) in programs.items():
                for label, command in (("its own", default), ("one for Canvas", custom)):
                    if command is None:
                        continue
                    run(command, args.tree, out), run(rg, args.tree, out)
                    pairs = [(run(command, args.tree, out)[0], run(rg, args.tree, out)[0]) for _ in range(args.runs)]
                    median = statistics.median(a for a, _ in pairs)
                    ratio = statistics.median(a / b for a, b in pairs)
                    print(f"{name}, {label}: {median:.2f} s, {ratio:.2f} times ripgrep", flush=True)


if __name__ == "__main__":
    main()
