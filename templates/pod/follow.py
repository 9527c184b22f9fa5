"""Runs in the installer's pod: reads event files as they appear and sends them to ksimage.

Standard library only, in Python 3.6's syntax and ASCII. Nothing is written in the pod. It arrives
over stdin (its length, a line feed, itself), then comes one line of JSON, the request:

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

import ast
import base64
import errno
import hashlib
import json
import os
import sys
import threading
import time
import zlib

VERSION = 1
FILE_LIMIT = 4 << 20
BEAT = 5.0  # seconds between beats
HALF_WRITTEN = 5.0  # seconds after which a file that is no JSON counts as damaged
SHARE = 50  # a pass costs at most one fiftieth of the time
LONGEST_WAIT = 30.0
EVERY = 20  # events between flushes
RACE = 2.0  # seconds for which a folder's time is not trusted
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FAILURES = ("runner_on_failed", "runner_on_unreachable", "runner_item_on_failed")
ALWAYS = ("playbook_uuid", "task", "task_uuid", "host", "ignore_errors", "ignore_unreachable")
BANNER = ("role", "task_action", "task_path", "name")
SUMMARY = ("ok", "changed", "failures", "dark", "skipped", "rescued", "ignored")
NOT_PARALLEL = ("metrics_server", "networkpolicy", "telemetry")


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


def expected_components(source, config):
    """The parallel components, as the hook itself works them out; [] where that is unknown."""
    try:
        found = [
            ast.literal_eval(node.value)
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.List)
            and getattr(node.targets[0], "id", "") == "readyToEnabledList"
        ]
        spec = json.loads(config.decode("utf-8", "replace"))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return []
    if len(found) != 1 or not isinstance(spec, dict):
        return []
    components = [name for name in found[0] if isinstance(name, str)]
    for name, value in spec.items():
        if isinstance(value, dict) and value.get("enabled"):
            components.append(name)
    return sorted(set(components) - set(NOT_PARALLEL))


def names_in(path):
    try:
        return sorted(os.listdir(path))
    except OSError:
        return []


def new_names(path, seen):
    """(counter, name, hash) of the event files that are not among ``seen``."""
    new = []
    for name in names_in(path):
        if not name.endswith(".json") or name.endswith("-partial.json"):
            continue
        digits = name.split("-", 1)[0]
        if not digits.isdigit() or len(digits) > 15:
            continue
        mark = hashlib.blake2b(os.fsencode(name), digest_size=8).digest()
        if mark not in seen:
            new.append((int(digits), name, mark))
    return new


def read_event(path):
    """The event and, where it has no time of its own, the file's.

    Raises OSError, ValueError (also for what seems to be half written) or RecursionError.
    """
    file = os.open(path, READ)
    try:
        parts = []
        size = 0
        while size <= FILE_LIMIT:
            part = os.read(file, 1 << 16 if size == 0 else 1 << 20)
            if not part:
                break
            parts.append(part)
            size += len(part)
        mtime = os.fstat(file).st_mtime
    finally:
        os.close(file)
    if size > FILE_LIMIT:
        raise OSError(errno.EFBIG, "larger than 4 MiB")
    raw = json.loads(b"".join(parts).decode("utf-8", "replace"))
    bare = isinstance(raw, dict) and "created" not in raw
    return raw, mtime if bare else None


def slim(raw):
    """An event without what nobody shows: a fifth of its size."""
    if not isinstance(raw, dict):
        return raw if not isinstance(raw, (list, str)) else None
    kind = raw.get("event")
    failed = kind in FAILURES
    new = {}
    for key in ("event", "counter", "created"):
        if key in raw:
            new[key] = short(raw[key], 100)
    stdout = raw.get("stdout")
    if isinstance(stdout, str) and stdout:
        new["stdout"] = stdout[: 4000 if failed else 400]
    data = raw.get("event_data")
    if not isinstance(data, dict):
        return new
    keys = ALWAYS
    if kind == "playbook_on_stats":
        keys = ALWAYS + SUMMARY
    elif kind == "playbook_on_task_start" or failed:
        keys = ALWAYS + BANNER
    slimmer = dict((key, short(data[key], 1000)) for key in keys if data.get(key) is not None)
    result = data.get("res")
    if isinstance(result, dict):
        if not result:
            slimmer["res"] = {}
        else:
            kept = slim_result(result, failed)
            if kept:
                slimmer["res"] = kept
    new["event_data"] = slimmer
    return new


def slim_result(result, failed):
    kept = {}
    for key in ("attempts", "retries"):
        if isinstance(result.get(key), int):
            kept[key] = result[key]
    if result.get("changed") is True:
        kept["changed"] = True
    if failed:
        for key in (
            "cmd",
            "msg",
            "stderr",
            "module_stderr",
            "stdout",
            "module_stdout",
            "item",
            "_ansible_item_label",
            "censored",
        ):
            value = result.get(key)
            if isinstance(value, list) and key == "cmd":
                kept[key] = [str(word)[:2000] for word in value[:200]]
            elif isinstance(value, str):
                kept[key] = value if len(value) <= 6000 else value[:2000] + value[-4000:]
            elif value is not None:
                kept[key] = short(value, 2000)
    return kept


def short(value, most):
    """A value that cannot grow: long texts are cut, deep and large ones become text."""
    if isinstance(value, str):
        return value[:most]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict) and all(isinstance(one, int) for one in value.values()):
        return dict((str(key)[:200], value[key]) for key in list(value)[:100])
    try:
        return json.dumps(value)[:most]
    except (ValueError, RecursionError):
        return ""


def read_rc(path):
    """(status, the file's time), None where the run has not ended."""
    try:
        file = os.open(path, READ)
    except OSError:
        return None
    try:
        return int(os.read(file, 64)), os.fstat(file).st_mtime
    except (OSError, ValueError):
        return None
    finally:
        os.close(file)


def read_all(path):
    try:
        with open(path, "rb") as file:
            return file.read(FILE_LIMIT)
    except (OSError, TypeError):
        return None


def mtime_of(path):
    try:
        return os.stat(path).st_mtime
    except (OSError, TypeError):
        return None


def text_of(name):
    """A file's name as text that JSON can hold."""
    return os.fsencode(name).decode("utf-8", "replace")


def reason(error):
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, OSError):
        return error.strerror or "cannot be read"
    return "ends in the middle, or is no JSON"


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
