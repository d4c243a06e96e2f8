// SPDX-License-Identifier: BSD-2-Clause
// Formats and how they are enumerated: contract items 1, 4, 6 and 7.
#include "client/scenario.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace daedalus::client {

namespace {

#ifndef V4L2_FMTDESC_FLAG_ENUM_ALL
constexpr uint32_t enum_all = 0x80000000;
#else
constexpr uint32_t enum_all = V4L2_FMTDESC_FLAG_ENUM_ALL;
#endif

bool contains(const std::vector<uint32_t>& formats, uint32_t wanted) {
    return std::ranges::find(formats, wanted) != formats.end();
}

void set_bit_depth(const Device& device, uint8_t depth, int request = -1) {
    // All the rest is zero: that is how Chromium announces the depth.
    v4l2_ctrl_h264_sps sps{};
    sps.bit_depth_luma_minus8 = static_cast<uint8_t>(depth - 8);
    sps.bit_depth_chroma_minus8 = static_cast<uint8_t>(depth - 8);
    sps.profile_idc = depth > 8 ? 110 : 100;
    sps.chroma_format_idc = 1;
    const Control control = control_of(V4L2_CID_STATELESS_H264_SPS, sps);
    const int result = device.set_controls({&control, 1}, request);
    if (result < 0)
        fail_errno("S_EXT_CTRLS of a mostly zero SPS", -result);
}

void identity(Context& context) {
    const Device device(context.nodes());
    v4l2_capability capability{};
    device.must("QUERYCAP", VIDIOC_QUERYCAP, &capability);
    expect((capability.device_caps & V4L2_CAP_VIDEO_M2M_MPLANE) != 0, "no VIDEO_M2M_MPLANE");
    expect((capability.device_caps & V4L2_CAP_STREAMING) != 0, "no STREAMING");
    const std::string driver(reinterpret_cast<const char*>(capability.driver));
    expect(driver == "daedalus_v4l2", "the driver is called " + driver);
    media_device_info info{};
    expect(device.media().control(MEDIA_IOC_DEVICE_INFO, &info) == 0, "MEDIA_IOC_DEVICE_INFO");
    expect(std::string(info.driver) == driver, "the media device's driver has another name");
    expect(std::string(info.bus_info) == reinterpret_cast<const char*>(capability.bus_info),
           "the media device's bus_info differs");
    expect(std::string(info.bus_info).starts_with("platform:"), "bus_info is not of a platform device");
}

/** What GStreamer and libva look for. */
void topology(Context& context) {
    const Device device(context.nodes());
    media_v2_topology counts{};
    expect(device.media().control(MEDIA_IOC_G_TOPOLOGY, &counts) == 0, "MEDIA_IOC_G_TOPOLOGY");
    std::vector<media_v2_entity> entities(counts.num_entities);
    std::vector<media_v2_interface> interfaces(counts.num_interfaces);
    std::vector<media_v2_pad> pads(counts.num_pads);
    std::vector<media_v2_link> links(counts.num_links);
    media_v2_topology topology = counts;
    topology.ptr_entities = reinterpret_cast<uintptr_t>(entities.data());
    topology.ptr_interfaces = reinterpret_cast<uintptr_t>(interfaces.data());
    topology.ptr_pads = reinterpret_cast<uintptr_t>(pads.data());
    topology.ptr_links = reinterpret_cast<uintptr_t>(links.data());
    expect(device.media().control(MEDIA_IOC_G_TOPOLOGY, &topology) == 0, "MEDIA_IOC_G_TOPOLOGY");
    const auto decoder = std::ranges::find(entities, uint32_t{MEDIA_ENT_F_PROC_VIDEO_DECODER},
                                           [](const media_v2_entity& entity) { return entity.function; });
    expect(decoder != entities.end(), "no entity is a PROC_VIDEO_DECODER");
    uint32_t sinks = 0;
    uint32_t sources = 0;
    for (const media_v2_pad& pad : pads)
        if (pad.entity_id == decoder->id) {
            sinks += (pad.flags & MEDIA_PAD_FL_SINK) != 0 ? 1 : 0;
            sources += (pad.flags & MEDIA_PAD_FL_SOURCE) != 0 ? 1 : 0;
        }
    expect(sinks == 1 && sources == 1, "the decoder has not one sink and one source pad");
    expect(std::ranges::count(entities, uint32_t{MEDIA_ENT_F_IO_V4L},
                              [](const media_v2_entity& entity) { return entity.function; }) == 2,
           "there are not two IO_V4L entities");
    expect(std::ranges::any_of(interfaces,
                               [](const media_v2_interface& interface) {
                                   return interface.intf_type == MEDIA_INTF_T_V4L_VIDEO;
                               }),
           "there is no V4L_VIDEO interface");
    for (const media_v2_link& link : links)
        if ((link.flags & MEDIA_LNK_FL_LINK_TYPE) == MEDIA_LNK_FL_DATA_LINK)
            expect((link.flags & (MEDIA_LNK_FL_ENABLED | MEDIA_LNK_FL_IMMUTABLE)) ==
                       (MEDIA_LNK_FL_ENABLED | MEDIA_LNK_FL_IMMUTABLE),
                   "a data link is not enabled and immutable");
}

void coded(Context& context) {
    const Device device(context.nodes());
    const std::vector<uint32_t> formats = device.formats(output_queue);
    expect(contains(formats, V4L2_PIX_FMT_H264_SLICE), "OUTPUT does not offer S264");
    expect(!contains(formats, V4L2_PIX_FMT_HEVC_SLICE), "OUTPUT offers HEVC, which the Pi 5 has in hardware");
    expect(device.formats(output_queue, enum_all) == formats, "ENUM_FMT(OUTPUT) with ENUM_ALL differs");
}

void raw_by_depth(Context& context) {
    const Device device(context.nodes());
    device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 320, 240);
    const auto check = [&](uint8_t depth, bool nv12, bool p010) {
        const std::vector<uint32_t> formats = device.formats(capture_queue);
        expect(!formats.empty(), "CAPTURE offers nothing");
        expect(contains(formats, V4L2_PIX_FMT_NV12) == nv12 && contains(formats, V4L2_PIX_FMT_P010) == p010,
               "CAPTURE offers the wrong formats for " + std::to_string(depth) + " bit");
        expect(formats[0] == (nv12 ? V4L2_PIX_FMT_NV12 : V4L2_PIX_FMT_P010),
               "CAPTURE's first format is wrong");
    };
    check(8, true, false);
    set_bit_depth(device, 10);
    check(10, false, true);
    expect(device.format(capture_queue).fmt.pix_mp.pixelformat == V4L2_PIX_FMT_P010,
           "CAPTURE's format did not follow the bit depth");
    set_bit_depth(device, 8);
    check(8, true, false);
    expect(device.format(capture_queue).fmt.pix_mp.pixelformat == V4L2_PIX_FMT_NV12,
           "CAPTURE's format did not follow the bit depth");
    // P010 can't be had for 8 bit by asking for it either.
    const v4l2_format format = device.set_format(capture_queue, V4L2_PIX_FMT_P010, 320, 240);
    expect(format.fmt.pix_mp.pixelformat == V4L2_PIX_FMT_NV12, "S_FMT(CAPTURE) gives P010 for 8 bit");
}

