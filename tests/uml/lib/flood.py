#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""flood.py SOCKET COUNT: opens COUNT connections to a control socket that
misbehave in every way that a client can, and prints what came of them."""

import collections
import random
import socket
import sys
import time


CALL = b'{"method":"org.daedalus.v4l2.GetSessions"}\0'
STREAM = b'{"method":"org.daedalus.v4l2.Monitor","parameters":{"interval_ms":100},"more":true}\0'


def noise(rng):
    return rng.randbytes(rng.randrange(1, 300))


def bend(rng, message):
    """A message with some bytes changed."""
    bent = bytearray(message)
    for _ in range(rng.randrange(1, 5)):
        bent[rng.randrange(len(bent))] = rng.randrange(256)
    return bytes(bent)


KINDS = {
    "random bytes": noise,
    "half messages": lambda rng: CALL[: rng.randrange(1, len(CALL) - 1)],
    "bent messages": lambda rng: bend(rng, CALL),
    "messages without an end": lambda rng: b"x" * 70000,
    "nested lists": lambda rng: b"[" * 5000 + b"\0",
    "streams that nobody reads": lambda rng: STREAM,
    "calls that nobody reads": lambda rng: CALL * 20,
    "nothing": lambda rng: b"",
}
# What the daemon waits for the rest of, or goes on to answer.
KEPT_OPEN = ("half messages", "streams that nobody reads")


def connect(connection, path, outcome):
    """Connects; while the queue is full, the daemon is given time to catch up."""
    for _ in range(2000):
        try:
            connection.connect(path)
            return
        except BlockingIOError:
            outcome["waits for a full queue"] += 1
            time.sleep(0.01)
    raise socket.timeout


def main():
    path, count = sys.argv[1], int(sys.argv[2])
    rng = random.Random(1)
    kept = collections.deque()
    outcome = collections.Counter()
    for _ in range(count):
        kind = rng.choice(tuple(KINDS))
        outcome[kind] += 1
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(20)
        try:
            connect(connection, path, outcome)
            connection.sendall(KINDS[kind](rng))
            if kind in KEPT_OPEN:
                kept.append(connection)
            else:
                connection.close()
        except (BrokenPipeError, ConnectionResetError):
            outcome["closed by the daemon"] += 1
            connection.close()
        except socket.timeout:
            outcome["timed out"] += 1
            connection.close()
        while len(kept) > 40:
            kept.popleft().close()
    print(f"{count} connections:", ", ".join(f"{value} {name}" for name, value in sorted(outcome.items())))
    return 1 if outcome["timed out"] else 0


if __name__ == "__main__":
    sys.exit(main())
