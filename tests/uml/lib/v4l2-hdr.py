#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""v4l2-hdr.py STREAM OUT: writes the frames of an IVF file, or the access units
of an H.264 or MPEG-2 elementary stream, as v4l2-compliance wants them for
--stream-from-hdr: each behind the letters Vhdr and its size."""

import struct
import sys


def ivf_frames(data):
    at = struct.unpack_from("<H", data, 6)[0]
    while at + 12 <= len(data):
        size = struct.unpack_from("<I", data, at)[0]
        yield data[at + 12 : at + 12 + size]
        at += 12 + size


def start_codes(data):
    at = data.find(b"\0\0\1")
    while at >= 0 and at + 3 < len(data):
        yield at, data[at + 3]
        at = data.find(b"\0\0\1", at + 3)


def pictures(data, begins, is_part):
    """Cuts before the first unit of each picture. begins(code, at): starts one;
    is_part(code): belongs to the picture that has begun."""
    first, has_picture = 0, False
    for at, code in start_codes(data):
        starts = begins(code, at)
        if has_picture and (starts or not is_part(code)):
            yield data[first:at]
            first, has_picture = at, False
        has_picture = has_picture or starts
    yield data[first:]


def h264_frames(data):
    def begins(code, at):  # a slice whose first_mb_in_slice is 0
        return code & 31 in (1, 5) and data[at + 4] & 0x80

    return pictures(data, begins, lambda code: code & 31 in (1, 5))


def mpeg2_frames(data):
    # Slices, and extensions of the picture, follow its header.
    return pictures(data, lambda code, at: code == 0, lambda code: 1 <= code <= 0xAF or code in (0xB2, 0xB5))


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    if data[:4] == b"DKIF":
        frames = ivf_frames(data)
    elif data[:4] == b"\0\0\1\xb3":
        frames = mpeg2_frames(data)
    else:
        frames = h264_frames(data)
    with open(sys.argv[2], "wb") as out:
        for frame in frames:
            out.write(struct.pack(">4sI", b"rdhV", len(frame)))
            out.write(frame)


if __name__ == "__main__":
    main()
