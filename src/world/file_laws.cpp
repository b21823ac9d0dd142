#include "world/file_laws.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "core/text.h"

namespace storm::world {
namespace {

constexpr std::uint32_t lanes = 2;
constexpr std::int64_t sync_every = 3;  // Fewer than there are slots.
constexpr std::int64_t sync_dir_every = 4;

std::string key_of(std::string_view what, std::uint32_t lane) {
    return fmt::format("{}{}", what, lane);
}

std::size_t place_of(std::int64_t number) {
    return static_cast<std::size_t>(number) % file_slots * file_record_bytes;
}

std::string shown(const std::vector<std::byte>& bytes) {
    std::string text;
    for (const auto byte : bytes) text += byte == std::byte{} ? '.' : static_cast<char>(byte);
    return text;
}

node::Task<> write_records(node::Io& io, std::uint32_t lane) {
    auto file = co_await io.open(fmt::format("records{}", lane));
    if (!file) co_return;
    const auto found = co_await file->read(0, file_slots * file_record_bytes);
    const auto synced_dir = co_await io.sync_dir();
    if (!found || !synced_dir) co_return;
    io.publish(key_of("found", lane), shown(*found));
    for (std::int64_t n = 1;; ++n) {
        const auto text = file_record(lane, io.incarnation(), n);
        const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
        io.publish(key_of("began", lane), n);
        const auto written =
            co_await file->write(place_of(n), std::vector<std::byte>(bytes, bytes + text.size()));
        if (!written) co_return;
        io.publish(key_of("written", lane), n);
        if (n % sync_every != 0) continue;
        const auto synced = co_await file->sync();
        if (!synced) co_return;
        io.publish(key_of("synced", lane), n);
        co_await io.sleep(core::microseconds(500));  // A machine has other things to do, too.
    }
}

node::Task<> keep_files(node::Io& io, const node::Options&) {
    io.publish("life", io.incarnation());
    const auto names = co_await io.list();
    if (!names) co_return;
    Value::List found;
    for (const auto& name : *names) {
        if (name.starts_with("name")) found.emplace_back(name);
    }
    io.publish("names", std::move(found));
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
        io.spawn(key_of("lane", lane), write_records(io, lane));
    }
    for (std::int64_t n = 1;; ++n) {
        io.publish("naming", n);
        const auto file = co_await io.open(file_name(io.incarnation(), n));
        if (!file) co_return;
        io.publish("named", n);
        if (n % sync_dir_every == 0) {
            const auto synced = co_await io.sync_dir();
            if (!synced) co_return;
            io.publish("kept", n);
        }
        co_await io.sleep(core::milliseconds(5));
    }
}

/// How far one life of a node got with one file.
struct Lane {
    std::string base;  // What the life found.
    std::int64_t incarnation = -1;
    std::int64_t began = 0, written = 0, synced = 0;
};
struct Names {
    std::set<std::string> base;
    std::int64_t incarnation = -1;
    std::int64_t naming = 0, named = 0, kept = 0;
};

class Judge {
public:
    explicit Judge(Crash crash) : crash_(crash) {}

    std::vector<std::string> run(const history::RunRecord& record) {
        for (const auto& change : record.published) read(change);
        law(compared_ != 0, "A node that is started again finds its files.");
        if (crash_ == Crash::power_loss) {
            law(lost_bytes_, "What was not synced is not safe from a power loss.");
            law(lost_name_, "A new name that no sync_dir made durable is not safe.");
        }
        return std::move(broken_);
    }

private:
    void law(bool holds, std::string sentence) {
        if (holds || std::ranges::find(broken_, sentence) != broken_.end()) return;
        broken_.push_back(std::move(sentence));
    }

    void read(const history::Published& change) {
        if (change.value.is_nil()) return;  // It died with its life.
        const auto number = change.value.integer_or(0);
        for (std::uint32_t lane = 0; lane < lanes; ++lane) {
            Lane& at = lanes_[change.node][lane];
            if (change.key == key_of("began", lane)) at.began = number;
            if (change.key == key_of("written", lane)) at.written = number;
            if (change.key == key_of("synced", lane)) at.synced = number;
            if (change.key == key_of("found", lane)) {
                found(at, lane, change.value, lives_[change.node]);
            }
        }
        Names& names = names_[change.node];
        if (change.key == "naming") names.naming = number;
        if (change.key == "named") names.named = number;
        if (change.key == "kept") names.kept = number;
        if (change.key == "names") listed(names, change.value, lives_[change.node]);
        if (change.key == "life") lives_[change.node] = number;
    }

