#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""compare_frames.py PREFIX DIRECTORY SUFFIX ANSWERS [STREAM...]: one RESULT line
for each stream, as guest.sh's result prints them.

NAME is the last part of a stream's path. DIRECTORY/NAME.framemd5 is what FFmpeg's
own decoder shows, DIRECTORY/NAME.SUFFIX what was played; the hash is the last word
of a line. ANSWERS are lines of words between tabs: the name, "done" if it was
played to its end, ..., a message.

All of them in one process, because starting one takes a twentieth of a second in
the test machine, and a line of shell for each figure starts a dozen.
"""

import pathlib
import re
import sys


def hashes(path):
    lines = path.read_text(encoding="ascii").splitlines()
    return [re.split("[ ,]+", line.strip())[-1] for line in lines if line and line[0] != "#"]


def result(prefix, name, got, wanted, verdict, reason=""):
    print(f"RESULT {prefix}/{name.replace(' ', '_')} {got} frames {wanted} {verdict} {reason}".rstrip(), flush=True)


def main():
    prefix, directory, suffix, answers = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    ends = {}
    with open(answers, encoding="utf-8", errors="replace") as file:
        for line in file:
            words = line.rstrip("\n").split("\t")
            ends[words[0]] = (words[1], words[-1])
    for stream in sys.argv[5:]:
        name = pathlib.Path(stream).name
        reference, played = directory / f"{name}.framemd5", directory / f"{name}.{suffix}"
        if not reference.exists():
            result(prefix, name, "-", "-", "fail", "FFmpeg was not asked what it shows")
            continue
        wanted = hashes(reference)
        got = hashes(played) if played.exists() else []
        end, message = ends.get(name, ("missing", ""))
        different = sum(a != b for a, b in zip(wanted, got)) + abs(len(wanted) - len(got))
        if not wanted:
            result(prefix, name, 0, "-", "skip", "FFmpeg decodes no frame of it")
        elif end == "done" and not different:
            result(prefix, name, len(got), len(wanted), "pass")
        else:
            result(prefix, name, len(got), len(wanted), "fail", f"{different} frames differ; player: {end} {message}")


if __name__ == "__main__":
    main()
