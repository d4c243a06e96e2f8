// SPDX-License-Identifier: BSD-2-Clause
// Has everything fail that may fail inside of a system call of a client's or of the daemon's: this program is
// both.
//
//	daedalus-fault-test run PATTERN...
#include "client/faults/scenarios.h"
#include "client/runner.h"

int main(int count, char** values) {
    using namespace daedalus::client;
    const std::span<const Scenario> lists[] = {fault_scenarios()};
    return run_program("daedalus-fault-test", {values + 1, values + count}, lists, {});
}
