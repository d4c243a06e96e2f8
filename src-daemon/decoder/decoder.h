// SPDX-License-Identifier: BSD-2-Clause
// What a worker asks of any decoder: pictures in decode order, one answer for each job, whatever happens.
#pragma once

#include "bridge/messages.h"
#include "daedalus/protocol.h"
#include "decoder/client_memory.h"
#include "decoder/picture.h"
#include "decoder/picture_blocks.h"
#include "util/error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace daedalus::decoder {

/// Ceilings and choices of a decoder, from the configuration.
struct DecoderOptions {
    unsigned threads = 0; ///< 0: one for each CPU, four at most
    std::uint32_t max_width = 4096;
    std::uint32_t max_height = 4096;
    std::size_t memory_limit = std::size_t{1} << 30; ///< bytes of pictures, references included
    std::shared_ptr<PictureBlocks> blocks = nullptr; ///< where pictures go first; none: plain memory
};

/// How many threads that comes to on this machine.
[[nodiscard]] unsigned effective_threads(const DecoderOptions& options);

/// Bytes behind a job's bitstream that are readable and zero.
inline constexpr std::size_t bitstream_padding = 64;

/// One DECODE.
struct Job {
    bridge::DecodeMessage message;
    /// Keeps the controls and the bitstream of `message`, and bitstream_padding zero bytes behind it, alive.
    std::shared_ptr<const void> memory;
    /// Where the picture may be decoded to, so that it need not be copied there. The decoder decides.
    std::optional<ClientMemory> client = std::nullopt;
};

/// What became of a job.
struct FinishedJob {
    bridge::DecodeMessage message; ///< its controls and bitstream are not to be looked at any more
    daedalus_status status = DAEDALUS_STATUS_OK;
    std::optional<Picture> picture; ///< there is none when the stream was refused
    std::string reason;             ///< for the log, when status is not OK
};

/// Not thread safe; may run threads of its own.
class Decoder {
  public:
    Decoder() = default;
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    virtual ~Decoder() = default;

    /// Takes the next job in decode order. Blocks until the decoder has taken the bitstream in, which may be
    /// as long as an older picture needs to be finished.
    virtual void submit(Job job) = 0;

    /// The oldest job that is finished, or nothing. Jobs come in the order of submit().
    virtual std::optional<FinishedJob> take_finished() = 0;

    /// Jobs submitted and not taken yet.
    [[nodiscard]] virtual std::size_t pending() const = 0;

    /// Finishes every pending job, without harm to the references.
    virtual void push_out() = 0;

    /// Drops pending jobs and references; after it no memory of a picture is written to. The next picture
    /// should be one that needs no references.
    virtual void flush() = 0;

    /// The client freed CAPTURE buffers, and with them what they stood for as references. 0: all of them.
    virtual void retire(std::uint64_t buffer) = 0;

    /// How many decode.
    [[nodiscard]] virtual unsigned threads() const = 0;

    /// For the log: "libavcodec 59.37, 2 frame threads".
    [[nodiscard]] virtual std::string description() const = 0;
};

/// Loads the library that decodes `codec`, opens the decoder and starts its threads. Nothing is loaded or
/// started later. Errors name the package that is missing.
util::Result<std::unique_ptr<Decoder>> make_decoder(daedalus_codec codec, const DecoderOptions& options);

/// Loads all libraries that decoders use, as far as they are installed, so that make_decoder() is quick.
void preload();

/// The codecs that make_decoder() or, where there are no requests of it, StreamDecoder can serve on this
/// system, as bits 1 << enum daedalus_codec. `problems` receives one line for each library that is missing.
std::uint64_t available_codecs(std::string* problems);

struct LibraryVersion {
    std::string name;
    std::string version; ///< empty: it cannot be loaded
};

/// The libraries that decode, and what is installed of them.
std::vector<LibraryVersion> library_versions();

} // namespace daedalus::decoder
