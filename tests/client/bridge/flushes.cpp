// SPDX-License-Identifier: BSD-2-Clause
// Stream-off: answers that come late, and buffers that a worker may still
// write to.
#include "client/bridge/fake_client.h"
#include "client/bridge/scenarios.h"

#include <cerrno>

namespace daedalus::client {

namespace {

void late_answer(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    client.submit(0, 0);
    FakeWorker worker = daemon.accept();
    const Message message = worker.next_decode();
    const auto& job = message.as<daedalus_msg_decode>();
    client.stream_off();
    expect(client.completes(0, 1000), "the request did not complete at stream-off");
    expect(worker.complete(job.cookie) == -ENOENT, "an answer of the old epoch is taken");
    expect(worker.export_plane(job.dst_buffer) == -ENOENT, "a buffer of the old epoch can be exported");
    client.stream_on();
    expect(worker.complete(job.cookie) == -ENOENT, "an answer of the old epoch is taken after stream-on");
}

/** No DECODE of the new epoch before FLUSHED. */
void withheld(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    client.submit(0, 0);
    FakeWorker worker = daemon.accept();
    const uint64_t old = worker.next_decode().as<daedalus_msg_decode>().cookie;
    client.stream_off();
    client.stream_on();
    client.submit(1, 1000);
    const std::optional<Message> message = worker.next();
    expect(message && message->type == DAEDALUS_MSG_FLUSH, "stream-off brought no FLUSH");
    const uint32_t epoch = message->as<daedalus_msg_flush>().epoch;
    expect(epoch != old >> 32, "FLUSH names the old epoch");
    expect(!worker.next(150).has_value(), "a DECODE came before FLUSHED");
    expect(worker.flushed(epoch + 1) == -EINVAL &&
               worker.flushed(static_cast<uint32_t>(old >> 32)) == -EINVAL,
           "FLUSHED of another epoch is taken");
    expect(!worker.next(50).has_value(), "a DECODE came after a refused FLUSHED");
    expect(worker.flushed(epoch) == 0, "FLUSHED");
    expect(worker.flushed(epoch) == -EINVAL, "FLUSHED is taken twice");
    const uint64_t cookie = worker.next_decode().as<daedalus_msg_decode>().cookie;
    expect(cookie >> 32 == epoch, "the cookie is of another epoch than FLUSH said");
    expect(worker.complete(cookie) == 0 && !client.collect(1), "COMPLETE");
}

/** CAPTURE buffers are counted from zero by each stream-on. */
void counted(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    std::optional<FakeWorker> worker;
    for (int round = 0; round < 2; round++) {
        for (uint32_t index = 0; index < 2; index++) {
            client.submit(index, uint64_t{1000} * index);
            if (!worker)
                worker = daemon.accept();
            const uint64_t cookie = worker->next_decode().as<daedalus_msg_decode>().cookie;
            expect(worker->complete(cookie) == 0 && client.completes(index), "COMPLETE");
            client.collect_output(index);
            const auto buffer = client.capture().dequeue();
            expect(buffer && buffer->sequence == index, "a CAPTURE buffer has another sequence number");
        }
        client.stream_off();
        client.stream_on();
        const std::optional<Message> message = worker->next();
        expect(message && message->type == DAEDALUS_MSG_FLUSH, "stream-off brought no FLUSH");
        expect(worker->flushed(message->as<daedalus_msg_flush>().epoch) == 0, "FLUSHED");
    }
}

/** Several stops before the worker reads. */
void repeated(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    FakeWorker worker = daemon.accept();
    client.submit(0, 0);
    expect(worker.next_decode().type == DAEDALUS_MSG_DECODE, "no DECODE");
    for (int i = 0; i < 5; i++) {
        client.stream_off();
        client.stream_on();
        client.submit(0, 0);
    }
    uint32_t epoch = 0;
    std::optional<Message> message;
    while ((message = worker.next(200)) && message->type == DAEDALUS_MSG_FLUSH) {
        epoch = message->as<daedalus_msg_flush>().epoch;
        expect(worker.flushed(epoch) == 0, "FLUSHED");
    }
    expect(message && message->type == DAEDALUS_MSG_DECODE, "no DECODE after the FLUSHes");
    const uint64_t cookie = message->as<daedalus_msg_decode>().cookie;
    expect(cookie >> 32 == epoch, "DECODE is not of the last epoch");
    expect(worker.complete(cookie) == 0 && !client.collect(0), "COMPLETE");
}

/** A worker that never answers FLUSH does not keep the client waiting for ever. */
void unanswered(Context& context) {
    const FakeDaemon daemon(150);
    FakeClient client(context.nodes());
    client.submit(0, 0);
    FakeWorker worker = daemon.accept();
    expect(worker.next_decode().type == DAEDALUS_MSG_DECODE, "no DECODE");
    client.stream_off();
    client.stream_on();
    for (uint32_t index = 1; index < 4; index++) {
        client.submit(index, uint64_t{1000} * index);
        expect(client.collect(index), "a picture came back without error, but nobody decoded it");
    }
}

void closed(Context& context) {
    const FakeDaemon daemon(5000);
    std::optional<FakeWorker> worker;
    {
        FakeClient client(context.nodes());
        client.submit(0, 0);
        worker = daemon.accept();
        expect(worker->next_decode().type == DAEDALUS_MSG_DECODE, "no DECODE");
        client.submit(1, 1000);
    }
    expect(worker->at_end(2000), "the session fd does not tell that the client has gone");
    expect(worker->complete(1) == -ENOENT && worker->flushed(1) == -EINVAL &&
               worker->export_plane(1) == -ENOENT,
           "a session without a client takes answers");
    expect(!daemon.try_accept().has_value(), "a session without a client waits for a worker");
}

constexpr Scenario list[] = {
    {"flush_late_answer", "answers after stream-off", late_answer},
    {"flush_withheld", "no DECODE before FLUSHED", withheld},
    {"flush_counted", "sequence numbers begin anew", counted},
    {"flush_repeated", "several stops at once", repeated},
    {"flush_unanswered", "a worker that ignores FLUSH", unanswered},
    {"flush_closed", "the client closes", closed},
};

} // namespace

std::span<const Scenario> flush_scenarios() {
    return list;
}

} // namespace daedalus::client