    // Not every life comes so far as to tell what it found: `life` says which this is.
    void found(Lane& at, std::uint32_t lane, const Value& value, std::int64_t life) {
        std::string bytes = value.text() != nullptr ? *value.text() : "";
        bytes.resize(file_slots * file_record_bytes, '.');  // Beyond its end a file holds nothing.
        if (at.incarnation >= 0) {
            ++compared_;
            compare(at, lane, bytes);
        }
        at = {.base = std::move(bytes), .incarnation = life};
    }

    // The last writes lie in slots of their own: they are fewer than there are slots.
    void compare(const Lane& at, std::uint32_t lane, std::string_view bytes) {
        const std::int64_t safe = crash_ == Crash::kill ? at.written : at.synced;
        std::string before = at.base;
        constexpr auto slots = static_cast<std::int64_t>(file_slots);
        for (std::int64_t n = std::max<std::int64_t>(1, safe - slots + 1); n <= safe; ++n) {
            before.replace(place_of(n), file_record_bytes, file_record(lane, at.incarnation, n));
        }
        std::array<std::string, file_slots> pending;
        for (std::int64_t n = safe + 1; n <= at.began; ++n) {
            pending[place_of(n) / file_record_bytes] = file_record(lane, at.incarnation, n);
        }
        for (std::size_t slot = 0; slot < file_slots; ++slot) {
            const auto place = slot * file_record_bytes;
            compare_slot(std::string_view(before).substr(place, file_record_bytes), pending[slot],
                         bytes.substr(place, file_record_bytes));
        }
    }

    void compare_slot(std::string_view old, std::string_view pending, std::string_view now) {
        const bool kill = crash_ == Crash::kill;
        if (pending.empty()) {
            law(now == old,
                kill ? "Completed writes survive a kill." : "Synced writes survive a power loss.");
            return;
        }
        if (now == pending) return;
        lost_bytes_ = true;
        if (now == old) return;
        const auto kept = std::ranges::mismatch(now, pending).in1 - now.begin();
        const auto rest = static_cast<std::size_t>(kept);
        law(!kill && now.substr(rest) == old.substr(rest),
            kill ? "A write in flight at a kill is applied or dropped whole."
                 : "A power loss leaves of an unsynced write all, its beginning or nothing.");
    }

    void listed(Names& names, const Value& value, std::int64_t life) {
        std::set<std::string> now;
        if (const auto* list = value.list()) {
            for (const auto& each : *list) now.insert(core::to_human(each));
        }
        if (names.incarnation >= 0) {
            const std::int64_t safe = crash_ == Crash::kill ? names.named : names.kept;
            std::set<std::string> must = names.base;
            std::set<std::string> may = names.base;
            for (std::int64_t n = 1; n <= names.naming; ++n) {
                const auto name = file_name(names.incarnation, n);
                may.insert(name);
                if (n <= safe) must.insert(name);
                lost_name_ = lost_name_ || (n <= names.named && !now.contains(name));
            }
            law(std::ranges::includes(now, must), crash_ == Crash::kill
                                                      ? "A kill takes no name away."
                                                      : "Names survive once sync_dir has ended.");
            law(std::ranges::includes(may, now), "No name appears that nobody gave.");
        }
        names = {.base = std::move(now), .incarnation = life};
    }

    Crash crash_;
    std::map<core::Id, std::array<Lane, lanes>> lanes_;
    std::map<core::Id, Names> names_;
    std::map<core::Id, std::int64_t> lives_;  // The incarnation that runs.
    std::size_t compared_ = 0;
    bool lost_bytes_ = false, lost_name_ = false;
    std::vector<std::string> broken_;
};

}  // namespace

std::string file_record(std::uint32_t lane, std::int64_t incarnation, std::int64_t number) {
    const std::string word = fmt::format("{}/{}/{};", lane, incarnation, number);
    std::string text;
    while (text.size() < file_record_bytes) text += word;
    text.resize(file_record_bytes);
    return text;
}

std::string file_name(std::int64_t incarnation, std::int64_t number) {
    return fmt::format("name-{}-{}", incarnation, number);
}

node::System file_system() {
    node::System system;
    system.name = "conformance-files";
    system.summary = "Nodes that write files and tell how far they have come.";
    system.tolerates = [](std::uint32_t nodes) {
        return node::Tolerates{.crashed = nodes, .damaged = nodes};
    };
    system.start = keep_files;
    return system;
}

std::vector<std::string> broken_file_laws(const history::RunRecord& record, Crash crash) {
    return Judge(crash).run(record);
}

}  // namespace storm::world
