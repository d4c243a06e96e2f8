// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace daedalus::test {

/// One line of the vectors' MANIFEST.tsv.
struct TestVector {
    std::string suite;
    std::string name;
    std::filesystem::path file;
};

/// The folder of the conformance streams: $DAEDALUS_VECTORS, or shared/vectors beside the source tree.
/// Nothing if it is not there.
std::optional<std::filesystem::path> vectors_directory();

/// The streams of a suite, in the order of the manifest; empty without the folder.
std::vector<TestVector> vectors_of(const std::string& suite);

/// Runs `ffmpeg` with these arguments, a test pattern of `size` and `frames` frames as its first input and
/// `name` as its output. Returns the file, nothing if ffmpeg is not there or has no such encoder. The file is
/// made once for each build directory.
std::optional<std::filesystem::path> make_clip(const std::string& name, const std::string& size, int frames,
                                               const std::string& arguments);

} // namespace daedalus::test
