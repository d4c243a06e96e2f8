# SPDX-License-Identifier: BSD-2-Clause
"""Streams with what they should decode to, from a manifest."""
import csv
import dataclasses
import pathlib

# Suites whose streams are broken on purpose.
ROBUST = "ROBUST-"
# Suites of what FFmpeg's encoders made for the occasion.
CLIPS = "CLIPS-"

# GStreamer's name of the only format that a stream of that depth may come in.
FORMATS = {8: "NV12", 10: "P010_10LE"}

IVF_CODECS = {b"VP80": "vp8", b"VP90": "vp9", b"AV01": "av1", b"AVH1": "av1"}
MATROSKA_CODECS = {b"V_VP8": "vp8", b"V_VP9": "vp9", b"V_AV1": "av1"}
MATROSKA = b"\x1a\x45\xdf\xa3"
# Some muxers leave room for an index before they name the codec.
HEAD = 65536


@dataclasses.dataclass
class Stream:
    """One line of a manifest."""

    suite: str
    vector: str
    path: pathlib.Path
    pixels: str  # FFmpeg's pixel format, or "N-bit (native)"
    md5: str  # of all frames; empty if nobody knows it
    codec: str

    @property
    def robust(self):
        """Whether it is only to be survived."""
        return self.suite.startswith(ROBUST)

    @property
    def depth(self):
        """Bits of a sample."""
        for bits in (10, 12):
            if self.pixels.startswith(f"{bits}-bit") or f"p{bits}le" in self.pixels:
                return bits
        return 8


def codec_of(path):
    """The codec of a file, by its first bytes; None if that is no video."""
    with open(path, "rb") as file:
        head = file.read(HEAD)
    if head[:4] == b"DKIF":
        return IVF_CODECS.get(head[8:12])
    if head[:4] == MATROSKA:
        return next((name for tag, name in MATROSKA_CODECS.items() if tag in head), None)
    if head[:3] == b"\0\0\1" or head[:4] == b"\0\0\0\1":
        return "mpeg2" if b"\0\0\1\xb3" in head[:64] else "h264"
    # A fuzzer's finds have any header; the file is named for the decoder.
    return "av1" if "dav1d" in path.parent.name else None


def read_manifest(file):
    """All streams of a manifest that are there, and the names of those that are no video."""
    streams, others = [], []
    with open(file, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            path = pathlib.Path(file).parent / row["file"]
            codec = codec_of(path)
            if codec is None:
                others.append((row["suite"], row["vector"]))
                continue
            md5 = row["expected_md5"].strip()
            streams.append(Stream(row["suite"], row["vector"], path, row["pix_fmt"], md5, codec))
    return streams, others
