#!/usr/bin/env python3
"""make-history.py TREE REPOSITORY [--objects N] [--tokens N]

Makes a bare git repository with a history out of the source files below TREE (benches/make-tree.sh
makes such a tree): each crate arrives in a commit of its own, then come thousands of commits that
edit a few files each, some on branches that are merged. About 100,000 objects and 80 MiB of packs
by default, and always the same ones. --tokens plants that many synthetic tokens; each is taken out
again some commits later, every fifth stays.
"""

import argparse
import os
import random
import subprocess
import sys

KINDS = (".rs", ".toml", ".md", ".c", ".h", ".py", ".txt", ".json", ".yml")
LARGEST = 1_500_000


def sources(tree):
    """The text files below `tree`, by crate, in a fixed order."""
    crates = {}
    for folder, folders, names in os.walk(tree):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            inner = os.path.relpath(path, tree).split(os.sep, 1)[-1].replace(os.sep, "/")
            if name.endswith(KINDS) and "/" in inner and os.path.getsize(path) < LARGEST:
                crates.setdefault(inner.split("/")[0], []).append((inner, path))
    return crates


def token(rng):
    """A synthetic token of the present form."""
    body = "".join(rng.choices("ACDEFHJKLMNPQRTUVWXYZacdefhkmnrtuvwxyz234679", k=64))
    return f"{rng.randint(1, 20000)}~{body}".encode()


class History:
    """Writes a fast-import stream and counts the objects that come of it."""

    def __init__(self, out):
        self.out, self.when, self.mark, self.objects = out, 1_500_000_000, 0, 0

    def commit(self, branch, message, changes, parents=()):
        """A commit with `changes`, a list of (path, bytes)."""
        self.when += 3600
        self.mark += 1
        lines = [f"commit refs/heads/{branch}\nmark :{self.mark}\n"]
        lines.append(f"committer Ada Byron <ada@example.edu> {self.when} +0000\n")
        lines.append(f"data {len(message)}\n{message}\n")
        lines += [f"{'from' if i == 0 else 'merge'} :{p}\n" for i, p in enumerate(parents)]
        self.out.write("".join(lines).encode())
        folders = set()
        for path, data in changes:
            self.out.write(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
            parts = path.split("/")[:-1]
            folders.update("/".join(parts[:n]) for n in range(len(parts) + 1))
        self.objects += 1 + len(changes) + len(folders)
        return self.mark


def edit(rng, data, donor):
    """`data` with a few lines replaced by, or put before, lines of `donor`."""
    lines, others = data.splitlines(True), donor.splitlines(True)
    for _ in range(rng.randint(1, 4)):
        at, take = rng.randrange(len(lines) + 1), rng.randint(1, 6)
        start = rng.randrange(max(1, len(others)))
        lines[at : at + rng.randint(0, 4)] = others[start : start + take]
    return b"".join(lines)


def write(stream, crates, args):
    rng = random.Random(7)
    history, content, last = History(stream), {}, None
    names = sorted(crates)
    rng.shuffle(names)
    for name in names:
        if history.objects > args.objects * 0.55:
            break
        files = []
        for inner, path in crates[name]:
            with open(path, "rb") as file:
                content[inner] = file.read()
            files.append((inner, content[inner]))
        last = history.commit("main", f"Take {name} in", files, [last] if last else [])
    paths = sorted(content)
    planted, every = [], max(1, int(args.objects * 0.45 / 11.5) // max(1, args.tokens))
    count = 0
    while history.objects < args.objects:
        count += 1
        near = rng.choice(paths).split("/")[0]
        own = [path for path in paths if path.startswith(near + "/")]
        changes = {}
        for path in rng.sample(own, min(len(own), rng.randint(1, 5))):
            changes[path] = content[path] = edit(rng, content[path], content[rng.choice(paths)])
        if args.tokens and count % every == 0:
            path = rng.choice(sorted(changes))
            secret = token(rng)
            changes[path] = content[path] = content[path] + b'\n// "' + secret + b'"\n'
            planted.append((count, path, secret))
        for born, path, secret in planted:
            if count == born + 40 and born % 5:
                changes[path] = content[path] = content[path].replace(secret, b"")
        message = f"Edit {len(changes)} files of {near}"
        if count % 50 == 0:
            side = history.commit(f"topic-{count}", message, sorted(changes.items()), [last])
            last = history.commit("main", f"Merge topic-{count}", sorted(changes.items()), [last, side])
        else:
            last = history.commit("main", message, sorted(changes.items()), [last])
        if count % 500 == 0:
            stream.write(f"reset refs/tags/v{count}\nfrom :{last}\n\n".encode())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree")
    parser.add_argument("repository")
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--tokens", type=int, default=0)
    args = parser.parse_args()
    git = ["git", "-C", args.repository]
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", args.repository], check=True)
    importer = subprocess.Popen([*git, "fast-import", "--quiet"], stdin=subprocess.PIPE)
    write(importer.stdin, sources(args.tree), args)
    importer.stdin.close()
    if importer.wait():
        sys.exit("git fast-import failed")
    subprocess.run([*git, "gc", "--quiet", "--aggressive", "--prune=now"], check=True)
    subprocess.run([*git, "count-objects", "-vH"], check=True)


if __name__ == "__main__":
    main()
