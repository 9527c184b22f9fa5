"""The written layer: its bytes never change; the read one: names that leave the root."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile

import pytest
from tests.unit.images.raw import END, file

from ksimage.errors import MalformedImage
from ksimage.images.layer import (
    MAX_MTIME,
    LayerFile,
    LayerFolder,
    normalise,
    read_layer,
    store_gzip,
    write_layer,
)
from ksimage.images.tar import Kind

HOOK = LayerFile(
    "hooks/kubesphere/installRunner.py", b"print('hi')\n" * 6000, 0o755, 1002, 1002, 1_666_253_742
)

GOLDEN_DIGEST = "sha256:f9907adfe1968758e380d56c863f88c46869eb4065322a28a515e649735e8c45"
GOLDEN_DIFF_ID = "sha256:6200c562ad8667fd06cfbc80e9371c6c0fd8aa5ef4ef7fdc2e25b33104804a8d"


def content(layer_data: bytes) -> tarfile.TarInfo:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layer_data))) as archive:
        (member,) = archive.getmembers()
        return member


def test_bytes_are_these_for_ever() -> None:
    """On every Python, with every zlib, under every umask and locale: a digest promised once."""
    layer = write_layer(HOOK)
    assert layer.digest == GOLDEN_DIGEST
    assert layer.diff_id == GOLDEN_DIFF_ID
    assert layer.digest == "sha256:" + hashlib.sha256(layer.data).hexdigest()
    plain = gzip.decompress(layer.data)
    assert layer.diff_id == "sha256:" + hashlib.sha256(plain).hexdigest()


def test_header_is_what_tarfile_writes() -> None:
    info = tarfile.TarInfo(HOOK.path)
    info.size, info.mode, info.uid, info.gid, info.mtime = (
        len(HOOK.data), HOOK.mode, HOOK.uid, HOOK.gid, HOOK.mtime,
    )  # fmt: skip
    expected = bytearray(info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict"))
    written = bytearray(gzip.decompress(write_layer(HOOK).data)[:512])
    for block in (expected, written):
        # Device numbers of what is no device: some Pythons write zeros in digits, some in bytes.
        block[329:345] = bytes(16)
        block[148:156] = bytes(8)
    assert written == expected


def test_one_regular_file_and_nothing_else() -> None:
    member = content(write_layer(HOOK).data)
    assert member.isreg()
    assert (member.name, member.size) == (HOOK.path, len(HOOK.data))
    assert (member.mode, member.uid, member.gid, member.mtime) == (0o755, 1002, 1002, HOOK.mtime)
    assert (member.uname, member.gname, member.pax_headers) == ("", "", {})


def test_owner_of_a_user_namespace() -> None:
    """USTAR's seven octal digits end at 2097151."""
    large = LayerFile("a", b"", 0o4755, 1_000_660_000, 2_097_152, MAX_MTIME)
    member = content(write_layer(large).data)
    assert (member.uid, member.gid, member.mode) == (1_000_660_000, 2_097_152, 0o4755)
    (entry,) = read_layer("x", [gzip.decompress(write_layer(large).data)])
    assert (entry.member.uid, entry.member.gid) == (1_000_660_000, 2_097_152)


@pytest.mark.parametrize("size", [0, 1, 0xFFFE, 0xFFFF, 0x10000, 3 * 0xFFFF, 200_001])
def test_stored_blocks(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    packed = store_gzip(data)
    assert gzip.decompress(packed) == data
    assert len(packed) == 18 + size + 5 * max(1, -(-size // 0xFFFF))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("hooks/kubesphere/installRunner.py", "hooks/kubesphere/installRunner.py"),
        ("./hooks//kubesphere/./installRunner.py", "hooks/kubesphere/installRunner.py"),
        ("/hooks/kubesphere/installRunner.py", "hooks/kubesphere/installRunner.py"),
        ("//hooks/kubesphere/installRunner.py/", "hooks/kubesphere/installRunner.py"),
        ("hooks/", "hooks"),
        ("./", ""),
        ("", ""),
        ("..a/b..", "..a/b.."),
    ],
)
def test_normalised(path: str, expected: str) -> None:
    assert normalise("x", path) == expected


@pytest.mark.parametrize("path", ["..", "../x", "a/../../x", "/../x", "hooks/../hooks/x", "a/.."])
def test_names_that_climb_are_refused(path: str) -> None:
    with pytest.raises(MalformedImage) as caught:
        list(read_layer("the image", [file(path.encode()) + END]))
    assert "leaves the root" in caught.value.why


def test_entries_have_normalised_paths() -> None:
    (entry,) = read_layer("x", [file(b"./hooks/a") + END])
    assert (entry.path, entry.member.name, entry.member.kind) == (
        "hooks/a", "./hooks/a", Kind.FILE,
    )  # fmt: skip


FOLDERS = (
    LayerFolder("hooks", 0o2775, 1002, 1003, 1_666_253_742),
    LayerFolder(
        "hooks/kubesphere", 0o755, 1 << 22, 0, 7,
        {"SCHILY.xattr.user.a": b"1", "SCHILY.xattr.user.b": b"\xff\0\n" * 40},
    ),
)  # fmt: skip


def test_folders_as_tarfile_reads_them() -> None:
    data = gzip.decompress(write_layer(HOOK, FOLDERS).data)
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as archive:
        found = archive.getmembers()
    assert [member.name for member in found] == ["hooks", "hooks/kubesphere", HOOK.path]
    assert [member.isdir() for member in found] == [True, True, False]
    for member, folder in zip(found, FOLDERS, strict=False):
        about = (member.mode, member.uid, member.gid, member.mtime)
        assert about == (folder.mode, folder.uid, folder.gid, folder.mtime)
        records = {
            key: value.decode("utf-8", "surrogateescape")
            for key, value in folder.attributes.items()
        }
        assert member.pax_headers == records


def test_folders_as_they_are_read_again() -> None:
    data = gzip.decompress(write_layer(HOOK, FOLDERS).data)
    found = [entry.member for entry in read_layer("x", [data])]
    assert [member.attributes for member in found] == [{}, FOLDERS[1].attributes, {}]
    assert [member.mtime for member in found] == [1_666_253_742, 7, HOOK.mtime]


@pytest.mark.parametrize("size", [1, 80, 81, 82, 970, 971, 972, 973, 974, 975])
def test_a_record_counts_its_own_digits(size: int) -> None:
    folder = LayerFolder("a", 0o755, 0, 0, 0, {"SCHILY.xattr.user.x": b"v" * size})
    data = gzip.decompress(write_layer(HOOK, [folder]).data)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert archive.getmembers()[0].pax_headers["SCHILY.xattr.user.x"] == "v" * size
