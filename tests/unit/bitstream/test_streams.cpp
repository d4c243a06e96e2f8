// SPDX-License-Identifier: BSD-2-Clause
#include "unit/bitstream/test_streams.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace daedalus::test {

std::optional<std::filesystem::path> vectors_directory() {
    const char* named = std::getenv("DAEDALUS_VECTORS");
    const std::filesystem::path directory =
        named != nullptr ? std::filesystem::path(named)
                         : std::filesystem::path(DAEDALUS_SOURCE_DIR).parent_path() / "shared" / "vectors";
    if (!std::filesystem::exists(directory / "MANIFEST.tsv"))
        return std::nullopt;
    return directory;
}

std::vector<TestVector> vectors_of(const std::string& suite) {
    std::vector<TestVector> vectors;
    const auto directory = vectors_directory();
    if (!directory)
        return vectors;
    std::ifstream manifest(*directory / "MANIFEST.tsv");
    for (std::string line; std::getline(manifest, line);) {
        std::istringstream fields(line);
        TestVector vector;
        std::string file;
        std::getline(fields, vector.suite, '\t');
        std::getline(fields, vector.name, '\t');
        std::getline(fields, file, '\t');
        vector.file = *directory / file;
        if (vector.suite == suite)
            vectors.push_back(vector);
    }
    return vectors;
}

std::string test_name(std::string suite) {
    std::erase(suite, '-');
    return suite;
}

std::optional<std::filesystem::path> make_clip(const MadeClip& clip, const std::string& extension) {
    const std::filesystem::path directory = std::filesystem::path(DAEDALUS_CLIP_DIR);
    const std::string name = clip.name + extension;
    const std::filesystem::path file = directory / name;
    if (std::filesystem::exists(file))
        return file;
    std::filesystem::create_directories(directory);
    // Tests run side by side: nobody may see half a clip.
    const std::filesystem::path part = directory / (std::to_string(getpid()) + "-" + name);
    // Motion, flat areas and noise, so that encoders use more than their simplest tools.
    const std::string command = std::string("ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size=") +
                                clip.size + ":rate=25,noise=alls=8:allf=t -frames:v " +
                                std::to_string(clip.frames) + " " + clip.arguments + " " + part.string() +
                                " 2>" + part.string() + ".log";
    if (std::system(command.c_str()) != 0)
        return std::nullopt;
    std::filesystem::remove(part.string() + ".log");
    std::filesystem::rename(part, file);
    return file;
}

} // namespace daedalus::test
