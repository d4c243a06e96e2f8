// SPDX-License-Identifier: BSD-2-Clause
#include "statistics/session_totals.h"

namespace daedalus::statistics {

void SessionTotals::retire_worker(const Counters& last) {
    retired_.merge(last);
}

Counters SessionTotals::total(const Counters& current) const {
    Counters sum = retired_;
    sum.merge(current);
    sum.subtract(baseline_);
    return sum;
}

void SessionTotals::reset(const Counters& current) {
    baseline_ = retired_;
    baseline_.merge(current);
}

void CodecTotals::retire_session(enum daedalus_codec codec, const Counters& total) {
    Entry& entry = codecs_.at(codec);
    entry.counters.merge(total);
    entry.sessions = saturating_add(entry.sessions, 1);
}

const Counters& CodecTotals::retired(enum daedalus_codec codec) const {
    return codecs_.at(codec).counters;
}

std::uint64_t CodecTotals::sessions(enum daedalus_codec codec) const {
    return codecs_.at(codec).sessions;
}

void CodecTotals::reset() {
    codecs_ = {};
}

} // namespace daedalus::statistics
