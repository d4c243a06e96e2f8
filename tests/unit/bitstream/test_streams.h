// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <ostream>
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

/// `suite` as part of a test's name, which takes no dashes.
std::string test_name(std::string suite);

/// A clip that ffmpeg makes.
struct MadeClip {
    const char* name;
    const char* size; ///< such as "352x288"
    int frames;
    const char* arguments; ///< of ffmpeg, behind its input

    // NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
    friend void PrintTo(const MadeClip& clip, std::ostream* out) { *out << clip.name; }
};

/// Runs `ffmpeg` with the clip's arguments, a test pattern as its first input and the clip's name and
/// `extension` as its output. Returns the file, nothing if ffmpeg is not there or has no such encoder. The
/// file is made once for each build directory.
std::optional<std::filesystem::path> make_clip(const MadeClip& clip, const std::string& extension);

} // namespace daedalus::test
