// Goal: a stack is told in the names that a node's author gave. Method: stacks as the handlers
// write them, by hand.
#include "core/stack.h"

#include <gtest/gtest.h>

namespace storm::core {
namespace {

using Names = std::vector<std::string>;

TEST(Stack, a_plain_name_is_without_result_parameters_and_parts_of_a_coroutine) {
    EXPECT_EQ(plain_name("raft::append(int, std::string const&)"), "raft::append");
    EXPECT_EQ(plain_name("counter(storm::node::Io&, int) [clone .resume]"), "counter");
}

TEST(Stack, own_functions_end_where_the_run_time_begins) {
    EXPECT_EQ(own_functions("  /lib/libc.so.6(+0x3c050)[0x7efea257a050]\n"
                            "  abort\n"
                            "  store::(anonymous namespace)::find(int)\n"
                            "  counter(storm::node::Io&) [clone .resume]\n"
                            "  storm::node::Io::resume(storm::node::Root&)\n"
                            "  mine::main_loop()\n"
                            "  main\n\n"
                            "what it printed\n"),
              (Names{"store::find", "counter"}));
    EXPECT_EQ(own_functions("  main\n  _start\n"), Names{});
    EXPECT_EQ(own_functions(""), Names{});
}

}  // namespace
}  // namespace storm::core
