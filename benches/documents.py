#!/usr/bin/env python3
"""documents.py [--bin PROGRAM] [--base PROGRAM] [--tree DIR] [--runs N] [--only PART…]

What documents cost a scan; prints medians, and asserts nothing. The parts:

- `office`: office files of some 60 MB of expanded text each, on one thread: MB/s of expanded text.
- `memory`: peak memory on a folder with many documents of every kind, most of them as large as is
  opened, with 2 and with 8 threads.
- `parallel`: a folder of archives with one thread and with two.
- `plain`: a tree without documents (`--tree`, as benches/make-tree.sh makes it), in turn with the
  program that `--base` names: the median of the ratios of pairs.
"""

import argparse
import bz2
import gzip
import io
import lzma
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
PARTS = ["office", "memory", "parallel", "plain"]
LARGE = 60_000_000
NS = "http://schemas.openxmlformats.org/"
ODF = "urn:oasis:names:tc:opendocument:xmlns:"


def run(command):
    """Wall time and processor time in seconds, and peak memory in MiB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 3):
        sys.exit(f"{command} ended with {process.returncode}: {said.decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def scan(program, *args):
    return [program, "scan", "--no-config", "--no-ignore", "--quiet", *map(str, args)]


class Words:
    """Text that compresses as text does."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        letters = "etaoinshrdlucmfwypvbgkqjxz"
        weights = range(len(letters), 0, -1)
        self.words = ["".join(self.draw.choices(letters, weights, k=self.draw.randint(2, 11))) for _ in range(20_000)]

    def phrase(self, count):
        return " ".join(self.draw.choices(self.words, k=count))

    def many(self, count, least, most):
        return [self.phrase(self.draw.randint(least, most)) for _ in range(count)]


def office(path, parts):
    """Writes an archive of `parts` (name, chunks of text); answers how many bytes they have."""
    total = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, chunks in parts:
            method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with archive.open(info, "w", force_zip64=True) as out:
                for chunk in chunks:
                    data = chunk.encode()
                    total += len(data)
                    out.write(data)
    return total


def until(size, make):
    """Chunks of `make(number)` until there are `size` bytes of them."""
    written, number = 0, 0
    while written < size:
        chunk = make(number)
        number += 1
        written += len(chunk)
        yield chunk


def docx(path, words, size=LARGE):
    style = '<w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri"/><w:sz w:val="22"/></w:rPr>'

    def paragraph(number):
        runs = "".join(f'<w:r w:rsidRPr="00A77B3E">{style}<w:t xml:space="preserve">{text} </w:t></w:r>' for text in words.many(6, 3, 12))
        return f'<w:p w:rsidR="00A77B3E" w:rsidRDefault="00A77B3E"><w:pPr><w:pStyle w:val="Normal"/></w:pPr>{runs}</w:p>'

    def body():
        yield f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{NS}wordprocessingml/2006/main"><w:body>'
        yield from until(size, paragraph)
        yield "</w:body></w:document>"

    return office(path, [("word/document.xml", body())])


def xlsx(path, words, size=LARGE, shared=40_000):
    row_of = words.draw

    def row(number):
        number += 1
        cells = "".join(f'<c r="{chr(65 + at)}{number}" s="1" t="s"><v>{row_of.randrange(shared)}</v></c>' for at in range(8))
        cells += "".join(f'<c r="{chr(73 + at)}{number}"><v>{row_of.random() * 100:.6f}</v></c>' for at in range(6))
        return f'<row r="{number}" spans="1:14">{cells}</row>'

    def sheet():
        yield f'<worksheet xmlns="{NS}spreadsheetml/2006/main"><sheetData>'
        yield from until(size, row)
        yield "</sheetData></worksheet>"

    def strings():
        yield f'<sst xmlns="{NS}spreadsheetml/2006/main">'
        for text in words.many(shared, 2, 9):
            yield f'<si><t xml:space="preserve">{text}</t></si>'
        yield "</sst>"

    book = f'<workbook xmlns:r="{NS}officeDocument/2006/relationships"><sheets><sheet name="Grades" sheetId="1" r:id="rId1"/></sheets></workbook>'
    rels = '<Relationships><Relationship Id="rId1" Type="worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    return office(path, [
        ("xl/workbook.xml", [book]),
        ("xl/_rels/workbook.xml.rels", [rels]),
        ("xl/worksheets/sheet1.xml", sheet()),
        ("xl/sharedStrings.xml", strings()),
    ])


