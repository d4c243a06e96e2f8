// SPDX-License-Identifier: BSD-2-Clause
// Everything that may fail inside of a call of a client's or of the daemon's does so, one after the other:
// the call is refused or gets on without, and what follows is as ever.
#include "client/faults/scenarios.h"
#include "client/device.h"
#include "client/dma_buffer.h"
#include "client/faults/session_world.h"

#include <cerrno>
#include <daedalus/protocol.h>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>

namespace daedalus::client {

namespace {

constexpr uint32_t bitstream_bytes = 100;
constexpr uint32_t done = DAEDALUS_COMPLETE_SRC_CONSUMED;
constexpr uint32_t picture_done = done | DAEDALUS_COMPLETE_HAS_PIXELS;
constexpr const char* sysfs = "/sys/bus/platform/drivers/daedalus_v4l2/";

SessionWorld& in(FaultWorld& world) {
    return static_cast<SessionWorld&>(world);
}

std::unique_ptr<FaultWorld> new_session() {
    return std::make_unique<SessionWorld>();
}

/** A request's way there and back, a seek, and a buffer of the client's own. */
void stateless(Context& context) {
    const Nodes& nodes = context.nodes();
    const DmaBuffer memory(DmaBufferSource::system_heap, size_t{1} << 20);
    const std::vector<FaultStep> steps = {
        {"open_control", [](FaultWorld& w) { return in(w).open_control(); }},
        {"hello", [](FaultWorld& w) { return in(w).hello(); }},
        {"open_media", [&](FaultWorld& w) { return in(w).open_media(nodes.media); }},
        {"open_video", [&](FaultWorld& w) { return in(w).open_video(nodes.video); }},
        {"s_fmt", [](FaultWorld& w) { return in(w).set_format(output_queue, V4L2_PIX_FMT_H264_SLICE); }},
        {"reqbufs_output",
         [](FaultWorld& w) { return in(w).request_buffers(output_queue, V4L2_MEMORY_MMAP, 2); }},
        {"reqbufs_capture",
         [](FaultWorld& w) { return in(w).request_buffers(capture_queue, V4L2_MEMORY_MMAP, 2); }},
        {"create_bufs", [](FaultWorld& w) { return in(w).create_buffers(capture_queue); }},
        {"mmap", [](FaultWorld& w) { return in(w).map_output(); }},
        // vb2 says EINVAL for want of memory.
        {"expbuf", [](FaultWorld& w) { return in(w).export_buffer(capture_queue); }, EINVAL},
        {"request_alloc", [](FaultWorld& w) { return in(w).allocate_request(); }},
        {"s_ext_ctrls", [](FaultWorld& w) { return in(w).set_controls(); }},
        {"qbuf_output",
         [](FaultWorld& w) { return in(w).enqueue(output_queue, bitstream_bytes, in(w).request()); }},
        {"qbuf_capture", [](FaultWorld& w) { return in(w).enqueue(capture_queue, 0); }},
        {"streamon_output", [](FaultWorld& w) { return in(w).stream(output_queue, true); }},
        {"streamon_capture", [](FaultWorld& w) { return in(w).stream(capture_queue, true); }},
        {"request_queue", [](FaultWorld& w) { return in(w).queue_request(); }},
        {"accept", [](FaultWorld& w) { return in(w).accept(); }},
        {"read", [](FaultWorld& w) { return in(w).read_until(DAEDALUS_MSG_DECODE); }},
        {"export", [](FaultWorld& w) { return in(w).export_destination(); }},
        {"complete", [](FaultWorld& w) { return in(w).complete(picture_done); }},
        {"dqbuf_output", [](FaultWorld& w) { return in(w).dequeue(output_queue); }},
        {"dqbuf_capture", [](FaultWorld& w) { return in(w).dequeue(capture_queue); }},
        {"streamoff_capture", [](FaultWorld& w) { return in(w).stream(capture_queue, false); }},
        {"read_flush", [](FaultWorld& w) { return in(w).read_until(DAEDALUS_MSG_FLUSH); }},
        {"flushed", [](FaultWorld& w) { return in(w).flushed(); }},
        {"reqbufs_none",
         [](FaultWorld& w) { return in(w).request_buffers(capture_queue, V4L2_MEMORY_MMAP, 0); }},
        {"reqbufs_import",
         [](FaultWorld& w) { return in(w).request_buffers(capture_queue, V4L2_MEMORY_DMABUF, 1); }},
        {"qbuf_import", [&](FaultWorld& w) { return in(w).enqueue(capture_queue, 0, -1, memory.fd()); }},
        {"streamon_again", [](FaultWorld& w) { return in(w).stream(capture_queue, true); }},
        {"streamoff_output", [](FaultWorld& w) { return in(w).stream(output_queue, false); }},
    };
    inject_everywhere(context, steps, new_session);
}

std::string stateful_node() {
    std::ifstream file(std::string(sysfs) + "daedalus_v4l2/stateful_device");
    std::string name;
    if (!(file >> name))
        throw Skip("there is no stateful node");
    return "/dev/" + name;
}

/** A stream's way: a piece of it, what it is, a picture, its end. */
void stateful(Context& context) {
    const std::string node = stateful_node();
    const std::vector<FaultStep> steps = {
        {"open_control", [](FaultWorld& w) { return in(w).open_control(); }},
        {"hello", [](FaultWorld& w) { return in(w).hello(); }},
        {"open_video", [&](FaultWorld& w) { return in(w).open_video(node); }},
        {"s_fmt", [](FaultWorld& w) { return in(w).set_format(output_queue, V4L2_PIX_FMT_H264); }},
        {"subscribe_eos", [](FaultWorld& w) { return in(w).subscribe(V4L2_EVENT_EOS); }},
        {"subscribe_change", [](FaultWorld& w) { return in(w).subscribe(V4L2_EVENT_SOURCE_CHANGE); }},
        {"reqbufs_output",
         [](FaultWorld& w) { return in(w).request_buffers(output_queue, V4L2_MEMORY_MMAP, 2); }},
        {"qbuf_output", [](FaultWorld& w) { return in(w).enqueue(output_queue, bitstream_bytes); }},
        {"streamon_output", [](FaultWorld& w) { return in(w).stream(output_queue, true); }},
        {"accept", [](FaultWorld& w) { return in(w).accept(); }},
        {"read", [](FaultWorld& w) { return in(w).read_until(DAEDALUS_MSG_INPUT); }},
        {"complete", [](FaultWorld& w) { return in(w).complete(done); }},
        {"stream", [](FaultWorld& w) { return in(w).tell_stream(); }},
        {"dqevent", [](FaultWorld& w) { return in(w).dequeue_event(); }},
        {"reqbufs_capture",
         [](FaultWorld& w) { return in(w).request_buffers(capture_queue, V4L2_MEMORY_MMAP, 2); }},
        {"qbuf_capture", [](FaultWorld& w) { return in(w).enqueue(capture_queue, 0); }},
        {"streamon_capture", [](FaultWorld& w) { return in(w).stream(capture_queue, true); }},
        {"read_capture", [](FaultWorld& w) { return in(w).read_until(DAEDALUS_MSG_CAPTURE); }},
        {"export", [](FaultWorld& w) { return in(w).export_destination(); }},
        {"picture", [](FaultWorld& w) { return in(w).picture(); }},
        {"dqbuf_output", [](FaultWorld& w) { return in(w).dequeue(output_queue); }},
        {"dqbuf_capture", [](FaultWorld& w) { return in(w).dequeue(capture_queue); }},
        {"streamoff_output", [](FaultWorld& w) { return in(w).stream(output_queue, false); }},
        {"streamoff_capture", [](FaultWorld& w) { return in(w).stream(capture_queue, false); }},
    };
    inject_everywhere(context, steps, new_session);
}

/** The driver's own beginning: bound to its device by this thread, so that its faults are this thread's. */
class DriverWorld : public FaultWorld {
  public:
    DriverWorld() { expect(write(unbind_) == 0, "the driver can't be unbound"); }

