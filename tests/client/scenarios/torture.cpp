// SPDX-License-Identifier: BSD-2-Clause
// Clients stream, stream off and close while the daemon and its workers are
// killed and stopped at random: contract item 16. No client may sleep where no
// signal wakes it, every client must die when it is killed, and with the
// daemon back the next key frame must decode.
#include "client/process.h"
#include "client/scenario.h"
#include "client/shared_array.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace daedalus::client {

namespace {

using std::chrono::milliseconds;

constexpr size_t steady_clients = 2;
constexpr size_t restless_clients = 2;
constexpr unsigned longest_pause_ms = 300;
// A new worker costs half a second of the emulated machine's only processor.
constexpr milliseconds recovery_limit{45000};
/// The 25 s that daedalusd gives a worker to say what it can decode, and time to be loaded in.
constexpr milliseconds attach_limit{35000};

/** What a steady client tells the torturer, in shared memory. */
struct Progress {
    std::atomic<uint32_t> key_frames; ///< that came back bit-exact
    std::atomic<uint32_t> errors;
    std::atomic<uint32_t> wrong; ///< frames that no error before them explains
};

/** Notes how the frames of a client come back, in decoding order. */
class Judge {
  public:
    Judge(const Clip& clip, Progress& progress) : clip_(clip), progress_(progress) {}

    void see(const DecodedFrame& frame) {
        const bool exact = frame.md5 == clip_.expected(frame.frame);
        const bool is_idr = clip_.stream.frames[frame.frame].is_idr;
        // What refers to an errored frame may be wrong without being marked.
        trusted_ = (trusted_ || is_idr) && !frame.error;
        if (frame.error)
            progress_.errors++;
        if (is_idr && exact && !frame.error)
            progress_.key_frames++;
        if (trusted_ && !exact) {
            progress_.wrong++;
            std::printf("frame %u is wrong, and nothing before it was in error\n", frame.frame);
            std::fflush(stdout);
        }
    }

  private:
    const Clip& clip_;
    Progress& progress_;
    bool trusted_ = false;
};

/** Plays a clip for ever on one file and never stops streaming. */
void steady(const Context& context, const Clip& clip, Progress& progress) {
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 4, .timeout_ms = 20000});
    Judge judge(clip, progress);
    decoder.on_frame = [&](const DecodedFrame& frame, std::span<const uint8_t>) { judge.see(frame); };
    play_until([] { return false; }, decoder, clip);
}

/** Seeks, closes and opens at random, and is killed at random. */
void restless(const Context& context, const Clip& clip, unsigned seed) {
    std::mt19937 random(seed);
    while (true) {
        StreamDecoder decoder(
            context.nodes(), clip.stream,
            {.depth = 1 + static_cast<uint32_t>(random() % 8), .timeout_ms = 20000, .check_pixels = false});
        decoder.start();
        for (auto seeks = random() % 4; seeks > 0; seeks--) {
            decoder.submit_frames(0, 1 + static_cast<uint32_t>(random() % clip.frame_count()));
            if (random() % 2 != 0)
                decoder.drain();
            decoder.flush();
        }
        decoder.submit_frames(0, 1 + static_cast<uint32_t>(random() % 8));
        std::this_thread::sleep_for(milliseconds(random() % longest_pause_ms));
        // The destructor closes with requests in flight.
    }
}

/** Owns every process of the scenario. */
class Torture {
  public:
    explicit Torture(Context& context)
        : context_(context), clip_(context.clip("tiny")),
          random_(static_cast<unsigned>(context.number("seed", 1))) {
        std::istringstream words(context.option("daemon", ""));
        for (std::string word; words >> word;)
            command_.push_back(word);
        expect(!command_.empty(), "--daemon names no command");
    }

    ~Torture() {
        for (const pid_t client : clients_) {
            ::kill(client, SIGKILL);
            wait_for_end(client, milliseconds(2000));
        }
        stop_daemon(SIGTERM);
    }
    Torture(const Torture&) = delete;
    Torture& operator=(const Torture&) = delete;

    void run() {
        start_daemon();
        for (Progress& progress : progress_)
            clients_.push_back(start_child("steady client", [&] { steady(context_, clip_, progress); }));
        for (size_t i = 0; i < restless_clients; i++)
            clients_.push_back(start_restless());
        expect_recovery();
        const long rounds = context_.number("rounds", 200);
        for (long round = 0; round < rounds; round++) {
            monitor_.watch(clients_);
            one_round();
            look_after_clients();
            if (round % 20 == 19)
                expect_recovery();
        }
        expect_recovery();
        report(rounds);
    }

  private:
    milliseconds up_to(unsigned limit) { return milliseconds(random_() % (limit + 1)); }

    bool daemon_attached() const {
        std::ifstream file(
            context_.option("attached-attribute", "/sys/class/misc/daedalus-v4l2/daemon_attached"));
        int attached = 0;
        return file >> attached && attached == 1;
    }

    void start_daemon() {
        daemon_ = start_program(command_, context_.option("daemon-log", "/dev/null"));
        const auto begin = std::chrono::steady_clock::now();
        while (!daemon_attached()) {
            if (std::chrono::steady_clock::now() - begin > attach_limit) {
                describe_processes();
                throw Failure("the daemon did not attach in 35 s; its log may say why");
            }
            expect(!wait_for_end(daemon_, milliseconds(0)), "the daemon ended instead of attaching");
            std::this_thread::sleep_for(milliseconds(5));
        }
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
        slowest_attach_ms_ = std::max(slowest_attach_ms_, took.count());
    }

    void stop_daemon(int signal) {
        if (daemon_ <= 0)
            return;
        ::kill(daemon_, signal);
        if (!wait_for_end(daemon_, milliseconds(5000))) {
            slow_daemon_ends_++;
            ::kill(daemon_, SIGKILL);
            wait_for_end(daemon_, milliseconds(2000));
        }
        daemon_ = 0;
    }

