# SPDX-License-Identifier: BSD-2-Clause
"""Seeks: what was queued before is forgotten, what comes after is right."""

import subprocess
import time

from stateful_decoder import (
    CMD_START,
    CMD_STOP,
    Client,
    Clip,
    EVENT_EOS,
    PATIENCE,
    compare,
    expect,
)


def reopen(node, clips):
    """A seek as Chromium does it: the file is closed and opened again."""
    clip = Clip(clips, "gop")
    keys = clip.keys()
    total = 0
    for round_number in range(8):
        first = keys[round_number % len(keys)]
        client = Client(node, 176, 144)
        for number, unit in enumerate(clip.units[first : first + 10]):
            client.send(b"".join(unit), number)
        client.finish()
        compare(client, clip.frames[first : first + 10])
        client.close()
        total += 10
    return total


def seek(node, clips):
    """OUTPUT alone is stopped and started, back and forth, 100 times; CAPTURE streams on."""
    clip = Clip(clips, "gop")
    keys = clip.keys()
    client = Client(node, 176, 144)
    stamp = 0
    for round_number in range(100):
        first = keys[round_number * 7 % len(keys)]
        client.frames, base = [], stamp
        for unit in clip.units[first : first + 5]:
            client.send(b"".join(unit), stamp)
            stamp += 1
        client.stop_output()
        client.output.stream(True)
        expect(all(base <= frame[1] < stamp for frame in client.frames), "a frame from before a seek")
    client.frames, base = [], stamp
    for unit in clip.units:
        client.send(b"".join(unit), stamp)
        stamp += 1
    client.finish()
    client.frames = [frame for frame in client.frames if frame[1] >= base]
    compare(client, clip.frames)
    client.close()
    return 100


def seek_capture_first(node, clips):
    """Both queues are stopped, CAPTURE first: what the worker had of OUTPUT is forgotten all the same."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    stamp = 0
    for _ in range(5):
        # Pictures are not taken, so that the worker is left with some that it can't show.
        for unit in clip.units:
            client.output.queue(client.free.popleft(), b"".join(unit), stamp)
            end = time.monotonic() + (0.5 if client.shape else PATIENCE)
            while not client.free and time.monotonic() < end:
                client.work_without_pictures(0.1)
            if not client.free:
                break
        client.capture.stream(False)
        time.sleep(0.05)  # until the worker has answered
        client.stop_output()
        client.output.stream(True)
        client.capture.queue_all()
        client.capture.stream(True)
        client.frames = []
        stamp += 1
    client.play(clip.units, stamp)
    expect(all(frame[1] == stamp for frame in client.frames), "a frame from before a seek")
    compare(client, clip.frames)
    client.close()
    return len(clip.frames)


def seek_output_first(node, clips):
    """Both queues are stopped, OUTPUT first: what is the client's is not written to any more."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    mark = b"\x5a" * 4096
    for _ in range(5):
        for unit in clip.units[:8]:
            client.send(b"".join(unit), 0)
        client.wait_for_stream()
        time.sleep(0.3)  # until the worker has read all there is
        client.stop_output()
        time.sleep(0.05)  # until it has answered
        client.capture.stream(False)
        half = len(client.capture.maps) // 2
        for index, view in enumerate(client.capture.maps):
            view[: len(mark)] = mark
            if index >= half:
                client.capture.queue(index)
        client.output.stream(True)
        client.capture.stream(True)
        client.frames = []
        client.play(clip.units, 1)
        client.frames = [frame for frame in client.frames if frame[1] == 1]
        compare(client, clip.frames)
        for view in client.capture.maps[:half]:
            expect(view[: len(mark)] == mark, "a buffer is written to that was not queued")
        client.command(CMD_START)
        for index in [*range(half), client.last.index]:
            client.capture.queue(index)
        client.last = None
    client.close()
    return 5 * len(clip.frames)


def seek_past_last(node, clips):
    """A seek after the end while the LAST buffer still waits to be taken: it is not the end any more."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    for unit in clip.units[:8]:
        client.send(b"".join(unit), 0)
    client.wait_for_stream()
    client.command(CMD_STOP)
    client.wait_for_event(EVENT_EOS)
    client.events.remove(EVENT_EOS)
    client.stop_output()
    client.output.stream(True)
    client.take_pictures()
    expect(not client.last, "a LAST buffer from before the seek")
    client.frames = []
    client.play(clip.units, 1)
    client.frames = [frame for frame in client.frames if frame[1] == 1]
    compare(client, clip.frames)
    client.close()
    return len(clip.frames)


def seek_after_death(node, clips):
    """The worker has died, and the next one has decoded again what the client has not seen yet, when the client
    seeks: it sees none of it any more."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    outputs = len(client.free)
    units = iter(clip.units)

    def send_one():
        client.output.queue(client.free.popleft(), b"".join(next(units)), 0)
        end = time.monotonic() + PATIENCE
        while len(client.free) < outputs:
            expect(time.monotonic() < end, "an input is not answered")
            client.work_without_pictures(0.05)

    # Every input is answered, and a picture waits for a buffer.
    while not client.shape or len(client.frames) < len(client.capture.maps):
        send_one()
        if client.shape:
            time.sleep(0.1)
            client.take_pictures(requeue=False)
    send_one()
    subprocess.run(["pkill", "-KILL", "-x", "daedalus-worker"], check=True)
    time.sleep(2)  # until the next one has decoded it again
    client.stop_output()
    client.output.stream(True)
    client.frames = []
    client.capture.queue_all()
    client.play(clip.units, 1)
    expect(all(frame[1] == 1 for frame in client.frames), "a frame from before a seek")
    compare(client, clip.frames)
    client.close()
    return len(clip.frames)
