// SPDX-License-Identifier: BSD-2-Clause
// COMPLETE: what a client sees of it, and answers that nobody asked for.
#include "client/bridge/fake_client.h"
#include "client/bridge/scenarios.h"

#include <cerrno>
#include <functional>

namespace daedalus::client {

namespace {

uint64_t cookie_of(const Message& message) {
    return message.as<daedalus_msg_decode>().cookie;
}

/** Answers in any order, buffers in the order of the requests. */
void out_of_order(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    for (uint32_t index = 0; index < 3; index++)
        client.submit(index, uint64_t{1000} * index);
    FakeWorker worker = daemon.accept();
    uint64_t cookies[3];
    for (uint64_t& cookie : cookies)
        cookie = cookie_of(worker.next_decode());
    expect(worker.complete(cookies[2]) == 0 && worker.complete(cookies[1]) == 0, "COMPLETE out of order");
    expect(!client.completes(0, 50) && !client.completes(1, 50) && !client.completes(2, 50),
           "a request completed before the one ahead of it");
    expect(worker.complete(cookies[0]) == 0, "COMPLETE");
    for (uint32_t index = 0; index < 3; index++)
        expect(!client.collect(index), "a good picture is in error");
}

void statuses(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    FakeWorker worker = daemon.accept();
    constexpr uint32_t consumed = DAEDALUS_COMPLETE_SRC_CONSUMED;
    constexpr uint32_t both = consumed | DAEDALUS_COMPLETE_HAS_PIXELS;
    struct {
        uint32_t status;
        uint32_t flags;
        bool error;
    } const cases[] = {
        {DAEDALUS_STATUS_OK, both, false},         {DAEDALUS_STATUS_OK, consumed, true},
        {DAEDALUS_STATUS_CONCEALED, both, true},   {DAEDALUS_STATUS_BAD_STREAM, consumed, true},
        {DAEDALUS_STATUS_UNSUPPORTED, both, true}, {DAEDALUS_STATUS_INTERNAL, consumed, true},
    };
    for (const auto& entry : cases) {
        client.submit(0, 0);
        expect(worker.complete(cookie_of(worker.next_decode()), entry.status, entry.flags) == 0, "COMPLETE");
        expect(client.collect(0) == entry.error, "status " + std::to_string(entry.status) + " with flags " +
                                                     std::to_string(entry.flags) + " is told wrong");
    }
}

/** None of them may end a job, and the real answer still counts. */
void forged(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    client.submit(0, 0);
    client.submit(1, 1000);
    FakeWorker worker = daemon.accept();
    const uint64_t first = cookie_of(worker.next_decode());
    for (const uint64_t cookie : {uint64_t{0}, ~uint64_t{0}, first + 100, first ^ uint64_t{1} << 40})
        expect(worker.complete(cookie) == -ENOENT, "a forged cookie is taken");
    const auto refused = [&](const char* what, const std::function<void(daedalus_complete&)>& spoil) {
        daedalus_complete answer{};
        answer.cookie = first;
        answer.flags = DAEDALUS_COMPLETE_SRC_CONSUMED | DAEDALUS_COMPLETE_HAS_PIXELS;
        spoil(answer);
        const int result = worker.complete(answer);
        expect(result == -EINVAL, std::string("COMPLETE with ") + what + " gave " + std::to_string(result));
    };
    refused("an unknown flag", [](daedalus_complete& answer) { answer.flags |= 1U << 31; });
    refused("no SRC_CONSUMED",
            [](daedalus_complete& answer) { answer.flags = DAEDALUS_COMPLETE_HAS_PIXELS; });
    refused("the kernel's own status",
            [](daedalus_complete& answer) { answer.status = DAEDALUS_STATUS_TIMEOUT; });
    refused("a reserved field", [](daedalus_complete& answer) { answer.reserved[1] = 1; });
    expect(!client.completes(0, 50), "a refused answer ended a job");
    expect(worker.complete(first) == 0, "COMPLETE");
    expect(worker.complete(first) == -ENOENT, "a job is completed twice");
    expect(!client.collect(0), "the first picture is in error");
    expect(worker.complete(cookie_of(worker.next_decode())) == 0 && !client.collect(1), "the second job");
}

/** One session's worker can't answer, or reach, another's. */
void other_session(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient one(context.nodes());
    FakeWorker worker_one = daemon.accept();
    const FakeClient two(context.nodes());
    const FakeWorker worker_two = daemon.accept();
    one.submit(0, 0);
    const Message message = worker_one.next_decode();
    const auto& job = message.as<daedalus_msg_decode>();
    expect(worker_two.complete(job.cookie) == -ENOENT, "another session's job can be completed");
    expect(worker_two.export_plane(job.dst_buffer) == -ENOENT, "another session's buffer can be exported");
    expect(worker_one.complete(job.cookie) == 0 && !one.collect(0), "COMPLETE");
}

/** Before it is read, a job can't be answered. */
void unread(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    client.submit(0, 0);
    FakeWorker worker = daemon.accept();
    const uint64_t first = cookie_of(worker.next_decode());
    client.submit(1, 1000);
    expect(worker.complete(first + 1) == -ENOENT, "a job is completed that was never read");
    expect(worker.complete(first) == 0 && !client.collect(0), "COMPLETE");
    expect(worker.complete(cookie_of(worker.next_decode())) == 0 && !client.collect(1), "the second job");
}

/** Two fields of one picture go to one buffer: contract item 19. */
void held(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    FakeWorker worker = daemon.accept();
    client.submit(0, 5000, true);
    const Message first = worker.next_decode();
    const auto& first_job = first.as<daedalus_msg_decode>();
    expect((first_job.flags & DAEDALUS_DECODE_HOLD) != 0, "no HOLD on the first field");
    expect(worker.complete(first_job.cookie) == 0, "COMPLETE");
    expect(client.completes(0), "the first field's request did not complete");
    client.collect_output(0);
    expect(!client.capture().dequeue().has_value(), "the held CAPTURE buffer came back");
    client.submit(1, 5000, false, true);
    const Message second = worker.next_decode();
    const auto& second_job = second.as<daedalus_msg_decode>();
    expect((second_job.flags & DAEDALUS_DECODE_HELD) != 0 && (second_job.flags & DAEDALUS_DECODE_HOLD) == 0,
           "the second field's flags");
    expect(second_job.dst_buffer == first_job.dst_buffer, "the second field has another buffer");
    expect(worker.complete(second_job.cookie) == 0, "COMPLETE");
    expect(client.completes(1), "the second field's request did not complete");
    client.collect_output(1);
    const auto buffer = client.capture().dequeue();
    expect(buffer && buffer->index == 0 && !buffer->has_error(), "the picture did not come back");
    expect(buffer->timestamp_ns == 5000, "the picture has another timestamp");
    expect(!client.capture().dequeue().has_value(), "the picture came back twice");
}

/** A field without a partner: released by the next picture, or by FLUSH. */
void held_alone(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    FakeWorker worker = daemon.accept();
    client.submit(0, 5000, true);
    client.submit(1, 6000, true);
    const uint64_t first = cookie_of(worker.next_decode());
    const uint64_t second = cookie_of(worker.next_decode());
    expect(worker.complete(first) == 0 && worker.complete(second) == 0, "COMPLETE");
    expect(client.completes(0) && client.completes(1), "requests did not complete");
    client.collect_output(0);
    client.collect_output(1);
    auto buffer = client.capture().dequeue();
    expect(buffer && buffer->index == 0, "the next picture did not release the single field");
    expect(!client.capture().dequeue().has_value(), "the second field is not held");
    v4l2_decoder_cmd command{};
    command.cmd = V4L2_DEC_CMD_FLUSH;
    client.device().must("DECODER_CMD(FLUSH)", VIDIOC_DECODER_CMD, &command);
    buffer = client.capture().dequeue();
    expect(buffer && buffer->index == 1, "DECODER_CMD(FLUSH) did not release the held buffer");
    // Held and stopped: the buffer is the client's again, once.
    client.submit(2, 7000, true);
    expect(worker.complete(cookie_of(worker.next_decode())) == 0 && client.completes(2), "COMPLETE");
    client.stream_off();
    client.stream_on();
}

constexpr Scenario list[] = {
    {"answer_out_of_order", "answers in any order", out_of_order},
    {"answer_statuses", "what a status does to the buffer", statuses},
    {"answer_forged", "answers that nobody asked for", forged},
    {"answer_other_session", "the jobs of another session", other_session},
    {"answer_unread", "a job that was not read", unread},
    {"answer_held", "two fields, one buffer", held},
    {"answer_held_alone", "one field alone", held_alone},
};

} // namespace

std::span<const Scenario> answer_scenarios() {
    return list;
}

} // namespace daedalus::client
