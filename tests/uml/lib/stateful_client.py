#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""stateful_client.py NODE CLIPS SCENARIO...: uses a stateful decoder as clients
do that can't be in the test machine, and compares every frame with FFmpeg's.

Prints a RESULT line for each scenario. CLIPS has NAME.h264 and NAME.framemd5.
"""

import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from stateful_decoder import (  # noqa: E402
    CMD_START,
    CMD_STOP,
    Client,
    Clip,
    EVENT_EOS,
    EVENT_SOURCE_CHANGE,
    FLAG_ERROR,
    FLAG_KEYFRAME,
    Failure,
    G_CTRL,
    NV12,
    PATIENCE,
    S_SELECTION,
    YU12,
    compare,
    expect,
)
from stateful_changes import (  # noqa: E402
    change_of_nothing,
    play_through_changes,
    restart_before_event,
    same_stream_again,
    seek_in_change,
    seek_in_untold_change,
    start_before_event,
)
from stateful_ends import (  # noqa: E402, F401
    nobody_decodes,
    second_stream_foreseen,
    start_after_nothing,
    too_large,
)
from stateful_seeks import (  # noqa: E402
    reopen,
    seek,
    seek_after_death,
    seek_capture_first,
    seek_output_first,
    seek_past_last,
)


def chromium(node, clips, dmabuf=False):
    """Parameter sets in buffers of their own, with the frame's timestamp; STOP, LAST, START; once more."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    spare = None
    if dmabuf:  # memory of another open file's buffers
        spare = Client(node, 176, 144)
        spare.capture.set_format(NV12, 176, 144)
        count = spare.capture.allocate(32)
        fds = [spare.capture.export(i) for i in range(count)]
    for part in range(2):
        client.frames = []
        for number, unit in enumerate(clip.units):
            for nal in unit:
                client.send(nal, number * 40000)
                if not client.shape and EVENT_SOURCE_CHANGE in client.events:
                    client.set_up(fds[:16] if dmabuf else None)
        client.finish()
        compare(client, clip.frames)
        stamps = sorted(frame[1] for frame in client.frames)
        expect(stamps == [i * 40000 for i in range(len(clip.frames))], "timestamps were not copied")
        expect(client.frames[0][2] & FLAG_KEYFRAME, "the first frame is not marked as a key frame")
        if part == 0:
            client.command(CMD_START)
            for index in [client.last.index]:
                client.capture.queue(index)
            client.last = None
    expect(client.fields == {1}, f"fields {client.fields}")
    client.close()
    if spare:
        for fd in fds:
            os.close(fd)
        spare.close()
    return 2 * len(clip.frames)


def chromium_dmabuf(node, clips):
    return chromium(node, clips, dmabuf=True)


def rpi_ffmpeg(node, clips):
    """0x0, nothing of CAPTURE before the event, timestamps 1, 2, 3, POLLPRI when LAST is there."""
    clip = Clip(clips, "b_pyramid")
    client = Client(node)
    for number, unit in enumerate(clip.units):
        client.send(b"".join(unit), number + 1)
    client.command(CMD_STOP)
    client.wait_for(lambda: client.shape or EVENT_SOURCE_CHANGE in client.events, "SOURCE_CHANGE event")
    if not client.shape:
        client.set_up()
    while not client.last:
        expect(client.poll(), "nothing comes")
        client.take_inputs()
        client.take_pictures()
    expect(client.poll(0.01) & select.POLLPRI, "no event within 10 ms of LAST")
    compare(client, clip.frames)
    expect(sorted(f[1] for f in client.frames) == list(range(1, len(clip.frames) + 1)), "timestamps differ")
    client.close()
    return len(clip.frames)


def three_planes(node, clips):
    """YU12, of sizes that are no multiples of anything, too."""
    total = 0
    for name in ("gop", "size_130x70"):
        clip = Clip(clips, name)
        client = Client(node)
        client.wanted = YU12
        client.play(clip.units, 0)
        compare(client, clip.frames)
        client.close()
        total += len(clip.frames)
    return total