def pptx(path, words, size=LARGE, slides=400):
    def slide():
        def shape(number):
            runs = "".join(f'<a:r><a:rPr lang="en-GB" sz="1800" b="1" dirty="0"/><a:t>{text}</a:t></a:r>' for text in words.many(5, 3, 12))
            return f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="TextBox {number}"/><p:nvPr/></p:nvSpPr><p:txBody><a:bodyPr wrap="none"/><a:p>{runs}</a:p></p:txBody></p:sp>'

        yield f'<p:sld xmlns:a="{NS}drawingml/2006/main" xmlns:p="{NS}presentationml/2006/main"><p:cSld><p:spTree>'
        yield from until(size // slides, shape)
        yield "</p:spTree></p:cSld></p:sld>"

    ids = "".join(f'<p:sldId id="{256 + number}" r:id="rId{number}"/>' for number in range(slides))
    rels = "".join(f'<Relationship Id="rId{number}" Target="slides/slide{number}.xml"/>' for number in range(slides))
    parts = [("ppt/presentation.xml", [f"<p:presentation><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>"])]
    parts.append(("ppt/_rels/presentation.xml.rels", [f"<Relationships>{rels}</Relationships>"]))
    return office(path, parts + [(f"ppt/slides/slide{number}.xml", slide()) for number in range(slides)])


def odt(path, words, size=LARGE):
    def paragraph(number):
        spans = "".join(f'<text:span text:style-name="T{at}">{text} </text:span>' for at, text in enumerate(words.many(6, 3, 12)))
        return f'<text:p text:style-name="P{number % 40}">{spans}</text:p>'

    return opendocument(path, "text", until(size, paragraph))


def ods(path, words, size=LARGE):
    def row(number):
        cells = "".join(f'<table:table-cell table:style-name="ce1" office:value-type="string" calcext:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in words.many(8, 1, 6))
        cells += "".join(f'<table:table-cell office:value-type="float" office:value="{words.draw.randrange(100)}"><text:p>{at}</text:p></table:table-cell>' for at in range(4))
        return f'<table:table-row table:style-name="ro1">{cells}</table:table-row>'

    def table():
        yield '<table:table table:name="Grades">'
        yield from until(size, row)
        yield "</table:table>"

    return opendocument(path, "spreadsheet", table())


def opendocument(path, kind, body):
    def content():
        yield f'<office:document-content xmlns:office="{ODF}office:1.0" xmlns:text="{ODF}text:1.0" xmlns:table="{ODF}table:1.0"><office:body><office:{kind}>'
        yield from body
        yield f"</office:{kind}></office:body></office:document-content>"

    return office(path, [("mimetype", [f"application/vnd.oasis.opendocument.{kind}"]), ("content.xml", content())])


OFFICE = {"docx": docx, "xlsx": xlsx, "pptx": pptx, "odt": odt, "ods": ods}


def measure_office(args, folder):
    words = Words(1)
    for kind, write in OFFICE.items():
        path = folder / f"large.{kind}"
        size = write(path, words)
        runs = [run(scan(args.bin, "--threads", 1, path)) for _ in range(args.runs + 1)][1:]
        wall, cpu = (statistics.median(run[at] for run in runs) for at in (0, 1))
        print(
            f"{kind}: {size / 1e6:.0f} MB expanded ({path.stat().st_size / 1e6:.0f} MB file): {wall:.2f} s, processor "
            f"{cpu:.2f} s, {size / 1e6 / wall:.0f} MB/s of wall time, {size / 1e6 / cpu:.0f} MB/s of processor time, "
            f"peak {max(run[2] for run in runs):.0f} MiB",
            flush=True,
        )
        path.unlink()


def pdf(words, size):
    """A PDF of many pages, each with a compressed content."""
    objects, pages = [], []
    while sum(map(len, objects)) < size:
        text = "".join(f"BT /F1 10 Tf 72 {700 - 12 * line} Td ({words.phrase(12)}) Tj ET\n" for line in range(400))
        content = zlib.compress(text.encode(), 1)
        number = 4 + len(objects)
        objects.append(b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(content), content))
        objects.append(b"<</Type/Page/Parent 2 0 R/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>" % number)
        pages.append(number + 1)
    kids = b" ".join(b"%d 0 R" % page for page in pages)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), kids),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        *objects,
    ]
    out, places = io.BytesIO(b"%PDF-1.5\n"), []
    out.seek(0, 2)
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def mail(words, size):
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.edu", "b@example.edu", "Grades"
    message["Date"] = "Sat, 31 Jan 2026 09:00:00 +0000"
    message.set_content(words.phrase(2000))
    noise = words.draw.randbytes(int(size * 0.7))
    message.add_attachment(noise, maintype="application", subtype="octet-stream", filename="noise.bin")
    return bytes(message)


