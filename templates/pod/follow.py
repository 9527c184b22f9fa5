"""Runs in the installer's pod: reads event files as they appear and sends them to ksimage.

Standard library only, in Python 3.6's syntax and ASCII; pod_events.py comes with it. Nothing is
written in the pod. It arrives over stdin (its length, a line feed, itself), then comes one line of
JSON, the request:

    root   the results folder
    seen   {"component/ident": base64 of 8-byte hashes of the names that the client has}
    once   true: end after one pass
    hook, config   paths of the hook and of the installer's configuration; may be missing

stdin stays open. A line "end" asks for the end, its own end means that the client is gone.
stdout is one deflated stream of lines of JSON, called frames; "k" says which:

    hello  v, boot (host name and start of pid 1), now, python
    plan   hook (sha256), sleeps (its wait loop does), patched (by ksimage), expected (components)
    ev     c, i (component, ident), h (hash of the file's name), n (counter), r (the event, slim),
           m (the file's time, where the event has none)
    bad    c, i, h, f (the file's name), why
    rc     c, i, rc, m
    live   the first pass is done: what follows happens now
    beat   n (frames ev and bad so far), now, cpu (seconds used)
    end    n, sha256 of all lines before; after it the line "ack" is awaited
"""

import base64
import hashlib
import json
import os
import sys
import threading
import time
import zlib

from pod_events import (
    expected_components,
    mtime_of,
    names_in,
    new_names,
    read_all,
    read_event,
    read_rc,
    reason,
    slim,
    text_of,
)

VERSION = 1
BEAT = 5.0  # seconds between beats
HALF_WRITTEN = 5.0  # seconds after which a file that is no JSON counts as damaged
SHARE = 50  # a pass costs at most one fiftieth of the time
LONGEST_WAIT = 30.0
EVERY = 20  # events between flushes
RACE = 2.0  # seconds for which a folder's time is not trusted


class Output:
    """Frames out, deflated. Counts and hashes what was sent."""

    def __init__(self, out):
        self.out = out
        self.deflate = zlib.compressobj(6)
        self.sha256 = hashlib.sha256()
        self.events = 0
        self.unflushed = 0

    def send(self, frame):
        line = json.dumps(frame, separators=(",", ":")).encode("ascii") + b"\n"
        self.sha256.update(line)
        self.out.write(self.deflate.compress(line))
        if frame["k"] in ("ev", "bad"):
            self.events += 1
        self.unflushed += 1
        if self.unflushed >= EVERY:
            self.flush()

    def flush(self):
        if self.unflushed:
            self.unflushed = 0
            self.out.write(self.deflate.flush(zlib.Z_SYNC_FLUSH))
            self.out.flush()


class Folder:
    """One ident's folder.

    ``mtime`` is that of job_events when it was listed and nothing was left to be done, else None.
    """

    def __init__(self, component, ident, seen):
        self.component = component
        self.ident = ident
        self.seen = seen
        self.mtime = None
        self.rc = None
        self.waiting = {}


