# SPDX-License-Identifier: BSD-2-Clause
"""A client of a stateful decoder by its ioctls, and the clips that it plays."""

import collections
import ctypes
import fcntl
import hashlib
import mmap
import os
import select
import struct
import time

OUTPUT, CAPTURE = 10, 9  # V4L2_BUF_TYPE_VIDEO_*_MPLANE
MMAP, DMABUF = 1, 4
NV12, YU12 = b"NV12", b"YU12"
EVENT_EOS, EVENT_CTRL, EVENT_SOURCE_CHANGE = 2, 3, 5
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

    def queue_all(self):
        for index in range(len(self.maps)):
            self.queue(index)

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
            self.subscribe(event)
        given = self.output.set_format(b"H264", width, height, size)
        expect(given.size >= size and given.width and given.height, f"the OUTPUT format is {given}")
        self.free = collections.deque(range(self.output.allocate(outputs)))
        self.events = collections.deque()
        self.frames, self.fields = [], set()
        self.last = self.last_at = self.event_at = None
        self.shape = self.wanted = None
        if streams:
            self.output.stream(True)

    def subscribe(self, event, control=0, flags=0):
        fcntl.ioctl(self.fd, SUBSCRIBE, struct.pack("=III20x", event, control, flags))

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
        pitch, planes, size = shape.pitch, 1, 2 * ((width + 1) // 2)
        if shape.fourcc == YU12:
            pitch, planes, size = pitch // 2, 2, (width + 1) // 2
        for plane in range(2):
            first = chroma + (plane * pitch * shape.height // 2 if planes == 2 else plane)
            for line in range((height + 1) // 2):
                at = first + line * pitch
                digest.update(data[at : at + size : 3 - planes])
        return digest.hexdigest()

    def work(self):
        self.poll()
        self.take_events()
        self.take_inputs()
        if self.shape:
            self.take_pictures()

    def work_without_pictures(self, seconds):
        """They stay where they are, also when there are buffers for more."""
        self.poll(seconds)
        self.take_events()
        self.take_inputs()
        if EVENT_SOURCE_CHANGE in self.events and not self.shape:
            self.set_up()

    def play(self, units, timestamp):
        """All of them with one timestamp, to the end."""
        for unit in units:
            self.send(b"".join(unit), timestamp)
        self.finish()

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

    def wait_for_stream(self):
        """And make buffers for it."""
        if not self.shape:
            self.wait_for(lambda: EVENT_SOURCE_CHANGE in self.events, "SOURCE_CHANGE event")
            self.set_up()

    def stop_output(self):
        """All of its buffers are the client's again."""
        self.output.stream(False)
        self.free = collections.deque(range(len(self.output.maps)))

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
        if self.wanted:
            self.shape = self.capture.set_format(self.wanted, self.shape.width, self.shape.height)
            expect(self.shape.fourcc == self.wanted, f"the format is {self.shape.fourcc}")
        self.visible_rect = self.visible()
        expect(self.visible(COMPOSE_DEFAULT) == self.visible_rect, "COMPOSE_DEFAULT is not COMPOSE")
        minimum = self.minimum()
        expect(1 <= minimum <= 18, f"MIN_BUFFERS_FOR_CAPTURE is {minimum}")
        wanted = max(minimum, 8) + 2
        given = self.capture.allocate(wanted, fds or ())
        expect(given >= wanted, f"{given} buffers of {wanted}")
        self.capture.queue_all()
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
