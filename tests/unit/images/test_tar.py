"""Tar streams that lie, break off, or want memory."""

from __future__ import annotations

import io
import tarfile
import tracemalloc
from collections.abc import Iterator

import pytest
from tests.unit.images.raw import BLOCK, END, chunked, file, header, long_name, padded, pax, record

from ksimage.errors import MalformedImage
from ksimage.images import tar, tarstream
from ksimage.images.tar import Kind, Member, members


def read(data: bytes, size: int = 1000) -> list[tuple[str, Kind, bytes]]:
    return [
        (member.name, member.kind, member.read(1 << 20))
        for member in members("the image", chunked(data, size))
    ]


def refusal(data: bytes) -> str:
    with pytest.raises(MalformedImage) as caught:
        read(data)
    return caught.value.why


def one(data: bytes) -> Member:
    (member,) = members("the image", chunked(data))
    return member


class TestDamage:
    """What tarfile takes for the end of the archive."""

    def test_checksum_in_the_middle(self) -> None:
        data = file(b"a", b"1") + header(b"b", checksum=b"0000001\0") + END
        assert "checksum" in refusal(data)
        with tarfile.open(fileobj=io.BytesIO(data)) as lenient:
            assert lenient.getnames() == ["a"]  # the reason for a reader of our own

    def test_one_block_of_zeros_then_more(self) -> None:
        data = file(b"a") + bytes(BLOCK) + file(b"b") + END
        assert "follows a block of zeros" in refusal(data)

    @pytest.mark.parametrize("left", [1, 300, BLOCK - 1, BLOCK, BLOCK + 99])
    def test_truncated(self, left: int) -> None:
        data = file(b"a", b"x" * 700)
        assert "it ends within a" in refusal(data[:left] if left != BLOCK else data[: BLOCK + 1])

    def test_truncated_special_header(self) -> None:
        assert "within a header" in refusal(header(b"pax", size=400, kind=b"x") + b"30 path=")

    def test_no_tar_at_all(self) -> None:
        assert "no intact tar archive" in refusal(b"#!/bin/sh\n" + b"x" * 2000)

    @pytest.mark.parametrize("end", [b"", bytes(BLOCK), END, END + b"whatever follows it" * 99])
    def test_ends_that_engines_accept(self, end: bytes) -> None:
        assert read(file(b"a", b"1") + end) == [("a", Kind.FILE, b"1")]

    def test_missing_padding_at_the_very_end(self) -> None:
        assert read(header(b"a", size=3) + b"123") == [("a", Kind.FILE, b"123")]

    def test_empty_stream(self) -> None:
        assert read(b"") == []


class TestNumbers:
    @pytest.mark.parametrize(
        "size",
        [
            b"-0000000005\0",
            b"0000000008\0 ",
            b"00000_00001\0",
            b"\xff" * 12,
            b"\x80" + b"\xff" * 11,
            b"0x000000001\0",
        ],
    )
    def test_refused_size(self, size: bytes) -> None:
        assert "header" in refusal(header(b"a", size=size) + END)

    @pytest.mark.parametrize(
        "size", [b"           3", b"3\0garbage   ", b"\x80" + bytes(10) + b"\x03"]
    )
    def test_other_spellings(self, size: bytes) -> None:
        assert read(header(b"a", size=size) + padded(b"123") + END) == [("a", Kind.FILE, b"123")]

    def test_owner_in_base_256(self) -> None:
        uid = (1_000_660_000 | 0x80 << 56).to_bytes(8, "big")
        assert one(header(b"a", uid=uid)).uid == 1_000_660_000

    def test_time_before_1970(self) -> None:
        """GNU tar writes it in base 256, as Go's archive/tar reads it."""
        with io.BytesIO() as buffer:
            with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
                info = tarfile.TarInfo("old")
                info.mtime = -86400
                archive.addfile(info)
            assert read(buffer.getvalue()) == [("old", Kind.FILE, b"")]

    @pytest.mark.parametrize("value", [b"-1", b"1e3", b" 5", b"5 ", b"0x5", b"9" * 20, b"1_0"])
    def test_refused_pax_size(self, value: bytes) -> None:
        assert "PAX record size" in refusal(pax((b"size", value)) + file(b"a") + END)

    @pytest.mark.parametrize("value", [b"now", b"1.2.3", b"--1"])
    def test_refused_pax_time(self, value: bytes) -> None:
        assert "PAX record mtime" in refusal(pax((b"mtime", value)) + file(b"a") + END)

    def test_pax_size_wins(self) -> None:
        data = pax((b"size", b"600")) + header(b"a", size=3) + padded(b"x" * 600) + file(b"b") + END
        assert [(name, len(content)) for name, _, content in read(data)] == [("a", 600), ("b", 0)]

    def test_links_and_folders_have_no_content_whatever_they_say(self) -> None:
        data = b"".join(
            header(b"e%d" % n, size=4096, kind=kind) for n, kind in enumerate((b"1", b"2", b"5"))
        )
        assert [name for name, _, _ in read(data + END)] == ["e0", "e1", "e2"]


