# SPDX-License-Identifier: BSD-2-Clause
"""What comes after an end: the next stream, or nothing."""

import collections
import errno
import select

from stateful_decoder import (
    CMD_START,
    CMD_STOP,
    Client,
    Clip,
    EVENT_EOS,
    EVENT_SOURCE_CHANGE,
    NV12,
    compare,
    expect,
)


def start_after_nothing(node, clips):
    """Of the first part nothing can be decoded, and there is no CAPTURE queue for its LAST buffer: START goes on."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    client.send(b"\0" * 64, 0)
    client.command(CMD_STOP)
    client.wait_for_event(EVENT_EOS)
    client.events.remove(EVENT_EOS)
    client.command(CMD_START)
    client.play(clip.units, 0)
    compare(client, clip.frames)
    client.close()
    return len(clip.frames)


def second_stream_foreseen(node, clips):
    """Buffers are made for just what the second stream of a file is: no word of a change, and no wait for it."""
    first, second = Clip(clips, "gop"), Clip(clips, "other_size")
    client = Client(node, 176, 144)
    client.play(first.units, 0)
    compare(client, first.frames)
    client.stop_output()
    client.capture.stream(False)
    client.capture.release()
    client.output.release()
    client.events.clear()
    client.output.set_format(b"H264", 320, 240, 1 << 20)
    client.shape = client.capture.set_format(NV12, 320, 240)
    expect((client.shape.width, client.shape.height) == (320, 240), f"the CAPTURE format is {client.shape}")
    client.visible_rect = client.visible()
    client.free = collections.deque(range(client.output.allocate(8)))
    client.capture.allocate(12)
    client.capture.queue_all()
    client.frames, client.last = [], None
    client.output.stream(True)
    client.capture.stream(True)
    client.play(second.units, 0)
    expect(EVENT_SOURCE_CHANGE not in client.events, "a change of the stream is told where there is none")
    compare(client, second.frames)
    client.close()
    return len(second.frames)


def too_large(node, clips):
    """Pictures that the configuration does not allow: an error, where another decoder can take over, not silence."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    try:
        client.play(clip.units, 0)
        expect(False, "all of the stream is taken")
    except OSError as error:
        expect(error.errno == errno.EIO, f"errno {error.errno} where EIO is due")
    client.close()
    return 1


def nobody_decodes(node, clips):
    """Without a daemon OUTPUT fails, and a CAPTURE queue that begins after that does not wait for ever."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    client.output.queue(client.free.popleft(), b"".join(clip.units[0]), 0)
    client.capture.allocate(4)
    client.capture.queue_all()
    client.capture.stream(True)
    told = client.poll_capture()
    expect(told & select.POLLERR, f"poll tells {told:#x} where nobody decodes")
    client.close()
    return 1
