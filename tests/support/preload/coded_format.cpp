// SPDX-License-Identifier: BSD-2-Clause
// For LD_PRELOAD: a video node that the program opens has CODED_FORMAT, a fourcc, on its OUTPUT queue.
// v4l2-compliance streams in whatever format a node begins with, which is one of several.
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

int open_as(const char* symbol, const char* path, int flags, mode_t mode) {
    using Open = int (*)(const char*, int, ...);
    const auto next = reinterpret_cast<Open>(dlsym(RTLD_NEXT, symbol));
    const int fd = next(path, flags, mode);
    if (fd >= 0 && std::string_view(path).starts_with("/dev/video"))
        set_coded_format(fd);
    return fd;
}

mode_t mode_of(int flags, va_list arguments) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(arguments, unsigned)) : 0;
}

} // namespace

extern "C" int open(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_as("open", path, flags, mode);
}

extern "C" int open64(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_as("open64", path, flags, mode);
}

// What programs call that are built with _FORTIFY_SOURCE, and give no mode.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" int __open_2(const char* path, int flags) {
    return open_as("open", path, flags, 0);
}

extern "C" int __open64_2(const char* path, int flags) {
    return open_as("open64", path, flags, 0);
}
// NOLINTEND(bugprone-reserved-identifier)
