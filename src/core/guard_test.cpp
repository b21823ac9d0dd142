// Goal: a node that asks the operating system for time, entropy, files, sockets, threads or
// sleep is caught and named; everyone else notices nothing.
// Method: hooks that write down what they are told stand in for a world. Each function is
// called as node code would call it (through libc, through libstdc++), once with the hooks
// set and once without. Operator new and delete likewise.
#include "core/guard.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <poll.h>
#include <semaphore.h>
#include <spawn.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/context.h"

namespace storm::core {
namespace {

struct Notes final : CodeHooks {
    bool maybe(const CodeSite&) override { return false; }
    void property(const CodeSite&, bool) override {}
    void leaked(std::string_view function) override { leaks.emplace_back(function); }
    void allocated(std::ptrdiff_t bytes) override {
        in_use += bytes;
        ++changes;
    }
    std::vector<std::string> leaks;
    std::ptrdiff_t in_use = 0;
    int changes = 0;
};

/// What the hooks were told while `code` ran as a node.
Notes as_node(const std::function<void()>& code) {
    Notes notes;
    context.hooks = &notes;
    code();
    context.hooks = nullptr;
    return notes;
}

struct Leak {
    const char* name;   // As the guards report it.
    const char* label;  // As the test is called.
    std::function<void()> call;
};

void PrintTo(const Leak& leak, std::ostream* out) { *out << leak.name; }

void close_if_open(int fd) {
    if (fd >= 0) ::close(fd);
}

template <class Clock>
void read_clock() {
    static_cast<void>(Clock::now());
}

std::vector<Leak> clocks_and_sleeps() {
    const timespec instant{0, 1000};
    return {
        {"clock_gettime (the wall clock)", "system_clock", read_clock<std::chrono::system_clock>},
        {"clock_gettime (the machine's monotonic clock)", "steady_clock",
         read_clock<std::chrono::steady_clock>},
        {"clock_gettime (a CPU clock)", "cpu_clock",
         [] {
             timespec t{};
             ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
         }},
        {"gettimeofday (the wall clock)", "gettimeofday",
         [] {
             timeval t{};
             ::gettimeofday(&t, nullptr);
         }},
        {"time (the wall clock)", "time", [] { EXPECT_GT(std::time(nullptr), 1'600'000'000); }},
        {"timespec_get (the wall clock)", "timespec_get",
         [] {
             timespec t{};
             std::timespec_get(&t, TIME_UTC);
             EXPECT_GT(t.tv_sec, 1'600'000'000);
         }},
        {"clock (a CPU clock)", "clock", [] { static_cast<void>(std::clock()); }},
        {"nanosleep (sleeping for real)", "nanosleep", [=] { ::nanosleep(&instant, nullptr); }},
        {"clock_nanosleep (sleeping for real)", "clock_nanosleep",
         [=] { ::clock_nanosleep(CLOCK_MONOTONIC, 0, &instant, nullptr); }},
        {"usleep (sleeping for real)", "usleep", [] { ::usleep(1); }},
        {"sleep (sleeping for real)", "sleep", [] { ::sleep(0); }},
    };
}

std::vector<Leak> entropy_files_and_the_rest() {
    return {
        {"getrandom (entropy)", "getrandom",
         [] {
             char byte = 0;
             EXPECT_EQ(::getrandom(&byte, 1, 0), 1);
         }},
        {"getentropy (entropy)", "getentropy",
         [] {
             char byte = 0;
             EXPECT_EQ(::getentropy(&byte, 1), 0);
         }},
        {"random_device (std::random_device)", "random_device",
         [] {
             std::random_device device;
             static_cast<void>(device());
         }},
        {"rand (a generator that all nodes and runs share)", "rand",
         [] { EXPECT_GE(std::rand(), 0); }},
        {"random (a generator that all nodes and runs share)", "random",
         [] { EXPECT_GE(::random(), 0); }},
        {"drand48 (a generator that all nodes and runs share)", "drand48",
         [] { EXPECT_LT(::drand48(), 1.0); }},
        {"getpid (another number in every run)", "getpid", [] { EXPECT_GT(::getpid(), 0); }},
        {"open (a real file)", "open",
         [] {
             const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
             EXPECT_GE(fd, 0);
             close_if_open(fd);
         }},
        {"openat (a real file)", "openat",
         [] {
             const int fd = ::openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC);
             EXPECT_GE(fd, 0);
             close_if_open(fd);
         }},
        {"fopen (a real file)", "fopen",
         [] {
             std::FILE* file = std::fopen("/dev/null", "r");
             ASSERT_NE(file, nullptr);
             std::fclose(file);
         }},
        {"fopen64 (a real file)", "ifstream",
         [] { EXPECT_TRUE(std::ifstream("/dev/null").is_open()); }},
        {"stat (a real file)", "filesystem",
         [] { EXPECT_TRUE(std::filesystem::exists("/dev/null")); }},
        {"socket (a real socket)", "socket",
         [] {
             const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
             EXPECT_GE(fd, 0);
             close_if_open(fd);
         }},
        {"pthread_create (a thread)", "thread", [] { std::thread([] {}).join(); }},
        {"fork (a process)", "fork",
         [] {
             const bool refused = context.hooks != nullptr;  // It would be a second worker.
             const int child = ::fork();
             if (child == 0) ::_exit(0);
             EXPECT_EQ(child == -1, refused);
             if (child > 0) ::waitpid(child, nullptr, 0);
         }},
        {"syscall (a raw system call)", "syscall", [] { EXPECT_GT(::syscall(SYS_gettid), 0); }},
    };
}

/// Ways to clocks and files that are less common.
std::vector<Leak> side_doors() {
    static char text[4096];
    static struct stat about;
    static const long instant = 1;
    static const timespec soon{0, 1000};
    const auto temporary = [](auto make) {
        char name[] = "/tmp/storm-guard-XXXXXX";
        make(name);
        std::error_code ignored;
        std::filesystem::remove_all(name, ignored);
    };
    return {
        {"times (a CPU clock)", "times", [] { static_cast<void>(::times(nullptr)); }},
        {"localtime (the machine's time zone)", "localtime",
         [] { EXPECT_NE(std::localtime(&instant), nullptr); }},
        {"ppoll (waiting for real)", "ppoll", [] { ::ppoll(nullptr, 0, &soon, nullptr); }},
        {"pselect (waiting for real)", "pselect",
         [] { ::pselect(0, nullptr, nullptr, nullptr, &soon, nullptr); }},
        {"thrd_sleep (sleeping for real)", "thrd_sleep", [] { ::thrd_sleep(&soon, nullptr); }},
        {"sem_timedwait (waiting for real)", "sem_timedwait",
         [] {
             sem_t semaphore;
             ::sem_init(&semaphore, 0, 0);
             EXPECT_EQ(::sem_timedwait(&semaphore, &soon), -1);
         }},
        {"gettid (another number in every run)", "gettid", [] { EXPECT_GT(::gettid(), 0); }},
        {"lstat (a real file)", "lstat", [] { EXPECT_EQ(::lstat("/dev/null", &about), 0); }},
        {"fstatat (a real file)", "fstatat",
         [] { EXPECT_EQ(::fstatat(AT_FDCWD, "/dev/null", &about, 0), 0); }},
        {"access (a real file)", "access", [] { EXPECT_EQ(::access("/dev/null", R_OK), 0); }},
        {"statx (a real file)", "statx",
         [] {
             struct statx all{};
             EXPECT_EQ(::statx(AT_FDCWD, "/dev/null", 0, STATX_ALL, &all), 0);
         }},
        {"readlink (a real file)", "readlink",
         [] { EXPECT_GT(::readlink("/proc/self/exe", text, sizeof text), 0); }},
        {"truncate (a real file)", "truncate", [] { EXPECT_EQ(::truncate("/nowhere", 0), -1); }},
        {"scandir (a real directory)", "scandir",
         [] {
             dirent** names = nullptr;
             EXPECT_EQ(::scandir("/nowhere", &names, nullptr, nullptr), -1);
         }},
        {"opendir (a real directory)", "opendir",
         [] { EXPECT_EQ(::opendir("/nowhere"), nullptr); }},
        {"mkstemp (a real file)", "mkstemp",
         [=] { temporary([](char* name) { close_if_open(::mkstemp(name)); }); }},
        {"read (a real file)", "read", [] { EXPECT_EQ(::read(-1, text, 1), -1); }},
        {"write (a real file)", "write", [] { EXPECT_EQ(::write(-1, text, 1), -1); }},
    };
}

std::vector<Leak> processes_and_the_machine() {
    static char text[4096];
    return {
        {"posix_spawnp (a process)", "posix_spawnp",
         [] {
             char name[] = "true";
             char* arguments[] = {name, nullptr};
             pid_t child = 0;
             if (::posix_spawnp(&child, name, nullptr, nullptr, arguments, arguments + 1) == 0) {
                 ::waitpid(child, nullptr, 0);
             }
         }},
        {"vfork (a process)", "vfork",
         [] {
             const bool refused = context.hooks != nullptr;
             const int child = ::vfork();
             if (child == 0) ::_exit(0);
             EXPECT_EQ(child == -1, refused);
             if (child > 0) ::waitpid(child, nullptr, 0);
         }},
        {"getenv (the environment)", "getenv", [] { static_cast<void>(std::getenv("PATH")); }},
        {"getcwd (the working directory)", "getcwd",
         [] { EXPECT_NE(::getcwd(text, sizeof text), nullptr); }},
        {"gethostname (the machine's name)", "gethostname",
         [] { EXPECT_EQ(::gethostname(text, sizeof text), 0); }},
        {"uname (the machine's name)", "uname",
         [] {
             struct utsname name{};
             EXPECT_EQ(::uname(&name), 0);
         }},
        {"sysinfo (the machine's load)", "sysinfo",
         [] {
             struct sysinfo load{};
             EXPECT_EQ(::sysinfo(&load), 0);
         }},
        {"getifaddrs (the machine's network)", "getifaddrs",
         [] {
             struct ifaddrs* all = nullptr;
             if (::getifaddrs(&all) == 0) ::freeifaddrs(all);
         }},
        {"sysconf (the machine's processors)", "sysconf",
         [] { EXPECT_GT(::sysconf(_SC_NPROCESSORS_ONLN), 0); }},
        {"get_nprocs (the machine's processors)", "hardware_concurrency",
         [] { EXPECT_GT(std::thread::hardware_concurrency(), 0U); }},
    };
}

TEST(GuardHooks, are_not_told_of_what_is_the_same_on_every_machine) {
    EXPECT_TRUE(as_node([] { EXPECT_GT(::sysconf(_SC_PAGESIZE), 0); }).leaks.empty());
}

std::vector<Leak> leaks() {
    auto all = clocks_and_sleeps();
    for (auto& each : side_doors()) all.push_back(std::move(each));
    for (auto& each : processes_and_the_machine()) all.push_back(std::move(each));
    for (auto& each : entropy_files_and_the_rest()) all.push_back(std::move(each));
    return all;
}

class Guard : public testing::TestWithParam<Leak> {
protected:
    void SetUp() override {
        if (!guards_installed()) GTEST_SKIP() << "no guards in a sanitized build";
    }
};

TEST_P(Guard, names_what_a_node_asked_the_system_for_and_then_lets_it_happen) {
    const Notes notes = as_node(GetParam().call);
    ASSERT_FALSE(notes.leaks.empty());
    EXPECT_EQ(notes.leaks.front(), GetParam().name);
}

TEST_P(Guard, lets_the_function_work_as_ever_outside_node_code) {
    ASSERT_EQ(context.hooks, nullptr);
    GetParam().call();
}

INSTANTIATE_TEST_SUITE_P(each, Guard, testing::ValuesIn(leaks()),
                         [](const auto& info) { return std::string(info.param.label); });

TEST(GuardOfTheProcess, tells_a_node_that_closes_what_is_not_its_own_and_leaves_it_open) {
    if (!process_guarded()) GTEST_SKIP() << "no guards in a sanitized build";
    const int bench = ::dup(2);
    const int node = ::dup(2);
    own_descriptor(bench);
    const Notes notes = as_node([&] {
        EXPECT_EQ(::close(bench), -1);
        EXPECT_EQ(::dup2(node, 1), -1);
        EXPECT_EQ(::dup3(node, 2, 0), -1);
        EXPECT_EQ(::close_range(static_cast<unsigned>(bench), static_cast<unsigned>(bench), 0), -1);
        EXPECT_EQ(std::fclose(stderr), -1);
        EXPECT_EQ(::close(node), 0);
        EXPECT_EQ(::close(node), -1) << "nobody's";
    });
    EXPECT_EQ(notes.leaks,
              (std::vector<std::string>{
                  "close (a descriptor of the bench)", "dup2 (a descriptor of the bench)",
                  "dup3 (a descriptor of the bench)", "close_range (a descriptor of the bench)",
                  "fclose (a descriptor of the bench)"}));
    EXPECT_NE(::fcntl(bench, F_GETFD), -1);
    disown_descriptor(bench);
    EXPECT_EQ(::close(bench), 0);
}

TEST(GuardOfTheProcess, tells_of_a_node_that_exits_or_sends_a_signal_and_aborts) {
    if (!process_guarded()) GTEST_SKIP() << "no guards in a sanitized build";
    EXPECT_DEATH(as_node([] { std::exit(0); }), "a node called exit.0.");  // NOLINT: on purpose.
    EXPECT_DEATH(as_node([] { ::_exit(3); }), "a node called _exit.3.");
    EXPECT_DEATH(as_node([] { std::raise(SIGKILL); }), "a node sent a signal: raise, signal 9");
    EXPECT_DEATH(as_node([] { ::kill(::getppid(), SIGINT); }), "sent a signal: kill, signal 2");
    EXPECT_EXIT(as_node([] { std::raise(SIGSEGV); }), testing::KilledBySignal(SIGSEGV), "");
    EXPECT_EQ(::kill(::getpid(), 0), 0);
}

TEST(GuardHooks, are_off_while_they_are_told_and_back_afterwards) {
    if (!guards_installed()) GTEST_SKIP() << "no guards in a sanitized build";
    struct Curious final : CodeHooks {
        bool maybe(const CodeSite&) override { return false; }
        void property(const CodeSite&, bool) override {}
        void leaked(std::string_view) override {
            ++told;
            static_cast<void>(std::chrono::system_clock::now());  // Ours, not the node's.
        }
        void allocated(std::ptrdiff_t) override {}
        int told = 0;
    } hooks;
    context.hooks = &hooks;
    read_clock<std::chrono::system_clock>();
    read_clock<std::chrono::system_clock>();
    EXPECT_EQ(std::exchange(context.hooks, nullptr), &hooks);
    EXPECT_EQ(hooks.told, 2);
}

TEST(GuardHooks, may_end_the_process_instead_of_returning) {
    if (!guards_installed()) GTEST_SKIP() << "no guards in a sanitized build";
    struct Final final : CodeHooks {
        bool maybe(const CodeSite&) override { return false; }
        void property(const CodeSite&, bool) override {}
        void leaked(std::string_view function) override {
            std::fprintf(stderr, "%.*s\n", static_cast<int>(function.size()), function.data());
            std::_Exit(3);
        }
        void allocated(std::ptrdiff_t) override {}
    } hooks;
    const auto leak = [&] {
        context.hooks = &hooks;
        static_cast<void>(std::chrono::system_clock::now());
    };
    EXPECT_EXIT(leak(), testing::ExitedWithCode(3), "clock_gettime .the wall clock.");
}

class Memory : public testing::Test {
protected:
    void SetUp() override {
        if (!memory_counted()) GTEST_SKIP() << "memory is not counted in a sanitized build";
    }
};

TEST_F(Memory, that_a_node_takes_and_gives_back_adds_up_to_nothing) {
    std::ptrdiff_t most = 0;
    Notes notes;
    context.hooks = &notes;
    {
        std::vector<std::string> texts;
        for (int i = 0; i < 1000; ++i) texts.emplace_back(100, 'x');
        most = notes.in_use;
    }
    context.hooks = nullptr;
    EXPECT_GE(most, 100'000);
    EXPECT_LE(most, 200'000);
    EXPECT_EQ(notes.in_use, 0);
}

TEST_F(Memory, is_counted_for_every_form_of_new_and_delete) {
    constexpr std::align_val_t page{4096};
    const auto forms = std::vector<std::pair<std::function<void*()>, std::function<void(void*)>>>{
        {[] { return ::operator new(100); }, [](void* p) { ::operator delete(p); }},
        {[] { return ::operator new[](100); }, [](void* p) { ::operator delete[](p); }},
        {[] { return ::operator new(100); }, [](void* p) { ::operator delete(p, 100); }},
        {[] { return ::operator new(100, page); }, [](void* p) { ::operator delete(p, page); }},
        {[] { return ::operator new[](100, page); },
         [](void* p) { ::operator delete[](p, 100, page); }},
        {[] { return ::operator new(100, std::nothrow); },
         [](void* p) { ::operator delete(p, std::nothrow); }},
    };
    for (const auto& [take, give] : forms) {
        Notes notes;
        context.hooks = &notes;
        void* block = take();
        const auto taken = notes.in_use;
        give(block);
        context.hooks = nullptr;
        EXPECT_GE(taken, 100);
        EXPECT_EQ(notes.in_use, 0);
    }
}

TEST_F(Memory, is_not_counted_outside_node_code_nor_for_empty_pointers) {
    Notes notes;
    delete std::make_unique<int>(1).release();
    context.hooks = &notes;
    ::operator delete(nullptr);
    {
        const HooksOff off;
        delete std::make_unique<int>(1).release();
    }
    context.hooks = nullptr;
    EXPECT_EQ(notes.changes, 0);
}

TEST_F(Memory, that_does_not_exist_throws_or_is_null) {
    const std::size_t size = std::size_t{1} << 62U;
    EXPECT_THROW(static_cast<void>(::operator new(size)), std::bad_alloc);
    EXPECT_EQ(::operator new(size, std::nothrow), nullptr);
}

}  // namespace
}  // namespace storm::core
