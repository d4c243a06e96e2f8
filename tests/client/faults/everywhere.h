// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "client/faults/injector.h"
#include "client/scenario.h"

#include <functional>
#include <memory>
#include <vector>

namespace daedalus::client {

/** What one round of calls works on: everything that it has opened goes with it. */
class FaultWorld {
  public:
    FaultWorld() = default;
    FaultWorld(const FaultWorld&) = delete;
    FaultWorld& operator=(const FaultWorld&) = delete;
    virtual ~FaultWorld() = default;
};

/**
 * One system call of many that follow each other. It gives a negative errno value when it failed, and must
 * then have left everything as it was: it is made again.
 */
struct FaultStep {
    const char* name;
    std::function<int(FaultWorld&)> call;
    int also = 0; ///< an errno value beside the usual ones by which it tells of a fault
};

/**
 * Has each step fail at each of its points, one after the other: a fresh world is brought to where the step
 * comes, the step is made with the fault, again without if that failed, and then all that follow. Shows how
 * many faults there were; throws when a step fails without one, or by an error that does not tell of one.
 */
void inject_everywhere(Context& context, const std::vector<FaultStep>& steps,
                       const std::function<std::unique_ptr<FaultWorld>()>& create);

} // namespace daedalus::client
