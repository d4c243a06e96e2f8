// SPDX-License-Identifier: BSD-2-Clause
// Runs a fuzz target on the files and folders that are named, for compilers without libFuzzer and for ctest.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

unsigned replay_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    // Every shorter input too: ends in the middle of a structure are where readers go wrong.
    for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 64) {
        const std::vector<std::uint8_t> part(bytes.begin(),
                                             bytes.begin() + static_cast<std::ptrdiff_t>(size));
        LLVMFuzzerTestOneInput(part.data(), part.size());
    }
    return 1;
}

unsigned replay(const std::filesystem::path& path) {
    if (!std::filesystem::is_directory(path))
        return replay_file(path);
    unsigned files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path))
        files += replay(entry.path());
    return files;
}

} // namespace

int main(int argc, char** argv) {
    unsigned files = 0;
    for (int i = 1; i < argc; ++i)
        files += replay(argv[i]);
    std::cout << files << " inputs\n";
    return files > 0 ? 0 : 1;
}