class TestNames:
    def test_prefix(self) -> None:
        assert one(file(b"b", prefix=b"a")).name == "a/b"

    def test_gnu_has_no_prefix(self) -> None:
        times = b"00000000001\0" + b"00000000002\0"
        assert one(file(b"b", magic=b"ustar  \0", prefix=times)).name == "b"

    def test_prefix_of_go_before_1_8(self) -> None:
        assert one(file(b"b", magic=b"ustar  \0", prefix=b"long/path")).name == "long/path/b"

    def test_star_has_a_shorter_prefix(self) -> None:
        prefix = b"a".ljust(131, b"\0") + b"00000000001\0" + b"00000000001\0" + bytes(8) + b"tar\0"
        assert one(file(b"b", prefix=prefix)).name == "a/b"

    def test_v7_folder(self) -> None:
        assert one(header(b"a/", kind=b"\0", magic=bytes(8))).kind is Kind.DIRECTORY

    def test_long_name_wins_over_pax(self) -> None:
        data = long_name(b"gnu") + pax((b"path", b"pax")) + file(b"plain")
        assert one(data).name == "gnu"

    def test_long_name_ends_at_nul(self) -> None:
        assert one(long_name(b"gnu\0/hidden") + file(b"plain")).name == "gnu"

    def test_each_speaks_of_the_next_member_only(self) -> None:
        data = long_name(b"first") + file(b"a") + file(b"b")
        assert [name for name, _, _ in read(data)] == ["first", "b"]

    def test_second_pax_header_replaces_the_first(self) -> None:
        data = pax((b"path", b"one"), (b"uid", b"5")) + pax((b"path", b"two")) + file(b"a")
        member = one(data)
        assert (member.name, member.uid) == ("two", 0)

    def test_global_header_is_skipped(self) -> None:
        """tarfile would give every member this name."""
        data = pax((b"path", b"hooks/kubesphere/installRunner.py"), kind=b"g") + file(b"a") + END
        assert [name for name, _, _ in read(data)] == ["a"]

    def test_bytes_that_are_no_utf_8(self) -> None:
        assert one(file(b"a\xff")).name.encode("utf-8", "surrogateescape") == b"a\xff"

    @pytest.mark.parametrize("key", [b"path", b"linkpath"])
    def test_nul_in_pax(self, key: bytes) -> None:
        assert "NUL" in refusal(pax((key, b"a\0b")) + file(b"a"))

    @pytest.mark.parametrize(
        "data",
        [
            b"12 path=ab",
            b"11 path=ab\n\n",
            b"99 path=ab\n",
            b"0 path=ab\n",
            b"-5 path=ab\n",
            b"path=ab\n",
            b"7 =abc\n",
            b"8 path\nx",
            b"11 path=ab\n5",
            b"3 path=ab\n",
        ],
    )
    def test_malformed_pax(self, data: bytes) -> None:
        assert "malformed" in refusal(file(b"PaxHeaders/0", data, kind=b"x") + file(b"a"))

    def test_extended_attributes_are_named(self) -> None:
        data = pax((b"SCHILY.xattr.security.capability", b"\x01\0\0")) + file(b"a")
        assert one(data).attributes.keys() == {"SCHILY.xattr.security.capability"}


