# SPDX-License-Identifier: BSD-2-Clause
"""Pictures of which the player shows a part only.

GStreamer shows AV1 pictures in the render size of their headers, which is a hint for presentation; FFmpeg, dav1d
and libaom put out the whole frame, and that is what expected hashes are of. So where the sizes differ, what the
player shows is compared with that part of what FFmpeg decodes.
"""
import hashlib
import subprocess


def frame_size(path):
    """Width and height of FFmpeg's frames; None if they differ from frame to frame."""
    command = ["ffprobe", "-v", "quiet", "-select_streams", "V:0", "-show_entries", "frame=width,height"]
    done = subprocess.run([*command, "-of", "csv=p=0", path], capture_output=True, text=True, check=False)
    sizes = {tuple(int(n) for n in line.strip(",").split(",")) for line in done.stdout.split()}
    return sizes.pop() if len(sizes) == 1 else None


def cropped_md5(frame, size, part):
    """The hash of the upper left part of a planar 4:2:0 frame of 8 bits."""
    md5 = hashlib.md5()
    begin = 0
    for divide in (1, 2, 2):
        width, height = ((n + divide - 1) // divide for n in size)
        shown, lines = ((n + divide - 1) // divide for n in part)
        for y in range(lines):
            md5.update(frame[begin + y * width :][:shown])
        begin += width * height
    return md5.hexdigest()


def shows_parts(path, frames_file):
    """Whether every frame in a player's list of frames is a part of the stream's frame with that number."""
    size = frame_size(path)
    if size is None or not frames_file.exists():
        return False
    command = ["ffmpeg", "-nostdin", "-v", "quiet", "-i", path, "-fps_mode", "passthrough", "-pix_fmt", "yuv420p"]
    raw = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=False).stdout
    width, height = size
    frame_bytes = width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)
    shown = [line.split() for line in frames_file.read_text().splitlines()]
    if len(raw) != frame_bytes * len(shown):
        return False
    for i, (_, part, md5) in enumerate(shown):
        part = tuple(int(n) for n in part.split("x"))
        frame = memoryview(raw)[i * frame_bytes :][:frame_bytes]
        if part[0] > width or part[1] > height or cropped_md5(frame, size, part) != md5:
            return False
    return bool(shown)
