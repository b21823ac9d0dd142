// What the digest takes in besides events, draws and datagrams that arrive (DESIGN §5: every
// event, effect and draw); and a closer look at some blocks of a run, each event, effect and
// draw of them with the digest after it, so that the first place where two runs part can be
// named. Looking closely changes no digest.
#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "sim/simulation.h"

namespace storm::sim {
namespace {

constexpr std::size_t bytes_max = 256;  // Told of one effect; the digest has them all.

std::string in_hex(std::span<const std::byte> bytes) {
    std::string out = fmt::format("{} bytes:", bytes.size());
    for (std::size_t i = 0; i < std::min(bytes.size(), bytes_max); ++i) {
        out += fmt::format("{}{:02x}", i % 8 == 0 ? " " : "", std::to_integer<unsigned>(bytes[i]));
    }
    if (bytes.size() > bytes_max) {
        const auto* text = reinterpret_cast<const char*>(bytes.data());
        out += fmt::format(" ..., hash {}",
                           core::hex(core::key_of(std::string_view(text, bytes.size()))));
    }
    return out;
}

}  // namespace

// ---- The digest -----------------------------------------------------------------------------

void Simulation::fold_value(const Value& value) {
    fold(static_cast<std::uint64_t>(value.kind()));
    if (const auto* text = value.text()) return fold_text(*text);
    if (const auto* list = value.list()) {
        fold(list->size());
        for (const auto& each : *list) fold_value(each);
        return;
    }
    const auto* yes = value.boolean();
    fold(yes != nullptr ? *yes : static_cast<std::uint64_t>(value.integer_or(0)));
}

void Simulation::fold_request(const node::FileRequest& request) {
    fold(request.key);
    fold(static_cast<std::uint64_t>(request.op) | std::uint64_t{request.create} << 8U |
         std::uint64_t{request.truncate} << 9U | std::uint64_t{request.handle} << 16U);
    fold(request.offset);
    fold(request.length);
    fold_text(request.path);
    fold_text(request.path2);
    fold_bytes(request.bytes);
    if (!close_) return;
    std::string what = fmt::format("file {}", node::to_text(request.op));
    if (!request.path.empty()) what += " " + request.path;
    if (!request.path2.empty()) what += " to " + request.path2;
    step_bytes(running_, fmt::format("{} at {}, {} long", what, request.offset, request.length),
               request.bytes);
}

void Simulation::fold_reply(const node::FileReply& reply) {
    fold(static_cast<std::uint64_t>(reply.error) | std::uint64_t{reply.handle} << 32U);
    fold(reply.count);
    for (const auto& name : reply.names) fold_text(name);
    fold_bytes(reply.bytes);
}

// A datagram that nobody will take: its bytes were sent, and no delivery folds them.
void Simulation::fold_unheard(const Event& e) {
    core::Buffer body = core::Buffer::attach(e.thing);
    fold_bytes(body.bytes());
    if (close_) {
        step_bytes(&endpoints_[e.to],
                   fmt::format("nobody takes {} from {}", e.name, endpoints_[e.from].name),
                   body.bytes());
    }
    static_cast<void>(body.detach());
}

std::uint64_t Simulation::dice_lane(core::Key key) {
    fold(key);
    if (close_) [[unlikely]] {
        step(running_, "dice", core::hex(key));
    }
    return lane(fault::Purpose::node_dice);
}

bool Simulation::logging(core::Key said) {
    fold(said);
    return full_;
}

// ---- The closer look ------------------------------------------------------------------------

void Simulation::look(bool closely) {
    const fault::Plan& plan = setup_->plan;
    close_ = closely;
    full_ = keep_ || close_;
    plain_ = !full_ && plan.pins.empty() && plan.ambient == fault::Ambient::drawn;
}

void Simulation::step(const Endpoint* who, std::string what, std::string value) {
    if (!close_) return;
    const core::HooksOff off;  // Not the node's memory.
    record_->steps.push_back({events_, now_, who != nullptr ? who->name : std::string(),
                              std::move(what), std::move(value), digest()});
}

void Simulation::step_bytes(const Endpoint* who, std::string what,
                            std::span<const std::byte> bytes) {
    if (!close_) return;
    const core::HooksOff off;
    step(who, std::move(what), in_hex(bytes));
}

void Simulation::step_event(const Event& e) {
    static constexpr const char* names[] = {
        "nothing",      "arrival of ",         "loss of ",
        "timer is due", "file operation ends", "what the plan asks for"};
    std::string what = names[static_cast<std::size_t>(e.what)];
    if (e.what == What::packet || e.what == What::ghost) {
        what += std::string(e.name) + " from " + endpoints_[e.from].name;
    }
    step(e.what == What::callback ? nullptr : &endpoints_[e.to], std::move(what), core::hex(e.key));
    if (events_ >= setup_->witness.last) look(false);  // The last rung has just been hashed.
}

}  // namespace storm::sim