    pid_t start_restless() {
        const unsigned seed = random_();
        return start_child("restless client", [&, seed] { restless(context_, clip_, seed); });
    }

    void pause(pid_t process) {
        ::kill(process, SIGSTOP);
        std::this_thread::sleep_for(up_to(400));
        ::kill(process, SIGCONT);
    }

    void one_round() {
        std::this_thread::sleep_for(up_to(60));
        const std::vector<pid_t> workers = processes_named("daedalus-worker");
        const pid_t worker = workers.empty() ? 0 : workers[random_() % workers.size()];
        switch (random_() % 4) {
        case 0:
            if (worker > 0)
                ::kill(worker, SIGKILL);
            worker_kills_++;
            break;
        case 1:
            ::kill(daemon_, SIGKILL);
            wait_for_end(daemon_, milliseconds(2000));
            daemon_kills_++;
            std::this_thread::sleep_for(up_to(60));
            start_daemon();
            break;
        case 2:
            if (worker > 0)
                pause(worker);
            pauses_++;
            break;
        default:
            pause(daemon_);
            pauses_++;
            break;
        }
        if (random_() % 3 == 0)
            kill_client(steady_clients + random_() % restless_clients);
    }

    void kill_client(size_t which) {
        const auto begin = std::chrono::steady_clock::now();
        ::kill(clients_[which], SIGKILL);
        if (!wait_for_end(clients_[which], milliseconds(5000))) {
            unkillable_++;
            throw Failure("a client did not die of SIGKILL in 5 s");
        }
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
        slowest_death_ms_ = std::max(slowest_death_ms_, took.count());
        clients_[which] = start_restless();
        monitor_.watch(clients_);
    }

    /** A client that ended by itself has found something wrong. */
    void look_after_clients() {
        for (const pid_t client : clients_)
            expect(!wait_for_end(client, milliseconds(0)), "a client gave up; its reason is above");
    }

    /** With the daemon there and nobody stopped, every steady client sees a key frame. */
    void expect_recovery() {
        uint32_t before[steady_clients];
        for (size_t i = 0; i < steady_clients; i++)
            before[i] = progress_[i].key_frames;
        const auto begin = std::chrono::steady_clock::now();
        while (true) {
            bool all = true;
            for (size_t i = 0; i < steady_clients; i++)
                all = all && progress_[i].key_frames > before[i];
            if (all)
                break;
            look_after_clients();
            if (std::chrono::steady_clock::now() - begin > recovery_limit) {
                describe_processes();
                throw Failure("no key frame decoded although the daemon is back");
            }
            std::this_thread::sleep_for(milliseconds(10));
        }
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
        slowest_recovery_ms_ = std::max(slowest_recovery_ms_, took.count());
    }

    /** For whoever has to find out why. */
    void describe_processes() const {
        for (size_t i = 0; i < steady_clients; i++)
            std::printf("steady client %zu (pid %d): %u key frames, %u errors\n", i, clients_[i],
                        progress_[i].key_frames.load(), progress_[i].errors.load());
        for (const char* name : {"daedalusd", "daedalus-worker"})
            for (const pid_t process : processes_named(name)) {
                std::ifstream file("/proc/" + std::to_string(process) + "/stat");
                std::string line;
                std::getline(file, line);
                std::printf("%.60s\n", line.c_str());
            }
        std::fflush(stdout);
    }

    void report(long rounds) {
        uint32_t key_frames = 0;
        uint32_t errors = 0;
        uint32_t wrong = 0;
        for (const Progress& progress : progress_) {
            key_frames += progress.key_frames;
            errors += progress.errors;
            wrong += progress.wrong;
        }
        context_.figure("rounds", static_cast<double>(rounds), "rounds", "-", true);
        context_.figure("worker_kills", worker_kills_, "signals", "-", true);
        context_.figure("daemon_kills", daemon_kills_, "signals", "-", true);
        context_.figure("pauses", pauses_, "signals", "-", true);
        context_.figure("longest_d_state", monitor_.longest_ms(), "ms", "<1000",
                        monitor_.longest_ms() < 1000);
        context_.figure("unkillable", unkillable_, "processes", "0", unkillable_ == 0);
        context_.figure("slowest_death", slowest_death_ms_, "ms", "<1000", slowest_death_ms_ < 1000);
        context_.figure("slowest_attach", slowest_attach_ms_, "ms", "<35000", true);
        context_.figure("slowest_recovery", slowest_recovery_ms_, "ms", "<45000", true);
        context_.figure("key_frames", key_frames, "frames", ">0", key_frames > 0);
        context_.figure("errors", errors, "frames", "-", true);
        context_.figure("wrong", wrong, "frames", "0", wrong == 0);
    }

    Context& context_;
    Clip clip_;
    std::mt19937 random_;
    std::vector<std::string> command_;
    SharedArray<Progress> progress_{steady_clients};
    std::vector<pid_t> clients_; ///< the steady ones first
    pid_t daemon_ = 0;
    SleepMonitor monitor_;
    int worker_kills_ = 0;
    int daemon_kills_ = 0;
    int pauses_ = 0;
    int unkillable_ = 0;
    int slow_daemon_ends_ = 0;
    double slowest_death_ms_ = 0;
    double slowest_attach_ms_ = 0;
    double slowest_recovery_ms_ = 0;
};

void torture(Context& context) {
    Torture(context).run();
}

constexpr Scenario list[] = {
    {"torture", "the daemon and its workers are killed while clients play", torture},
};

} // namespace

std::span<const Scenario> torture_scenarios() {
    return list;
}

} // namespace daedalus::client