def stop_when_idle(node, clips):
    """STOP with nothing queued gives an empty LAST; an empty OUTPUT buffer is a STOP, too."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    client.play(clip.units[:10], 0)
    for empty_buffer in (False, True):
        client.command(CMD_START)
        client.capture.queue(client.last.index)
        client.last = None
        if empty_buffer:
            client.take_inputs()
            client.output.queue(client.free.popleft(), b"", 0)
        else:
            client.command(CMD_STOP)
        client.wait_for(lambda: client.last, "LAST buffer")
        expect(client.last.bytesused == 0, "the LAST buffer is not empty")
    client.close()
    return 2


def poll_for_stream(node, clips):
    """While nothing is known of the stream, that all of OUTPUT has been taken back is no error."""
    clip = Clip(clips, "gop")
    for stream in (b"".join(clip.units[0]), b"\0" * 64):
        client = Client(node, outputs=2)
        expect(not client.poll_capture(0.1), "poll tells something before anything is queued")
        client.send(stream, 0)
        end = time.monotonic() + PATIENCE
        while len(client.free) < 2:
            expect(time.monotonic() < end, "the OUTPUT buffer does not come back")
            time.sleep(0.01)
            client.take_inputs()
        if stream[0:4] != b"\0" * 4:
            told = client.poll_capture()
            expect(told == select.POLLPRI, f"poll tells {told:#x} where it is the event alone")
            client.take_events()
            expect(EVENT_SOURCE_CHANGE in client.events, "the event is another")
        else:
            expect(not client.poll_capture(0.1), "poll tells something of what is no stream")
            client.command(CMD_STOP)
            told = client.poll_capture()
            expect(told & select.POLLERR, f"poll tells {told:#x} at the end of what was no stream")
        client.close()
    return 2


def second_stream_unanswered(node, clips):
    """Nobody decodes the second stream of a file: it fails in time, though the first one is known."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    client.play(clip.units, 0)
    client.output.stream(False)
    client.capture.stream(False)
    client.capture.release()
    subprocess.run(["pkill", "-STOP", "daedalus"], check=True)
    try:
        client.output.stream(True)
        client.output.queue(0, b"".join(clip.units[0]), 0)
        end = time.monotonic() + PATIENCE
        while (done := client.output.dequeue()) is None:
            expect(time.monotonic() < end, "the OUTPUT buffer does not come back")
            time.sleep(0.05)
        expect(done.flags & FLAG_ERROR, "what nobody has decoded is without an error")
    finally:
        subprocess.run(["pkill", "-CONT", "daedalus"], check=True)
    client.close()
    return 1


