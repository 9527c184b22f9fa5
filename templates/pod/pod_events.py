"""Event files in the installer's pod: which are new, what is in one, what of it is worth sending.

Half of the follow program (follow.py); standard library only, Python 3.6's syntax and ASCII.
"""

import ast
import errno
import hashlib
import json
import os

FILE_LIMIT = 4 << 20
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FAILURES = ("runner_on_failed", "runner_on_unreachable", "runner_item_on_failed")
ALWAYS = ("playbook_uuid", "task", "task_uuid", "host", "ignore_errors", "ignore_unreachable")
BANNER = ("role", "task_action", "task_path", "name")
SUMMARY = ("ok", "changed", "failures", "dark", "skipped", "rescued", "ignored")
NOT_PARALLEL = ("metrics_server", "networkpolicy", "telemetry")


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
