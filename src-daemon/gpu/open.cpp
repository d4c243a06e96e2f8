// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/open.h"

#include "gpu/measurement.h"
#include "gpu/self_check.h"
#include "util/log.h"

namespace daedalus::gpu {
namespace {

// Some drivers compile shaders when they are first run.
constexpr std::chrono::seconds patience_at_first{10};

} // namespace

util::Result<std::unique_ptr<Converter>> open(const Options& options) {
    auto device = Device::open(options.device);
    if (!device)
        return std::unexpected(std::move(device.error()));
    auto converter = Converter::make(std::move(*device), true);
    if (!converter)
        return converter;
    (*converter)->set_patience(patience_at_first);
    if (auto checked = self_check(**converter); !checked)
        return std::unexpected(std::move(checked.error()));
    (*converter)->set_patience(options.patience);
    if (!options.only_if_it_pays) {
        (*converter)->allow_staging(options.may_copy);
        return converter;
    }
    const auto comparison = compare(**converter, {});
    (*converter)->forget_blocks();
    if (!comparison)
        return std::unexpected(comparison.error());
    const std::string& name = (*converter)->device()->info().name;
    if (comparison->copied)
        return util::fail(ENOTSUP, name + " can't read and write pictures where they are");
    if (!pays(*comparison))
        return util::fail(
            EAGAIN, util::format("%s takes %.2f ms for a picture, %.2f of them the CPU's; the CPU alone "
                                 "takes %.2f ms",
                                 name.c_str(), comparison->gpu.wall, comparison->gpu.processor,
                                 comparison->cpu.wall));
    (*converter)->allow_staging(false);
    return converter;
}

} // namespace daedalus::gpu
