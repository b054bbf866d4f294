"""Builds the wheel when pip, pipx, uv or pre-commit installs a checkout (PEP 517).

A checkout of a release takes the wheel that was released, from whatever index pip is configured
with, and holds it against the list of checksums beside this folder: nobody needs a compiler. Any
other checkout, and a platform that no wheel was released for, is built from source by maturin.
HALLPASS_BUILD=source does that, too.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# the frontends start a backend in the checkout's root
ROOT = Path.cwd()
KEPT = ROOT / "target" / "released-wheel"
MATURIN = "maturin>=1.9.6,<2"


def get_requires_for_build_wheel(config_settings=None):
    return [] if released_wheel() else [MATURIN]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    wheel = released_wheel()
    if wheel is None:
        import maturin

        return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)
    shutil.copy(wheel, wheel_directory)
    return wheel.name


def get_requires_for_build_sdist(config_settings=None):
    return [MATURIN]


def build_sdist(sdist_directory, config_settings=None):
    import maturin

    return maturin.build_sdist(sdist_directory, config_settings)


def released_wheel():
    """The released wheel for this checkout and platform, or None."""
    if os.environ.get("HALLPASS_BUILD") == "source":
        return None
    version = own_version()
    sums = listed(f"hallpass_canvas-{version}-")
    if not sums:
        return None
    for wheel in KEPT.glob("*.whl"):
        if sums.get(wheel.name) == digest(wheel):
            return wheel
    shutil.rmtree(KEPT, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--dest", str(KEPT), f"hallpass-canvas=={version}"]
    if subprocess.run(command, check=False).returncode != 0:
        print(f"no wheel of hallpass {version} is to be had: building it", file=sys.stderr)
        return None
    (wheel,) = KEPT.glob("*.whl")
    if sums.get(wheel.name) != digest(wheel):
        found = digest(wheel)
        wheel.unlink()
        raise SystemExit(
            f"{wheel.name} has another checksum than {sums.get(wheel.name, 'none')}, which this "
            f"checkout lists: {found}. It was not installed."
        )
    return wheel


def own_version():
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "(.+)"$', manifest, re.MULTILINE).group(1)


def listed(prefix):
    """The checksums of the files whose names begin with this."""
    lines = (ROOT / ".github" / "checksums.sha256").read_text(encoding="utf-8").splitlines()
    pairs = (line.split() for line in lines if line and not line.startswith("#"))
    return {name: value for value, name in pairs if name.startswith(prefix)}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
