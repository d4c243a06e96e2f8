#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""stateful_client.py NODE CLIPS SCENARIO...: uses a stateful decoder as clients
do that can't be in the test machine, and compares every frame with FFmpeg's.

Prints a RESULT line for each scenario. CLIPS has NAME.h264 and NAME.framemd5.
"""

import collections
import ctypes
import fcntl
import hashlib
import mmap
import os
import random
import select
import struct
import subprocess
import sys
import time

OUTPUT, CAPTURE = 10, 9  # V4L2_BUF_TYPE_VIDEO_*_MPLANE
MMAP, DMABUF = 1, 4
NV12 = b"NV12"
EVENT_EOS, EVENT_SOURCE_CHANGE = 2, 5
FLAG_KEYFRAME, FLAG_ERROR, FLAG_LAST = 0x8, 0x40, 0x100000
CMD_START, CMD_STOP = 0, 1
COMPOSE, COMPOSE_DEFAULT = 0x100, 0x101
MIN_BUFFERS_FOR_CAPTURE = 0x00980927
PATIENCE = 20  # seconds: the machine is emulated


class Plane(ctypes.Structure):
    _fields_ = [
        ("bytesused", ctypes.c_uint32),
        ("length", ctypes.c_uint32),
        ("m", ctypes.c_uint64),
        ("data_offset", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 11),
    ]


class Buffer(ctypes.Structure):
    _fields_ = [
        ("index", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("bytesused", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("field", ctypes.c_uint32),
        ("seconds", ctypes.c_int64),
        ("microseconds", ctypes.c_int64),
        ("timecode", ctypes.c_uint32 * 4),
        ("sequence", ctypes.c_uint32),
        ("memory", ctypes.c_uint32),
        ("planes", ctypes.POINTER(Plane)),
        ("length", ctypes.c_uint32),
        ("reserved2", ctypes.c_uint32),
        ("request_fd", ctypes.c_int32),
    ]


def iowr(number, size):
    return 3 << 30 | size << 16 | ord("V") << 8 | number


def iow(number, size):
    return 1 << 30 | size << 16 | ord("V") << 8 | number


QBUF, DQBUF, QUERYBUF = (iowr(n, ctypes.sizeof(Buffer)) for n in (15, 17, 9))
G_FMT, S_FMT, REQBUFS, G_CTRL = iowr(4, 208), iowr(5, 208), iowr(8, 20), iowr(27, 8)
CREATE_BUFS = iowr(92, 256)
STREAMON, STREAMOFF, EXPBUF = iow(18, 4), iow(19, 4), iowr(16, 64)
DQEVENT, SUBSCRIBE = 2 << 30 | 136 << 16 | ord("V") << 8 | 89, iow(90, 32)
G_SELECTION, S_SELECTION, DECODER_CMD = iowr(94, 64), iowr(95, 64), iowr(96, 72)

Format = collections.namedtuple("Format", "width height fourcc field size pitch")
Done = collections.namedtuple("Done", "index bytesused flags timestamp field")


class Queue:
    """One of the two queues, and its buffers."""

    def __init__(self, fd, kind):
        self.fd, self.kind, self.memory, self.maps, self.fds, self.sizes = fd, kind, MMAP, [], [], []

    def set_format(self, fourcc, width, height, size=0):
        raw = bytearray(208)
        struct.pack_into("=I4xII4s", raw, 0, self.kind, width, height, fourcc)
        struct.pack_into("=I", raw, 8 + 20, size)
        struct.pack_into("=B", raw, 8 + 20 + 8 * 20, 1)
        fcntl.ioctl(self.fd, S_FMT, raw)
        return self.parse(raw)

    def format(self):
        raw = bytearray(208)
        struct.pack_into("=I", raw, 0, self.kind)
        fcntl.ioctl(self.fd, G_FMT, raw)
        return self.parse(raw)

    @staticmethod
    def parse(raw):
        width, height, fourcc, field, _ = struct.unpack_from("=II4sII", raw, 8)
        size, pitch = struct.unpack_from("=II", raw, 8 + 20)
        return Format(width, height, fourcc, field, size, pitch)

    def buffer(self, index):
        planes = (Plane * 1)()
        buffer = Buffer(index=index, type=self.kind, memory=self.memory, length=1)
        buffer.planes = ctypes.cast(planes, ctypes.POINTER(Plane))
        return buffer, planes

    def allocate(self, count, fds=()):
        """Of its own memory, or for these dma-bufs."""
        self.memory = DMABUF if fds else MMAP
        raw = bytearray(struct.pack("=IIIII", count, self.kind, self.memory, 0, 0))
        fcntl.ioctl(self.fd, REQBUFS, raw)
        given = struct.unpack_from("=I", raw)[0]
        self.maps, self.fds, self.sizes = [], list(fds), []
        if not fds:
            self.map(0, given)
        for fd in fds:
            self.maps.append(mmap.mmap(fd, os.lseek(fd, 0, os.SEEK_END)))
        return given

    def create(self, count):
        """More of its own memory, by CREATE_BUFS with the format that is set."""
        format = bytearray(208)
        struct.pack_into("=I", format, 0, self.kind)
        fcntl.ioctl(self.fd, G_FMT, format)
        raw = bytearray(struct.pack("=IIII", 0, count, MMAP, 0)) + format + bytearray(32)
        fcntl.ioctl(self.fd, CREATE_BUFS, raw)
        self.map(*struct.unpack_from("=II", raw))

    def map(self, first, count):
        for index in range(first, first + count):
            buffer, planes = self.buffer(index)
            fcntl.ioctl(self.fd, QUERYBUF, buffer)
            self.maps.append(mmap.mmap(self.fd, planes[0].length, offset=planes[0].m & 0xFFFFFFFF))

    def release(self):
        for view in self.maps:
            view.close()
        self.maps = []
        fcntl.ioctl(self.fd, REQBUFS, bytearray(struct.pack("=IIIII", 0, self.kind, self.memory, 0, 0)))

    def export(self, index):
        raw = bytearray(64)
        struct.pack_into("=IIII", raw, 0, self.kind, index, 0, os.O_RDWR)
        fcntl.ioctl(self.fd, EXPBUF, raw)
        return struct.unpack_from("=i", raw, 16)[0]

    def queue(self, index, data=None, timestamp=0):
        buffer, planes = self.buffer(index)
        if data is not None:
            self.maps[index][: len(data)] = data
            planes[0].bytesused = len(data)
        if self.fds:
            planes[0].m = self.fds[index]
            planes[0].length = len(self.maps[index])
        buffer.seconds, buffer.microseconds = divmod(timestamp, 1000000)
        fcntl.ioctl(self.fd, QBUF, buffer)

    def dequeue(self):
        """None: nothing is there. EPIPE: the end."""
        buffer, planes = self.buffer(0)
        try:
            fcntl.ioctl(self.fd, DQBUF, buffer)
        except BlockingIOError:
            return None
        return Done(
            buffer.index,
            planes[0].bytesused,
            buffer.flags,
            buffer.seconds * 1000000 + buffer.microseconds,
            buffer.field,
        )

    def stream(self, on):
        fcntl.ioctl(self.fd, STREAMON if on else STREAMOFF, struct.pack("=I", self.kind))


class Failure(Exception):
    pass


def expect(condition, text):
    if not condition:
        raise Failure(text)


class Client:
    """A decoder that is open, the way most clients drive one."""

    def __init__(self, node, width=0, height=0, size=1 << 20, outputs=8, streams=True):
        self.fd = os.open(node, os.O_RDWR | os.O_NONBLOCK)
        self.output, self.capture = Queue(self.fd, OUTPUT), Queue(self.fd, CAPTURE)
        for event in (EVENT_EOS, EVENT_SOURCE_CHANGE):
            fcntl.ioctl(self.fd, SUBSCRIBE, struct.pack("=I28x", event))
        given = self.output.set_format(b"H264", width, height, size)
        expect(given.size >= size and given.width and given.height, f"the OUTPUT format is {given}")
        self.free = collections.deque(range(self.output.allocate(outputs)))
        self.events = collections.deque()
        self.frames, self.fields = [], set()
        self.last = self.last_at = self.event_at = None
        self.shape = None
        if streams:
            self.output.stream(True)

    def close(self):
        for view in self.output.maps + self.capture.maps:
            view.close()
        os.close(self.fd)

    def command(self, number):
        raw = bytearray(72)
        struct.pack_into("=I", raw, 0, number)
        fcntl.ioctl(self.fd, DECODER_CMD, raw)

    def visible(self, target=COMPOSE):
        raw = bytearray(64)
        struct.pack_into("=II", raw, 0, 1, target)
        fcntl.ioctl(self.fd, G_SELECTION, raw)
        return struct.unpack_from("=iiII", raw, 12)

    def minimum(self):
        raw = bytearray(struct.pack("=Ii", MIN_BUFFERS_FOR_CAPTURE, 0))
        fcntl.ioctl(self.fd, G_CTRL, raw)
        return struct.unpack("=Ii", raw)[1]

    def poll(self, seconds=PATIENCE):
        poller = select.poll()
        poller.register(self.fd, select.POLLIN | select.POLLOUT | select.POLLPRI)
        result = poller.poll(seconds * 1000)
        return result[0][1] if result else 0

    def poll_capture(self, seconds=PATIENCE):
        """As GStreamer waits for a picture, or for what the stream is like."""
        poller = select.poll()
        poller.register(self.fd, select.POLLIN | select.POLLPRI)
        result = poller.poll(seconds * 1000)
        return result[0][1] if result else 0

    def take_events(self):
        while True:
            raw = bytearray(136)
            try:
                fcntl.ioctl(self.fd, DQEVENT, raw)
            except OSError:
                return
            self.events.append(struct.unpack_from("=I", raw)[0])
            self.event_at = time.monotonic()

    def take_inputs(self):
        while (done := self.output.dequeue()) is not None:
            self.free.append(done.index)

    def take_pictures(self, requeue=True):
        """Frames as FFmpeg hashes them; stops at the LAST one."""
        while not self.last:
            done = self.capture.dequeue()
            if done is None:
                return
            if done.flags & FLAG_LAST:
                self.last, self.last_at = done, time.monotonic()
            if done.bytesused:
                self.frames.append((self.hash(done.index), done.timestamp, done.flags))
                self.fields.add(done.field)
            if requeue and not self.last:
                self.capture.queue(done.index)

    def hash(self, index):
        left, top, width, height = self.visible_rect
        expect(left == 0 and top == 0, "the visible rectangle does not begin at 0, 0")
        shape, data = self.shape, self.capture.maps[index]
        digest = hashlib.md5()
        for line in range(height):
            digest.update(data[line * shape.pitch : line * shape.pitch + width])
        chroma = shape.pitch * shape.height  # as Chromium and Firefox compute it
        pairs = [
            data[chroma + line * shape.pitch : chroma + line * shape.pitch + 2 * ((width + 1) // 2)]
            for line in range((height + 1) // 2)
        ]
        for first in (0, 1):
            for line in pairs:
                digest.update(line[first::2])
        return digest.hexdigest()

    def work(self):
        self.poll()
        self.take_events()
        self.take_inputs()
        if self.shape:
            self.take_pictures()

    def send(self, data, timestamp):
        end = time.monotonic() + PATIENCE
        while not self.free:
            expect(time.monotonic() < end, "OUTPUT buffers do not come back")
            self.work()
            if EVENT_SOURCE_CHANGE in self.events and not self.shape:
                self.set_up()
        self.output.queue(self.free.popleft(), data, timestamp)

    def wait_for(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            expect(time.monotonic() < end, f"no {what}")
            self.work()

    def wait_for_event(self, event):
        """And take nothing meanwhile."""
        end = time.monotonic() + PATIENCE
        while event not in self.events:
            expect(time.monotonic() < end, f"no event {event}")
            time.sleep(0.01)
            self.take_events()

    def set_up(self, fds=None):
        """The first SOURCE_CHANGE: makes buffers of what the stream needs."""
        self.events.remove(EVENT_SOURCE_CHANGE)
        self.shape = self.capture.format()
        expect(self.shape.fourcc == NV12, f"the default format is {self.shape.fourcc}")
        expect(self.shape.field == 1, "the field is not NONE")
        self.visible_rect = self.visible()
        expect(self.visible(COMPOSE_DEFAULT) == self.visible_rect, "COMPOSE_DEFAULT is not COMPOSE")
        minimum = self.minimum()
        expect(1 <= minimum <= 18, f"MIN_BUFFERS_FOR_CAPTURE is {minimum}")
        wanted = max(minimum, 8) + 2
        given = self.capture.allocate(wanted, fds or ())
        expect(given >= wanted, f"{given} buffers of {wanted}")
        for index in range(len(self.capture.maps)):
            self.capture.queue(index)
        self.capture.stream(True)

    def finish(self):
        """STOP; then all that comes until LAST."""
        self.command(CMD_STOP)
        end = time.monotonic() + PATIENCE
        while not self.last:
            expect(time.monotonic() < end, "no LAST buffer" if self.shape else "neither pictures nor the end")
            if EVENT_SOURCE_CHANGE in self.events and not self.shape:
                self.set_up()
            if EVENT_EOS in self.events and not self.shape:
                return  # nothing could be decoded
            self.work()
        try:
            self.capture.dequeue()
            expect(False, "a buffer comes after the LAST one")
        except BrokenPipeError:
            pass
        self.wait_for(lambda: EVENT_EOS in self.events, "EOS event")
        self.events.remove(EVENT_EOS)
        expect(abs(self.event_at - self.last_at) < 1, "LAST and EOS are far apart")


class Clip:
    def __init__(self, clips, name):
        with open(f"{clips}/{name}.h264", "rb") as file:
            data = file.read()
        starts = []
        at = data.find(b"\0\0\1")
        while at >= 0:
            starts.append(at - 1 if at and data[at - 1] == 0 else at)
            at = data.find(b"\0\0\1", at + 3)
        self.units = []  # access units: lists of NAL units
        unit, sliced = [], False
        for begin, end in zip(starts, starts[1:] + [len(data)]):
            nal = data[begin:end]
            header = nal.index(b"\0\0\1") + 3
            kind = nal[header] & 31
            first_slice = kind in (1, 5) and nal[header + 1] & 0x80
            if sliced and (first_slice or kind not in (1, 5)):
                self.units.append(unit)
                unit, sliced = [], False
            unit.append(nal)
            sliced = sliced or kind in (1, 5)
        self.units.append(unit)
        with open(f"{clips}/{name}.framemd5", encoding="ascii") as file:
            self.frames = [line.split(",")[-1].strip() for line in file if line[0] != "#"]

    def keys(self):
        return [i for i, unit in enumerate(self.units) if any(nal[nal.index(b"\0\0\1") + 3] & 31 == 5 for nal in unit)]


def compare(client, wanted):
    got = [frame[0] for frame in client.frames]
    expect(len(got) == len(wanted), f"{len(got)} frames of {len(wanted)}")
    wrong = [i for i, (a, b) in enumerate(zip(got, wanted)) if a != b]
    expect(not wrong, f"{len(wrong)} frames differ, the first is {wrong[:1]}")
    expect(not any(frame[2] & FLAG_ERROR for frame in client.frames), "frames are marked as errors")


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
        client.output.stream(False)
        client.free = collections.deque(range(len(client.output.maps)))
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
                client.poll(0.1)
                client.take_events()
                client.take_inputs()
                if not client.shape and EVENT_SOURCE_CHANGE in client.events:
                    client.set_up()
            if not client.free:
                break
        client.capture.stream(False)
        time.sleep(0.05)  # until the worker has answered
        client.output.stream(False)
        client.free = collections.deque(range(len(client.output.maps)))
        client.output.stream(True)
        for index in range(len(client.capture.maps)):
            client.capture.queue(index)
        client.capture.stream(True)
        client.frames = []
        stamp += 1
    for unit in clip.units:
        client.send(b"".join(unit), stamp)
    client.finish()
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
        if not client.shape:
            client.wait_for(lambda: EVENT_SOURCE_CHANGE in client.events, "SOURCE_CHANGE event")
            client.set_up()
        time.sleep(0.3)  # until the worker has read all there is
        client.output.stream(False)
        time.sleep(0.05)  # until it has answered
        client.capture.stream(False)
        half = len(client.capture.maps) // 2
        for index, view in enumerate(client.capture.maps):
            view[: len(mark)] = mark
            if index >= half:
                client.capture.queue(index)
        client.free = collections.deque(range(len(client.output.maps)))
        client.output.stream(True)
        client.capture.stream(True)
        client.frames = []
        for unit in clip.units:
            client.send(b"".join(unit), 1)
        client.finish()
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


def stop_when_idle(node, clips):
    """STOP with nothing queued gives an empty LAST; an empty OUTPUT buffer is a STOP, too."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    for unit in clip.units[:10]:
        client.send(b"".join(unit), 0)
    client.finish()
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


