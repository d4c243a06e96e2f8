// SPDX-License-Identifier: BSD-2-Clause
#include "support/gst/playback.h"

#include "support/gst/picture_hash.h"

#include <gst/gst.h>
#include <gst/video/video.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>

namespace daedalus::test {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begun) {
    return std::chrono::duration<double>(Clock::now() - begun).count();
}

/// What the codecs are called where, and the element that cuts their streams into frames.
struct CodecElements {
    const char* codec;
    const char* parser; ///< "" where a container always does it
    const char* decoder;
};

constexpr std::array<CodecElements, 11> codec_elements = {{
    {"h264", "h264parse", "v4l2slh264dec"},
    {"vp8", "", "v4l2slvp8dec"},
    {"vp9", "vp9parse", "v4l2slvp9dec"},
    {"av1", "av1parse", "v4l2slav1dec"},
    {"mpeg2", "mpegvideoparse", "v4l2slmpeg2dec"},
    {"stateful-h264", "h264parse", "v4l2h264dec"},
    {"stateful-vp8", "", "v4l2vp8dec"},
    {"stateful-vp9", "vp9parse", "v4l2vp9dec"},
    {"stateful-mpeg2", "mpegvideoparse", "v4l2mpeg2dec"},
    {"stateful-mpeg4", "mpeg4videoparse", "v4l2mpeg4dec"},
    {"stateful-h263", "h263parse", "v4l2h263dec"},
}};

/// The demultiplexer for a file that begins so.
const char* demuxer_of(const std::string& path) {
    std::array<char, 4> magic = {};
    std::ifstream(path, std::ios::binary).read(magic.data(), magic.size());
    if (std::memcmp(magic.data(), "DKIF", 4) == 0)
        return "ivfparse";
    if (std::memcmp(magic.data(), "\x1a\x45\xdf\xa3", 4) == 0)
        return "matroskademux";
    return "";
}

/// How long nothing happened. Called from GStreamer's threads.
class Progress {
  public:
    void step() {
        const std::scoped_lock lock(mutex_);
        const auto now = Clock::now();
        longest_ = std::max(longest_, now - last_);
        last_ = now;
    }
    double longest_gap() {
        step();
        return std::chrono::duration<double>(longest_).count();
    }

  private:
    std::mutex mutex_;
    Clock::time_point last_ = Clock::now();
    Clock::duration longest_{0};
};

class Playback {
  public:
    Playback(const PlayJob& job, const std::string& frames_file) : job_(job) {
        if (!frames_file.empty())
            frames_out_.open(frames_file);
    }
    Playback(const Playback&) = delete;
    Playback& operator=(const Playback&) = delete;
    ~Playback() {
        if (pipeline_ != nullptr)
            gst_object_unref(pipeline_);
    }

    PlayResult run() {
        const auto begun = Clock::now();
        if (build()) {
            gst_element_set_state(pipeline_, GST_STATE_PLAYING);
            wait_for_end();
            progress_.step();
            gst_element_set_state(pipeline_, GST_STATE_NULL);
            result_.longest_gap = progress_.longest_gap();
        }
        const auto digest = hash_.finish();
        if (result_.frames > 0) {
            result_.md5 = digest.all;
            result_.md5_luma = digest.luma;
        }
        result_.seconds = seconds_since(begun);
        return result_;
    }

  private:
    bool build() {
        const CodecElements* elements = nullptr;
        for (const auto& candidate : codec_elements)
            if (job_.codec == candidate.codec)
                elements = &candidate;
        if (elements == nullptr)
            return fail("no codec " + job_.codec);

        std::string description = "filesrc name=file";
        for (const auto* element : {demuxer_of(job_.path), elements->parser})
            if (*element != '\0')
                description += std::string(" ! ") + element;
        description += std::string(" ! ") + elements->decoder + " name=decoder ! video/x-raw";
        if (job_.raw_format != "-")
            description += ",format=" + job_.raw_format;
        description += " ! fakesink name=sink sync=false enable-last-sample=false";

        GError* error = nullptr;
        pipeline_ = gst_parse_launch_full(description.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error);
        if (pipeline_ == nullptr) {
            fail(error->message);
            g_error_free(error);
            return false;
        }
        auto* source = gst_bin_get_by_name(GST_BIN(pipeline_), "file");
        g_object_set(source, "location", job_.path.c_str(), nullptr);
        gst_object_unref(source);
        probe("decoder", "sink", GST_PAD_PROBE_TYPE_BUFFER, &Playback::on_progress);
        probe("decoder", "src", GST_PAD_PROBE_TYPE_BUFFER, &Playback::on_progress);
        probe("sink", "sink", GST_PAD_PROBE_TYPE_BUFFER, &Playback::on_frame);
        probe("sink", "sink", GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, &Playback::on_event);
        probe("sink", "sink", GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, &Playback::on_query);
        return true;
    }

    void probe(const char* element_name, const char* pad_name, GstPadProbeType type,
               GstPadProbeCallback callback) {
        auto* element = gst_bin_get_by_name(GST_BIN(pipeline_), element_name);
        auto* pad = gst_element_get_static_pad(element, pad_name);
        gst_pad_add_probe(pad, type, callback, this, nullptr);
        gst_object_unref(pad);
        gst_object_unref(element);
    }