    /** Binds it, unless that has been done and what failed came behind the driver's own work. */
    int bind() {
        const int result = write(bind_);
        return result < 0 && ::access((std::string(sysfs) + "daedalus_v4l2/version").c_str(), F_OK) == 0
                   ? 0
                   : result;
    }

  private:
    static File attribute(const char* name) { return File::open(std::string(sysfs) + name, O_WRONLY); }
    static int write(const File& file) {
        constexpr std::string_view device = "daedalus_v4l2";
        return ::pwrite(file.get(), device.data(), device.size(), 0) < 0 ? -errno : 0;
    }

    // Opened before anything fails.
    File unbind_ = attribute("unbind");
    File bind_ = attribute("bind");
};

void probe(Context& context) {
    const std::vector<FaultStep> steps = {
        // The driver core says EINVAL of a device for whose name there was no memory.
        {"bind", [](FaultWorld& w) { return static_cast<DriverWorld&>(w).bind(); }, EINVAL},
    };
    inject_everywhere(context, steps, [] { return std::make_unique<DriverWorld>(); });
}

constexpr Scenario list[] = {
    {"stateless", "every allocation and copy of a stateless session fails", stateless},
    {"stateful", "every allocation and copy of a stateful session fails", stateful},
    {"probe", "every allocation fails while the driver is bound", probe},
};

} // namespace

std::span<const Scenario> fault_scenarios() {
    return list;
}

} // namespace daedalus::client