/** NV12M is no substitute for NV12: it has two memory planes. */
void raw_planes(Context& context) {
    const Device device(context.nodes());
    device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 1920, 1088);
    expect(!contains(device.formats(capture_queue), V4L2_PIX_FMT_NV12M), "CAPTURE offers NV12M");
    for (const uint32_t width : {16U, 320U, 640U, 720U, 1280U, 1920U, 3840U}) {
        device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, width, 1088);
        const v4l2_pix_format_mplane format = device.format(capture_queue).fmt.pix_mp;
        expect(format.num_planes == 1, "NV12 has more than one memory plane");
        expect(format.width == width, "CAPTURE's width is not the coded one");
        expect(format.plane_fmt[0].bytesperline == width, "NV12's pitch is not its width");
        expect(format.height >= 1088 &&
                   format.plane_fmt[0].sizeimage >= format.plane_fmt[0].bytesperline * format.height * 3 / 2,
               "sizeimage does not hold a picture of bytesperline x height");
        expect(format.field == V4L2_FIELD_NONE, "field is not NONE");
    }
}

void enum_all_masked(Context& context) {
    const Device device(context.nodes());
    device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 320, 240);
    // With the flag a driver may list more, but it must not take the flag for a huge index.
    const std::vector<uint32_t> all = device.formats(capture_queue, enum_all);
    for (const uint32_t format : device.formats(capture_queue))
        expect(contains(all, format), "ENUM_FMT with ENUM_ALL leaves formats out");
}

