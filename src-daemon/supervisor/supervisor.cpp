// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/supervisor.h"

#include "bridge/codec_names.h"
#include "daedalus/build_paths.h"
#include "sandbox/landlock.h"
#include "supervisor/known_codecs.h"
#include "supervisor/restart_count.h"
#include "supervisor/runtime_file.h"

#include <systemd/sd-daemon.h>

#include <csignal>
#include <cstdlib>
#include <sys/epoll.h>
#include <utility>

namespace daedalus::supervisor {

namespace {

constexpr std::uint64_t retry_us = 1'000'000;
/// The control fd in the store. While it is open the kernel believes in us.
constexpr char kept_control[] = "control";

Event make_event() {
    sd_event* event = nullptr;
    // Fails for want of memory or file descriptors only: there is nothing to run without it.
    if (sd_event_default(&event) < 0)
        std::abort();
    return Event(event);
}

std::string codec_list(std::uint64_t codecs) {
    std::string list;
    for (int codec = 0; codec < DAEDALUS_CODEC_COUNT; codec++)
        if ((codecs >> codec & 1) != 0)
            list += (list.empty() ? "" : ", ") +
                    std::string(bridge::codec_title(static_cast<daedalus_codec>(codec)));
    return list;
}

} // namespace

Supervisor::Supervisor(config::Config config)
    : config_(std::move(config)), event_(make_event()), store_(FdStore::from_environment()),
      table_(event_.get(), config_, store_,
             [this](std::uint64_t session) {
                 const auto canceled = cancel(session, 0);
                 return canceled || canceled.error().code != std::errc::no_such_file_or_directory;
             }),
      state_since_us_(monotonic_us()), started_us_(monotonic_us()) {}

util::Result<void> Supervisor::prepare_loop() {
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    if (sigprocmask(SIG_BLOCK, &mask, nullptr) < 0)
        return util::fail_errno("can't block signals");
    for (const int signal : {SIGTERM, SIGINT})
        if (const int error = sd_event_add_signal(event_.get(), nullptr, signal, nullptr, nullptr); error < 0)
            return util::fail_errno("can't wait for signals", -error);
    return watchdog_.start(event_.get());
}

int Supervisor::run() {
    const auto restarts_file = runtime_file(restart_count_name);
    if (restarts_file)
        restarts_ = count_restart(*restarts_file);
    const int status = serve_until_told();
    if (status == EXIT_SUCCESS) {
        forget_file(restarts_file);
        forget_file(runtime_file(known_codecs_name));
    }
    return status;
}

int Supervisor::serve_until_told() {
    const auto codecs_file = runtime_file(known_codecs_name);
    auto probed = codecs_file ? recall_codecs(config_.worker, *codecs_file) : probe_codecs(config_.worker);
    if (!probed) {
        util::log(util::LogLevel::error, "%s: no codec can be decoded", probed.error().message.c_str());
        return EXIT_FAILURE;
    }
    codecs_ = std::move(*probed);
    // Not before: the service manager's watchdog runs from its first word on, and the probe may take longer.
    // Until here a signal ends this process as it would any other.
    if (auto prepared = prepare_loop(); !prepared) {
        util::log(util::LogLevel::error, "%s", prepared.error().message.c_str());
        return EXIT_FAILURE;
    }
    if (codecs_.codecs == 0)
        util::log(util::LogLevel::warning, "no decoder library was found: install libavcodec and libdav1d");
    if (sandbox::landlock_version() == 0)
        util::log(util::LogLevel::notice,
                  "the kernel has no Landlock: only their filters of system calls keep "
                  "workers from files and network");

    serve_control_socket();
    table_.adopt();
    connect();
    store_.drop_left();
    // Refused, it has ended before it began, and whoever started it is to know.
    if (state_ != State::refused)
        sd_notify(0, "READY=1");
    const int status = sd_event_loop(event_.get());
    sd_notify(0, "STOPPING=1");
    // Whether this is a restart or the end is for the one who keeps the store to know.
    if (store_.active())
        table_.leave();
    else
        table_.clear();
    return status < 0 ? EXIT_FAILURE : status;
}

/// Decoding does not depend on it: without a control socket the daemon goes on.
void Supervisor::serve_control_socket() {
    auto service = ControlService::start(event_.get(), *this, config_.control_socket);
    if (service)
        service_ = std::move(*service);
    else
        util::log(util::LogLevel::warning, "no control socket: %s", service.error().message.c_str());
}

void Supervisor::connect() {
    if (util::UniqueFd kept = store_.take(kept_control)) {
        bridge::ControlDevice& device = control_.emplace(bridge::ControlDevice::adopt(std::move(kept)));
        if (greet(device))
            serve(device);
        return;
    }
    auto control = bridge::ControlDevice::open(config_.device);
    if (!control) {
        const int error = control.error().code.value();
        const bool absent = error == ENOENT || error == ENXIO || error == ENODEV;
        connect_later(absent ? State::no_module : State::failed, control.error().message);
        return;
    }
    bridge::ControlDevice& device = control_.emplace(std::move(*control));
    if (!greet(device))
        return;
    store_.keep(kept_control, device.poll_fd());
    serve(device);
}

/// Nobody may hold it open any longer: the module could neither be used nor unloaded.
void Supervisor::lose_control() {
    store_.drop(kept_control);
    control_.reset();
}

void Supervisor::connect_later(State state, const std::string& reason) {
    enter(state, reason);
    auto retry = call_later(event_.get(), retry_us, on_retry, this);
    if (!retry) {
        util::log(util::LogLevel::error, "%s", retry.error().message.c_str());
        sd_event_exit(event_.get(), EXIT_FAILURE);
        return;
    }
    retry_ = std::move(*retry);
}

int Supervisor::on_retry(sd_event_source*, std::uint64_t, void* user) {
    static_cast<Supervisor*>(user)->connect();
    return 0;
}

/// Says HELLO. False: it came to nothing, and what follows has been arranged.
bool Supervisor::greet(bridge::ControlDevice& device) {
    auto reply = device.hello({codecs_.codecs, config_.job_timeout_ms, config_.max_sessions});
    if (!reply) {
        lose_control();
        connect_later(State::failed, reply.error().message);
        return false;
    }
    module_ = std::move(*reply);
    if (module_.accepted)
        return true;

    lose_control();
    enter(State::refused,
          util::format("daedalusd %s speaks protocol %d, the loaded module (%s) speaks %u: install the "
                       "same version of daedalus-v4l2 and daedalus-v4l2-dkms, then run "
                       "'modprobe -r daedalus_v4l2 && modprobe daedalus_v4l2' or reboot",
                       project_version, DAEDALUS_PROTO_VERSION, module_.module_version.c_str(),
                       module_.module_protocol));
    sd_event_exit(event_.get(), exit_protocol_mismatch);
    return false;
}

void Supervisor::serve(const bridge::ControlDevice& device) {
    auto watch = watch_fd(event_.get(), device.poll_fd(), EPOLLIN, on_control, this);
    if (!watch) {
        lose_control();
        connect_later(State::failed, watch.error().message);
        return;
    }
    control_watch_ = std::move(*watch);
    // That a session is offered again tells a worker it was taken from, which just ends, from one whose
    // client has closed.
    prefer(control_watch_);
    table_.prepare();
    enter(State::serving, "");
}

int Supervisor::on_control(sd_event_source*, int, std::uint32_t events, void* user) {
    auto& supervisor = *static_cast<Supervisor*>(user);
    if ((events & (EPOLLHUP | EPOLLERR)) != 0)
        supervisor.disconnected();
    else if (supervisor.control_)
        supervisor.accept_sessions(*supervisor.control_);
    return 0;
}

void Supervisor::accept_sessions(bridge::ControlDevice& device) {
    for (;;) {
        auto accepted = device.accept();
        if (!accepted) {
            util::log(util::LogLevel::error, "%s", accepted.error().message.c_str());
            return;
        }
        std::optional<bridge::AcceptedSession>& session = *accepted;
        if (!session)
            return;
        table_.accept(std::move(*session));
    }
}

/// The driver was unbound under us; it may come back.
void Supervisor::disconnected() {
    control_watch_.reset();
    lose_control();
    table_.clear();
    connect_later(State::no_module, "the kernel module has gone");
}

void Supervisor::enter(State state, const std::string& reason) {
    if (state == state_ && reason == state_reason_)
        return;
    state_ = state;
    state_reason_ = reason;
    state_since_us_ = monotonic_us();
    if (state == State::serving) {
        const std::string codecs = codec_list(codecs_.codecs);
        util::log(util::LogLevel::info, "serving %s, module %s, protocol %d", codecs.c_str(),
                  module_.module_version.c_str(), DAEDALUS_PROTO_VERSION);
        sd_notifyf(0, "STATUS=Serving %s.", codecs.c_str());
        return;
    }
    util::log(state == State::no_module ? util::LogLevel::warning : util::LogLevel::error, "%s",
              reason.c_str());
    sd_notifyf(0, "STATUS=%s.", reason.c_str());
}

util::Result<std::uint32_t> Supervisor::cancel(std::uint64_t session, std::uint64_t cookie) {
    if (!control_)
        return util::fail(ENODEV, "the kernel module is not attached");
    return control_->cancel(session, cookie);
}

} // namespace daedalus::supervisor
