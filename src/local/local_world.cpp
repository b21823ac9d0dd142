#include "local/local_world.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <filesystem>
#include <new>
#include <system_error>

#include "core/require.h"
#include "world/clients.h"

namespace storm::local {
namespace {

using core::ErrorKind;

constexpr std::size_t report_max = std::size_t{1} << 20U;

/// What the plan asks of the network itself, and there is nobody here to do.
core::Result<void> check_network(const fault::LinkFault& network) {
    if (network.calm() && network.delay <= 1_ms && network.jitter <= 1_ms) return {};
    return core::fail(ErrorKind::missing,
                      "the world local has no fabric between its processes: it cannot delay, lose, "
                      "double or damage packets; leave `network:` out of the scenario");
}

}  // namespace

std::unique_ptr<world::World> make_world() { return std::make_unique<LocalWorld>(); }

LocalWorld::~LocalWorld() {
    stop();
    for (auto& each : endpoints_) each->host.reset();
    if (counters_ != nullptr) munmap(counters_, counters_bytes_);
}

Instant LocalWorld::now() const { return common_ != nullptr ? common_->now() : Instant{}; }

core::Result<void> LocalWorld::start(const world::Setup& setup, world::Sink& sink,
                                     history::RunRecord& record) {
    STORM_REQUIRE(setup_ == nullptr);  // A world is for one run.
    STORM_CHECK(check_network(setup.plan.network));
    setup_ = &setup;
    sink_ = &sink;
    record_ = &record;
    record.seed = setup.seed;
    full_ = setup.detail == history::Detail::full;
    options_ = {setup.plan.nodes, setup.plan.plant, setup.plan.numbers};
    core::context.seed = setup.seed;
    common_ = std::make_unique<Common>(
        Common{setup.plan, Draws(setup.plan, setup.seed), run_number(), 0, full_, {}});
    in_.resize(report_max);
    auto begun = begin();
    if (!begun) stop();  // While the record still stands.
    return begun;
}

core::Result<void> LocalWorld::begin() {
    STORM_CHECK(make_endpoints());
    STORM_CHECK(make_directories());
    const auto& absent = setup_->plan.absent;
    common_->origin_ns = monotonic_ns();
    for (auto& each : endpoints_) {
        if (each->id.is_client()) {
            each->host = std::make_unique<Host>(*common_, each->id, each->socket.get(),
                                                *each->counters, *each);
            each->host->begin_life(0, each->next_life);
        } else if (std::ranges::find(absent, each->id) == absent.end()) {
            STORM_CHECK(begin_life(*each));
        }
    }
    return {};
}

core::Result<void> LocalWorld::make_endpoints() {
    const std::size_t total = setup_->plan.nodes + setup_->plan.clients;
    counters_bytes_ = std::max<std::size_t>(total, 1) * sizeof(Counters);
    void* shared =
        mmap(nullptr, counters_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return core::fail(ErrorKind::io, "cannot map shared memory: " + errno_name());
    }
    counters_ = static_cast<Counters*>(shared);
    for (std::uint32_t i = 0; i < total; ++i) {
        auto& each = *endpoints_.emplace_back(std::make_unique<Endpoint>());
        each.world = this;
        each.id =
            i < setup_->plan.nodes ? core::Id::node(i) : core::Id::client(i - setup_->plan.nodes);
        each.name = core::name_of(each.id);
        each.next_life = core::combine(core::key_of("life"), core::key_of(each.name));
        each.counters = new (counters_ + i) Counters;
        std::uint16_t port = 0;
        STORM_TRY(each.socket, loopback_socket(port));
        common_->ports.push_back(port);
    }
    return {};
}

core::Result<void> LocalWorld::make_directories() {
    if (setup_->directory.empty()) {
        std::error_code error;
        auto base = std::filesystem::temp_directory_path(error).string();
        std::string path = (error ? "/tmp" : base) + "/stormproof-local-XXXXXX";
        if (mkdtemp(path.data()) == nullptr) {
            return core::fail(ErrorKind::io,
                              "cannot make a directory like " + path + ": " + errno_name());
        }
        directory_ = path;
        STORM_CHECK(warden_.start(directory_));
    } else {
        directory_ = setup_->directory;
    }
    for (auto& each : endpoints_) {
        if (each->id.is_client()) continue;
        each->directory = directory_ + "/" + each->name;
        std::error_code error;
        std::filesystem::create_directories(each->directory, error);
        if (error || !std::filesystem::is_empty(each->directory, error) || error) {
            return core::fail(ErrorKind::io, each->directory + " is to be the disk of " +
                                                 each->name + ", but it is " +
                                                 (error ? error.message() : "not empty"));
        }
    }
    return {};
}

void LocalWorld::at(Instant when, core::Key root, world::Callback callback) {
    (void)calls_.add(std::max(when, now()), Call{root, std::move(callback)});
}

void LocalWorld::when(world::Predicate predicate, core::Key root, world::Callback callback) {
    if (predicate(*this)) return at(now(), root, std::move(callback));
    waiting_.push_back({std::move(predicate), root, std::move(callback)});
}

core::Result<void> LocalWorld::drive(Instant until) {
    while (!halted_ && failed_) {
        bool busy = run_callback();
        for (std::size_t i = 0; i < endpoints_.size() && !halted_; ++i) {
            Endpoint& each = *endpoints_[i];
            const bool stepped = each.host != nullptr ? each.host->step() : read_report(each);
            if (stepped) after_step();
            busy = busy || stepped;
        }
        if (halted_ || now() >= until) break;
        if (!busy) wait_until(until);
    }
    halted_ = false;
    count();
    return failed_;
}

bool LocalWorld::run_callback() {
    const Instant due = calls_.next();
    if (due == Instant::max() || due > now()) return false;
    Call call = calls_.take();
    core::context.now = now();
    call.callback();
    after_step();
    return true;
}

void LocalWorld::wait_until(Instant until) {
    std::vector<pollfd> watched;
    std::vector<Endpoint*> whose;
    Instant wake = std::min(until, calls_.next());
    for (auto& each : endpoints_) {
        const int fd = each->host != nullptr ? each->socket.get() : each->process.channel.get();
        if (fd < 0) continue;
        if (each->host != nullptr) wake = std::min(wake, each->host->next_due());
        watched.push_back({fd, POLLIN, 0});
        whose.push_back(each.get());
    }
    const std::int64_t ns = std::max<std::int64_t>(wake.ns - now().ns, 0);
    const timespec limit{static_cast<time_t>(ns / 1'000'000'000),
                         static_cast<long>(ns % 1'000'000'000)};
    if (ppoll(watched.data(), watched.size(), &limit, nullptr) <= 0) return;
    for (std::size_t i = 0; i < watched.size(); ++i) {
        if (watched[i].revents != 0 && whose[i]->host != nullptr) whose[i]->host->readable();
    }
}

// Between two steps: tell what was published and what ended.
void LocalWorld::after_step() {
    if (changed_) {
        changed_ = false;
        for (std::size_t i = 0; i < waiting_.size();) {
            if (!waiting_[i].predicate(*this)) {
                ++i;
                continue;
            }
            Waiting met = std::move(waiting_[i]);
            waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
            at(now(), met.root, std::move(met.callback));
        }
        sink_->published();
    }
    while (!done_.empty()) {
        std::vector<Done> now_done;
        now_done.swap(done_);
        for (auto& each : now_done) {
            trace(history::EventKind::complete, each.client, std::to_string(each.operation),
                  each.result ? "ok" : each.result.error().message,
                  each.result ? *each.result : Value());
            sink_->completed(each.client, each.operation, std::move(each.result));
        }
    }
}

void LocalWorld::invoke(const fault::PlannedOperation& operation, core::Key root) {
    Endpoint& client = endpoint(operation.client);
    const auto& kinds = setup_->system.operations;
    const auto kind = std::ranges::find(kinds, operation.name, &node::Operation::name);
    if (kind == kinds.end()) {
        done_.push_back(
            {operation.client, operation.id,
             core::fail(ErrorKind::bad_input, "the system has no operation " + operation.name)});
        return;
    }
    trace(history::EventKind::invoke, client.id, operation.name, std::to_string(operation.id),
          operation.args, root);
    auto done = [this, id = operation.client, number = operation.id](core::Result<Value> result) {
        const core::HooksOff off;
        done_.push_back({id, number, std::move(result)});
    };
    client.host->start(root, world::run_operation(*kind, client.host->io(), options_,
                                                  operation.args, std::move(done)));
}

void LocalWorld::stop() {
    if (stopped_ || common_ == nullptr) return;
    stopped_ = true;
    for (auto& each : endpoints_) {
        if (each->process.pid > 0) ::kill(each->process.pid, SIGKILL);
    }
    for (auto& each : endpoints_) {
        if (each->host != nullptr) {
            each->host->flush_sites();
            each->host->end_life();
        }
        if (each->process.pid <= 0) continue;
        int status = 0;
        wait_for(each->process.pid, status, 0);
        while (collect(*each) == Heard::report) {
        }
        each->process = {};
        each->socket.reset();
    }
    if (setup_->directory.empty()) warden_.finish();
    count();
    order_trace();
    for (const auto& pin : setup_->plan.pins) {
        const auto key = Draws::pin_key(pin.purpose, pin.key, pin.index);
        if (std::ranges::find(pins_used_, key) != pins_used_.end()) continue;
        record_->unplaced.push_back(fault::name_of(pin.purpose, pin.key, pin.index));
    }
}

std::int64_t LocalWorld::decide(fault::Purpose purpose, core::Key key, std::uint32_t index,
                                std::string_view who,
                                const std::function<std::int64_t(std::uint64_t)>& scale) {
    const auto outcome = common_->draws.draw(purpose, key, index, scale);
    if (outcome.pin != 0) pins_used_.push_back(outcome.pin);
    if (full_) {
        record_->decisions.push_back(
            {static_cast<std::uint8_t>(purpose), key, index, outcome.value, std::string(who)});
    }
    return outcome.value;
}

}  // namespace storm::local
