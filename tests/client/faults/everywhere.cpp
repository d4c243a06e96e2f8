// SPDX-License-Identifier: BSD-2-Clause
#include "everywhere.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <string>

namespace daedalus::client {

namespace {

/** A step with more points of failure than this does not end. */
constexpr unsigned most_points = 5000;

/** What an allocation or a copy that failed may make of a system call. */
bool tells_of_a_fault(const FaultStep& step, int result) {
    constexpr int errors[] = {ENOMEM, EFAULT, ENFILE, ENOSPC};
    return -result == step.also || std::ranges::find(errors, -result) != std::end(errors);
}

void must_succeed(const FaultStep& step, FaultWorld& world, const char* when) {
    const int result = step.call(world);
    if (result < 0)
        throw Failure(std::string(step.name) + " gave \"" + std::strerror(-result) + "\" " + when);
}

class Injection {
  public:
    Injection(const std::vector<FaultStep>& steps, const std::function<std::unique_ptr<FaultWorld>()>& create)
        : steps_(steps), create_(create) {}

    /** False: the step has fewer points of failure than @p nth. */
    bool run(size_t which, unsigned nth) {
        const FaultStep& step = steps_[which];
        const auto world = create_();
        for (size_t i = 0; i < which; i++)
            must_succeed(steps_[i], *world, "before anything failed");
        const auto outcome = injector_.run(nth, [&] { return step.call(*world); });
        const std::string when = "after point " + std::to_string(nth) + " of " + step.name + " had failed";
        if (!outcome.fired)
            expect(outcome.result >= 0, std::string(step.name) + " failed by itself");
        if (outcome.fired && outcome.result < 0) {
            refused_++;
            expect(tells_of_a_fault(step, outcome.result),
                   std::string(step.name) + " gave \"" + std::strerror(-outcome.result) + "\" " + when);
            must_succeed(step, *world, when.c_str());
        }
        for (size_t i = which + 1; i < steps_.size(); i++)
            must_succeed(steps_[i], *world, when.c_str());
        faults_ += outcome.fired ? 1 : 0;
        return outcome.fired;
    }

    unsigned faults() const { return faults_; }
    unsigned refused() const { return refused_; }

  private:
    const std::vector<FaultStep>& steps_;
    const std::function<std::unique_ptr<FaultWorld>()>& create_;
    FaultInjector injector_;
    unsigned faults_ = 0;
    unsigned refused_ = 0;
};

} // namespace

void inject_everywhere(Context& context, const std::vector<FaultStep>& steps,
                       const std::function<std::unique_ptr<FaultWorld>()>& create) {
    Injection injection(steps, create);
    for (size_t which = 0; which < steps.size(); which++) {
        unsigned nth = 1;
        while (injection.run(which, nth)) {
            nth++;
            expect(nth < most_points, std::string(steps[which].name) + " fails for ever");
        }
        std::printf("%s: %u points of failure\n", steps[which].name, nth - 1);
        std::fflush(stdout);
    }
    context.figure("steps", static_cast<double>(steps.size()), "calls", "-", true);
    context.figure("faults", injection.faults(), "faults", ">0", injection.faults() > 0);
    context.figure("refused", injection.refused(), "calls", ">0", injection.refused() > 0);
}

} // namespace daedalus::client