def notebook(words, size):
    import json

    cells = [
        {"cell_type": "code", "metadata": {}, "source": [words.phrase(8) + "\n" for _ in range(20)], "outputs": [{"output_type": "stream", "text": [words.phrase(9) + "\n" for _ in range(100)]}]}
        for _ in range(size // 9000)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()


def tar(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def all_kinds(folder):
    """Documents of every kind, most of them as large as is opened; some four of each."""
    words = Words(2)
    text = words.phrase(3_000_000).encode()
    inner = folder / "inner.docx"
    docx(inner, words, 20_000_000)
    plain = tar([(f"{number}.txt", text[number * 100_000 :][:100_000]) for number in range(100)])
    files = {
        "pages.pdf": pdf(words, 20_000_000),
        "letter.eml": mail(words, 19_000_000),
        "analysis.ipynb": notebook(words, 50_000_000),
        "plain.tar": plain,
        "plain.tar.gz": gzip.compress(plain, 1),
        "plain.tar.bz2": bz2.compress(plain, 1),
        "plain.tar.xz": lzma.compress(plain, preset=6),
        # a dictionary of 64 MiB
        "plain-9.tar.xz": lzma.compress(plain, preset=9),
        "plain.lzma": lzma.compress(plain, lzma.FORMAT_ALONE, preset=9),
        "nested.tar.gz": gzip.compress(tar([("minutes.docx", inner.read_bytes()), ("grades.zip", inner.read_bytes())]), 1),
    }
    box = b"".join(b"From a@example.edu Sat Jan 31 09:00:00 2026\n" + mail(words, 4_000_000) + b"\n" for _ in range(8))
    files["archive.mbox"] = box
    for number in range(4):
        for name, data in files.items():
            (folder / f"{number}-{name}").write_bytes(data)
        for kind, write in OFFICE.items():
            path = folder / f"{number}-large.{kind}"
            if number == 0:
                write(path, words, 20_000_000)
            else:
                path.write_bytes((folder / f"0-large.{kind}").read_bytes())
        strings = folder / f"{number}-strings.xlsx"
        xlsx(strings, words, 1_000_000, shared=300_000)
    here = ROOT / "fixtures" / "documents"
    for file in here.iterdir():
        if file.suffix != ".expect":
            (folder / file.name).write_bytes(file.read_bytes())
    inner.unlink()


def apart(make, folder):
    """Writes files in a process of its own, since a child begins as large as its parent."""
    subprocess.run([sys.executable, __file__, "--make", make.__name__, str(folder)], check=True)


def measure_memory(args, folder):
    apart(all_kinds, folder)
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{len(list(folder.iterdir()))} documents of every kind, {size / 1e6:.0f} MB:")
    for threads in (1, 2, 8):
        runs = [run(scan(args.bin, "--threads", threads, folder)) for _ in range(max(args.runs // 2, 1))]
        wall, cpu = (statistics.median(run[at] for run in runs) for at in (0, 1))
        print(f"{threads} threads: {wall:.2f} s, processor {cpu:.2f} s, peak {max(run[2] for run in runs):.0f} MiB", flush=True)


def archives(folder):
    """Archives of a megabyte or two of text."""
    words = Words(3)
    for number in range(160):
        texts = [(f"src/{at}.py", words.phrase(2_000)) for at in range(100)]
        if number % 2:
            (folder / f"{number}.tar.gz").write_bytes(gzip.compress(tar([(name, text.encode()) for name, text in texts]), 6))
        else:
            with zipfile.ZipFile(folder / f"{number}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                for name, text in texts:
                    archive.writestr(name, text)


def measure_parallel(args, folder):
    apart(archives, folder)
    times = {1: [], 2: []}
    for _ in range(args.runs):
        for threads, walls in times.items():
            walls.append(run(scan(args.bin, "--threads", threads, folder))[0])
    one, two = (statistics.median(walls) for walls in times.values())
    print(f"160 archives: {one:.2f} s with one thread, {two:.2f} s with two, {one / two:.2f} times as fast")


def measure_plain(args, _):
    if not args.base or not args.tree:
        print("plain: needs --base and --tree")
        return
    own, base = scan(args.bin, args.tree), scan(args.base, args.tree)
    run(own), run(base)
    pairs = []
    for turn in range(args.runs * 2):
        # in turn, and each as often the first
        first, second = (own, base) if turn % 2 else (base, own)
        a, b = run(first), run(second)
        pairs.append((a, b) if turn % 2 else (b, a))
    wall, cpu = (statistics.median(a[at] / b[at] for a, b in pairs) for at in (0, 1))
    medians = [statistics.median(run[0] for run in runs) for runs in zip(*pairs)]
    print(f"plain tree: {medians[0]:.3f} s beside {medians[1]:.3f} s, ratio {wall:.3f}, of processor time {cpu:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=str(ROOT / "target" / "release" / "hallpass"))
    parser.add_argument("--base", help="the program to compare with on a plain tree")
    parser.add_argument("--tree", help="a tree without documents")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    args = parser.parse_args()
    for part in args.only:
        with tempfile.TemporaryDirectory() as folder:
            globals()[f"measure_{part}"](args, pathlib.Path(folder))


if sys.argv[1:2] == ["--make"]:
    globals()[sys.argv[2]](pathlib.Path(sys.argv[3]))
else:
    main()