class Follower:
    """Passes over the results folder, sending what is new."""

    def __init__(self, request, output):
        self.root = request["root"]
        self.hook = request.get("hook")
        self.config = request.get("config")
        self.output = output
        self.folders = {}
        self.plan = None
        self.known = {}
        for key, text in request.get("seen", {}).items():
            raw = base64.b64decode(text)
            self.known[key] = set(raw[at : at + 8] for at in range(0, len(raw), 8))

    def one_pass(self):
        """Look at everything once. Returns the CPU seconds that looking took."""
        spent = 0.0
        began = time.process_time()
        self.send_plan()
        for component in names_in(self.root):
            if component == "env":
                continue
            for ident in names_in(os.path.join(self.root, component)):
                key = component + "/" + ident
                folder = self.folders.get(key)
                if folder is None:
                    if not os.path.isdir(os.path.join(self.root, key)):
                        continue
                    folder = Folder(component, ident, self.known.pop(key, set()))
                    self.folders[key] = folder
                rc = read_rc(os.path.join(self.root, key, "rc"))
                new = self.list_new(folder, os.path.join(self.root, key, "job_events"))
                if new:
                    spent += time.process_time() - began
                    self.send_new(folder, os.path.join(self.root, key, "job_events"), new)
                    began = time.process_time()
                if rc is not None and rc != folder.rc and not folder.waiting:
                    folder.rc = rc
                    self.output.send(
                        {"k": "rc", "c": component, "i": ident, "rc": rc[0], "m": rc[1]}
                    )
        self.output.flush()
        return spent + time.process_time() - began

    def list_new(self, folder, path):
        """The event files not sent yet, in order; nothing where the folder has not changed."""
        try:
            mtime = os.stat(path).st_mtime
        except OSError:
            return []
        if mtime == folder.mtime:
            return []
        first = new_names(path, folder.seen)
        # A file created while the folder was being listed can be missing though a later one is
        # there; a second list has it.
        second = new_names(path, folder.seen) if len(first) > 1 else first
        last = max(first)[0] if first else 0
        new = sorted(set(first) | set(one for one in second if one[0] < last))
        # Files that come in the same tick of the clock do not change the folder's time again.
        settled = not new and abs(time.time() - mtime) > RACE
        folder.mtime = mtime if settled else None
        return new

    def send_new(self, folder, path, new):
        """Send files in order; stop at one that seems to be half written, for it comes first."""
        for counter, name, mark in new:
            frame = {
                "k": "ev",
                "c": text_of(folder.component),
                "i": text_of(folder.ident),
                "h": base64.b64encode(mark).decode("ascii"),
                "n": counter,
            }
            try:
                raw, mtime = read_event(os.path.join(path, name))
            except FileNotFoundError:
                continue
            except (OSError, ValueError, RecursionError) as error:
                since = folder.waiting.setdefault(name, time.monotonic())
                if time.monotonic() - since < HALF_WRITTEN and isinstance(error, ValueError):
                    return
                frame["k"] = "bad"
                frame["f"] = text_of(name)
                frame["why"] = reason(error)
            else:
                frame["r"] = slim(raw)
                if mtime is not None:
                    frame["m"] = mtime
            folder.waiting.pop(name, None)
            folder.seen.add(mark)
            self.output.send(frame)

    def send_plan(self):
        """What the hook is, and which components it is going to install."""
        if not self.hook and not self.config:
            return
        times = tuple(mtime_of(path) for path in (self.hook, self.config))
        if times == self.plan or times == (None, None):
            return
        self.plan = times
        source = read_all(self.hook) or b""
        frame = {
            "k": "plan",
            "hook": hashlib.sha256(source).hexdigest() if source else "",
            "sleeps": b"time.sleep" in source,
            "patched": b"KS_INSTALLER_VERBOSITY" in source or b"pollInterval" in source,
        }
        expected = expected_components(source, read_all(self.config) or b"")
        if expected:
            frame["expected"] = expected
        self.output.send(frame)


def boot():
    """Names this boot of the container: a restart in place has the same host and another start."""
    with open("/proc/1/stat") as file:
        started = file.read().rsplit(")", 1)[1].split()[19]
    return os.uname()[1] + "/" + started


class Client(threading.Thread):
    """Reads what the client says; when it says nothing more, the process ends."""

    def __init__(self, stream):
        super().__init__()
        self.daemon = True
        self.stream = stream
        self.said = threading.Event()

    def run(self):
        for line in self.stream:
            if line.strip() == b"ack":
                os._exit(0)
            self.said.set()
        os._exit(0)


def main(stream):
    request = json.loads(stream.readline().decode("utf-8"))
    output = Output(sys.stdout.buffer)
    hello = {"k": "hello", "v": VERSION, "boot": boot(), "now": time.time()}
    hello["python"] = sys.version.split()[0]
    output.send(hello)
    output.flush()
    client = Client(stream)
    client.start()
    follower = Follower(request, output)
    ending = bool(request.get("once"))
    last_beat = time.monotonic()
    live = False
    while True:
        cost = follower.one_pass()
        if not live:
            live = True
            output.send({"k": "live", "now": time.time()})
        if ending and not any(folder.waiting for folder in follower.folders.values()):
            break
        ending = ending or client.said.is_set()
        if time.monotonic() - last_beat >= BEAT:
            last_beat = time.monotonic()
            beat = {"k": "beat", "n": output.events, "now": time.time()}
            beat["cpu"] = round(time.process_time(), 3)
            output.send(beat)
        output.flush()
        pause = min(LONGEST_WAIT, max(1.0, cost * SHARE))
        if ending:
            time.sleep(1.0)
        else:
            client.said.wait(pause)
    digest = output.sha256.hexdigest()
    output.send({"k": "end", "n": output.events, "sha256": digest})
    output.flush()
    time.sleep(30)  # the acknowledgement ends the process


try:
    main(sys.stdin.buffer)
except (BrokenPipeError, ConnectionResetError):
    os._exit(0)
