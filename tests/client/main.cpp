// SPDX-License-Identifier: BSD-2-Clause
// A client of the V4L2 stateless uAPI, written to test one.
#include "compare_command.h"
#include "decode_command.h"
#include "runner.h"

namespace {

using namespace daedalus::client;

constexpr Command commands[] = {
    {"decode",
     "[OPTION...] FILE    print the md5 of every frame\n"
     "\n"
     "run:\n"
     "--clips DIR --field-clips DIR  where NAME.h264 and NAME.framemd5 lie\n"
     "--seed N --seeks N\n"
     "--attack NAME --wish-file FILE  of the scenario attacked\n"
     "--kills N --players N  of the scenario killed_workers\n"
     "--sessions N --fairness-frames N  of the scenario many_sessions\n"
     "--user-clients N --user-sessions N --user-memory-mib N  of the scenarios quota_*\n"
     "--streams N --seed N  of the scenario mutated\n"
     "--deadline-ms N --rounds N  of the scenario stopped\n"
     "--rounds N --daemon COMMAND --daemon-log FILE  of the scenario torture\n"
     "decode:\n"
     "--depth N                   requests in flight\n"
     "--timestamps counter|recycled|recycled-from-one|zero|wallclock\n"
     "--memory mmap|heap|udmabuf  of CAPTURE buffers\n"
     "--capture-buffers N  --seek-every N  --fields hold|requeue  --order display|decoding\n"
     "--compare FILE              what `ffmpeg -pix_fmt yuv420p -f framemd5` wrote",
     decode_command},
    {"compare",
     "[OPTION...] FILE   compare a player's NV12 frames with ffmpeg's\n"
     "--list FILE        lines of NAME STREAM FRAMEMD5, in the order of playing",
     compare_command, false},
};

} // namespace

int main(int count, char** values) {
    const std::span<const Scenario> lists[] = {
        format_scenarios(),       control_scenarios(),    buffer_scenarios(),        request_scenarios(),
        blocking_scenarios(),     pipelining_scenarios(), timestamp_scenarios(),     seek_scenarios(),
        resize_scenarios(),       import_scenarios(),     field_scenarios(),         damage_scenarios(),
        many_clients_scenarios(), no_daemon_scenarios(),  attacked_scenarios(),      replay_scenarios(),
        restart_scenarios(),      torture_scenarios(),    many_sessions_scenarios(), mutated_scenarios(),
        quota_scenarios(),        stopped_scenarios()};
    return run_program("daedalus-test-client", {values + 1, values + count}, lists, commands);
}
