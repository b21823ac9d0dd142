#include "sim/disk.h"

#include <algorithm>
#include <cerrno>

namespace storm::sim {

void Disk::apply(std::vector<std::byte>& content, const Change& change, std::size_t keep) {
    if (change.truncation) {
        content.resize(change.offset);
        return;
    }
    const std::size_t size = std::min(keep, change.bytes.size());
    if (size == 0) return;
    if (content.size() < change.offset + size) content.resize(change.offset + size);
    std::copy_n(change.bytes.begin(), size,
                content.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

bool Disk::shows(const std::vector<std::byte>& content, const Change& change) {
    if (change.truncation) return content.size() == change.offset;
    if (change.offset + change.bytes.size() > content.size()) return false;
    return std::equal(change.bytes.begin(), change.bytes.end(),
                      content.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

std::uint32_t* Disk::find(Names& names, std::string_view path) {
    for (auto& name : names) {
        if (name.path == path) return &name.file;
    }
    return nullptr;
}
void Disk::set(Names& names, std::string_view path, std::uint32_t file) {
    if (auto* there = find(names, path)) {
        *there = file;
        return;
    }
    const auto at = std::find_if(names.begin(), names.end(),
                                 [&](const Name& name) { return name.path > path; });
    names.insert(at, {std::string(path), file});
}
void Disk::erase(Names& names, std::string_view path) {
    std::erase_if(names, [&](const Name& name) { return name.path == path; });
}

int Disk::open(std::string_view path, bool create, bool truncate_it, std::uint32_t& handle) {
    if (const auto* there = find(names_, path)) {
        handle = *there;
        if (truncate_it) return truncate(handle, 0);
        return 0;
    }
    if (!create) return ENOENT;
    if (journal_.empty()) journal_.push_back(names_);
    handle = static_cast<std::uint32_t>(files_.size());
    files_.emplace_back();
    set(names_, path, handle);
    journal_.push_back(names_);
    return 0;
}

int Disk::read(std::uint32_t handle, std::uint64_t offset, std::uint64_t length,
               std::vector<std::byte>& out) const {
    if (!valid(handle)) return EBADF;
    const auto& content = files_[handle].cached;
    out.clear();
    if (offset >= content.size()) return 0;
    const std::uint64_t size = std::min<std::uint64_t>(length, content.size() - offset);
    const auto first = content.begin() + static_cast<std::ptrdiff_t>(offset);
    out.assign(first, first + static_cast<std::ptrdiff_t>(size));
    return 0;
}

int Disk::write(std::uint32_t handle, std::uint64_t offset, std::span<const std::byte> bytes,
                std::size_t keep) {
    if (!valid(handle)) return EBADF;
    File& file = files_[handle];
    const auto kept = bytes.first(std::min(keep, bytes.size()));
    Change change{offset, {kept.begin(), kept.end()}, false};
    apply(file.cached, change, kept.size());
    file.changes.push_back(std::move(change));
    return 0;
}

int Disk::truncate(std::uint32_t handle, std::uint64_t length) {
    if (!valid(handle)) return EBADF;
    if (length > (std::uint64_t{1} << 32)) return EFBIG;
    Change change{length, {}, true};
    apply(files_[handle].cached, change, 0);
    files_[handle].changes.push_back(std::move(change));
    return 0;
}

int Disk::sync(std::uint32_t handle, std::uint64_t& was_pending, std::uint64_t upto) {
    if (!valid(handle)) return EBADF;
    was_pending = pending(handle, upto);
    File& file = files_[handle];
    std::size_t covered = 0;
    for (; covered < file.changes.size() && file.settled < upto; ++covered, ++file.settled) {
        const Change& change = file.changes[covered];
        apply(file.durable, change, change.bytes.size());
    }
    file.changes.erase(file.changes.begin(),
                       file.changes.begin() + static_cast<std::ptrdiff_t>(covered));
    return 0;
}

int Disk::size(std::uint32_t handle, std::uint64_t& bytes) const {
    if (!valid(handle)) return EBADF;
    bytes = files_[handle].cached.size();
    return 0;
}

int Disk::rename(std::string_view from, std::string_view to) {
    const auto* there = find(names_, from);
    if (there == nullptr) return ENOENT;
    const std::uint32_t file = *there;
    if (journal_.empty()) journal_.push_back(names_);
    erase(names_, from);
    set(names_, to, file);
    journal_.push_back(names_);
    return 0;
}

int Disk::remove(std::string_view path) {
    if (find(names_, path) == nullptr) return ENOENT;
    if (journal_.empty()) journal_.push_back(names_);
    erase(names_, path);
    journal_.push_back(names_);
    return 0;
}

std::vector<std::string> Disk::list() const {
    std::vector<std::string> paths;
    for (const auto& name : names_) paths.push_back(name.path);
    return paths;
}

void Disk::sync_dir(std::uint64_t upto) {
    const std::uint64_t covered = pending_names(upto);
    names_settled_ += covered;
    journal_.erase(journal_.begin(), journal_.begin() + static_cast<std::ptrdiff_t>(covered));
    if (journal_.size() == 1) journal_.clear();
}

std::uint64_t Disk::changes(std::uint32_t handle) const {
    return valid(handle) ? files_[handle].settled + files_[handle].changes.size() : 0;
}
std::uint64_t Disk::name_changes() const {
    return names_settled_ + (journal_.empty() ? 0 : journal_.size() - 1);
}

std::uint64_t Disk::pending(std::uint32_t handle, std::uint64_t upto) const {
    if (!valid(handle)) return 0;
    const File& file = files_[handle];
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < file.changes.size() && file.settled + i < upto; ++i) {
        bytes += std::max<std::size_t>(file.changes[i].bytes.size(), 1);
    }
    return bytes;
}
std::uint64_t Disk::pending_names(std::uint64_t upto) const {
    return upto > names_settled_ ? std::min(upto, name_changes()) - names_settled_ : 0;
}

bool Disk::has(std::string_view path) const {
    return std::ranges::any_of(names_, [&](const Name& name) { return name.path == path; });
}

bool Disk::holds(std::uint32_t handle, std::uint64_t offset,
                 std::span<const std::byte> bytes) const {
    if (!valid(handle)) return false;
    const auto& content = files_[handle].cached;
    if (offset > content.size() || bytes.size() > content.size() - offset) return false;
    return std::ranges::equal(bytes, std::span(content).subspan(offset, bytes.size()));
}

std::uint64_t Disk::used() const {
    std::uint64_t bytes = 0;
    for (const auto& name : names_) bytes += files_[name.file].cached.size();
    return bytes;
}

std::vector<Disk::Loss> Disk::power_loss(const WriteFate& fate) {
    std::vector<Loss> losses;
    std::uint32_t index = 0;
    if (!journal_.empty()) {  // Names: a prefix of the journal survives.
        const auto kept = static_cast<std::size_t>(fate(index++, journal_.size() - 1));
        const std::size_t steps = kept == 0   ? journal_.size() - 1
                                  : kept == 1 ? 0
                                              : std::min(kept - 2, journal_.size() - 1);
        if (names_ != journal_[steps]) losses.push_back({directory, names_settled_ + steps});
        names_ = journal_[steps];
        names_settled_ += journal_.size() - 1;
        journal_.clear();
    }
    for (std::uint32_t handle = 0; handle < files_.size(); ++handle) {
        File& file = files_[handle];
        if (file.changes.empty()) continue;
        for (const auto& change : file.changes) {
            const std::size_t sectors = (change.bytes.size() + sector_bytes - 1) / sector_bytes;
            const std::int64_t drawn = fate(index++, sectors);
            if (drawn == 1) continue;
            const std::size_t keep = drawn == 0
                                         ? change.bytes.size()
                                         : static_cast<std::size_t>(drawn - 2) * sector_bytes;
            apply(file.durable, change, keep);
        }
        const auto taken = std::ranges::find_if(file.changes, [&](const Change& change) {
            return shows(file.cached, change) && !shows(file.durable, change);
        });
        if (taken != file.changes.end()) {
            const auto before = static_cast<std::uint64_t>(taken - file.changes.begin());
            losses.push_back({handle, file.settled + before});
        }
        file.settled += file.changes.size();
        file.changes.clear();
        file.cached = file.durable;
    }
    return losses;
}

}  // namespace storm::sim
