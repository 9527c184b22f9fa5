"""Runs where an installation's files are: packs them into one stream.

Standard library only, in Python 3.6's syntax and ASCII. Nothing is written there. First comes a
request, one line of JSON on stdin:

    results   folder of ansible-runner's results
    others    {path in the archive: file}; those that are not there are left out
    limit     bytes of content at most
    each      bytes of one file at most: of longer ones the end is taken

The answer is a tar.gz, then a line that says how it must have arrived, for `kubectl exec` that is
cut ends with status 0:

    \\nksimage-end {"bytes": of the tar.gz, "sha256": of it, "files": packed, "omitted": left out
    for the limit, "truncated": {path: its size}, "unreadable": {path: why}}\\n
"""

import gzip
import hashlib
import io
import json
import os
import stat
import sys
import tarfile

MOST_FILES = 200000
MOST_TOLD = 1000  # entries of "truncated" and "unreadable"
FIRST = ("rc", "status", "command")
THEN = ("stdout", "stderr")


class Counted:
    """stdout, counted and hashed."""

    def __init__(self, raw):
        self.raw = raw
        self.bytes = 0
        self.sha256 = hashlib.sha256()

    def write(self, data):
        self.raw.write(data)
        self.bytes += len(data)
        self.sha256.update(data)
        return len(data)

    def flush(self):
        self.raw.flush()


def main():
    request = json.loads(sys.stdin.readline())
    out = Counted(sys.stdout.buffer)
    report = {"files": 0, "omitted": 0, "truncated": {}, "unreadable": {}}
    left = request["limit"]
    zipped = gzip.GzipFile(filename="", mode="wb", compresslevel=5, fileobj=out, mtime=0)
    archive = tarfile.open(fileobj=zipped, mode="w|", format=tarfile.GNU_FORMAT)
    for name, path in ordered(request):
        left -= add(archive, name, path, min(left, request["each"]), report)
    archive.close()
    zipped.close()
    report["bytes"] = out.bytes
    report["sha256"] = out.sha256.hexdigest()
    out.raw.write(b"\nksimage-end " + json.dumps(report).encode("ascii") + b"\n")
    out.raw.flush()


def ordered(request):
    """(name, path): what is small and tells most first, then the newest events."""
    yield from sorted(request["others"].items())
    first, then, rest = [], [], []
    for folder, folders, names in os.walk(request["results"]):
        folders.sort()
        for name in names:
            path = os.path.join(folder, name)
            inside = os.path.relpath(path, request["results"]).replace(os.sep, "/")
            kind = first if name in FIRST else then if name in THEN else rest
            kind.append(("results/" + inside, path))
            if len(rest) >= MOST_FILES:
                break
    rest.sort(key=changed, reverse=True)
    for entry in sorted(first) + sorted(then) + rest:
        yield entry


def changed(entry):
    try:
        return os.lstat(entry[1]).st_mtime
    except OSError:
        return 0


def add(archive, name, path, most, report):
    """Add one file; the bytes that were taken."""
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            return 0
        if most <= 0:
            report["omitted"] += 1
            return 0
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > most:
                file.seek(size - most)
                if len(report["truncated"]) < MOST_TOLD:
                    report["truncated"][name] = size
            # A file that grows meanwhile must not be longer than its header says.
            data = file.read(min(size, most))
    except (IOError, OSError) as error:
        if not isinstance(error, FileNotFoundError) and len(report["unreadable"]) < MOST_TOLD:
            report["unreadable"][name] = error.strerror or str(error)
        return 0
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    entry.mtime = int(status.st_mtime)
    try:
        archive.addfile(entry, io.BytesIO(data))
    except (UnicodeError, ValueError):
        return 0
    report["files"] += 1
    return len(data)


main()
