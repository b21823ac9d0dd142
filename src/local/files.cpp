#include "local/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace storm::local {
namespace {

using node::FileOp;

int size_of(int fd, std::uint64_t& bytes) {
    struct stat about{};
    if (fstat(fd, &about) != 0) return errno;
    bytes = static_cast<std::uint64_t>(about.st_size);
    return 0;
}

int read_all(int fd, std::uint64_t offset, std::uint64_t length, std::vector<std::byte>& out) {
    std::uint64_t size = 0;
    if (const int error = size_of(fd, size); error != 0) return error;
    if (offset >= size) return 0;
    out.resize(std::min(length, size - offset));
    std::size_t done = 0;
    while (done < out.size()) {
        const auto n =
            pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    out.resize(done);
    return 0;
}

int write_all(int fd, std::uint64_t offset, const std::vector<std::byte>& bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto n =
            pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        done += static_cast<std::size_t>(n);
    }
    return 0;
}

int error_of(int result) { return result == 0 ? 0 : errno; }

int append_all(int fd, const std::vector<std::byte>& bytes) {
    std::uint64_t size = 0;
    if (const int error = size_of(fd, size); error != 0) return error;
    return write_all(fd, size, bytes);
}

constexpr char hex[] = "0123456789abcdef";

}  // namespace

std::string escaped(std::string_view name) {
    std::string out;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        if (c == '/' || c == '%' || c == '\0' || (c == '.' && i == 0)) {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += hex[byte >> 4U];
            out += hex[byte & 15U];
        } else {
            out += c;
        }
    }
    return out.empty() ? "%" : out;
}

std::string unescaped(std::string_view name) {
    std::string out;
    const std::string_view digits = hex;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] != '%' || i + 2 >= name.size()) {
            if (name[i] != '%') out += name[i];
            continue;
        }
        out += static_cast<char>(digits.find(name[i + 1]) * 16 + digits.find(name[i + 2]));
        i += 2;
    }
    return out;
}

core::Result<void> Files::open(const std::string& directory) {
    directory_ = Fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory_.valid()) return {};
    return core::fail(core::ErrorKind::io, "cannot open " + directory + ": " + errno_name());
}

int Files::fd(std::uint32_t handle) const {
    return handle < open_.size() ? open_[handle].get() : -1;
}

int Files::open_one(const node::FileRequest& request, std::uint32_t& handle) {
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    if (request.create) flags |= O_CREAT;
    if (request.truncate) flags |= O_TRUNC;
    Fd opened(openat(directory_.get(), escaped(request.path).c_str(), flags, 0600));
    if (!opened.valid()) return errno;
    const auto free = std::ranges::find_if(open_, [](const Fd& each) { return !each.valid(); });
    handle = static_cast<std::uint32_t>(free - open_.begin());
    if (free == open_.end()) open_.emplace_back();
    open_[handle] = std::move(opened);
    return 0;
}

int Files::list(std::vector<std::string>& names) const {
    const int copy = openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* dir = copy >= 0 ? fdopendir(copy) : nullptr;
    if (dir == nullptr) return errno;
    while (const dirent* entry = readdir(dir)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.push_back(unescaped(name));
    }
    closedir(dir);
    std::ranges::sort(names);
    return 0;
}

node::FileReply Files::carry_out(const node::FileRequest& r) {
    node::FileReply reply;
    const int at = directory_.get();
    switch (r.op) {
        case FileOp::open:
            reply.error = open_one(r, reply.handle);
            break;
        case FileOp::read:
            reply.error = read_all(fd(r.handle), r.offset, r.length, reply.bytes);
            break;
        case FileOp::write:
            reply.error = write_all(fd(r.handle), r.offset, r.bytes);
            break;
        case FileOp::append:
            reply.error = append_all(fd(r.handle), r.bytes);
            break;
        case FileOp::truncate:
            reply.error = error_of(ftruncate(fd(r.handle), static_cast<off_t>(r.length)));
            break;
        case FileOp::sync:
            reply.error = error_of(fsync(fd(r.handle)));
            break;
        case FileOp::size:
            reply.error = size_of(fd(r.handle), reply.count);
            break;
        case FileOp::close:
            if (r.handle < open_.size()) open_[r.handle] = Fd();
            break;
        case FileOp::rename:
            reply.error =
                error_of(renameat(at, escaped(r.path).c_str(), at, escaped(r.path2).c_str()));
            break;
        case FileOp::remove:
            reply.error = error_of(unlinkat(at, escaped(r.path).c_str(), 0));
            break;
        case FileOp::list:
            reply.error = list(reply.names);
            break;
        case FileOp::sync_dir:
            reply.error = error_of(fsync(at));
            break;
    }
    return reply;
}

}  // namespace storm::local
