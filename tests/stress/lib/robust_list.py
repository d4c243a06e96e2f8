#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""robust_list.py DIRECTORY LIMIT: the broken streams of /vectors as a list for
daedalus-gst-player, each with LIMIT seconds. What has to be made into IVF first goes
into DIRECTORY."""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "/src/tests/conformance")
import mutate  # noqa: E402
import streams  # noqa: E402


def main():
    """See above."""
    directory, limit = pathlib.Path(sys.argv[1]), sys.argv[2]
    directory.mkdir(parents=True, exist_ok=True)
    manifest = pathlib.Path("/vectors/MANIFEST.tsv")
    found = streams.read_manifest(manifest)[0] if manifest.exists() else []
    for number, stream in enumerate(s for s in found if s.robust):
        path = stream.path
        if stream.codec == "av1":
            path = directory / f"{number:04}"
            path.write_bytes(mutate.as_ivf(stream.path.read_bytes()))
        print(stream.vector.replace("\t", " "), stream.codec, path, limit, "-", sep="\t")


if __name__ == "__main__":
    main()
