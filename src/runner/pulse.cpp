#include "runner/pulse.h"

#include <atomic>
#include <csignal>

#include "core/context.h"

namespace storm::runner {
namespace {

constexpr Duration pause = core::milliseconds(100);  // Of CPU time, between two questions.

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
    inside_ = false;
}

bool StuckWatch::stuck(pid_t worker, const Pulse& pulse, Duration cpu, Duration limit) {
    const auto answers =
        std::atomic_ref(const_cast<Pulse&>(pulse).answers).load(std::memory_order_acquire);
    if (answers != answers_) {
        const bool same = inside_ && pulse.inside && pulse.dispatch == dispatch_;
        if (!same) since_ = cpu;
        answers_ = answers;
        dispatch_ = pulse.dispatch;
        inside_ = pulse.inside;
        if (same && cpu - since_ > limit) return true;
    }
    if (cpu - asked_ >= pause) {
        asked_ = cpu;
        ::kill(worker, SIGURG);
    }
    return false;
}

}  // namespace storm::runner
