# SPDX-License-Identifier: BSD-2-Clause
"""Streams that become other ones, and clients that do something else meanwhile."""

import collections
import time

from stateful_decoder import (
    CMD_START,
    CMD_STOP,
    Client,
    Clip,
    EVENT_CTRL,
    EVENT_EOS,
    EVENT_SOURCE_CHANGE,
    MIN_BUFFERS_FOR_CAPTURE,
    PATIENCE,
    compare,
    expect,
)

SUB_SEND_INITIAL = 1  # V4L2_EVENT_SUB_FL_SEND_INITIAL


def play_through_changes(client, units, stamp, answer=None):
    """All of them, to the end; CAPTURE is made anew at each change, or what else `answer` does with the LAST buffer."""
    queue = collections.deque(b"".join(unit) for unit in units)
    frames, stopped = [], False
    end = time.monotonic() + 3 * PATIENCE
    while True:
        expect(time.monotonic() < end, f"stuck after {len(frames) + len(client.frames)} frames")
        while queue and client.free:
            client.output.queue(client.free.popleft(), queue.popleft(), stamp)
        if not queue and not stopped:
            client.command(CMD_STOP)
            stopped = True
        client.work()
        if not client.shape and EVENT_SOURCE_CHANGE in client.events:
            client.set_up()
        if not client.last:
            continue
        client.take_events()
        frames += client.frames
        client.frames = []
        if EVENT_SOURCE_CHANGE not in client.events:
            return frames  # LAST of the end
        last, client.last = client.last, None
        if answer:
            answer(last)
        else:
            make_captures(client)


def make_captures(client):
    client.capture.stream(False)
    client.capture.release()
    client.set_up()


def same_stream_again(node, clips):
    """Another stream of the same size, for which OUTPUT is made anew and CAPTURE is kept: it is told all the same."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    client.play(clip.units, 0)
    client.stop_output()
    client.capture.stream(False)
    client.output.release()
    client.events.clear()
    client.output.set_format(b"H264", 0, 0, 1 << 20)
    client.free = collections.deque(range(client.output.allocate(8)))
    client.output.stream(True)
    client.output.queue(client.free.popleft(), b"".join(clip.units[0]), 1)
    client.wait_for_event(EVENT_SOURCE_CHANGE)
    client.capture.release()
    client.frames, client.last = [], None
    client.set_up()
    client.play(clip.units[1:], 1)
    compare(client, clip.frames)
    client.close()
    return len(clip.frames)


def seek_in_change(node, clips):
    """The event and LAST of a change have come, and the client seeks instead: back, or to where the change is."""
    before, behind = Clip(clips, "other_size"), Clip(clips, "tiny")
    for target in (before, behind):
        client = Client(node, 320, 240)
        for unit in before.units + behind.units[:4]:
            client.send(b"".join(unit), 0)
        client.wait_for(lambda: client.last, "LAST buffer")
        client.take_events()
        expect(EVENT_SOURCE_CHANGE in client.events, "LAST comes without the event")
        client.stop_output()
        client.events.clear()
        client.output.stream(True)
        client.capture.queue(client.last.index)
        client.frames, client.last = [], None
        client.frames = play_through_changes(client, target.units, 1)
        compare(client, target.frames)
        client.close()
    return len(before.frames) + len(behind.frames)


def come_to_untold_change(client, before, behind):
    """Old pictures are not taken, so the client is not told of the new stream that the decoder has come to."""
    kept = 2  # the decoder needs buffers for all pictures that come before the change
    for unit in before.units[:-kept]:
        client.send(b"".join(unit), 0)
    client.wait_for_stream()
    for _ in range(10):
        client.poll(0.1)
        client.take_inputs()
        client.take_pictures()
        time.sleep(0.1)
    for unit in before.units[-kept:] + behind.units[:8]:
        while not client.free:
            client.work_without_pictures(0.1)
        client.output.queue(client.free.popleft(), b"".join(unit), 0)
    end = time.monotonic() + PATIENCE
    while client.capture.format().width == client.shape.width:
        expect(time.monotonic() < end, "the decoder does not come to the change")
        time.sleep(0.05)
    client.take_events()
    expect(not client.events, "the event comes before the old pictures are taken")


def seek_in_untold_change(node, clips):
    """OUTPUT, then CAPTURE is stopped and started, as GStreamer flushes, before the change is told: to either stream."""
    before, behind = Clip(clips, "other_size"), Clip(clips, "tiny")
    for target in (behind, before):
        client = Client(node, 320, 240)
        come_to_untold_change(client, before, behind)
        client.stop_output()
        client.capture.stream(False)
        client.capture.queue_all()
        client.output.stream(True)
        client.capture.stream(True)
        client.frames = []
        client.frames = play_through_changes(client, target.units, 1)
        compare(client, target.frames)
        client.close()
    return len(before.frames) + len(behind.frames)


def change_of_nothing(node, _clips):
    """An event that nobody reads, CAPTURE buffers of another size than OUTPUT's format, and no stream at all."""
    client = Client(node, 320, 240, streams=False)
    client.subscribe(EVENT_CTRL, MIN_BUFFERS_FOR_CAPTURE, SUB_SEND_INITIAL)
    client.capture.allocate(12)
    client.output.release()
    client.output.set_format(b"H264", 160, 128, 1 << 20)
    client.capture.queue_all()
    client.capture.stream(True)
    client.take_events()
    expect(EVENT_CTRL in client.events, "there was no event")
    client.command(CMD_START)
    client.close()
    return 1


def restart_before_event(node, clips):
    """CAPTURE is stopped and started again with its buffers, while a change has not been told: it still is one."""
    before, behind = Clip(clips, "other_size"), Clip(clips, "tiny")
    client = Client(node, 320, 240)
    come_to_untold_change(client, before, behind)
    client.capture.stream(False)
    client.capture.queue_all()
    client.capture.stream(True)
    client.frames = []
    client.frames = play_through_changes(client, behind.units[8:], 0)
    compare(client, behind.frames)
    client.close()
    return len(behind.frames)


def start_before_event(node, clips):
    """START behind each LAST, events after it: Chromium. Nothing is written for the new stream into old buffers."""
    parts = [Clip(clips, name) for name in ("other_size", "tiny")]
    client = Client(node, 320, 240)
    queue = collections.deque(b"".join(unit) for part in parts for unit in part.units)
    stopped, changes = False, 0
    end = time.monotonic() + 3 * PATIENCE
    while True:
        expect(time.monotonic() < end, f"stuck after {len(client.frames)} frames")
        while queue and client.free:
            client.output.queue(client.free.popleft(), queue.popleft(), 0)
        if not queue and not stopped:
            client.command(CMD_STOP)
            stopped = True
        client.poll()
        client.take_inputs()
        if not client.shape:
            client.take_events()
            if EVENT_SOURCE_CHANGE in client.events:
                client.set_up()
            continue
        client.take_pictures()
        if not client.last:
            continue
        client.command(CMD_START)
        client.take_events()
        if EVENT_EOS in client.events:
            break
        try:
            client.capture.dequeue()
            expect(False, "a change that was not seen has an answer")
        except BrokenPipeError:
            changes += 1
        client.last = None
        make_captures(client)
    expect(changes == 1, f"{changes} changes")
    wanted = [frame for part in parts for frame in part.frames]
    compare(client, wanted)
    client.close()
    return len(wanted)
