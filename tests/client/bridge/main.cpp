// SPDX-License-Identifier: BSD-2-Clause
// The kernel/daemon protocol from the daemon's side, without a daemon: this
// program is client, supervisor and worker in one.
//
//	daedalus-bridge-test run PATTERN...
#include "client/runner.h"
#include "scenarios.h"

int main(int count, char** values) {
    using namespace daedalus::client;
    const std::span<const Scenario> lists[] = {hello_scenarios(), message_scenarios(), answer_scenarios(),
                                               flush_scenarios(), death_scenarios(),   hostile_scenarios()};
    return run_program("daedalus-bridge-test", {values + 1, values + count}, lists, {});
}
