#include "gallery/journal.h"

#include <utility>

#include "core/codec.h"

namespace storm::gallery {

using core::Result;
using node::Task;

namespace {
constexpr std::size_t head_size = 8;
constexpr std::size_t length_size = 4;

/// Over length and payload: a stretch of zeros is no record.
std::uint32_t record_checksum(std::span<const std::byte> payload) {
    Bytes covered(length_size + payload.size());
    core::Encoder out(covered.data());
    core::encode(out, static_cast<std::uint32_t>(payload.size()));
    out.raw(payload.data(), payload.size());
    return core::checksum(covered);
}
}  // namespace

void append_record(Bytes& to, std::span<const std::byte> payload) {
    STORM_REQUIRE(!payload.empty());
    const std::size_t at = to.size();
    to.resize(at + head_size + payload.size());
    core::Encoder out(to.data() + at);
    core::encode(out, static_cast<std::uint32_t>(payload.size()));
    core::encode(out, record_checksum(payload));
    out.raw(payload.data(), payload.size());
}

Scan scan_records(std::span<const std::byte> file) {
    Scan scan;
    while (file.size() - scan.sound > head_size) {
        core::Decoder in(file.subspan(scan.sound));
        std::uint32_t length = 0;
        std::uint32_t checksum = 0;
        if (!core::decode(in, length) || !core::decode(in, checksum)) break;
        if (length == 0 || length > in.left()) break;
        const auto payload = file.subspan(scan.sound + head_size, length);
        if (record_checksum(payload) != checksum) break;
        scan.records.emplace_back(payload.begin(), payload.end());
        scan.sound += head_size + length;
    }
    return scan;
}

Task<Result<std::vector<Bytes>>> Journal::load() {
    file_.reset();
    auto file = co_await io_.open(name_, false);
    if (!file) {
        if (file.error().kind == core::ErrorKind::not_found) co_return std::vector<Bytes>{};
        co_return std::unexpected(std::move(file).error());
    }
    const auto size = co_await file->size();
    if (!size) co_return std::unexpected(size.error());
    const auto content = co_await file->read(0, *size);
    if (!content) co_return std::unexpected(content.error());
    auto scan = scan_records(*content);
    if (scan.sound != content->size()) {
        io_.log("{}: cut off {} bytes of a torn tail", name_, content->size() - scan.sound);
    }
    co_return std::move(scan.records);
}

Task<Result<void>> Journal::rewrite(std::vector<Bytes> records) {
    const std::string fresh = name_ + ".new";
    file_.reset();
    Bytes content;
    for (const auto& record : records) append_record(content, record);
    {
        auto file = co_await io_.open(fresh);
        if (!file) co_return std::unexpected(std::move(file).error());
        if (auto done = co_await file->truncate(0); !done) co_return done;
        if (auto done = co_await file->write(0, std::move(content)); !done) co_return done;
        if (auto done = co_await file->sync(); !done) co_return done;
    }
    if (auto done = co_await io_.rename(fresh, name_); !done) co_return done;
    if (auto done = co_await io_.sync_dir(); !done) co_return done;
    auto file = co_await io_.open(name_, false);
    if (!file) co_return std::unexpected(std::move(file).error());
    file_.emplace(std::move(*file));
    size_ = records.size();
    co_return Result<void>{};
}

Task<Result<void>> Journal::append(std::vector<Bytes> records) {
    STORM_REQUIRE(file_.has_value());
    Bytes content;
    for (const auto& record : records) append_record(content, record);
    size_ += records.size();
    co_return co_await file_->append(std::move(content));
}

Task<Result<void>> Journal::sync() {
    STORM_REQUIRE(file_.has_value());
    co_return co_await file_->sync();
}

}  // namespace storm::gallery
