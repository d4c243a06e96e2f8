// SPDX-License-Identifier: BSD-2-Clause
// Workers and daemons that die, hang or are told to stop.
#include "client/bridge/fake_client.h"
#include "client/bridge/scenarios.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <poll.h>

namespace daedalus::client {

namespace {

class Stopwatch {
  public:
    double milliseconds() const {
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin_).count();
    }

  private:
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

const daedalus_msg_decode& job_of(const Message& message) {
    return message.as<daedalus_msg_decode>();
}

/** The job goes to a second worker, and is blamed when that one dies too. */
void worker_dies_twice(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    client.submit(0, 0);
    FakeWorker first = daemon.accept();
    const uint64_t cookie = job_of(first.next_decode()).cookie;
    client.submit(1, 1000); // which the first worker never reads
    first.die();
    expect(!client.completes(0, 50), "the job failed with its first worker");

    FakeWorker second = daemon.accept();
    expect(second.info().attempt == 1, "ACCEPT says attempt " + std::to_string(second.info().attempt));
    expect(second.info().session == first.info().session, "the session has another number");
    const std::optional<Message> format = second.next();
    expect(format && format->type == DAEDALUS_MSG_FORMAT, "the second worker's first message is not FORMAT");
    const Message again = second.next_decode();
    expect(job_of(again).attempt == 1, "the job is not marked as tried");
    expect(std::ranges::equal(again.part(job_of(again).bitstream_offset, job_of(again).bitstream_length),
                              FakeClient::bitstream(0)),
           "the job came back with other bytes");
    expect(job_of(again).cookie >> 32 == cookie >> 32, "the epoch changed with the worker");
    expect(job_of(second.next_decode()).attempt == 0, "a job that no worker held is marked as tried");
    const Stopwatch watch;
    second.die();
    expect(client.collect(0), "the job did not fail with its second worker");
    context.figure("second_death", watch.milliseconds(), "ms", "<250", watch.milliseconds() < 250);

    // The other job has been the end of one worker only.
    FakeWorker third = daemon.accept();
    const Message other = third.next_decode();
    expect(job_of(other).attempt == 1, "the other job is not marked as tried");
    expect(third.complete(job_of(other).cookie) == 0 && !client.collect(1), "the other job is lost");
}

/** The cookies of the DECODEs that one read(2) gives. */
std::vector<uint64_t> read_once(const FakeWorker& worker) {
    expect((worker.file().wait(POLLIN, 2000) & POLLIN) != 0, "nothing to read");
    std::vector<uint8_t> buffer;
    expect(worker.read_into(buffer, 1 << 20) > 0, "read");
    std::vector<uint64_t> cookies;
    for (size_t at = 0; at < buffer.size();) {
        daedalus_msg_decode message{};
        std::memcpy(&message, buffer.data() + at, std::min(sizeof(message), buffer.size() - at));
        if (message.header.type == DAEDALUS_MSG_DECODE)
            cookies.push_back(message.cookie);
        at += message.header.length;
    }
    return cookies;
}

/** Jobs that were the end of a worker come one at a time, others as many as there are. */
void one_at_a_time(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    FakeWorker first = daemon.accept();
    for (uint32_t index = 0; index < 3; index++)
        client.submit(index, uint64_t{1000} * index);
    expect(read_once(first).size() == 3, "three jobs did not come together");
    first.die();
    client.submit(3, 3000);
    client.submit(4, 4000);
    const FakeWorker second = daemon.accept();
    for (const size_t wanted : {1U, 1U, 1U, 2U}) {
        const std::vector<uint64_t> cookies = read_once(second);
        expect(cookies.size() == wanted, std::to_string(cookies.size()) + " jobs came together");
        for (const uint64_t cookie : cookies)
            expect(second.complete(cookie) == 0, "COMPLETE");
    }
    for (uint32_t index = 0; index < 5; index++)
        expect(!client.collect(index), "a good picture is in error");
}

void worker_dies_idle(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    FakeWorker first = daemon.accept();
    first.die();
    FakeWorker second = daemon.accept();
    client.submit(0, 0);
    const uint64_t cookie = job_of(second.next_decode()).cookie;
    expect(second.complete(cookie) == 0 && !client.collect(0), "COMPLETE");
}

void watchdog(Context& context) {
    const FakeDaemon daemon(200);
    FakeClient client(context.nodes());
    client.submit(0, 0);
    FakeWorker worker = daemon.accept();
    const uint64_t cookie = job_of(worker.next_decode()).cookie;
    const Stopwatch watch;
    expect(client.collect(0), "a picture came back without error, but nobody decoded it");
    const double took = watch.milliseconds();
    context.figure("timeout", took, "ms", "100..600", took > 100 && took < 600);
    expect(worker.complete(cookie) == -ENOENT, "an answer after the watchdog is taken");
    // One miss is forgiven.
    client.submit(1, 1000);
    expect(worker.complete(job_of(worker.next_decode()).cookie) == 0 && !client.collect(1), "the next job");
    // Two in a row are not.
    for (uint32_t index = 2; index < 4; index++) {
        client.submit(index, uint64_t{1000} * index);
        expect(client.collect(index), "a picture came back without error, but nobody decoded it");
    }
    FakeWorker next = daemon.accept();
    expect(next.info().session == worker.info().session, "another session wants a worker");
    std::vector<uint8_t> buffer;
    expect(worker.read_into(buffer, 1 << 20) == 0, "a stuck worker's session fd does not end");
    client.submit(4, 4000);
    expect(next.complete(job_of(next.next_decode()).cookie) == 0 && !client.collect(4),
           "the new worker's first job");
}

/** Nobody accepts: the watchdog runs for jobs that wait as well. */
void never_accepted(Context& context) {
    const FakeDaemon daemon(200);
    FakeClient client(context.nodes());
    const Stopwatch watch;
    client.submit(0, 0);
    expect(client.collect(0), "a picture came back without error, but nobody decoded it");
    context.figure("timeout", watch.milliseconds(), "ms", "<600", watch.milliseconds() < 600);
}

void canceled(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    for (uint32_t index = 0; index < 4; index++)
        client.submit(index, uint64_t{1000} * index);
    FakeWorker worker = daemon.accept();
    const uint64_t first = job_of(worker.next_decode()).cookie;
    const uint64_t second = job_of(worker.next_decode()).cookie;
    const uint64_t session = worker.info().session;
    expect(daemon.cancel(session + 1000, 0) == -ENOENT, "CANCEL of an unknown session");
    expect(daemon.cancel(session, first + 1000) == -ENOENT, "CANCEL of an unknown job");
    uint32_t count = 0;
    expect(daemon.cancel(session, second, &count) == 0 && count == 1, "CANCEL of one job");
    expect(worker.complete(second) == -ENOENT, "a canceled job's answer is taken");
    expect(worker.complete(first) == 0, "COMPLETE");
    expect(!client.collect(0), "the job before the canceled one is in error");
    expect(client.collect(1), "the canceled job is not in error");
    expect(daemon.cancel(session, 0, &count) == 0 && count == 2, "CANCEL of all jobs");
    expect(client.collect(2) && client.collect(3), "the canceled jobs are not in error");
    client.submit(4, 4000);
    while (true) {
        const Message message = worker.next_decode();
        if (job_of(message).timestamp != 4000)
            continue; // read together with those before they were canceled
        expect(worker.complete(job_of(message).cookie) == 0 && !client.collect(4), "the next job");
        break;
    }
}

/** The daemon dies with a session waiting: its jobs fail at once. */
void daemon_dies_waiting(Context& context) {
    FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    client.submit(0, 0);
    const Stopwatch watch;
    daemon.die();
    expect(client.collect(0), "a picture came back without error, but nobody decoded it");
    context.figure("failed_after", watch.milliseconds(), "ms", "<100", watch.milliseconds() < 100);
    client.submit(1, 1000);
    expect(client.collect(1), "a picture came back without error, but nobody decoded it");
    // The next daemon finds the session.
    const FakeDaemon next(5000);
    FakeWorker worker = next.accept();
    client.submit(2, 2000);
    expect(worker.complete(job_of(worker.next_decode()).cookie) == 0 && !client.collect(2), "the next job");
}

/** Workers outlive the daemon. */
void daemon_dies_with_worker(Context& context) {
    FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    client.submit(0, 0);
    FakeWorker worker = daemon.accept();
    const uint64_t cookie = job_of(worker.next_decode()).cookie;
    daemon.die();
    expect(!client.completes(0, 50), "the job failed with the daemon although its worker lives");
    expect(worker.complete(cookie) == 0 && !client.collect(0), "COMPLETE without a daemon");
    client.submit(1, 1000);
    expect(worker.complete(job_of(worker.next_decode()).cookie) == 0 && !client.collect(1), "the next job");
    // When the worker goes too there is nobody left to wait for.
    client.submit(2, 2000);
    expect(worker.next_decode().type == DAEDALUS_MSG_DECODE, "no DECODE");
    const Stopwatch watch;
    worker.die();
    expect(client.collect(2), "a picture came back without error, but nobody decoded it");
    context.figure("failed_after", watch.milliseconds(), "ms", "<100", watch.milliseconds() < 100);
}

/** A codec that the daemon does not decode can't be set while it is there: contract item 4. */
void codecs(Context& context) {
    daedalus_hello hello = good_hello();
    hello.codecs = 1ULL << DAEDALUS_CODEC_VP9;
    const FakeDaemon daemon;
    expect(daemon.hello(hello) == 0, "HELLO");
    const Device device(context.nodes());
    const std::vector<uint32_t> formats = device.formats(output_queue);
    expect(std::ranges::find(formats, uint32_t{V4L2_PIX_FMT_H264_SLICE}) != formats.end(),
           "a codec is not enumerated that the daemon does not decode");
    v4l2_format format{};
    format.type = output_queue;
    format.fmt.pix_mp.pixelformat = V4L2_PIX_FMT_H264_SLICE;
    const int result = device.control(VIDIOC_S_FMT, &format);
    expect(result == -EINVAL || format.fmt.pix_mp.pixelformat != V4L2_PIX_FMT_H264_SLICE,
           "a codec can be set that the daemon does not decode");
}

constexpr Scenario list[] = {
    {"death_worker_twice", "a job that kills its workers", worker_dies_twice},
    {"death_one_at_a_time", "jobs that were the end of a worker", one_at_a_time},
    {"death_worker_idle", "a worker dies with nothing to do", worker_dies_idle},
    {"death_watchdog", "a worker that does not answer", watchdog},
    {"death_never_accepted", "a daemon that does not accept", never_accepted},
    {"death_canceled", "CANCEL", canceled},
    {"death_daemon_waiting", "the daemon dies before it accepts", daemon_dies_waiting},
    {"death_daemon_with_worker", "the daemon dies before its worker", daemon_dies_with_worker},
    {"death_codecs", "codecs that the daemon lacks", codecs},
};

} // namespace

std::span<const Scenario> death_scenarios() {
    return list;
}

} // namespace daedalus::client
