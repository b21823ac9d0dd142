#include "runner/pulse.h"

#include <atomic>
#include <csignal>
#include <fstream>
#include <string>

#include "core/context.h"
#include "runner/clocks.h"

namespace storm::runner {
namespace {

constexpr Duration pause = core::milliseconds(100);  // Of CPU time, between two questions.

constexpr Duration real_pause = core::milliseconds(200);

/// Whether the process waits for something else than a processor.
bool sleeps(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string text;
    std::getline(file, text);
    const auto name_end = text.rfind(')');  // "12 (name) S ...": a name may hold all but that.
    return name_end != std::string::npos && text.substr(name_end).starts_with(") S");
}

// What a signal handler can reach is global by nature; set once in a worker.
Pulse* answer_to = nullptr;

void on_asked(int) {
    if (answer_to == nullptr) return;
    const auto& context = core::context;
    answer_to->dispatch = context.dispatches;
    answer_to->inside = context.node[0] != '\0';
    std::atomic_ref(answer_to->answers).fetch_add(1, std::memory_order_release);
}

}  // namespace

void install_pulse(Pulse* pulse) {
    answer_to = pulse;
    struct sigaction action{};
    action.sa_handler = on_asked;
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    sigaction(SIGURG, &action, nullptr);  // Ignored where nobody listens.
}

void StuckWatch::begin(Duration cpu) {
    asked_ = since_ = cpu;
    real_asked_ = slept_since_ = real_time();
    inside_ = false;
}

bool StuckWatch::stuck(pid_t worker, const Pulse& pulse, Duration cpu, Duration limit) {
    const auto answers =
        std::atomic_ref(const_cast<Pulse&>(pulse).answers).load(std::memory_order_acquire);
    const Duration real = real_time();
    if (answers != answers_) {
        const bool same = inside_ && pulse.inside && pulse.dispatch == dispatch_;
        if (!same) since_ = cpu;
        if (!same || !sleeps(worker)) slept_since_ = real;
        answers_ = answers;
        dispatch_ = pulse.dispatch;
        inside_ = pulse.inside;
        if (same && (cpu - since_ > limit || real - slept_since_ > limit * blocked_factor)) {
            return true;
        }
    }
    if (cpu - asked_ >= pause || real - real_asked_ >= real_pause) {
        asked_ = cpu;
        real_asked_ = real;
        ::kill(worker, SIGURG);
    }
    return false;
}

}  // namespace storm::runner
