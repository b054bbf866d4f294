#!/usr/bin/env python3
"""Gives every target inputs to start from, out of the fixtures: into corpus/TARGET.

A target of a document reader names its own: `//! Seeds: *.zip` are patterns of files in
fixtures/documents. Where it has bytes compressed first, and where it reads the parts of office
files, they are put into the form that it reads (see src/lib.rs).
"""

import pathlib
import re
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures"
DOCUMENTS = FIXTURES / "documents"
# what only grows the time of a run
LARGEST = 128 * 1024


def put(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    if len(data) <= LARGEST:
        (folder / name).write_bytes(data)


def files(folder, pattern="*"):
    return [file for file in sorted(folder.glob(pattern)) if file.is_file() and file.suffix != ".expect"]


def parts(path, names):
    """The texts of an office file's parts, between zero bytes; a part may be called otherwise."""
    with zipfile.ZipFile(path) as archive:
        def text(name):
            kind = re.sub(r"\d*\.xml", "", name.rsplit("/", 1)[-1])
            held = [other for other in archive.namelist() if other == name]
            held += [other for other in archive.namelist() if re.sub(r"\d*\.xml", "", other.rsplit("/", 1)[-1]) == kind]
            return archive.read(held[0]) if held else b""

        return b"\0".join(text(name) for name in names if "=" not in name)


def readers():
    for file in files(HERE / "fuzz_targets" / "formats"):
        code = file.read_text("utf-8")
        patterns = re.search(r"//! Seeds: (.*)", code).group(1).split()
        documents = [document for pattern in patterns for document in files(DOCUMENTS, pattern)]
        list_of_parts = re.search(r"\[(.*)\]", code.split("reader!")[1], re.S)
        for document in documents:
            # one that is locked is no archive
            if list_of_parts and not zipfile.is_zipfile(document):
                continue
            if list_of_parts:
                names = re.findall(r'"(.*)"', list_of_parts.group(1))
                put(file.stem, document.name, parts(document, names))
            else:
                put(file.stem, document.name, document.read_bytes())
        if re.search(r'reader!\("[^"]*", hallpass_fuzz::', code):
            for document in files(DOCUMENTS, "*.tar") + files(DOCUMENTS, "*.ipynb"):
                put(file.stem, f"packed-{document.name}", b"\0\0\0\0" + document.read_bytes())


def main():
    for folder in ["leaks", "clean"]:
        for file in files(FIXTURES / "detect" / folder):
            put("detector", file.name, file.read_bytes())
            put("decoders", file.name, file.read_bytes())
    for file in files(DOCUMENTS):
        put("documents", file.name, file.read_bytes())
    for kind in ["*.png", "*.jpg", "*.webp"]:
        for file in files(FIXTURES / "screenshots", kind):
            put("pixels", file.name, file.read_bytes())
            put("picture", file.name, file.read_bytes())
    for file in files(HERE / "seeds" / "config"):
        put("config", file.name, file.read_bytes())
    for file in files(HERE.parent / "rules" / "policies"):
        put("pack", file.name, file.read_bytes())
    for file in files(FIXTURES / "audit", "*/report.csv"):
        put("issued", file.parent.name, file.read_bytes())
    for file in files(FIXTURES / "requests", "**/*.yaml"):
        put("manifest", "-".join(file.relative_to(FIXTURES / "requests").parts), file.read_bytes())
    readers()


main()
