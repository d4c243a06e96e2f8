// SPDX-License-Identifier: BSD-2-Clause
#include "support/av1/frame_header_parser.h"

#include <optional>

namespace daedalus::test::av1 {

/** set_frame_refs() (7.8): the references that short signalling leaves out. */
void FrameHeaderParser::set_frame_refs() {
    const int current = 1 << (sequence_.control.order_hint_bits - 1);
    std::array<int, V4L2_AV1_TOTAL_REFS_PER_FRAME> shifted{};
    std::array<bool, V4L2_AV1_TOTAL_REFS_PER_FRAME> used{};
    for (unsigned i = 0; i < shifted.size(); ++i)
        shifted[i] = current + relative_distance(slots_[i].header.control.order_hint, frame_.order_hint);
    used.at(frame_.ref_frame_idx[0]) = used.at(frame_.ref_frame_idx[3]) = true;

    // The unused slot on one side of the current frame with the latest or the earliest hint. Of equal ones
    // the last is the latest, the first the earliest.
    const auto find = [&](bool backward, bool latest) {
        std::optional<unsigned> found;
        for (unsigned i = 0; i < shifted.size(); ++i) {
            if (used[i] || (shifted[i] >= current) != backward)
                continue;
            if (!found || (latest ? shifted[i] >= shifted[*found] : shifted[i] < shifted[*found]))
                found = i;
        }
        return found;
    };
    const auto assign = [&](unsigned reference, std::optional<unsigned> slot) {
        if (!slot)
            return;
        frame_.ref_frame_idx[reference - V4L2_AV1_REF_LAST_FRAME] = static_cast<int8_t>(*slot);
        used[*slot] = true;
    };
    assign(V4L2_AV1_REF_ALTREF_FRAME, find(true, true));
    assign(V4L2_AV1_REF_BWDREF_FRAME, find(true, false));
    assign(V4L2_AV1_REF_ALTREF2_FRAME, find(true, false));
    for (const unsigned reference :
         {V4L2_AV1_REF_LAST2_FRAME, V4L2_AV1_REF_LAST3_FRAME, V4L2_AV1_REF_BWDREF_FRAME,
          V4L2_AV1_REF_ALTREF2_FRAME, V4L2_AV1_REF_ALTREF_FRAME})
        if (frame_.ref_frame_idx[reference - V4L2_AV1_REF_LAST_FRAME] < 0)
            assign(reference, find(false, true));

    unsigned earliest = 0;
    for (unsigned i = 1; i < shifted.size(); ++i)
        if (shifted[i] < shifted[earliest])
            earliest = i;
    for (int8_t& index : frame_.ref_frame_idx)
        if (index < 0)
            index = static_cast<int8_t>(earliest);
}

void FrameHeaderParser::skip_mode_params() {
    if (header_.intra() || !has(V4L2_AV1_FRAME_FLAG_REFERENCE_SELECT) || !order_hints_enabled())
        return;
    int forward = -1;
    int backward = -1;
    for (int i = 0; i < V4L2_AV1_REFS_PER_FRAME; ++i) {
        const int distance = relative_distance(hint_of(i), frame_.order_hint);
        if (distance < 0 && (forward < 0 || relative_distance(hint_of(i), hint_of(forward)) > 0))
            forward = i;
        if (distance > 0 && (backward < 0 || relative_distance(hint_of(i), hint_of(backward)) < 0))
            backward = i;
    }
    if (forward < 0)
        return;
    int second = backward;
    for (int i = 0; backward < 0 && i < V4L2_AV1_REFS_PER_FRAME; ++i)
        if (relative_distance(hint_of(i), hint_of(forward)) < 0 &&
            (second < 0 || relative_distance(hint_of(i), hint_of(second)) > 0))
            second = i;
    if (second < 0)
        return;
    set(V4L2_AV1_FRAME_FLAG_SKIP_MODE_ALLOWED, true);
    frame_.skip_mode_frame[0] = static_cast<uint8_t>(V4L2_AV1_REF_LAST_FRAME + std::min(forward, second));
    frame_.skip_mode_frame[1] = static_cast<uint8_t>(V4L2_AV1_REF_LAST_FRAME + std::max(forward, second));
    set(V4L2_AV1_FRAME_FLAG_SKIP_MODE_PRESENT, reader_.flag());
}

} // namespace daedalus::test::av1
