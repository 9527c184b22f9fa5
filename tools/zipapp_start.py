"""Starts ksimage from one file: ``__main__.py`` of ``ksimage.pyz``.

The file unpacks itself once below the user's cache folder, under its own digest; without a folder
that can be written, for this one run. It holds no compiled code, so every Python and processor will
do. Written so that an old Python can say that it is too old.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

OLDEST = (3, 10)


def main():
    if sys.version_info < OLDEST:
        sys.exit("ksimage needs Python 3.10 or newer; this is %d.%d" % sys.version_info[:2])
    archive = os.path.abspath(sys.argv[0])
    folder = unpacked(archive)
    if folder is not None:
        sys.path[0] = folder
        from ksimage.cli import main as start

        start()
    with tempfile.TemporaryDirectory(prefix="ksimage-") as place:
        extract(archive, place)
        environment = dict(os.environ, PYTHONPATH=place)
        child = subprocess.Popen([sys.executable, "-m", "ksimage"] + sys.argv[1:], env=environment)
        while True:
            try:
                code = child.wait()
                break
            except KeyboardInterrupt:  # the child has it, too
                pass
    sys.exit(code)


def unpacked(archive):
    """The folder with the files of the archive, or None where none can be made."""
    with open(archive, "rb") as stream:
        digest = hashlib.sha256(stream.read()).hexdigest()
    home = os.environ.get("KSIMAGE_CACHE_DIR") or ""
    if home in ("", "off"):
        home = os.environ.get("XDG_CACHE_HOME") or ""
        home = os.path.join(home if os.path.isabs(home) else "~/.cache", "ksimage")
    folder = os.path.join(os.path.expanduser(home), "program", digest)
    if os.path.isdir(folder):
        return folder
    try:
        os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
        new = tempfile.mkdtemp(dir=os.path.dirname(folder))
    except OSError:
        return None
    try:
        extract(archive, new)
        os.rename(new, folder)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)  # full, or another run was faster
    return folder if os.path.isdir(folder) else None


def extract(archive, place):
    with zipfile.ZipFile(archive) as files:
        files.extractall(place)


if __name__ == "__main__":
    main()
