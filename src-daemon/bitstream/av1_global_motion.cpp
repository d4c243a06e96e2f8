// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/av1_global_motion.h"

#include <cstddef>
#include <utility>

#include "bitstream/control_check.h"

namespace daedalus::bitstream {
namespace {

constexpr unsigned model_precision = 16; // WARPEDMODEL_PREC_BITS
constexpr std::int32_t one = 1 << model_precision;

/// How a parameter is coded: a number of up to `bits` bits and a sign, in units of 2^shift, on top of `base`.
struct Coding {
    unsigned bits;
    unsigned shift;
    std::int32_t base;
};

Coding coding_of(std::size_t parameter, bool translation_only, bool high_precision_mv) {
    if (parameter >= 2)
        return {12, 1, parameter == 2 || parameter == 5 ? one : 0};
    if (!translation_only)
        return {12, 10, 0};
    return high_precision_mv ? Coding{9, 13, 0} : Coding{8, 14, 0};
}

/// The code that inverse_recenter() (5.9.29) turns back into `value` around `reference`.
std::uint32_t recenter(std::uint32_t reference, std::uint32_t value) {
    if (value > 2 * reference)
        return value;
    if (value >= reference)
        return 2 * (value - reference);
    return 2 * (reference - value) - 1;
}

/// decode_subexp() (5.9.28) the other way round: value < size
void write_subexp(BitWriter& writer, std::uint32_t value, std::uint32_t size) {
    constexpr unsigned k = 3;
    std::uint32_t done = 0;
    for (unsigned i = 0;; ++i) {
        const unsigned bits = i > 0 ? k + i - 1 : k;
        const std::uint32_t step = 1U << bits;
        if (size <= done + 3 * step) {
            writer.ns(value - done, size - done);
            return;
        }
        const bool more = value >= done + step;
        writer.flag(more);
        if (!more) {
            writer.bits(value - done, bits);
            return;
        }
        done += step;
    }
}

/// decode_signed_subexp_with_ref() (5.9.26) the other way round: value and reference in -limit..limit
void write_difference(BitWriter& writer, std::int32_t value, std::int32_t reference, std::int32_t limit) {
    const auto size = static_cast<std::uint32_t>(2 * limit + 1);
    const auto v = static_cast<std::uint32_t>(value + limit);
    const auto r = static_cast<std::uint32_t>(reference + limit);
    const std::uint32_t code = 2 * r <= size ? recenter(r, v) : recenter(size - 1 - r, size - 1 - v);
    write_subexp(writer, code, size);
}

void write_parameter(BitWriter& writer, ControlCheck& check, std::int32_t value, std::int32_t previous,
                     const Coding& coding) {
    const std::int32_t limit = 1 << coding.bits;
    const std::int64_t offset = std::int64_t{value} - coding.base;
    check.in_range("a global motion parameter", offset, -(std::int64_t{limit} << coding.shift),
                   std::int64_t{limit} << coding.shift);
    check.in_range("the fraction of a global motion parameter", offset & ((1 << coding.shift) - 1), 0, 0);
    if (!check.ok())
        return; // what follows would not hold
    write_difference(writer, static_cast<std::int32_t>(offset >> coding.shift),
                     (previous - coding.base) >> coding.shift, limit);
}

void write_type(BitWriter& writer, std::uint32_t type) {
    writer.flag(type != V4L2_AV1_WARP_MODEL_IDENTITY); // is_global
    if (type == V4L2_AV1_WARP_MODEL_IDENTITY)
        return;
    writer.flag(type == V4L2_AV1_WARP_MODEL_ROTZOOM); // is_rot_zoom
    if (type != V4L2_AV1_WARP_MODEL_ROTZOOM)
        writer.flag(type == V4L2_AV1_WARP_MODEL_TRANSLATION); // is_translation
}

} // namespace

Av1GlobalMotion av1_default_global_motion() {
    Av1GlobalMotion motion{};
    for (auto& parameters : motion)
        parameters[2] = parameters[5] = one;
    return motion;
}

std::expected<Av1GlobalMotion, util::Error> write_av1_global_motion(BitWriter& writer,
                                                                    const v4l2_av1_global_motion& motion,
                                                                    const Av1GlobalMotion& previous,
                                                                    bool high_precision_mv) {
    ControlCheck check("AV1");
    Av1GlobalMotion result = av1_default_global_motion();
    for (std::size_t i = 0; i < result.size(); ++i) {
        const std::size_t reference = V4L2_AV1_REF_LAST_FRAME + i;
        const std::uint32_t type = control_value(motion.type[reference]);
        check.in_range("global motion type", type, V4L2_AV1_WARP_MODEL_IDENTITY, V4L2_AV1_WARP_MODEL_AFFINE);
        write_type(writer, type);
        const auto parameter = [&](std::size_t at) {
            result[i][at] = motion.params[reference][at];
            write_parameter(writer, check, result[i][at], previous[i][at],
                            coding_of(at, type == V4L2_AV1_WARP_MODEL_TRANSLATION, high_precision_mv));
        };
        if (type >= V4L2_AV1_WARP_MODEL_ROTZOOM) {
            parameter(2);
            parameter(3);
            if (type == V4L2_AV1_WARP_MODEL_AFFINE) {
                parameter(4);
                parameter(5);
            } else if (check.ok()) {
                result[i][4] = -result[i][3];
                result[i][5] = result[i][2];
            }
        }
        if (type >= V4L2_AV1_WARP_MODEL_TRANSLATION) {
            parameter(0);
            parameter(1);
        }
    }
    if (auto valid = check.result(); !valid)
        return std::unexpected(std::move(valid.error()));
    return result;
}

} // namespace daedalus::bitstream
