// SPDX-License-Identifier: BSD-2-Clause
#include "worker/session.h"

namespace daedalus::worker {

util::Result<std::optional<End>> Session::start(const DecoderFactories& factories) {
    SessionReader reader(channel_);
    const auto read = reader.read_format();
    if (!read)
        return std::unexpected(read.error());
    const auto& format = *read;
    if (!format)
        return End::closed;
    util::Result<void> begun;
    if (format->kind == DAEDALUS_SESSION_STATEFUL) {
        stateful_ = std::make_unique<StatefulWorker>(channel_, recorder_, limits_);
        if (journal_memory_)
            stateful_->set_journal(&stream_journal_.emplace(std::move(*journal_memory_)));
        begun = stateful_->begin(*format, factories.stateful);
    } else {
        stateless_ = std::make_unique<SessionWorker>(channel_, recorder_, limits_);
        if (journal_memory_)
            stateless_->set_journal(&journal_.emplace(std::move(*journal_memory_)));
        begun = stateless_->begin(*format, factories.stateless);
    }
    if (!begun)
        return std::unexpected(std::move(begun.error()));
    return std::nullopt;
}

void Session::set_gpu(gpu::Converter* gpu) {
    if (stateful_)
        stateful_->set_gpu(gpu);
    else
        stateless_->set_gpu(gpu);
}

util::Result<End> Session::run() {
    return stateful_ ? stateful_->run() : stateless_->run();
}

} // namespace daedalus::worker
