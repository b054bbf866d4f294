#!/usr/bin/env python3
"""How many tokens `scan --ocr` finds on pictures of screens: made-up tokens in several fonts, sizes,
themes and formats, rendered by Pillow.

    python3 benches/screenshots.py [--bin target/release/hallpass] [--seeds 2]

Prints, for each font and size, how many of the pictures' tokens were found, how many with the right
five characters, and how many read without any mistake: these have the fingerprint of the token.
Needs Pillow, tesseract and the fonts DejaVu and Liberation.
"""

import argparse
import json
import pathlib
import random
import subprocess
import tempfile
import time
from collections import Counter

from PIL import Image, ImageDraw, ImageFont

FONTS = {
    "DejaVu Sans Mono": "dejavu/DejaVuSansMono.ttf",
    "Liberation Mono": "liberation/LiberationMono-Regular.ttf",
    "Liberation Sans": "liberation/LiberationSans-Regular.ttf",
    "DejaVu Sans": "dejavu/DejaVuSans.ttf",
    "Liberation Serif": "liberation/LiberationSerif-Regular.ttf",
}
SIZES = (11, 12, 13, 14, 16, 20, 24, 32)
THEMES = {"light": ((255, 255, 255), (20, 20, 20)), "dark": ((30, 30, 30), (212, 212, 212))}
ALPHABETS = {
    "new": "2346789acefhkmnrtuvwxyzABCDEFGHJKLMNPQRTUVWXYZ",
    "old": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
}
FORMATS = (("png", {}), ("jpg", {"quality": 80}), ("webp", {"quality": 75}))


def render(token, path, size, theme, file, options):
    lines = [
        "import requests", "from canvasapi import Canvas", "", f'TOKEN = "{token}"',
        'canvas = Canvas("https://canvas.example.edu", TOKEN)', "for course in canvas.get_courses():",
        "    print(course.name)",
    ]
    font = ImageFont.truetype(f"/usr/share/fonts/truetype/{path}", size)
    back, front = THEMES[theme]
    picture = Image.new("RGB", (int(font.getlength(lines[3])) + 40, int(size * 1.5 * len(lines)) + 30), back)
    draw = ImageDraw.Draw(picture)
    for at, line in enumerate(lines):
        draw.text((15, 12 + at * size * 1.5), line, font=font, fill=front)
    picture.save(file, **options)


def scan(binary, folder, *args):
    command = [binary, "scan", "--no-config", "--no-ignore", "--format", "json", *args, "."]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return json.loads(ran.stdout)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bin", default="target/release/hallpass")
    arguments.add_argument("--seeds", type=int, default=1)
    asked = arguments.parse_args()
    binary = str(pathlib.Path(asked.bin).resolve())
    rng = random.Random(20261126)
    counts = Counter()
    with tempfile.TemporaryDirectory() as pictures, tempfile.TemporaryDirectory() as texts:
        cases = {}
        for number in range(asked.seeds):
            for alphabet, letters in ALPHABETS.items():
                for font, path in FONTS.items():
                    for size in SIZES:
                        for theme in THEMES:
                            kind, options = FORMATS[len(cases) % len(FORMATS)]
                            token = "7~" + "".join(rng.choice(letters) for _ in range(64))
                            name = f"{len(cases)}.{kind}"
                            render(token, path, size, theme, pathlib.Path(pictures, name), options)
                            pathlib.Path(texts, name).write_text(token)
                            cases[name] = (alphabet, font, size, kind, theme)
        began = time.perf_counter()
        read = scan(binary, pictures, "--ocr")
        took = time.perf_counter() - began
        plain = {one["location"]["path"]: one for one in scan(binary, texts)["findings"]}
        found = {one["location"]["path"]: one for one in read["findings"]}
        for name, traits in cases.items():
            one = found.get(name)
            truth = plain[name]
            for trait in (*traits, "all"):
                counts[trait, "all"] += 1
                counts[trait, "found"] += one is not None
                counts[trait, "hint"] += one is not None and one["token"] == truth["token"]
                counts[trait, "whole"] += one is not None and one["fingerprint"] == truth["fingerprint"]
    print(f"{'':<20} {'pictures':>8} {'found':>8} {'hint right':>11} {'all right':>10}")
    for trait in [*ALPHABETS, *FONTS, *SIZES, *(kind for kind, _ in FORMATS), *THEMES, "all"]:
        total = counts[trait, "all"]
        share = [f"{counts[trait, what] / total:.0%}" for what in ("found", "hint", "whole")]
        print(f"{trait!s:<20} {total:>8} {share[0]:>8} {share[1]:>11} {share[2]:>10}")
    print(f"{took / len(cases):.2f} s a picture; more findings than pictures: {len(read['findings']) - len(found)}")


if __name__ == "__main__":
    main()
