// SPDX-License-Identifier: BSD-2-Clause
// For LD_PRELOAD: a video node that the program opens has CODED_FORMAT, a fourcc, on its OUTPUT queue.
// v4l2-compliance streams in whatever format a node begins with, which is one of several. It opens files by
// open64().
#include <linux/videodev2.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

void set_coded_format(int fd) {
    const char* name = std::getenv("CODED_FORMAT");
    if (name == nullptr || std::strlen(name) != sizeof(__u32))
        return;
    v4l2_format format = {};
    format.type = V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;
    std::memcpy(&format.fmt.pix_mp.pixelformat, name, sizeof(__u32));
    if (ioctl(fd, VIDIOC_S_FMT, &format) != 0)
        std::perror("coded_format: VIDIOC_S_FMT");
}

int open_node(const char* path, int flags, mode_t mode) {
    using Open = int (*)(const char*, int, ...);
    const auto next = reinterpret_cast<Open>(dlsym(RTLD_NEXT, "open64"));
    const int fd = next(path, flags, mode);
    if (fd >= 0 && std::string_view(path).starts_with("/dev/video"))
        set_coded_format(fd);
    return fd;
}

} // namespace

extern "C" int open64(const char* file, int oflag, ...) {
    mode_t mode = 0;
    if ((oflag & O_CREAT) != 0 || (oflag & O_TMPFILE) == O_TMPFILE) {
        va_list arguments;
        va_start(arguments, oflag);
        mode = static_cast<mode_t>(va_arg(arguments, unsigned));
        va_end(arguments);
    }
    return open_node(file, oflag, mode);
}

// What programs call that are built with _FORTIFY_SOURCE, and give no mode.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" int __open64_2(const char* path, int flags) {
    return open_node(path, flags, 0);
}
