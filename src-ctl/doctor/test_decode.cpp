// SPDX-License-Identifier: BSD-2-Clause
// Follows the kernel's "Memory-to-memory Stateless Video Decoder Interface".
#include "doctor/test_decode.h"

#include "doctor/test_frame.h"
#include "util/unique_fd.h"

#include <fcntl.h>
#include <linux/media.h>
#include <linux/v4l2-controls.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace daedalus::ctl {
namespace {

using Step = std::expected<void, std::string>;

std::unexpected<std::string> failed(const std::string& what) {
    return std::unexpected(what + ": " + std::strerror(errno));
}

/// A buffer of the driver, mapped.
class Mapping {
  public:
    Mapping() = default;
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() {
        if (memory_ != MAP_FAILED)
            munmap(memory_, length_);
    }
    bool map(int fd, std::size_t length, off_t offset) {
        length_ = length;
        memory_ = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
        return memory_ != MAP_FAILED;
    }
    [[nodiscard]] std::uint8_t* bytes() const { return static_cast<std::uint8_t*>(memory_); }
    [[nodiscard]] std::size_t length() const { return length_; }

  private:
    void* memory_ = MAP_FAILED;
    std::size_t length_ = 0;
};

class Decoder {
  public:
    Step open(const std::string& video_node, const std::string& media_node);
    Step set_formats();
    Step make_buffers();
    Step decode(std::chrono::milliseconds timeout);
    Step check_picture();

  private:
    Step make_buffer(std::uint32_t queue, Mapping& mapping);
    Step set_controls(int request);
    Step queue(std::uint32_t queue, std::uint32_t bytes, int request);
    Step dequeue(std::uint32_t queue, bool& error);

