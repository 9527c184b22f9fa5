"""Which file a patch is about: the lines between its header and its first hunk."""

from __future__ import annotations

from ksimage.upstream.releases import HOOK_PATH

_GIT_FORBIDDEN = (
    (b"rename ", "renames a file"),
    (b"copy ", "copies a file"),
    (b"similarity index ", "renames or copies a file"),
    (b"dissimilarity index ", "rewrites a file"),
    (b"old mode ", "changes a file's mode"),
    (b"new mode ", "changes a file's mode"),
    (b"new file mode ", "creates a file"),
    (b"deleted file mode ", "deletes a file"),
    (b"GIT binary patch", "is a binary patch"),
    (b"Binary files ", "is a binary patch"),
)


class Forbidden(Exception):
    """What a patch would do that none may; its text completes "patch NAME ..."."""


def forbidden_deed(line: bytes) -> str:
    """What git does for such a line, and no patch here may; empty for any other line."""
    return next((deed for prefix, deed in _GIT_FORBIDDEN if line.startswith(prefix)), "")


def require_path(raw: bytes, strip: int) -> None:
    """Refuse a path behind ``---`` or ``+++`` that is not the hook's.

    Args:
        raw: the line from there on.
        strip: leading path components to drop.

    Raises:
        Forbidden: it is another file's. ValueError: it is quoted.
    """
    # After a tab comes the time stamp of diff -u.
    raw = raw.removesuffix(b"\r").split(b"\t", 1)[0].rstrip(b" ")
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        raise Forbidden("names another file") from None
    if text == "/dev/null":
        raise Forbidden("creates or deletes a file")
    if text.startswith('"'):
        raise ValueError("a quoted path")
    if text.startswith("/"):
        raise Forbidden(f"has an absolute path ({text})")
    parts = text.split("/")
    if ".." in parts:
        raise Forbidden(f"leaves its directory ({text})")
    if "/".join(parts[strip:]) != HOOK_PATH:
        wanted = "/".join([*["a", "b", "c", "d"][:strip], HOOK_PATH])
        raise Forbidden(f"is for {text}; write {wanted} for the hook")