def created_captures(node, clips):
    """CAPTURE buffers by CREATE_BUFS alone, before the stream is known, and just what it wants."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144, streams=False)
    client.capture.create(12)
    client.shape, client.visible_rect = client.capture.format(), client.visible()
    client.capture.queue_all()
    client.output.stream(True)
    client.capture.stream(True)
    client.play(clip.units, 0)
    compare(client, clip.frames)
    client.close()
    return len(clip.frames)


def size_change(node, clips, start_alone=False):
    """Old frames, then the event and LAST; on by STREAMOFF, or by START where the buffers will do."""
    names = ("other_size", "tiny", "gop") if start_alone else ("tiny", "other_size", "gop")
    parts = [Clip(clips, name) for name in names]
    client = Client(node, 64, 64, outputs=4)

    def start(last):
        client.events.remove(EVENT_SOURCE_CHANGE)
        client.shape, client.visible_rect = client.capture.format(), client.visible()
        client.command(CMD_START)
        client.capture.queue(last.index)

    units = [unit for part in parts for unit in part.units]
    client.frames = play_through_changes(client, units, 0, start if start_alone else None)
    expect(EVENT_EOS in client.events, "no EOS event at the end")
    wanted = [frame for part in parts for frame in part.frames]
    compare(client, wanted)
    client.close()
    return len(wanted)


def size_change_by_start(node, clips):
    return size_change(node, clips, start_alone=True)


def refusals(node, clips):
    """What is not to be had, and says so."""
    client = Client(node, 176, 144)

    def refused(call, error):
        try:
            call()
        except OSError as caught:
            expect(caught.errno == error, f"errno {caught.errno} where {error} is due")
            return
        raise Failure("something is accepted")

    refused(lambda: client.command(2), 22)  # PAUSE
    refused(lambda: client.command(3), 22)  # RESUME
    crop = bytearray(64)
    struct.pack_into("=II", crop, 0, 1, 0)
    refused(lambda: fcntl.ioctl(client.fd, S_SELECTION, crop), 22)
    refused(lambda: client.output.set_format(b"VP80", 176, 144), 16)
    output = bytearray(struct.pack("=Ii", 0x00980928, 0))  # MIN_BUFFERS_FOR_OUTPUT
    refused(lambda: fcntl.ioctl(client.fd, G_CTRL, output), 22)
    client.close()
    return 5


def survive(node, clips):
    """Plays on whatever happens to the decoder, until /tmp/survive is gone. Errors are good, waiting is not; and
    when nothing happens any more, a play is complete."""
    clip = Clip(clips, "gop")
    plays = complete = calm_plays = 0
    whole = False
    while not (calm_plays and whole):
        calm = not os.path.exists("/tmp/survive")
        calm_plays += calm
        expect(calm_plays <= 5, "no play is complete though nothing disturbs it")
        client = Client(node, 176, 144)
        plays += 1
        whole = False
        try:
            for number, unit in enumerate(clip.units):
                client.send(b"".join(unit), number)
            client.finish()
            whole = len(client.frames) == len(clip.frames)
            complete += whole
        except OSError:
            time.sleep(0.05)
        client.close()
    print(f"{complete} of {plays} plays were complete")
    return plays


def killed(node, clips):
    """All workers are killed once in each play: of each a picture is lost at most, the one that was being handed
    over, and the others are right and in order."""
    clip = Clip(clips, "gop")
    kills = int(os.environ.get("ROUNDS", "20"))
    chance = random.Random(int(os.environ.get("SEED", "1")))
    lost = []
    for _ in range(kills):
        client = Client(node, 176, 144)
        at = chance.randrange(1, len(clip.units))
        for number, unit in enumerate(clip.units):
            client.send(b"".join(unit), number)
            if number == at:
                for _ in range(chance.randrange(4)):
                    client.work()
                subprocess.run(["pkill", "-KILL", "-x", "daedalus-worker"], check=True)
        client.finish()
        left = iter(clip.frames)
        expect(all(frame in left for frame, _, _ in client.frames), "a picture is wrong, or out of order")
        lost.append(len(clip.frames) - len(client.frames))
        client.close()
    print(f"RESULT lost_per_kill {sum(lost) / kills:.2f} frames 1 {'pass' if max(lost) <= 1 else 'fail'}", flush=True)
    return kills


SCENARIOS = [
    chromium,
    chromium_dmabuf,
    reopen,
    rpi_ffmpeg,
    seek,
    seek_capture_first,
    seek_output_first,
    three_planes,
    stop_when_idle,
    poll_for_stream,
    start_after_nothing,
    second_stream_foreseen,
    seek_past_last,
    created_captures,
    size_change,
    size_change_by_start,
    same_stream_again,
    seek_in_change,
    start_before_event,
    restart_before_event,
    seek_in_untold_change,
    change_of_nothing,
    refusals,
]


def main():
    node, clips, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    failed = False
    for scenario in SCENARIOS if not names else [globals()[name] for name in names]:
        name = scenario.__name__
        try:
            print(f"RESULT {name} {scenario(node, clips)} checks - pass", flush=True)
        except (Failure, OSError, ValueError, IndexError) as error:
            failed = True
            print(f"RESULT {name} - checks - fail {type(error).__name__}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
