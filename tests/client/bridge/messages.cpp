// SPDX-License-Identifier: BSD-2-Clause
// What a worker reads, and the buffers that it writes to.
#include "client/bridge/fake_client.h"
#include "client/bridge/scenarios.h"
#include "client/dma_buffer.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

namespace daedalus::client {

namespace {

void accepted(Context& context) {
    const FakeDaemon daemon(5000);
    expect(!daemon.try_accept().has_value(), "ACCEPT without a session");
    const FakeClient client(context.nodes());
    const FakeWorker worker = daemon.accept();
    expect(worker.info().kind == DAEDALUS_SESSION_STATELESS, "kind");
    expect(worker.info().codec == DAEDALUS_CODEC_H264, "codec");
    expect(worker.info().client_pid == static_cast<uint32_t>(::getpid()), "client_pid");
    expect(worker.info().attempt == 0, "attempt");
    expect(worker.info().session != 0, "session");
    expect(strnlen(worker.info().client_comm, DAEDALUS_COMM_LENGTH) < DAEDALUS_COMM_LENGTH, "client_comm");
    expect(worker.info().reserved32 == 0 &&
               std::ranges::all_of(worker.info().reserved, [](uint64_t value) { return value == 0; }),
           "reserved");
    expect(!daemon.try_accept().has_value(), "a session is accepted twice");
    const FakeClient other(context.nodes());
    expect(daemon.accept().info().session != worker.info().session, "two sessions have one number");
}

void format(Context& context) {
    const FakeDaemon daemon(5000);
    const FakeClient client(context.nodes());
    FakeWorker worker = daemon.accept();
    const std::optional<Message> message = worker.next();
    expect(message && message->type == DAEDALUS_MSG_FORMAT, "the first message is not FORMAT");
    const auto& told = message->as<daedalus_msg_format>();
    const v4l2_pix_format_mplane capture = client.device().format(capture_queue).fmt.pix_mp;
    const v4l2_pix_format_mplane output = client.device().format(output_queue).fmt.pix_mp;
    expect(told.codec == DAEDALUS_CODEC_H264 && told.coded_width == output.width &&
               told.coded_height == output.height,
           "FORMAT tells another OUTPUT format");
    expect(told.capture.pixelformat == V4L2_PIX_FMT_NV12 && told.capture.width == capture.width &&
               told.capture.height == capture.height && told.capture.planes == 1 &&
               told.capture.bytesperline == capture.plane_fmt[0].bytesperline &&
               told.capture.sizeimage[0] == capture.plane_fmt[0].sizeimage,
           "FORMAT tells another CAPTURE format");
    expect(static_cast<int>(told.max_message) == worker.max_message(), "max_message");
    expect(!worker.next(50).has_value(), "something follows FORMAT");
}

/** The controls of a DECODE message by id. */
std::map<uint32_t, std::vector<uint8_t>> controls_of(const Message& message) {
    const auto& decode = message.as<daedalus_msg_decode>();
    const std::span<const uint8_t> records = message.part(decode.controls_offset, decode.controls_length);
    std::map<uint32_t, std::vector<uint8_t>> controls;
    for (size_t at = 0; at < records.size();) {
        daedalus_control control{};
        expect(records.size() - at >= sizeof(control), "a control is cut short");
        std::memcpy(&control, records.data() + at, sizeof(control));
        at += sizeof(control);
        expect(control.reserved32 == 0 && control.elems >= 1 && control.size <= records.size() - at,
               "a control record makes no sense");
        expect(!controls.contains(control.id), "a control comes twice");
        controls[control.id].assign(records.data() + at, records.data() + at + control.size);
        at += (size_t{control.size} + 7) / 8 * 8;
    }
    return controls;
}

void decode(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes(), false);
    for (uint32_t index = 0; index < 3; index++)
        client.submit(index, uint64_t{1000} * (index + 5), false, false, 101 + index);
    client.stream_on();
    FakeWorker worker = daemon.accept();
    std::map<uint64_t, uint32_t> buffers;
    uint32_t epoch = 0;
    for (uint32_t index = 0; index < 3; index++) {
        const Message message = worker.next_decode();
        const auto& job = message.as<daedalus_msg_decode>();
        expect(job.cookie >> 32 != 0, "the cookie names no epoch");
        expect(index == 0 || job.cookie >> 32 == epoch, "the epoch changed without a FLUSH");
        epoch = static_cast<uint32_t>(job.cookie >> 32);
        expect(job.timestamp == uint64_t{1000} * (index + 5), "timestamp");
        expect(job.dst_buffer != 0 && !buffers.contains(job.dst_buffer), "dst_buffer");
        buffers[job.dst_buffer] = index;
        expect(job.flags == 0 && job.attempt == 0, "flags or attempt of a first try");
        expect(job.queued == 2 - index, "queued says " + std::to_string(job.queued));
        expect(job.coded_width == FakeClient::width && job.coded_height == FakeClient::height, "coded size");
        expect(job.age_ns > 0 && job.age_ns < 10'000'000'000ULL, "age_ns");
        expect(std::ranges::equal(message.part(job.bitstream_offset, job.bitstream_length),
                                  FakeClient::bitstream(index, 101 + index)),
               "the bitstream is not what the client queued");
        const auto controls = controls_of(message);
        for (const uint32_t id : {V4L2_CID_STATELESS_H264_SPS, V4L2_CID_STATELESS_H264_PPS,
                                  V4L2_CID_STATELESS_H264_DECODE_PARAMS})
            expect(controls.contains(id), "control " + std::to_string(id) + " is not told");
        v4l2_ctrl_h264_decode_params params{};
        const std::vector<uint8_t>& told = controls.at(V4L2_CID_STATELESS_H264_DECODE_PARAMS);
        expect(told.size() == sizeof(params), "DECODE_PARAMS has another size");
        std::memcpy(&params, told.data(), sizeof(params));
        expect(params.frame_num == index, "DECODE_PARAMS is another request's");
    }
    expect(!worker.next(50).has_value(), "more came than was queued");
}

/** What an earlier picture had is told again only where the header says, by @p flag, that there is any. */
void expect_no_leftovers(Context& context, uint32_t format, uint32_t control, uint32_t flag) {
    struct Case {
        bool flagged;
        bool sent;
        bool told;
    };
    constexpr Case cases[] = {{false, false, false},
                              {true, true, true},
                              {false, false, false},
                              {true, false, true},
                              {false, true, true}};
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes(), true, format);
    std::optional<FakeWorker> worker;
    for (const auto& [flagged, sent, told] : cases) {
        client.header_flags = flagged ? flag : 0;
        client.sends_optional = sent;
        client.submit(0, 0);
        if (!worker)
            worker = daemon.accept();
        const Message message = worker->next_decode();
        expect(controls_of(message).contains(control) == told,
               std::string("the control is ") + (told ? "not told" : "told") +
                   " where the header says that there is " + (flagged ? "one" : "none") +
                   " and the request sets " + (sent ? "it" : "none"));
        expect(worker->complete(message.as<daedalus_msg_decode>().cookie) == 0 && !client.collect(0),
               "COMPLETE");
    }
}

void lists(Context& context) {
    expect_no_leftovers(context, V4L2_PIX_FMT_H264_SLICE, V4L2_CID_STATELESS_H264_SCALING_MATRIX,
                        V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT);
}

#ifdef V4L2_CID_STATELESS_AV1_FRAME
void grain(Context& context) {
    expect_no_leftovers(context, V4L2_PIX_FMT_AV1_FRAME, V4L2_CID_STATELESS_AV1_FILM_GRAIN,
                        V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT);
}
#endif

void short_read(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    FakeWorker worker = daemon.accept();
    const std::optional<Message> format = worker.next();
    expect(format && format->type == DAEDALUS_MSG_FORMAT, "no FORMAT");
    client.submit(0, 0, false, false, 5000);
    expect((worker.file().wait(POLLIN, 2000) & POLLIN) != 0, "nothing to read");
    std::vector<uint8_t> buffer;
    for (const size_t size : {0U, 7U, 8U, 4096U}) {
        const int64_t result = worker.read_into(buffer, size);
        expect(result == -EMSGSIZE,
               "read of " + std::to_string(size) + " bytes gave " + std::to_string(result));
    }
    expect(worker.max_message() > 5000, "MAX_MESSAGE is less than the message");
    const Message message = worker.next_decode();
    const auto& job = message.as<daedalus_msg_decode>();
    expect(job.bitstream_length == 5000, "something was lost");
    expect(worker.complete(job.cookie) == 0 && !client.collect(0), "the job was lost");
    expect(worker.read_into(buffer, 4096) == -EAGAIN, "read of nothing is not EAGAIN");
}

/** A blocking read wakes up for a message and at the end of the session. */
void blocking_read(Context& context) {
    const FakeDaemon daemon(5000);
    auto client = std::make_unique<FakeClient>(context.nodes());
    FakeWorker worker = daemon.accept();
    expect(worker.next().has_value(), "no FORMAT");
    ::fcntl(worker.file().get(), F_SETFL, 0);
    std::atomic<int64_t> result = INT64_MIN;
    std::thread reader([&] {
        std::vector<uint8_t> buffer;
        result = worker.read_into(buffer, 1 << 20);
        std::vector<uint8_t> rest;
        while (result > 0 && worker.read_into(rest, 1 << 20) > 0) {
        }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const bool waited = result == INT64_MIN;
    client->submit(0, 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const int64_t count = result;
    client.reset();
    reader.join();
    expect(waited, "read did not wait for a message");
    expect(count > 0, "read did not wake up for a message: " + std::to_string(count));
}

/** Pixels reach the client through the exported buffer. */
void exported(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    client.submit(3, 7000);
    FakeWorker worker = daemon.accept();
    const Message message = worker.next_decode();
    const auto& job = message.as<daedalus_msg_decode>();
    expect(worker.export_plane(job.dst_buffer + 1000) == -ENOENT, "EXPORT of an unknown buffer");
    expect(worker.export_plane(0) == -ENOENT, "EXPORT of buffer 0");
    expect(worker.export_plane(job.dst_buffer, 1) == -EINVAL, "EXPORT of a plane that there is not");
    const int descriptor = worker.export_plane(job.dst_buffer);
    expect(descriptor >= 0, "EXPORT gave " + std::to_string(descriptor));
    const File buffer(descriptor);
    expect((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0, "the dma-buf is not close-on-exec");
    const size_t size = job.dst.sizeimage[0];
    {
        const Mapping pixels(descriptor, size, PROT_READ | PROT_WRITE, 0);
        for (size_t i = 0; i < size; i++)
            pixels.bytes()[i] = static_cast<uint8_t>(i * 7);
    }
    expect(worker.complete(job.cookie) == 0, "COMPLETE");
    expect(!client.collect(3), "the picture is in error");
    const std::span<const uint8_t> seen = client.capture().memory_of(3);
    for (size_t i = 0; i < size; i++)
        expect(seen[i] == static_cast<uint8_t>(i * 7), "the client sees other pixels");
    expect(worker.export_plane(job.dst_buffer) == -ENOENT, "EXPORT after COMPLETE");
}

void retired(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    client.submit(0, 0);
    FakeWorker worker = daemon.accept();
    const uint64_t cookie = worker.next_decode().as<daedalus_msg_decode>().cookie;
    expect(worker.complete(cookie) == 0 && !client.collect(0), "COMPLETE");
    client.stream_off();
    client.capture().release();
    bool flush = false;
    size_t retirements = 0;
    bool all = false;
    while (const std::optional<Message> message = worker.next(200)) {
        if (message->type == DAEDALUS_MSG_FLUSH)
            flush = true;
        if (message->type == DAEDALUS_MSG_RETIRE) {
            retirements++;
            all = all || message->as<daedalus_msg_retire>().buffer == 0;
        }
    }
    expect(flush, "stream-off brought no FLUSH");
    expect(all || retirements == FakeClient::buffers,
           std::to_string(retirements) + " of the freed buffers were retired");
}

/** A buffer that lost its memory to a QBUF that failed: the worker is not to keep it either. */
void retired_import(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes(), false);
    client.capture().release();
    Queue imports(client.device(), capture_queue, V4L2_MEMORY_DMABUF);
    imports.allocate(1);
    const DmaBuffer memory(DmaBufferSource::system_heap, size_t{1} << 20);
    expect(imports.enqueue({.dma_buf = memory.fd()}) == 0, "QBUF(CAPTURE)");
    client.stream_on();
    client.submit(0, 0, false, true);
    FakeWorker worker = daemon.accept();
    const Message message = worker.next_decode();
    const auto& job = message.as<daedalus_msg_decode>();
    expect(worker.complete(job.cookie) == 0 && client.completes(0), "COMPLETE");
    expect(imports.dequeue().has_value(), "DQBUF(CAPTURE)");
    expect(imports.enqueue({.dma_buf = client.device().media().get()}) == -EINVAL,
           "QBUF of what is no dma-buf");
    const std::optional<Message> retirement = worker.next();
    expect(retirement && retirement->type == DAEDALUS_MSG_RETIRE &&
               retirement->as<daedalus_msg_retire>().buffer == job.dst_buffer,
           "the memory that the buffer had was not retired");
}

/** Bad memory to read into costs nothing but the read. */
void unmapped_reader(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    FakeWorker worker = daemon.accept();
    expect(worker.next().has_value(), "no FORMAT");
    client.submit(0, 0, false, false, 100000);
    const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    const size_t size = 64 * page;
    auto* memory = static_cast<uint8_t*>(
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ::munmap(memory + 4 * page, page);
    const ssize_t result = ::read(worker.file().get(), memory, size);
    const int error = errno;
    ::munmap(memory, 4 * page);
    ::munmap(memory + 5 * page, size - 5 * page);
    expect(result < 0 && error == EFAULT, "read into a hole gave " + std::to_string(result));
    const uint64_t cookie = worker.next_decode().as<daedalus_msg_decode>().cookie;
    expect(worker.complete(cookie) == 0 && !client.collect(0), "the job was lost");
}

constexpr Scenario list[] = {
    {"message_accepted", "what ACCEPT tells", accepted},
    {"message_format", "FORMAT", format},
    {"message_decode", "DECODE", decode},
    {"message_lists", "scaling lists of before", lists},
#ifdef V4L2_CID_STATELESS_AV1_FRAME
    {"message_grain", "film grain of before", grain},
#endif
    {"message_short_read", "EMSGSIZE loses nothing", short_read},
    {"message_blocking_read", "read waits", blocking_read},
    {"message_exported", "EXPORT and pixels", exported},
    {"message_retired", "RETIRE", retired},
    {"message_retired_import", "RETIRE of what a failed QBUF took away", retired_import},
    {"message_unmapped_reader", "EFAULT loses nothing", unmapped_reader},
};

} // namespace

std::span<const Scenario> message_scenarios() {
    return list;
}

} // namespace daedalus::client
