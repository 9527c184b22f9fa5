"""Runs in the installer's pod: looks once at what the installer is doing and prints one line.

Standard library only, in Python 3.6's syntax and ASCII. Nothing is written in the pod. The line is
JSON, a tab, and the sha256 of that JSON: `kubectl exec` that is cut ends with status 0.

    now        seconds since 1970, by the pod's clock
    hook       sha256 of the hook's file, or null; what is executed is read, mounted over or not
    stray      other executable files below the hooks' folder, at most ten
    env        what is set of the variables that concern the verbosity
    marker     when KubeKey's marker was written, or null
    hooks      [since] of hooks that run now (processes), other than with --config
    playbooks  [name, since] of playbooks that run now
    runs       of each folder: component, ident, rc or null, start, last (kind, task, at), and for
               a failure: task, message
"""

import hashlib
import json
import os
import sys
import time

HOOK = "/hooks/kubesphere/installRunner.py"
HOOKS = "/hooks"
RESULTS = "/kubesphere/results"
MARKER = "/kubesphere/playbooks/kubesphere_running"
VARIABLES = ("KS_INSTALLER_VERBOSITY", "ANSIBLE_VERBOSITY", "PYTHONUNBUFFERED")
FILE_LIMIT = 4 << 20
MOST_FOLDERS = 200
LAST_EVENTS = 400  # that are looked through for what failed
TEXT = 600  # characters of a message


def main():
    running = processes()
    found = {
        "now": time.time(),
        "hook": digest(HOOK),
        "stray": stray(),
        "env": {name: os.environ[name] for name in VARIABLES if name in os.environ},
        "marker": changed(MARKER),
        "hooks": [since for kind, _, since in running if kind == "hook"],
        "playbooks": [[name, since] for kind, name, since in running if kind == "playbook"],
        "runs": list(runs()),
    }
    text = json.dumps(found, sort_keys=True)
    sys.stdout.write(text + "\t" + hashlib.sha256(text.encode("ascii")).hexdigest() + "\n")
    sys.stdout.flush()


def digest(path):
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read(FILE_LIMIT)).hexdigest()
    except (IOError, OSError):
        return None


def stray():
    """shell-operator runs every executable file there: each other one is a second hook."""
    found = []
    for folder, _, names in os.walk(HOOKS):
        for name in sorted(names):
            path = os.path.join(folder, name)
            known = path == HOOK or name in ("schedule.sh", "schedule.py")
            if not known and not name.startswith(".") and os.access(path, os.X_OK):
                found.append(path[:TEXT])
    return found[:10]


def processes():
    """(kind, name, since) of the hook's and the playbooks' processes."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open("/proc/%s/cmdline" % name, "rb") as file:
                words = file.read(1 << 16).decode("utf-8", "replace").split("\0")
            since = os.stat("/proc/" + name).st_mtime
        except (IOError, OSError):
            continue
        if HOOK in words[:3] and "--config" not in words:
            found.append(("hook", "", since))
        elif any(word.endswith("ansible-playbook") for word in words[:3]):
            books = [word for word in words if word.endswith((".yaml", ".yml"))]
            title = os.path.basename(books[-1]).rpartition(".")[0] if books else ""
            if title not in [known for kind, known, _ in found if kind == "playbook"]:
                found.append(("playbook", title[:TEXT], since))
    return found


def runs():
    count = 0
    for component in listed(RESULTS):
        for ident in listed(os.path.join(RESULTS, component)):
            folder = os.path.join(RESULTS, component, ident)
            events = os.path.join(folder, "job_events")
            if not os.path.isdir(events):
                continue
            count += 1
            if count > MOST_FOLDERS:
                return
            yield run(component, ident, folder, events)


def run(component, ident, folder, events):
    rc = read(os.path.join(folder, "rc")).strip()
    names = [name for name in listed(events) if name.endswith(".json") and "-partial" not in name]
    names.sort(key=counter)
    failed = rc not in ("", "0")
    result = {
        "component": component[:TEXT],
        "ident": ident[:TEXT],
        "rc": int(rc) if rc.lstrip("-").isdigit() else None,
        "start": changed(os.path.join(folder, "command")),
        "end": changed(os.path.join(folder, "rc")),
        "last": None,
        "failure": None,
    }
    for name in reversed(names[-LAST_EVENTS:] if failed else names[-5:]):
        event = load(os.path.join(events, name))
        data = event.get("event_data")
        data = data if isinstance(data, dict) else {}
        kind = str(event.get("event"))
        if result["last"] is None and data.get("task"):
            result["last"] = [kind, str(data["task"])[:TEXT], str(event.get("created"))[:40]]
        if failed and kind in ("runner_on_failed", "runner_on_unreachable"):
            if not data.get("ignore_errors"):
                result["failure"] = [str(data.get("task"))[:TEXT], message(data.get("res"))]
                break
        if not failed and result["last"]:
            break
    return result


def message(res):
    """The end of what a failed task said: of a loop, what its last failed item said."""
    res = res if isinstance(res, dict) else {}
    items = [item for item in res.get("results") or () if isinstance(item, dict)]
    bad = [item for item in items if item.get("failed")]
    if bad:
        res = bad[-1]
    for key in ("stderr", "msg", "module_stderr", "stdout", "exception"):
        if isinstance(res.get(key), str) and res[key].strip():
            return res[key].strip()[-TEXT:]
    return ""


def counter(name):
    head = name.partition("-")[0]
    return int(head) if head.isdigit() else 0


def load(path):
    text = read(path)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(FILE_LIMIT).decode("utf-8", "replace")
    except (IOError, OSError):
        return ""


def changed(path):
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None


def listed(path):
    try:
        return sorted(os.listdir(path))
    except OSError:
        return []


main()
