// SPDX-License-Identifier: BSD-2-Clause
#include "stream.h"

#include "picture_builder.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>

namespace daedalus::test::h264 {

namespace {

void sort_for_display(Stream& stream) {
    stream.display_order.resize(stream.frames.size());
    std::iota(stream.display_order.begin(), stream.display_order.end(), 0U);
    std::ranges::stable_sort(stream.display_order, [&](uint32_t a, uint32_t b) {
        const Frame& first = stream.frames[a];
        const Frame& second = stream.frames[b];
        return first.period != second.period ? first.period < second.period
                                             : first.order_count < second.order_count;
    });
    for (uint32_t i = 0; i < stream.display_order.size(); i++)
        stream.frames[stream.display_order[i]].display_index = i;
}

/** Finds the slices of one picture after the other and has them built. */
class Parser {
  public:
    std::expected<Stream, std::string> run(std::span<const uint8_t> bytes) {
        for (const NalUnit& unit : split_nal_units(bytes)) {
            if (unit.type == NalType::partition_a || unit.type == NalType::partition_b ||
                unit.type == NalType::partition_c)
                return std::unexpected("data partitioning has no place in V4L2");
            take(unit);
        }
        finish_picture();
        if (builder_.stream().pictures.empty())
            return std::unexpected("no picture in the stream");
        Stream stream = std::move(builder_.stream());
        sort_for_display(stream);
        return stream;
    }

  private:
    void take(const NalUnit& unit) {
        switch (unit.type) {
        case NalType::sps:
            finish_picture();
            sets_.add_sps(to_rbsp(unit.payload()));
            break;
        case NalType::pps:
            finish_picture();
            sets_.add_pps(to_rbsp(unit.payload()));
            break;
        case NalType::slice:
        case NalType::idr_slice:
            take_slice(unit);
            break;
        default:
            break;
        }
    }

    void take_slice(const NalUnit& unit) {
        std::optional<ActiveSlice> slice = parse_slice(unit, sets_);
        if (!slice)
            return; // a damaged header: no client could make a request of it
        if (!slices_.empty() && starts_new_picture(slices_.front().active, *slice))
            finish_picture();
        slices_.push_back({.active = std::move(*slice), .unit = unit});
    }

    void finish_picture() {
        if (!slices_.empty())
            builder_.add_picture(slices_);
        slices_.clear();
    }

    ParameterSets sets_;
    PictureBuilder builder_;
    std::vector<CodedSlice> slices_;
};

} // namespace

std::expected<Stream, std::string> parse_stream(std::span<const uint8_t> bytes) {
    return Parser().run(bytes);
}

std::expected<Stream, std::string> read_stream(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return std::unexpected(path + ": can't be opened");
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    auto stream = parse_stream(bytes);
    if (!stream)
        return std::unexpected(path + ": " + stream.error());
    return stream;
}

} // namespace daedalus::test::h264
