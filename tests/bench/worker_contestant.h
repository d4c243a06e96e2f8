// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "bench/contestant.h"
#include "bench/decode_load.h"

namespace daedalus::bench {

class WorkerContestant final : public Contestant {
  public:
    explicit WorkerContestant(const DecodeLoadOptions& options) : options_(options), load_(options) {}

    void open(const Clip& clip) override {
        clip_ = &clip;
        load_.open(clip);
    }
    Run run(unsigned rounds) override;

  private:
    const Clip* clip_ = nullptr;
    DecodeLoadOptions options_;
    DecodeLoad load_;
};

} // namespace daedalus::bench
