// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "file.h"

#include <cstdint>
#include <linux/media.h>
#include <linux/videodev2.h>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace daedalus::client {

inline constexpr uint32_t output_queue = V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;
inline constexpr uint32_t capture_queue = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;

/** Where the decoder is. */
struct Nodes {
    std::string video;
    std::string media;
};

/** Finds the nodes by the driver's name, as VIDIOC_QUERYCAP and MEDIA_IOC_DEVICE_INFO say it. */
std::optional<Nodes> find_nodes(const std::string& driver);

/** What S_FMT is asked for: a format of one plane; all else is the driver's to choose. */
v4l2_format one_plane_format(uint32_t queue, uint32_t pixelformat, uint32_t width, uint32_t height);

/** One control of a request or of the device. */
struct Control {
    uint32_t id;
    std::span<uint8_t> payload;
};

/** The bytes of a control structure. */
template <typename Payload>
Control control_of(uint32_t id, Payload& payload) {
    return {.id = id, .payload = {reinterpret_cast<uint8_t*>(&payload), sizeof(payload)}};
}

/** One open video node, which is one decoding context, with its media node. */
class Device {
  public:
    /** Opens both nodes without blocking I/O, or throws. */
    explicit Device(const Nodes& nodes, int extra_flags = 0);

    const File& video() const { return video_; }
    const File& media() const { return media_; }

    /** An ioctl of the video node; -errno or its result. */
    int control(unsigned long request, void* argument) const { return video_.control(request, argument); }
    /** The same, but whatever fails throws with @p name in the reason. */
    int must(const char* name, unsigned long request, void* argument) const;

    v4l2_format format(uint32_t queue) const;
    /** S_FMT; returns what the driver made of it. */
    v4l2_format set_format(uint32_t queue, uint32_t pixelformat, uint32_t width, uint32_t height,
                           uint32_t sizeimage = 0) const;
    /** ENUM_FMT from index 0 on; @p index_bits are or-ed into the index. */
    std::vector<uint32_t> formats(uint32_t queue, uint32_t index_bits = 0) const;

    /**
     * S_EXT_CTRLS or G_EXT_CTRLS of codec controls.
     * @param request a request's fd, or -1 for the device itself
     * @return 0 or -errno
     */
    int set_controls(std::span<const Control> controls, int request = -1) const;
    int get_controls(std::span<const Control> controls, int request = -1) const;

    int stream_on(uint32_t queue) const { return control(VIDIOC_STREAMON, &queue); }
    int stream_off(uint32_t queue) const { return control(VIDIOC_STREAMOFF, &queue); }

  private:
    int access_controls(unsigned long ioctl, std::span<const Control> controls, int request) const;

    File video_;
    File media_;
};

/** A media request. */
class Request {
  public:
    explicit Request(const Device& device);

    int fd() const { return file_.get(); }
    /** MEDIA_REQUEST_IOC_QUEUE; 0 or -errno. */
    int queue() const { return file_.control(MEDIA_REQUEST_IOC_QUEUE, nullptr); }
    /** MEDIA_REQUEST_IOC_REINIT; 0 or -errno. */
    int reinit() const { return file_.control(MEDIA_REQUEST_IOC_REINIT, nullptr); }
    /** Waits until the request has completed; false after @p milliseconds. */
    bool wait(int milliseconds) const;

  private:
    File file_;
};

} // namespace daedalus::client