class TestSparse:
    def test_pax(self) -> None:
        records = ((b"GNU.sparse.major", b"1"), (b"GNU.sparse.name", b"real"), (b"size", b"3"))
        data = pax(*records) + header(b"GNUSparseFile.0/real", size=3) + padded(b"0\n\0") + END
        (found,) = members("the image", [data])
        assert (found.name, found.kind) == ("real", Kind.SPARSE)

    def test_old_gnu_with_extensions(self) -> None:
        block = bytearray(header(b"s", kind=b"S", size=3, magic=b"ustar  \0"))
        block[482] = 1
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        more = bytearray(BLOCK)
        more[504] = 1
        data = bytes(block + more) + bytes(BLOCK) + padded(b"abc") + file(b"next") + END
        assert [(n, k) for n, k, _ in read(data)] == [("s", Kind.SPARSE), ("next", Kind.FILE)]


class TestBounds:
    """A few kilobytes of compressed tar must not become gigabytes of memory or minutes."""

    @staticmethod
    def peak(stream: Iterator[bytes]) -> int:
        tracemalloc.start()
        try:
            for _ in members("the image", stream):
                pass
        except MalformedImage:
            pass
        finally:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return peak

    @pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K"])
    def test_announced_size_is_not_allocated(self, kind: bytes) -> None:
        data = header(b"huge", size=tarstream.MAX_SPECIAL + 1, kind=kind)
        assert "header record" in refusal(data)
        data = header(b"huge", size=(1 << 33) - 1, kind=kind)
        assert self.peak(chunked(data)) < 1 << 20

    def test_largest_special_header(self) -> None:
        name = b"d/" * (tarstream.MAX_SPECIAL // 2 - 1)
        assert one(long_name(name) + file(b"a")).name == name.decode()

    def test_chain_of_special_headers_is_not_kept(self) -> None:
        def chain() -> Iterator[bytes]:
            link = pax((b"comment", bytes(tarstream.MAX_SPECIAL - 100)))
            for _ in range(200):
                yield link
            yield file(b"a")

        assert self.peak(chain()) < 8 * tarstream.MAX_SPECIAL

    def test_global_headers_do_not_pile_up(self) -> None:
        def pile() -> Iterator[bytes]:
            for number in range(300):
                yield pax((b"key%d" % number, bytes(1 << 16)), kind=b"g")

        assert self.peak(pile()) < 1 << 20

    def test_sparse_map_is_not_kept(self) -> None:
        def endless() -> Iterator[bytes]:
            yield pax((b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"))
            yield header(b"s", size=32 << 20)
            for _ in range(32):
                yield b"0\n" * (1 << 19)

        assert self.peak(endless()) < 4 << 20

    def test_many_records(self) -> None:
        records = record(b"k", b"v") * (tarstream.MAX_RECORDS + 1)
        assert "records" in refusal(file(b"p", records, kind=b"x") + file(b"a"))

    def test_many_members(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tar, "MAX_MEMBERS", 10)
        assert len(read(file(b"a") * 10 + END)) == 10
        assert "more than 10 entries" in refusal(file(b"a") * 11 + END)

    def test_special_headers_count_as_members(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tar, "MAX_MEMBERS", 10)
        assert "more than 10" in refusal(pax((b"a", b"b")) * 20 + file(b"a") + END)

    def test_large_content_is_streamed(self) -> None:
        def large() -> Iterator[bytes]:
            yield header(b"large", size=256 << 20)
            for _ in range(256):
                yield bytes(1 << 20)

        assert self.peak(large()) < 4 << 20

    def test_read_limit(self) -> None:
        stream = members("the image", [file(b"a", b"12345") + END])
        with pytest.raises(MalformedImage) as caught:
            next(stream).read(4)
        assert "at most 4" in caught.value.why

    def test_content_is_gone_with_the_next_member(self) -> None:
        """Reading late must not look like an empty file."""
        first, _ = members("the image", [file(b"a", b"12345") + file(b"b") + END])
        with pytest.raises(AssertionError):
            first.read(9)

    def test_everything_is_consumed(self) -> None:
        seen = []

        def stream() -> Iterator[bytes]:
            for number in range(5):
                seen.append(number)
                yield (file(b"a") + END) if number == 0 else b"trailing"

        list(members("the image", stream()))
        assert seen == [0, 1, 2, 3, 4]
