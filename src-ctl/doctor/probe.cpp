// SPDX-License-Identifier: BSD-2-Clause
#include "doctor/probe.h"

#include "util/unique_fd.h"

#include <fcntl.h>
#include <linux/v4l2-controls.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace daedalus::ctl {
namespace {

/// Chromium's GPU process aborts on a decoder that wants more.
constexpr std::uint32_t most_captures = 18;
/// No driver has nearly as many; one that goes on for ever is broken.
constexpr std::uint32_t most_formats = 256;

std::vector<std::uint32_t> list_formats(int fd, std::uint32_t queue) {
    std::vector<std::uint32_t> formats;
    for (std::uint32_t index = 0; index < most_formats; ++index) {
        v4l2_fmtdesc description{};
        description.index = index;
        description.type = queue;
        if (ioctl(fd, VIDIOC_ENUM_FMT, &description) != 0)
            break;
        formats.push_back(description.pixelformat);
    }
    return formats;
}

/// No buffers are what a client asks for to learn what the queue can do.
bool takes_requests(int fd) {
    v4l2_requestbuffers none{};
    none.type = V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;
    none.memory = V4L2_MEMORY_MMAP;
    return ioctl(fd, VIDIOC_REQBUFS, &none) == 0 && (none.capabilities & V4L2_BUF_CAP_SUPPORTS_REQUESTS) != 0;
}

bool sizes_in_steps(int fd, std::uint32_t format) {
    v4l2_frmsizeenum size{};
    size.pixel_format = format;
    return ioctl(fd, VIDIOC_ENUM_FRAMESIZES, &size) == 0 && size.type == V4L2_FRMSIZE_TYPE_STEPWISE;
}

bool offers(const std::vector<std::uint32_t>& formats, std::uint32_t wanted) {
    return std::ranges::find(formats, wanted) != formats.end();
}

} // namespace

std::expected<NodeAnswers, std::string> probe_node(const std::string& path) {
    const auto failed = [&](const char* what) {
        return std::unexpected(path + ": " + what + ": " + std::strerror(errno));
    };
    const util::UniqueFd fd(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!fd)
        return failed("cannot be opened");
    v4l2_capability capability{};
    if (ioctl(fd.get(), VIDIOC_QUERYCAP, &capability) != 0)
        return failed("does not say what it is");
    const std::uint32_t caps = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0
                                   ? capability.device_caps
                                   : capability.capabilities;
    NodeAnswers answers;
    answers.multiplanar = (caps & V4L2_CAP_VIDEO_M2M_MPLANE) != 0;
    answers.single_planar = (caps & V4L2_CAP_VIDEO_M2M) != 0;
    answers.streaming = (caps & V4L2_CAP_STREAMING) != 0;
    if (!answers.multiplanar)
        return answers;
    answers.requests = takes_requests(fd.get());
    answers.coded = list_formats(fd.get(), V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE);
    answers.pictures = list_formats(fd.get(), V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE);
    if (!answers.coded.empty())
        answers.sizes_in_steps = sizes_in_steps(fd.get(), answers.coded.front());
    v4l2_format picture{};
    picture.type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
    if (ioctl(fd.get(), VIDIOC_G_FMT, &picture) == 0)
        answers.default_picture = picture.fmt.pix_mp.pixelformat;
    v4l2_control minimum{};
    minimum.id = V4L2_CID_MIN_BUFFERS_FOR_CAPTURE;
    if (ioctl(fd.get(), VIDIOC_G_CTRL, &minimum) == 0)
        answers.min_captures = static_cast<std::uint32_t>(std::max(minimum.value, 0));
    return answers;
}

std::vector<std::string> missing_for_firefox(const NodeAnswers& answers) {
    std::vector<std::string> missing;
    if (!answers.multiplanar && !answers.single_planar)
        missing.emplace_back("memory-to-memory");
    if (!answers.streaming)
        missing.emplace_back("streaming");
    if (!offers(answers.coded, V4L2_PIX_FMT_H264))
        missing.emplace_back("H.264");
    if (!offers(answers.pictures, V4L2_PIX_FMT_NV12) && !offers(answers.pictures, V4L2_PIX_FMT_YVU420))
        missing.emplace_back("NV12 or YV12");
    return missing;
}

std::vector<std::string> missing_for_chromium(const NodeAnswers& answers) {
    std::vector<std::string> missing;
    if (!answers.multiplanar)
        missing.emplace_back("memory-to-memory with multi-planar buffers");
    if (!answers.streaming)
        missing.emplace_back("streaming");
    if (answers.requests)
        missing.emplace_back("an OUTPUT queue without requests");
    if (std::ranges::none_of(std::array{V4L2_PIX_FMT_H264, V4L2_PIX_FMT_VP8, V4L2_PIX_FMT_VP9},
                             [&](std::uint32_t format) { return offers(answers.coded, format); }))
        missing.emplace_back("H.264, VP8 or VP9");
    if (answers.default_picture != V4L2_PIX_FMT_NV12)
        missing.emplace_back("NV12 as the default");
    if (!answers.sizes_in_steps)
        missing.emplace_back("sizes in steps");
    if (answers.min_captures == 0 || answers.min_captures > most_captures)
        missing.emplace_back("1 to 18 as the least number of buffers");
    return missing;
}

} // namespace daedalus::ctl
