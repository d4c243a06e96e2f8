// SPDX-License-Identifier: BSD-2-Clause
// The worker of one client is taken over by its stream; what that costs its client, and others.
#include "client/scenario.h"

#include <fcntl.h>
#include <unistd.h>

namespace daedalus::client {

namespace {

/**
 * From now on the first worker to decode something runs the attack that --attack names; see
 * tests/support/attacks/hostile_codec.cpp.
 */
void take_over(const Context& context) {
    const File file = File::open(context.option("wish-file", "/tmp/daedalus-attack"), O_WRONLY);
    // With its zero, and in one piece: the file is shared memory of every worker.
    const std::string wish = "1" + context.option("attack", "OpensAFile");
    expect(::write(file.get(), wish.c_str(), wish.size() + 1) == static_cast<ssize_t>(wish.size() + 1),
           "cannot ask for an attack");
}

/** The job that the worker died of goes to the next one: nobody loses a frame. */
void attacked(Context& context) {
    const Clip clip = context.clip("tiny");
    StreamDecoder neighbour(context.nodes(), clip.stream, {.depth = 2});
    neighbour.start();
    neighbour.submit_frames(0, 12);
    neighbour.drain();
    take_over(context);
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 1});
    decoder.start();
    decoder.submit_frames(0, 16);
    decoder.drain();
    expect_bit_exact(clip, decoder.decoded());
    neighbour.submit_frames(12, clip.frame_count());
    neighbour.drain();
    expect_bit_exact(clip, neighbour.decoded());
}

constexpr Scenario list[] = {
    {"attacked", "a worker that is taken over", attacked},
};

} // namespace

std::span<const Scenario> attacked_scenarios() {
    return list;
}

} // namespace daedalus::client