void odd_sizes(Context& context) {
    const Device device(context.nodes());
    const v4l2_pix_format_mplane none =
        device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 0, 0).fmt.pix_mp;
    expect(none.pixelformat == V4L2_PIX_FMT_H264_SLICE && none.width > 0 && none.height > 0,
           "S_FMT(OUTPUT) of 0x0 is not clamped");
    const v4l2_pix_format_mplane huge =
        device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 0xffffffff, 0xffffffff).fmt.pix_mp;
    expect(huge.width < 0x10000 && huge.height < 0x10000, "S_FMT(OUTPUT) of a huge size is not clamped");
    const v4l2_pix_format_mplane gstreamer =
        device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 320, 240).fmt.pix_mp;
    expect(gstreamer.width >= 320 && gstreamer.height >= 240, "S_FMT(OUTPUT) gives less than was asked for");
    const v4l2_pix_format_mplane unknown =
        device.set_format(output_queue, v4l2_fourcc('?', '?', '?', '?'), 320, 240).fmt.pix_mp;
    expect(contains(device.formats(output_queue), unknown.pixelformat),
           "S_FMT(OUTPUT) of an unknown format gives another unknown one");
    const v4l2_pix_format_mplane small =
        device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 18, 34).fmt.pix_mp;
    expect(small.width >= 18 && small.height >= 34, "S_FMT(OUTPUT) of 18x34");
    const v4l2_pix_format_mplane capture = device.format(capture_queue).fmt.pix_mp;
    expect(capture.width >= 32 && capture.height >= 48,
           "CAPTURE does not hold the macroblocks of an 18x34 stream");
}

void frame_sizes(Context& context) {
    const Device device(context.nodes());
    v4l2_frmsizeenum sizes{};
    sizes.pixel_format = V4L2_PIX_FMT_H264_SLICE;
    device.must("ENUM_FRAMESIZES", VIDIOC_ENUM_FRAMESIZES, &sizes);
    expect(sizes.type == V4L2_FRMSIZE_TYPE_STEPWISE, "ENUM_FRAMESIZES is not STEPWISE");
    expect(sizes.stepwise.step_width == 1 && sizes.stepwise.step_height == 1, "the step is not 1");
    expect(sizes.stepwise.max_width >= 3840 && sizes.stepwise.max_height >= 2160, "4K is not offered");
    sizes = {};
    sizes.pixel_format = V4L2_PIX_FMT_NV12;
    expect(device.control(VIDIOC_ENUM_FRAMESIZES, &sizes) == -EINVAL,
           "ENUM_FRAMESIZES of NV12 is not EINVAL");
}

void colorimetry(Context& context) {
    const Device device(context.nodes());
    v4l2_format format = device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 320, 240);
    format.fmt.pix_mp.colorspace = V4L2_COLORSPACE_REC709;
    format.fmt.pix_mp.xfer_func = V4L2_XFER_FUNC_709;
    format.fmt.pix_mp.ycbcr_enc = V4L2_YCBCR_ENC_709;
    format.fmt.pix_mp.quantization = V4L2_QUANTIZATION_FULL_RANGE;
    device.must("S_FMT", VIDIOC_S_FMT, &format);
    const v4l2_pix_format_mplane capture = device.format(capture_queue).fmt.pix_mp;
    expect(capture.colorspace == V4L2_COLORSPACE_REC709 && capture.xfer_func == V4L2_XFER_FUNC_709 &&
               capture.ycbcr_enc == V4L2_YCBCR_ENC_709 &&
               capture.quantization == V4L2_QUANTIZATION_FULL_RANGE,
           "CAPTURE's colorimetry is not OUTPUT's");
}

/** Two files have nothing in common. */
void contexts(Context& context) {
    const Device first(context.nodes());
    const Device second(context.nodes());
    first.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 640, 480);
    second.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 320, 240);
    set_bit_depth(second, 10);
    expect(first.format(output_queue).fmt.pix_mp.width == 640, "the format of one file changed another's");
    expect(first.format(capture_queue).fmt.pix_mp.pixelformat == V4L2_PIX_FMT_NV12,
           "the bit depth of one file changed another's");
    Queue queue(first, capture_queue);
    queue.allocate(4);
    Queue other(second, capture_queue);
    other.allocate(4);
}

constexpr Scenario list[] = {
    {"formats_identity", "names and capabilities", identity},
    {"formats_topology", "the media graph", topology},
    {"formats_coded", "what OUTPUT offers", coded},
    {"formats_bit_depth", "CAPTURE follows the bit depth", raw_by_depth},
    {"formats_planes", "NV12's memory layout", raw_planes},
    {"formats_enum_all", "the ENUM_ALL bit of an index", enum_all_masked},
    {"formats_odd_sizes", "sizes that are clamped", odd_sizes},
    {"formats_frame_sizes", "ENUM_FRAMESIZES", frame_sizes},
    {"formats_colorimetry", "colorimetry goes from OUTPUT to CAPTURE", colorimetry},
    {"formats_contexts", "every open file has its own", contexts},
};

} // namespace

std::span<const Scenario> format_scenarios() {
    return list;
}

} // namespace daedalus::client
