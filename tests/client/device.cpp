// SPDX-License-Identifier: BSD-2-Clause
#include "device.h"

#include "failure.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>

namespace daedalus::client {

namespace {

/** The nodes of a kind in numerical order; not udev's links to them. */
std::vector<std::string> nodes_named(const std::string& prefix) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator("/dev")) {
        const std::string name = entry.path().filename();
        if (name.starts_with(prefix) &&
            name.find_first_not_of("0123456789", prefix.size()) == std::string::npos)
            names.push_back(entry.path());
    }
    std::ranges::sort(names, [](const std::string& a, const std::string& b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    return names;
}

/** A driver's name in an array of bytes that may not end in NUL. */
template <typename Character, size_t size>
bool says(const Character (&name)[size], const std::string& wanted) {
    const auto* text = reinterpret_cast<const char*>(name);
    return std::string(text, strnlen(text, size)) == wanted;
}

} // namespace

std::optional<Nodes> find_nodes(const std::string& driver) {
    Nodes nodes;
    for (const std::string& path : nodes_named("video")) {
        const File file(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
        v4l2_capability capability{};
        if (file.is_open() && file.control(VIDIOC_QUERYCAP, &capability) == 0 &&
            says(capability.driver, driver) && (capability.device_caps & V4L2_CAP_VIDEO_M2M_MPLANE) != 0)
            nodes.video = path;
    }
    for (const std::string& path : nodes_named("media")) {
        const File file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
        media_device_info info{};
        if (file.is_open() && file.control(MEDIA_IOC_DEVICE_INFO, &info) == 0 && says(info.driver, driver))
            nodes.media = path;
    }
    if (nodes.video.empty() || nodes.media.empty())
        return std::nullopt;
    return nodes;
}

Device::Device(const Nodes& nodes, int extra_flags)
    : video_(File::open(nodes.video, O_RDWR | O_NONBLOCK | extra_flags)),
      media_(File::open(nodes.media, O_RDWR)) {}

int Device::must(const char* name, unsigned long request, void* argument) const {
    const int result = control(request, argument);
    if (result < 0)
        fail_errno(name, -result);
    return result;
}

v4l2_format Device::format(uint32_t queue) const {
    v4l2_format format{};
    format.type = queue;
    must("G_FMT", VIDIOC_G_FMT, &format);
    return format;
}

v4l2_format one_plane_format(uint32_t queue, uint32_t pixelformat, uint32_t width, uint32_t height) {
    v4l2_format format{};
    format.type = queue;
    format.fmt.pix_mp.pixelformat = pixelformat;
    format.fmt.pix_mp.width = width;
    format.fmt.pix_mp.height = height;
    format.fmt.pix_mp.num_planes = 1;
    return format;
}

v4l2_format Device::set_format(uint32_t queue, uint32_t pixelformat, uint32_t width, uint32_t height,
                               uint32_t sizeimage) const {
    v4l2_format format = one_plane_format(queue, pixelformat, width, height);
    format.fmt.pix_mp.plane_fmt[0].sizeimage = sizeimage;
    must("S_FMT", VIDIOC_S_FMT, &format);
    return format;
}

std::vector<uint32_t> Device::formats(uint32_t queue, uint32_t index_bits) const {
    std::vector<uint32_t> found;
    while (found.size() < 64) {
        v4l2_fmtdesc description{};
        description.type = queue;
        description.index = static_cast<uint32_t>(found.size()) | index_bits;
        const int result = control(VIDIOC_ENUM_FMT, &description);
        if (result == -EINVAL)
            break;
        if (result < 0)
            fail_errno("ENUM_FMT", -result);
        found.push_back(description.pixelformat);
    }
    return found;
}

int Device::access_controls(unsigned long ioctl, std::span<const Control> controls, int request) const {
    std::vector<v4l2_ext_control> list(controls.size());
    for (size_t i = 0; i < controls.size(); i++) {
        list[i].id = controls[i].id;
        list[i].size = static_cast<uint32_t>(controls[i].payload.size());
        list[i].ptr = controls[i].payload.data();
    }
    v4l2_ext_controls argument{};
    argument.which = request >= 0 ? V4L2_CTRL_WHICH_REQUEST_VAL : V4L2_CTRL_WHICH_CUR_VAL;
    argument.count = static_cast<uint32_t>(list.size());
    argument.request_fd = request;
    argument.controls = list.data();
    return control(ioctl, &argument);
}

int Device::set_controls(std::span<const Control> controls, int request) const {
    return access_controls(VIDIOC_S_EXT_CTRLS, controls, request);
}

int Device::get_controls(std::span<const Control> controls, int request) const {
    return access_controls(VIDIOC_G_EXT_CTRLS, controls, request);
}

Request::Request(const Device& device) {
    int descriptor = -1;
    const int result = device.media().control(MEDIA_IOC_REQUEST_ALLOC, &descriptor);
    if (result < 0)
        fail_errno("MEDIA_IOC_REQUEST_ALLOC", -result);
    file_ = File(descriptor);
}

bool Request::wait(int milliseconds) const {
    return (file_.wait(POLLPRI, milliseconds) & POLLPRI) != 0;
}

} // namespace daedalus::client
