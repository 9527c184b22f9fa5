"""One file with all dependencies: ``python tools/make_zipapp.py FILE``, or `make zipapp`.

It runs on every Python from 3.10 on and every processor, for it holds no compiled code: PyYAML,
MarkupSafe and charset-normalizer do without, and zlib-ng is left out.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipapp
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
START = Path(__file__).with_name("zipapp_start.py")
COMPILED = ("*.so", "*.pyd", "*.pyx", "*.c")
USELESS = ("bin", "__pycache__", "zlib_ng*")


def make(target: Path) -> None:
    """Install into a folder, take out what is bound to one Python, and pack it."""
    with tempfile.TemporaryDirectory(prefix="zipapp-") as place:
        folder = Path(place)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        install = [*pip, "--no-compile", "--target", str(folder), str(REPOSITORY)]
        subprocess.run(install, check=True)
        for pattern in USELESS:
            for found in list(folder.rglob(pattern)):
                shutil.rmtree(found, ignore_errors=True)
        for pattern in COMPILED:
            for found in list(folder.rglob(pattern)):
                found.unlink()
        shutil.copy(START, folder / "__main__.py")
        target.parent.mkdir(parents=True, exist_ok=True)
        zipapp.create_archive(folder, target, interpreter="/usr/bin/env python3", compressed=True)
        target.chmod(0o755)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
    print(sys.argv[1])