def seek_past_last(node, clips):
    """A seek after the end while the LAST buffer still waits to be taken: it is not the end any more."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    for unit in clip.units[:8]:
        client.send(b"".join(unit), 0)
    client.wait_for(lambda: EVENT_SOURCE_CHANGE in client.events, "SOURCE_CHANGE event")
    client.set_up()
    client.command(CMD_STOP)
    client.wait_for_event(EVENT_EOS)
    client.events.remove(EVENT_EOS)
    client.output.stream(False)
    client.free = collections.deque(range(len(client.output.maps)))
    client.output.stream(True)
    client.take_pictures()
    expect(not client.last, "a LAST buffer from before the seek")
    client.frames = []
    for unit in clip.units:
        client.send(b"".join(unit), 1)
    client.finish()
    client.frames = [frame for frame in client.frames if frame[1] == 1]
    compare(client, clip.frames)
    client.close()
    return len(clip.frames)


def second_stream_unanswered(node, clips):
    """Nobody decodes the second stream of a file: it fails in time, though the first one is known."""
    clip = Clip(clips, "gop")
    client = Client(node, 176, 144)
    for unit in clip.units:
        client.send(b"".join(unit), 0)
    client.finish()
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
    for index in range(len(client.capture.maps)):
        client.capture.queue(index)
    client.output.stream(True)
    client.capture.stream(True)
    for unit in clip.units:
        client.send(b"".join(unit), 0)
    client.finish()
    compare(client, clip.frames)
    client.close()
    return len(clip.frames)


def size_change(node, clips, start_alone=False):
    """Old frames, then the event and LAST; on by STREAMOFF, or by START where the buffers will do."""
    names = ("other_size", "tiny", "gop") if start_alone else ("tiny", "other_size", "gop")
    parts = [Clip(clips, name) for name in names]
    client = Client(node, 64, 64, outputs=4)
    queue = collections.deque(b"".join(unit) for part in parts for unit in part.units)
    frames, stopped = [], False
    end = time.monotonic() + 3 * PATIENCE
    while True:
        expect(time.monotonic() < end, f"stuck after {len(frames) + len(client.frames)} frames")
        while queue and client.free:
            client.output.queue(client.free.popleft(), queue.popleft(), 0)
        if not queue and not stopped:
            client.command(CMD_STOP)
            stopped = True
        client.work()
        if not client.shape and EVENT_SOURCE_CHANGE in client.events:
            client.set_up()
        if not client.last:
            continue
        client.take_events()
        if EVENT_SOURCE_CHANGE not in client.events:
            break  # LAST of the end
        frames += client.frames
        last, client.frames, client.last = client.last, [], None
        if start_alone:
            client.events.remove(EVENT_SOURCE_CHANGE)
            client.shape, client.visible_rect = client.capture.format(), client.visible()
            client.command(CMD_START)
            client.capture.queue(last.index)
        else:
            client.capture.stream(False)
            client.capture.release()
            client.set_up()
    expect(EVENT_EOS in client.events, "no EOS event at the end")
    client.frames = frames + client.frames
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
    stop_when_idle,
    poll_for_stream,
    seek_past_last,
    created_captures,
    size_change,
    size_change_by_start,
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
