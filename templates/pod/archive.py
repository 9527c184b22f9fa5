"""Runs in the installer's pod: writes the results folder to stdout as a tar, gzipped.

Standard library only, in Python 3.6's syntax and ASCII. Files that change or go meanwhile are taken
as they are read, or left out. gzip's own sum and length at the end tell a whole stream from a cut.
"""

import io
import os
import sys
import tarfile

RESULTS = "/kubesphere/results"
FILE_LIMIT = 64 << 20


def main():
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|gz") as archive:
        for folder, folders, names in os.walk(RESULTS):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                if not os.path.islink(path) and os.path.isfile(path):
                    add(archive, path)


def add(archive, path):
    try:
        with open(path, "rb") as file:
            data = file.read(FILE_LIMIT)
            changed = os.fstat(file.fileno()).st_mtime
    except OSError:
        return
    info = tarfile.TarInfo("results" + path[len(RESULTS) :])
    info.size = len(data)
    info.mtime = int(changed)
    info.mode = 0o600
    archive.addfile(info, io.BytesIO(data))


main()
