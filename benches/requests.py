#!/usr/bin/env python3
"""How fast `hallpass check` is: 10,000 manifests in a folder, one manifest from start to exit.

    cargo build --release && python3 benches/requests.py [path of check-jsonschema]

With check-jsonschema (PyPI), the same files are validated against the schema alone, for scale.
Prints medians of alternating runs.
"""

import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HALLPASS = ROOT / "target" / "release" / "hallpass"
COUNT = 10_000


def run(*command):
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def main():
    page = (ROOT / "docs" / "requests.md").read_text("utf-8")
    request = re.search(r"```yaml\n(kind: .*?)```", page, re.S).group(1)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(COUNT):
            text = request.replace("byron@hws.edu", f"u{number}@hws.edu")
            if number % 10 == 0:
                text = text.replace("understands_use: true", "understands_use: false")
            pathlib.Path(folder, f"{number:05}.yaml").write_text(text, "utf-8")
        one = str(pathlib.Path(folder, "00000.yaml"))
        check = [str(HALLPASS), "--no-config", "check"]
        folders, singles, starts = [], [], []
        for _ in range(5):
            folders.append(run(*check, "--format", "json", folder))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        for _ in range(50):
            starts.append(run("/bin/true"))
            singles.append(run(*check, one))
        print(f"{COUNT} manifests: {statistics.median(folders):.2f} s, peak {peak / 1024:.0f} MiB")
        print(f"one manifest: {statistics.median(singles) * 1000:.1f} ms "
              f"(/bin/true: {statistics.median(starts) * 1000:.1f} ms)")
        if len(sys.argv) > 1:
            schema = str(ROOT / "schemas" / "manifest.schema.json")
            files = sorted(str(path) for path in pathlib.Path(folder).iterdir())
            taken = run(sys.argv[1], "--schemafile", schema, *files)
            print(f"check-jsonschema, schema alone: {taken:.1f} s")


main()
