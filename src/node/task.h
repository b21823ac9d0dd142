// node/task.h - coroutines of node code: lazy, single-threaded, destroyable at any wait.
//
// A Task starts when it is awaited and resumes its awaiter when it ends. The outermost task
// of a tree hangs on a Root: the cause of everything that tree does. Every effect asks the
// root for its key, made of the root's own key, what the effect is, and an ordinal that
// counts earlier effects of the same kind, name and destination under that key - so leaving
// out one message leaves the keys of all others as they were.
//
//   Root ── Task<> (frame) ── awaits ── Task<T> (frame) ── awaits ── call | sleep | recv
//
// Destroying the outermost frame destroys the inner ones first, and the awaiter that the
// innermost waits on takes itself out of every table it stands in.
#pragma once
#include <coroutine>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "core/context.h"
#include "core/dice.h"
#include "core/pool.h"
#include "core/require.h"

namespace storm::node {

/// Why a key was asked for. Part of the key: never renumber.
enum class EffectKind : std::uint8_t {
    send = 1,
    arm = 2,
    dice = 3,
    spawn = 4,
    file = 5,
    maybe = 6,
    reply = 7,
};

/// Counts effects by (kind, name, destination): six inline, the rest in a vector.
class Ordinals {
public:
    void clear() {
        used_ = 0;
        more_.clear();
    }
    /// How often `what` was asked for before.
    [[gnu::always_inline]] std::uint32_t next(std::uint64_t what) {
        for (std::uint32_t i = 0; i < used_; ++i) {
            if (what_[i] == what) return count_[i]++;
        }
        if (used_ == inline_size) [[unlikely]]
            return next_of_more(what);
        what_[used_] = what;
        count_[used_++] = 1;
        return 0;
    }

private:
    [[gnu::noinline]] std::uint32_t next_of_more(std::uint64_t what) {
        for (auto& [name, count] : more_) {
            if (name == what) return count++;
        }
        more_.emplace_back(what, 1);
        return 0;
    }

    static constexpr std::uint32_t inline_size = 6;
    std::uint64_t what_[inline_size];
    std::uint32_t count_[inline_size];
    std::uint32_t used_ = 0;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> more_;
};

class Io;

/// The cause of a tree of frames: an operation, a node's life, a spawned task.
struct Root {
    core::Key key = 0;
    Ordinals ordinals;
    std::coroutine_handle<> outermost;  // Owned by Io.
    bool finished = false;

    /// The key of the next effect of this kind, name and destination.
    core::Key next_key(EffectKind kind, std::uint32_t name, std::uint32_t destination) {
        const std::uint64_t what = (static_cast<std::uint64_t>(name) << 32U | destination) ^
                                   (static_cast<std::uint64_t>(kind) * core::hash_salt[2]);
        const std::uint32_t ordinal = ordinals.next(what);
        return core::fold_multiply(key ^ core::hash_salt[0], what ^ core::hash_salt[1]) ^
               core::fold_multiply(key ^ core::hash_salt[3] ^ ordinal, what + core::hash_salt[2]);
    }
    /// From now on `cause` causes what this tree does.
    void root_at(core::Key cause) {
        key = cause;
        ordinals.clear();
    }
};

struct PromiseBase {
    Root* root = nullptr;
    std::coroutine_handle<> awaiter;
    std::exception_ptr thrown;

    static void* operator new(std::size_t size) {
        core::context.pool_bytes += static_cast<std::int64_t>(size);
        return core::pool_take(size);
    }
    static void operator delete(void* frame, std::size_t size) {
        core::context.pool_bytes -= static_cast<std::int64_t>(size);
        core::pool_give(frame, size);
    }

    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Final {
        bool await_ready() noexcept { return false; }
        template <class P>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<P> ended) noexcept {
            PromiseBase& promise = ended.promise();
            if (promise.awaiter) return promise.awaiter;
            promise.root->finished = true;
            return std::noop_coroutine();
        }
        void await_resume() noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { thrown = std::current_exception(); }
};

/// Where a frame that waits, and those that await it, go on: code addresses, innermost first.
/// Requires: `frame` is of a Task.
[[nodiscard]] inline std::vector<void*> waiting_at(std::coroutine_handle<> frame) {
    std::vector<void*> out;
    while (frame) {
        out.push_back(*static_cast<void**>(frame.address()));  // Its resume function comes first.
        frame = std::coroutine_handle<PromiseBase>::from_address(frame.address()).promise().awaiter;
    }
    return out;
}

template <class T>
struct Promise;

/// A lazy coroutine of node code. Move-only; owns its frame.
template <class T = void>
class [[nodiscard]] Task {
public:
    using promise_type = Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    Task() = default;
    explicit Task(Handle frame) : frame_(frame) {}
    Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(frame_, other.frame_);
        return *this;
    }
    ~Task() {
        if (frame_) frame_.destroy();
    }

    struct Awaiter {
        Handle frame;
        bool await_ready() { return false; }
        template <class P>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<P> caller) {
            frame.promise().root = caller.promise().root;
            frame.promise().awaiter = caller;
            return frame;
        }
        T await_resume() {
            if (frame.promise().thrown) std::rethrow_exception(frame.promise().thrown);
            if constexpr (!std::is_void_v<T>) return std::move(*frame.promise().value);
        }
    };
    /// A task is awaited once, where it was made.
    Awaiter operator co_await() && {
        STORM_REQUIRE(frame_ && !frame_.done());
        return {frame_};
    }

    /// Gives the frame away: for Io, which starts roots.
    [[nodiscard]] Handle release() { return std::exchange(frame_, nullptr); }
    [[nodiscard]] explicit operator bool() const { return static_cast<bool>(frame_); }

private:
    Handle frame_;
};

template <class T>
struct Promise : PromiseBase {
    std::optional<T> value;
    Task<T> get_return_object() { return Task<T>(Task<T>::Handle::from_promise(*this)); }
    template <class U>
    void return_value(U&& v) {
        value.emplace(std::forward<U>(v));
    }
};

template <>
struct Promise<void> : PromiseBase {
    Task<void> get_return_object() { return Task<void>(Task<void>::Handle::from_promise(*this)); }
    void return_void() {}
};

}  // namespace storm::node

namespace storm {
using node::Task;
}
