# SPDX-License-Identifier: BSD-2-Clause
"""Streams made wrong."""
import random

IVF_HEADER = 32
IVF_FRAME_HEADER = 12
# One bit in so many bytes, and never fewer than this many bits.
BYTES_A_FLIP = 2000
FEWEST_FLIPS = 4


def flip_bits(data, seed):
    """The same bytes with some bits turned over, none in a container's own headers."""
    numbers = random.Random(seed)
    places = list(payload(data))
    total = sum(end - begin for begin, end in places)
    if total == 0:
        return data
    flipped = bytearray(data)
    for _ in range(max(FEWEST_FLIPS, total // BYTES_A_FLIP)):
        place = numbers.randrange(total)
        for begin, end in places:
            if place < end - begin:
                flipped[begin + place] ^= 1 << numbers.randrange(8)
                break
            place -= end - begin
    return bytes(flipped)


def payload(data):
    """Where the video is: all but the first kilobyte, or what IVF holds in its frames."""
    if data[:4] != b"DKIF":
        yield min(1024, len(data) // 4), len(data)
        return
    at = IVF_HEADER
    while at + IVF_FRAME_HEADER <= len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        begin = at + IVF_FRAME_HEADER
        yield begin, min(begin + size, len(data))
        at = begin + size


def as_ivf(data):
    """A fuzzer's find with a header that players accept: dav1d's fuzzer skips these 32 bytes."""
    if data[:4] == b"DKIF" and data[8:12] == b"AV01":
        return data
    header = b"DKIF" + (0).to_bytes(2, "little") + IVF_HEADER.to_bytes(2, "little") + b"AV01"
    header += (64).to_bytes(2, "little") * 2 + (25).to_bytes(4, "little") + (1).to_bytes(4, "little")
    return header.ljust(IVF_HEADER, b"\0") + data[IVF_HEADER:]
