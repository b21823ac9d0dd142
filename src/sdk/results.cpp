#include "sdk/results.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/guard.h"

namespace storm::sdk {
namespace {

constexpr int out_of_the_way = 200;  // Who closes "all" descriptors begins below.

}  // namespace

Results::Results() : around_(ui::surroundings(STDOUT_FILENO)) {
    std::fflush(stdout);
    const int ours = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, out_of_the_way);
    if (ours < 0) return;
    file_ = ::fdopen(ours, "w");
    if (file_ == nullptr || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        if (file_ == nullptr) ::close(ours);
        return;
    }
    core::own_descriptor(ours);
}

Results::~Results() {
    if (file_ == nullptr) return;
    std::fflush(stdout);  // What nodes said goes where they said it.
    const int ours = ::fileno(file_);
    ::dup2(ours, STDOUT_FILENO);
    core::disown_descriptor(ours);
    std::fclose(file_);
}

}  // namespace storm::sdk
