// SPDX-License-Identifier: BSD-2-Clause
// From planar 4:2:0 to NV12 or P010. Both buffers are arrays of 32-bit words: the GPU of a Raspberry Pi 5 has
// neither storage nor arithmetic of 8 or 16 bits. Each invocation writes one word of the target, in which
// there may be bytes that are not the picture's: those keep their values.
#version 450

layout(local_size_x = 64) in;

// 10 bits in the low end of 16, which go to the high end; else 8 bits.
layout(constant_id = 0) const bool wide = false;
// All offsets and line lengths are whole words. Then no word belongs to two lines, and words go to
// invocations by line and column; else they are numbered through and each byte is looked for.
layout(constant_id = 1) const bool aligned = true;

layout(std430, binding = 0) readonly buffer Source { uint source[]; };
layout(std430, binding = 1) buffer Target { uint target[]; };

// Offsets, line lengths and widths in bytes; struct Geometry in pass.h is the same.
layout(push_constant) uniform Geometry {
    uint from[3];       // where the samples of Y, U and V begin
    uint from_stride[3];
    uint to[2];         // where those of Y and of UV do
    uint to_stride[2];
    uint line_bytes[2]; // that samples fill
    uint lines[2];
} g;

uint source_byte(uint address) {
    return bitfieldExtract(source[address >> 2], int(address & 3u) * 8, 8);
}

// A sample as it is written, from any address.
uint source_sample(uint plane, uint line, uint column) {
    uint address = g.from[plane] + line * g.from_stride[plane] + (wide ? 2u * column : column);
    if (!wide)
        return source_byte(address);
    return ((source_byte(address) | source_byte(address + 1u) << 8) << 6) & 0xffffu;
}

// The word of the target that has samples of one line from `byte` on, whole words.
uint packed_word(uint plane, uint line, uint byte) {
    if (plane == 0u) {
        uint word = source[(g.from[0] + line * g.from_stride[0] + byte) >> 2];
        return wide ? (word << 6) & 0xffc0ffc0u : word;
    }
    // Half as many bytes of U, and of V.
    uint at = byte >> 1;
    int shift = int(at & 2u) * 8;
    uint u = bitfieldExtract(source[(g.from[1] + line * g.from_stride[1] + at) >> 2], shift, 16);
    uint v = bitfieldExtract(source[(g.from[2] + line * g.from_stride[2] + at) >> 2], shift, 16);
    if (wide)
        return ((u << 6) & 0xffc0u) | ((v << 22) & 0xffc00000u);
    return (u & 0xffu) | (v & 0xffu) << 8 | (u & 0xff00u) << 8 | (v & 0xff00u) << 16;
}

void write_aligned() {
    uint line = gl_GlobalInvocationID.y;
    uint plane = line < g.lines[0] ? 0u : 1u;
    line -= plane == 0u ? 0u : g.lines[0];
    uint byte = gl_GlobalInvocationID.x * 4u;
    if (line >= g.lines[plane] || byte >= g.line_bytes[plane])
        return;
    uint word = packed_word(plane, line, byte);
    uint index = (g.to[plane] + line * g.to_stride[plane] + byte) >> 2;
    uint left = g.line_bytes[plane] - byte;
    if (left < 4u)
        word = bitfieldInsert(target[index], word, 0, int(left * 8u));
    target[index] = word;
}

// The byte that belongs to an address of the target; false: no sample does.
bool packed_byte(uint address, out uint value) {
    uint plane = address < g.to[1] ? 0u : 1u;
    value = 0u;
    if (address < g.to[plane])
        return false;
    uint line = (address - g.to[plane]) / g.to_stride[plane];
    uint column = (address - g.to[plane]) % g.to_stride[plane];
    if (line >= g.lines[plane] || column >= g.line_bytes[plane])
        return false;
    uint sample_index = wide ? column >> 1 : column;
    uint from = plane == 0u ? 0u : 1u + (sample_index & 1u);
    value = source_sample(from, line, plane == 0u ? sample_index : sample_index >> 1);
    if (wide)
        value = bitfieldExtract(value, int(column & 1u) * 8, 8);
    return true;
}

void write_unaligned() {
    // The words of both planes in a row: one may have bytes of the last line of Y and the first of UV.
    uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
    uint index = (g.to[0] >> 2) + group * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    uint end = g.to[1] + (g.lines[1] - 1u) * g.to_stride[1] + g.line_bytes[1];
    if (index * 4u >= end)
        return;
    uint word = 0u;
    uint known = 0u;
    for (uint i = 0u; i < 4u; i++) {
        uint value;
        if (packed_byte(index * 4u + i, value)) {
            word |= value << (8u * i);
            known |= 0xffu << (8u * i);
        }
    }
    if (known == 0u)
        return;
    if (known != 0xffffffffu)
        word |= target[index] & ~known;
    target[index] = word;
}

void main() {
    if (aligned)
        write_aligned();
    else
        write_unaligned();
}
