// SPDX-License-Identifier: BSD-2-Clause
#include "decoded_picture_buffer.h"

#include <algorithm>

namespace daedalus::test::h264 {

namespace {

Fields opposite(Fields field) {
    return static_cast<Fields>(both_fields & ~field);
}

void unmark(Fields& marks, Fields fields) {
    marks = static_cast<Fields>(marks & ~fields);
}

void mark(Fields& marks, Fields fields) {
    marks = static_cast<Fields>(marks | fields);
}

} // namespace

Fields fields_of(const SliceHeader& slice) {
    if (!slice.field_pic)
        return both_fields;
    return slice.bottom_field ? bottom_field : top_field;
}

int32_t DecodedPictureBuffer::frame_num_wrap(const ReferenceFrame& entry, uint32_t frame_num,
                                             const Sps& sps) {
    const auto number = static_cast<int32_t>(entry.frame_num);
    return entry.frame_num > frame_num ? number - static_cast<int32_t>(sps.max_frame_num()) : number;
}

void DecodedPictureBuffer::clear() {
    references_.clear();
}

ReferenceFrame* DecodedPictureBuffer::find_frame(uint32_t frame) {
    const auto found = std::ranges::find_if(references_, [&](const ReferenceFrame& entry) {
        return !entry.non_existing && entry.frame == frame;
    });
    return found != references_.end() ? &*found : nullptr;
}

void DecodedPictureBuffer::forget_unused() {
    std::erase_if(references_, [](const ReferenceFrame& entry) { return !entry.is_reference(); });
}

void DecodedPictureBuffer::slide_window(uint32_t frame_num, const Sps& sps, uint32_t current_frame) {
    const size_t limit = std::max<size_t>(sps.control.max_num_ref_frames, 1);
    while (true) {
        ReferenceFrame* oldest = nullptr;
        size_t count = 0;
        for (ReferenceFrame& entry : references_) {
            if (!entry.non_existing && entry.frame == current_frame)
                continue;
            count++;
            if (entry.short_term == no_field)
                continue;
            if (oldest == nullptr ||
                frame_num_wrap(entry, frame_num, sps) < frame_num_wrap(*oldest, frame_num, sps))
                oldest = &entry;
        }
        if (count < limit || oldest == nullptr)
            return;
        oldest->short_term = no_field;
        // A frame of which one field is long-term stays for that field's sake.
        if (oldest->is_reference())
            return;
        forget_unused();
    }
}

void DecodedPictureBuffer::insert_missing(uint32_t frame_num, OrderCounts order, const Sps& sps) {
    slide_window(frame_num, sps, UINT32_MAX);
    references_.push_back({.non_existing = true,
                           .decoded = both_fields,
                           .short_term = both_fields,
                           .frame_num = frame_num,
                           .order = order});
}

ReferenceFrame* DecodedPictureBuffer::find_short_term(const ActiveSlice& slice, int64_t pic_num,
                                                      Fields& fields) {
    const SliceHeader& header = slice.header;
    for (ReferenceFrame& entry : references_) {
        const int64_t wrap = frame_num_wrap(entry, header.frame_num, slice.sps);
        if (!header.field_pic) {
            if (entry.short_term == both_fields && wrap == pic_num) {
                fields = both_fields;
                return &entry;
            }
            continue;
        }
        const Fields same = fields_of(header);
        for (const Fields parity : {same, opposite(same)})
            if ((entry.short_term & parity) != 0 && 2 * wrap + (parity == same ? 1 : 0) == pic_num) {
                fields = parity;
                return &entry;
            }
    }
    return nullptr;
}

void DecodedPictureBuffer::mark_short_term_unused(const ActiveSlice& slice, uint32_t pic_num_difference) {
    const int64_t current =
        slice.header.field_pic ? 2 * int64_t{slice.header.frame_num} + 1 : int64_t{slice.header.frame_num};
    Fields fields = no_field;
    ReferenceFrame* entry = find_short_term(slice, current - (int64_t{pic_num_difference} + 1), fields);
    if (entry != nullptr)
        unmark(entry->short_term, fields);
}

void DecodedPictureBuffer::mark_long_term_unused(const ActiveSlice& slice, uint32_t long_term_pic_num) {
    for (ReferenceFrame& entry : references_) {
        if (entry.long_term == no_field)
            continue;
        if (!slice.header.field_pic) {
            if (entry.long_term == both_fields && entry.long_term_frame_idx == long_term_pic_num)
                entry.long_term = no_field;
            continue;
        }
        const Fields same = fields_of(slice.header);
        for (const Fields parity : {same, opposite(same)})
            if (2 * entry.long_term_frame_idx + (parity == same ? 1 : 0) == long_term_pic_num)
                unmark(entry.long_term, parity);
    }
}

void DecodedPictureBuffer::free_long_term_index(uint32_t index, const ReferenceFrame* except) {
    for (ReferenceFrame& entry : references_)
        if (&entry != except && entry.long_term != no_field && entry.long_term_frame_idx == index)
            entry.long_term = no_field;
}

void DecodedPictureBuffer::limit_long_term_indexes(uint32_t count) {
    for (ReferenceFrame& entry : references_)
        if (entry.long_term != no_field && entry.long_term_frame_idx >= count)
            entry.long_term = no_field;
}

void DecodedPictureBuffer::assign_long_term(const ActiveSlice& slice, const MarkingOperation& operation) {
    const int64_t current =
        slice.header.field_pic ? 2 * int64_t{slice.header.frame_num} + 1 : int64_t{slice.header.frame_num};
    Fields fields = no_field;
    ReferenceFrame* entry =
        find_short_term(slice, current - (int64_t{operation.difference_of_pic_nums_minus1} + 1), fields);
    if (entry == nullptr)
        return;
    free_long_term_index(operation.long_term_frame_idx, entry);
    // The other field may hold another index only when the stream is broken.
    if (entry->long_term != no_field && entry->long_term_frame_idx != operation.long_term_frame_idx)
        entry->long_term = no_field;
    unmark(entry->short_term, fields);
    mark(entry->long_term, fields);
    entry->long_term_frame_idx = operation.long_term_frame_idx;
}

void DecodedPictureBuffer::apply(const MarkingOperation& operation, const ActiveSlice& slice,
                                 uint32_t frame) {
    switch (operation.operation) {
    case 1:
        mark_short_term_unused(slice, operation.difference_of_pic_nums_minus1);
        break;
    case 2:
        mark_long_term_unused(slice, operation.long_term_pic_num);
        break;
    case 3:
        assign_long_term(slice, operation);
        break;
    case 4:
        limit_long_term_indexes(operation.max_long_term_frame_idx_plus1);
        break;
    case 5:
        for (ReferenceFrame& entry : references_) {
            entry.short_term = no_field;
            entry.long_term = no_field;
        }
        break;
    case 6:
        // The current picture is not here yet, but its first field may be.
        free_long_term_index(operation.long_term_frame_idx, find_frame(frame));
        break;
    default:
        break;
    }
}

void DecodedPictureBuffer::insert(uint32_t frame, const ActiveSlice& slice, OrderCounts order,
                                  bool second_field) {
    const SliceHeader& header = slice.header;
    const Fields fields = fields_of(header);
    bool long_term = header.is_idr() && header.long_term_reference;
    uint32_t long_term_index = 0;
    if (header.is_idr() && !second_field)
        clear();
    if (header.adaptive_marking) {
        for (const MarkingOperation& operation : header.marking) {
            apply(operation, slice, frame);
            if (operation.operation == 6) {
                long_term = true;
                long_term_index = operation.long_term_frame_idx;
            }
        }
        forget_unused();
    } else if (!header.is_idr()) {
        const ReferenceFrame* first = second_field ? find_frame(frame) : nullptr;
        if (first == nullptr || first->short_term == no_field)
            slide_window(header.frame_num, slice.sps, frame);
    }

    ReferenceFrame* entry = second_field ? find_frame(frame) : nullptr;
    if (entry == nullptr) {
        references_.push_back({.frame = frame, .coded_as_fields = header.field_pic, .first_field = fields});
        entry = &references_.back();
    }
    entry->frame_num = header.resets_memory() ? 0 : header.frame_num;
    mark(entry->decoded, fields);
    if ((fields & top_field) != 0)
        entry->order.top = order.top;
    if ((fields & bottom_field) != 0)
        entry->order.bottom = order.bottom;
    if (long_term) {
        mark(entry->long_term, fields);
        entry->long_term_frame_idx = long_term_index;
    } else {
        mark(entry->short_term, fields);
    }
}

} // namespace daedalus::test::h264