    void wait_for_end() {
        auto* bus = gst_element_get_bus(pipeline_);
        auto* message = gst_bus_timed_pop_filtered(
            bus, GST_CLOCK_TIME_NONE, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
            if (result_.message == "-")
                result_.end = "done";
        } else {
            GError* error = nullptr;
            gchar* details = nullptr;
            gst_message_parse_error(message, &error, &details);
            fail(std::string(GST_OBJECT_NAME(GST_MESSAGE_SRC(message))) + ": " + error->message + " " +
                 (details != nullptr ? details : ""));
            g_error_free(error);
            g_free(details);
        }
        gst_message_unref(message);
        gst_object_unref(bus);
    }

    /// Keeps the first reason.
    bool fail(std::string reason) {
        if (result_.message == "-")
            result_.message = std::move(reason);
        return false;
    }

    void hash_frame(GstBuffer* buffer) {
        if (!info_ || !PictureHash::knows(GST_VIDEO_INFO_FORMAT(&*info_))) {
            fail("frames in a format that the player cannot read");
            return;
        }
        // The buffer's own video meta, with its strides, goes before what the caps say.
        GstVideoFrame frame;
        if (!gst_video_frame_map(&frame, &*info_, buffer, GST_MAP_READ)) {
            fail("a frame cannot be mapped");
            return;
        }
        show_visible_part(frame, buffer);
        const auto digest = hash_.add(frame);
        const auto size = std::to_string(GST_VIDEO_FRAME_WIDTH(&frame)) + "x" +
                          std::to_string(GST_VIDEO_FRAME_HEIGHT(&frame));
        gst_video_frame_unmap(&frame);
        if (frames_out_.is_open())
            frames_out_ << result_.frames << ' ' << size << ' ' << digest.all << '\n';
        several_sizes_ |= result_.frames > 0 && size != last_size_;
        last_size_ = size;
        result_.size = size + (several_sizes_ ? "+" : "");
        result_.format = gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&*info_));
        result_.frames++;
    }

    /// The video meta of a decoder's buffer tells the coded size; the caps, or a crop meta, what is to be
    /// seen.
    void show_visible_part(GstVideoFrame& frame, GstBuffer* buffer) {
        if (const auto* crop = gst_buffer_get_video_crop_meta(buffer); crop != nullptr) {
            if (crop->x != 0 || crop->y != 0)
                fail("a picture that does not begin in its buffer's corner");
            frame.info.width = static_cast<int>(crop->width);
            frame.info.height = static_cast<int>(crop->height);
        } else {
            frame.info.width = std::min(frame.info.width, GST_VIDEO_INFO_WIDTH(&*info_));
            frame.info.height = std::min(frame.info.height, GST_VIDEO_INFO_HEIGHT(&*info_));
        }
    }

    static GstPadProbeReturn on_progress(GstPad*, GstPadProbeInfo*, gpointer self) {
        static_cast<Playback*>(self)->progress_.step();
        return GST_PAD_PROBE_OK;
    }

    static GstPadProbeReturn on_frame(GstPad*, GstPadProbeInfo* info, gpointer self) {
        static_cast<Playback*>(self)->hash_frame(GST_PAD_PROBE_INFO_BUFFER(info));
        return GST_PAD_PROBE_OK;
    }

    static GstPadProbeReturn on_event(GstPad*, GstPadProbeInfo* info, gpointer self) {
        auto* event = GST_PAD_PROBE_INFO_EVENT(info);
        if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
            GstCaps* caps = nullptr;
            gst_event_parse_caps(event, &caps);
            auto& video = static_cast<Playback*>(self)->info_.emplace();
            if (!gst_video_info_from_caps(&video, caps))
                static_cast<Playback*>(self)->info_.reset();
        }
        return GST_PAD_PROBE_OK;
    }

    /// Players understand strides; without this the decoder would copy each frame into a packed one.
    static GstPadProbeReturn on_query(GstPad*, GstPadProbeInfo* info, gpointer) {
        auto* query = GST_PAD_PROBE_INFO_QUERY(info);
        if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION)
            return GST_PAD_PROBE_OK;
        gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
        return GST_PAD_PROBE_HANDLED;
    }

    const PlayJob& job_;
    PlayResult result_;
    GstElement* pipeline_ = nullptr;
    Progress progress_;
    std::optional<GstVideoInfo> info_;
    PictureHash hash_;
    std::ofstream frames_out_;
    std::string last_size_;
    bool several_sizes_ = false;
};

} // namespace

std::string load_plugins() {
    std::string missing;
    const auto load = [&missing](const char* name) {
        auto* factory = gst_element_factory_find(name);
        auto* feature = factory != nullptr ? gst_plugin_feature_load(GST_PLUGIN_FEATURE(factory)) : nullptr;
        if (feature == nullptr)
            missing += (missing.empty() ? "" : " ") + std::string(name);
        g_clear_object(&feature);
        g_clear_object(&factory);
    };
    for (const auto* name : {"filesrc", "fakesink", "capsfilter", "ivfparse", "matroskademux"})
        load(name);
    for (const auto& elements : codec_elements) {
        if (*elements.parser != '\0')
            load(elements.parser);
        load(elements.decoder);
    }
    return missing;
}

PlayResult play(const PlayJob& job, const std::string& frames_file) {
    return Playback(job, frames_file).run();
}

} // namespace daedalus::test
