// sdk/results.h - the stdout of a process that runs other people's code is for results alone.
//
// Nodes, laws and generators print where they like. What they print to stdout would stand in the
// middle of a JSON document. So while a command runs, descriptor 1 is stderr's, and the stream that
// the user gave us is a descriptor of our own that no node can close.
#pragma once
#include <cstdio>

#include "ui/terminal.h"

namespace storm::sdk {

class Results {
public:
    Results();
    Results(const Results&) = delete;
    Results& operator=(const Results&) = delete;
    ~Results();

    /// For what the command has found out. Lives no longer than this.
    [[nodiscard]] ui::Terminal terminal() const { return ui::Terminal(1, around_, file_); }

private:
    ui::Surroundings around_;
    std::FILE* file_ = nullptr;  // Null: none could be had, and stdout is what it was.
};

}  // namespace storm::sdk