    util::UniqueFd video_;
    util::UniqueFd media_;
    v4l2_format picture_{};
    Mapping input_;
    Mapping output_;
};

Step Decoder::open(const std::string& video_node, const std::string& media_node) {
    video_.reset(::open(video_node.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (!video_)
        return failed("cannot open " + video_node);
    media_.reset(::open(media_node.c_str(), O_RDWR | O_CLOEXEC));
    if (!media_)
        return failed("cannot open " + media_node);
    return {};
}

Step Decoder::set_formats() {
    v4l2_format coded{};
    coded.type = V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;
    coded.fmt.pix_mp.pixelformat = V4L2_PIX_FMT_H264_SLICE;
    coded.fmt.pix_mp.width = test_frame_width;
    coded.fmt.pix_mp.height = test_frame_height;
    coded.fmt.pix_mp.num_planes = 1;
    coded.fmt.pix_mp.plane_fmt[0].sizeimage = 65536;
    if (ioctl(video_.get(), VIDIOC_S_FMT, &coded) != 0)
        return failed("the device does not take H.264");
    if (coded.fmt.pix_mp.pixelformat != V4L2_PIX_FMT_H264_SLICE)
        return std::unexpected("the device does not take H.264");
    if (auto set = set_controls(-1); !set)
        return set;
    picture_.type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
    if (ioctl(video_.get(), VIDIOC_G_FMT, &picture_) != 0)
        return failed("cannot read the picture's format");
    picture_.fmt.pix_mp.pixelformat = V4L2_PIX_FMT_NV12;
    if (ioctl(video_.get(), VIDIOC_S_FMT, &picture_) != 0)
        return failed("cannot set NV12 as the picture's format");
    const auto& format = picture_.fmt.pix_mp;
    if (format.pixelformat != V4L2_PIX_FMT_NV12 || format.num_planes != 1 ||
        format.width < test_frame_width || format.height < test_frame_height ||
        format.plane_fmt[0].bytesperline < test_frame_width)
        return std::unexpected("the device offers another format than NV12 of 64x64");
    return {};
}

Step Decoder::make_buffers() {
    if (auto made = make_buffer(V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE, input_); !made)
        return made;
    if (auto made = make_buffer(V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, output_); !made)
        return made;
    if (input_.length() < test_frame_slice.size())
        return std::unexpected("the device's bitstream buffer is too small");
    std::memcpy(input_.bytes(), test_frame_slice.data(), test_frame_slice.size());
    // Pixels that nobody wrote must not look like a picture.
    std::memset(output_.bytes(), 0xa5, output_.length());
    return {};
}

Step Decoder::make_buffer(std::uint32_t queue, Mapping& mapping) {
    v4l2_requestbuffers request{};
    request.count = 1;
    request.type = queue;
    request.memory = V4L2_MEMORY_MMAP;
    if (ioctl(video_.get(), VIDIOC_REQBUFS, &request) != 0 || request.count == 0)
        return failed("cannot get buffers");
    v4l2_plane plane{};
    v4l2_buffer buffer{};
    buffer.type = queue;
    buffer.memory = V4L2_MEMORY_MMAP;
    buffer.m.planes = &plane;
    buffer.length = 1;
    if (ioctl(video_.get(), VIDIOC_QUERYBUF, &buffer) != 0)
        return failed("cannot ask about a buffer");
    if (!mapping.map(video_.get(), plane.length, plane.m.mem_offset))
        return failed("cannot map a buffer");
    return {};
}

Step Decoder::set_controls(int request) {
    // What the clip's parameter sets say; see test_frame.h.
    v4l2_ctrl_h264_sps sps{};
    sps.profile_idc = 66;
    sps.constraint_set_flags = V4L2_H264_SPS_CONSTRAINT_SET0_FLAG | V4L2_H264_SPS_CONSTRAINT_SET1_FLAG;
    sps.level_idc = 10;
    sps.chroma_format_idc = 1;
    sps.pic_order_cnt_type = 2;
    sps.pic_width_in_mbs_minus1 = (test_frame_width / 16) - 1;
    sps.pic_height_in_map_units_minus1 = (test_frame_height / 16) - 1;
    sps.flags = V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY | V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE;
    v4l2_ctrl_h264_pps pps{};
    pps.pic_init_qp_minus26 = 10;
    pps.chroma_qp_index_offset = -2;
    pps.second_chroma_qp_index_offset = -2;
    pps.flags = V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT;
    v4l2_ctrl_h264_decode_params params{};
    params.nal_ref_idc = 3;
    params.flags = V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC;

    std::array<v4l2_ext_control, 3> controls{};
    controls[0].id = V4L2_CID_STATELESS_H264_SPS;
    controls[0].size = sizeof(sps);
    controls[0].ptr = &sps;
    controls[1].id = V4L2_CID_STATELESS_H264_PPS;
    controls[1].size = sizeof(pps);
    controls[1].ptr = &pps;
    controls[2].id = V4L2_CID_STATELESS_H264_DECODE_PARAMS;
    controls[2].size = sizeof(params);
    controls[2].ptr = &params;
    v4l2_ext_controls set{};
    set.which = request >= 0 ? V4L2_CTRL_WHICH_REQUEST_VAL : V4L2_CTRL_WHICH_CUR_VAL;
    set.request_fd = request;
    // Outside of a request only the SPS matters: it decides which picture formats there are.
    set.count = request >= 0 ? controls.size() : 1;
    set.controls = controls.data();
    if (ioctl(video_.get(), VIDIOC_S_EXT_CTRLS, &set) != 0)
        return failed("the device refuses the stream's parameters");
    return {};
}

Step Decoder::queue(std::uint32_t queue, std::uint32_t bytes, int request) {
    v4l2_plane plane{};
    plane.bytesused = bytes;
    v4l2_buffer buffer{};
    buffer.type = queue;
    buffer.memory = V4L2_MEMORY_MMAP;
    buffer.m.planes = &plane;
    buffer.length = 1;
    if (request >= 0) {
        buffer.flags = V4L2_BUF_FLAG_REQUEST_FD;
        buffer.request_fd = request;
    }
    if (ioctl(video_.get(), VIDIOC_QBUF, &buffer) != 0)
        return failed("cannot queue a buffer");
    return {};
}

Step Decoder::dequeue(std::uint32_t queue, bool& error) {
    v4l2_plane plane{};
    v4l2_buffer buffer{};
    buffer.type = queue;
    buffer.memory = V4L2_MEMORY_MMAP;
    buffer.m.planes = &plane;
    buffer.length = 1;
    if (ioctl(video_.get(), VIDIOC_DQBUF, &buffer) != 0)
        return failed("cannot get a buffer back");
    error = error || (buffer.flags & V4L2_BUF_FLAG_ERROR) != 0;
    return {};
}

Step Decoder::decode(std::chrono::milliseconds timeout) {
    int raw_request = -1;
    if (ioctl(media_.get(), MEDIA_IOC_REQUEST_ALLOC, &raw_request) != 0)
        return failed("cannot make a request");
    const util::UniqueFd request(raw_request);
    for (std::uint32_t type : {V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE})
        if (ioctl(video_.get(), VIDIOC_STREAMON, &type) != 0)
            return failed("cannot start streaming");
    if (auto set = set_controls(request.get()); !set)
        return set;
    if (auto queued = queue(V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, 0, -1); !queued)
        return queued;
    if (auto queued = queue(V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE, test_frame_slice.size(), request.get());
        !queued)
        return queued;
    if (ioctl(request.get(), MEDIA_REQUEST_IOC_QUEUE) != 0)
        return failed("cannot queue the request");
    struct pollfd wait {
        .fd = request.get(), .events = POLLPRI, .revents = 0
    };
    if (poll(&wait, 1, static_cast<int>(timeout.count())) <= 0)
        return std::unexpected("the picture did not come within " + std::to_string(timeout.count()) + " ms");
    bool error = false;
    if (auto got = dequeue(V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE, error); !got)
        return got;
    if (auto got = dequeue(V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, error); !got)
        return got;
    if (error)
        return std::unexpected("the picture came back with an error");
    return {};
}

Step Decoder::check_picture() {
    const auto& format = picture_.fmt.pix_mp;
    const std::size_t stride = format.plane_fmt[0].bytesperline;
    const std::size_t chroma = stride * format.height;
    if (output_.length() < chroma + (stride * test_frame_height / 2))
        return std::unexpected("the picture's buffer is too small");
    std::uint64_t hash = checksum(nullptr, 0);
    for (std::uint32_t y = 0; y < test_frame_height; ++y)
        hash = checksum(output_.bytes() + (y * stride), test_frame_width, hash);
    for (std::uint32_t y = 0; y < test_frame_height / 2; ++y)
        hash = checksum(output_.bytes() + chroma + (y * stride), test_frame_width, hash);
    if (hash != test_frame_checksum)
        return std::unexpected("the picture is not what the stream holds");
    return {};
}

} // namespace

std::uint64_t checksum(const std::uint8_t* bytes, std::size_t size, std::uint64_t hash) {
    for (std::size_t i = 0; i < size; ++i)
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    return hash;
}

std::expected<TestDecode, std::string> decode_test_frame(const std::string& video_node,
                                                         const std::string& media_node,
                                                         std::chrono::milliseconds timeout) {
    using Clock = std::chrono::steady_clock;
    Decoder decoder;
    if (auto step = decoder.open(video_node, media_node); !step)
        return std::unexpected(step.error());
    if (auto step = decoder.set_formats(); !step)
        return std::unexpected(step.error());
    if (auto step = decoder.make_buffers(); !step)
        return std::unexpected(step.error());
    const auto began = Clock::now();
    if (auto step = decoder.decode(timeout); !step)
        return std::unexpected(step.error());
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
    if (auto step = decoder.check_picture(); !step)
        return std::unexpected(step.error());
    return TestDecode{.microseconds = static_cast<std::uint64_t>(took.count())};
}

} // namespace daedalus::ctl
