// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/call_filter.h"

#include "daedalus/protocol.h"

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>
#include <memory>
#include <span>

namespace daedalus::sandbox {
namespace {

struct ContextDeleter {
    void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, ContextDeleter>;

// What linux/mman.h of older systems does not have.
constexpr std::uint64_t map_droppable = 0x08;

/// Argument number `index`, of which the kernel looks at the lower 32 bits, is `value`.
constexpr scmp_arg_cmp int_is(unsigned index, std::uint32_t value) {
    return {index, SCMP_CMP_MASKED_EQ, 0xffffffffU, value};
}

/// Those bits of an argument that are in `mask` are `value`.
constexpr scmp_arg_cmp bits_are(unsigned index, std::uint64_t mask, std::uint64_t value) {
    return {index, SCMP_CMP_MASKED_EQ, mask, value};
}

/// A system call, allowed if all conditions hold. Several rules for one call are alternatives.
struct Rule {
    int call;
    std::initializer_list<scmp_arg_cmp> conditions = {};
};

/// Memory, never executable. Of anonymous memory only private one, which RLIMIT_DATA counts.
constexpr std::uint64_t mapping_kind = MAP_TYPE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_LOCKED | MAP_GROWSDOWN;
constexpr scmp_arg_cmp not_executable = bits_are(2, PROT_EXEC, 0);
constexpr Rule memory_rules[] = {
    {SCMP_SYS(mmap), {not_executable, bits_are(3, mapping_kind, MAP_PRIVATE | MAP_ANONYMOUS)}},
    {SCMP_SYS(mmap), {not_executable, bits_are(3, mapping_kind, MAP_SHARED)}}, // CAPTURE buffers
    {SCMP_SYS(mmap), {not_executable, bits_are(3, mapping_kind, map_droppable | MAP_ANONYMOUS)}}, // getrandom
    {SCMP_SYS(mprotect), {not_executable}},
    {SCMP_SYS(mremap), {bits_are(3, ~std::uint64_t{0}, MREMAP_MAYMOVE)}}, // realloc
    {SCMP_SYS(munmap)},
    {SCMP_SYS(brk)},
    {SCMP_SYS(madvise), {int_is(2, MADV_DONTNEED)}},
    {SCMP_SYS(madvise), {int_is(2, MADV_FREE)}},
    {SCMP_SYS(madvise), {int_is(2, MADV_HUGEPAGE)}},
};

/// The session, the client's buffers and the log.
constexpr Rule file_rules[] = {
    {SCMP_SYS(read)},
    {SCMP_SYS(poll)},
    {SCMP_SYS(ppoll)},
    {SCMP_SYS(lseek)}, // tells the size of a dma-buf
    {SCMP_SYS(close)},
    {SCMP_SYS(ioctl), {int_is(1, DAEDALUS_IOC_COMPLETE)}},
    {SCMP_SYS(ioctl), {int_is(1, DAEDALUS_IOC_EXPORT)}},
    {SCMP_SYS(ioctl), {int_is(1, DAEDALUS_IOC_FLUSHED)}},
    {SCMP_SYS(ioctl), {int_is(1, DAEDALUS_IOC_PICTURE)}},
    {SCMP_SYS(ioctl), {int_is(1, DAEDALUS_IOC_STREAM)}},
    {SCMP_SYS(ioctl), {int_is(1, DAEDALUS_IOC_MAX_MESSAGE)}},
    {SCMP_SYS(ioctl), {int_is(1, DMA_BUF_IOCTL_SYNC)}},
    {SCMP_SYS(write), {int_is(0, STDERR_FILENO)}},
    {SCMP_SYS(writev), {int_is(0, STDERR_FILENO)}}, // glibc's last words
};

/// The GPU. Which of DRM's requests a driver makes is its own affair; its fd is a render node, on which the
/// kernel has none that reach other processes' memory. A client's buffer is given to it as a duplicate.
constexpr std::uint64_t ioctl_type = 0xff00;
constexpr std::uint64_t drm_requests = std::uint64_t{'d'} << 8;
constexpr Rule gpu_rules[] = {
    {SCMP_SYS(ioctl), {bits_are(1, ioctl_type, drm_requests)}},
    {SCMP_SYS(fcntl), {int_is(1, F_DUPFD_CLOEXEC)}},
};

/// Threads that have been started may only now begin to run, and name themselves.
constexpr Rule thread_rules[] = {
    {SCMP_SYS(futex)},
    {SCMP_SYS(sched_yield)},
    {SCMP_SYS(sched_getaffinity)},
    {SCMP_SYS(set_robust_list)},
    {SCMP_SYS(rseq)},
    {SCMP_SYS(prctl), {int_is(0, PR_SET_NAME)}},
    {SCMP_SYS(rt_sigprocmask)},
    {SCMP_SYS(rt_sigreturn)},
    {SCMP_SYS(restart_syscall)},
    {SCMP_SYS(exit)},
    {SCMP_SYS(exit_group)},
    {SCMP_SYS(getpid)},
    {SCMP_SYS(gettid)},
};

/// Where there is no vDSO, such as in User-Mode Linux, and what libraries ask for on the way.
constexpr Rule other_rules[] = {
    {SCMP_SYS(clock_gettime)}, {SCMP_SYS(gettimeofday)}, {SCMP_SYS(time)},
    {SCMP_SYS(getcpu)},        {SCMP_SYS(getrandom)},    {SCMP_SYS(sysinfo)}, // qsort() of glibc before 2.37
};

util::Result<void> failed(const char* what, int error) {
    return util::fail_errno(std::string("cannot filter system calls: ") + what, -error);
}

int allow(const Context& context, const Rule& rule) {
    return seccomp_rule_add_array(context.get(), SCMP_ACT_ALLOW, rule.call,
                                  static_cast<unsigned>(rule.conditions.size()), rule.conditions.begin());
}

util::Result<void> allow_all(const Context& context, std::span<const Rule> rules) {
    for (const Rule& rule : rules)
        if (const int error = allow(context, rule); error < 0)
            return failed("adding a rule", error);
    return {};
}

util::Result<void> allow_named(const Context& context, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        const int call = seccomp_syscall_resolve_name(name.c_str());
        if (call == __NR_SCMP_ERROR)
            return util::fail(EINVAL, "there is no system call '" + name + "'");
        if (const int error = allow(context, {call}); error < 0)
            return failed("adding a rule", error);
    }
    return {};
}

} // namespace

util::Result<void> load_call_filter(bool gpu, const std::vector<std::string>& more_calls) {
    const Context context(seccomp_init(SCMP_ACT_TRAP));
    if (!context)
        return failed("no memory", -ENOMEM);
    const std::pair<scmp_filter_attr, std::uint32_t> attributes[] = {
        {SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS},
        {SCMP_FLTATR_CTL_TSYNC, 1},
        {SCMP_FLTATR_CTL_OPTIMIZE, 2}, // a search tree, for a handful of calls a picture
    };
    for (const auto& [attribute, value] : attributes)
        if (const int error = seccomp_attr_set(context.get(), attribute, value); error < 0)
            return failed("setting an attribute", error);
    for (const std::span<const Rule> rules :
         {std::span<const Rule>(memory_rules), std::span<const Rule>(file_rules),
          std::span<const Rule>(thread_rules), std::span<const Rule>(other_rules)})
        if (auto allowed = allow_all(context, rules); !allowed)
            return allowed;
    if (gpu)
        if (auto allowed = allow_all(context, gpu_rules); !allowed)
            return allowed;
    // abort(), and nothing that reaches another process.
    if (const int error =
            allow(context,
                  {SCMP_SYS(tgkill), {int_is(0, static_cast<std::uint32_t>(getpid())), int_is(2, SIGABRT)}});
        error < 0)
        return failed("adding a rule", error);
    if (auto allowed = allow_named(context, more_calls); !allowed)
        return allowed;
    if (const int error = seccomp_load(context.get()); error < 0)
        return failed("loading the filter", error);
    return {};
}

} // namespace daedalus::sandbox
