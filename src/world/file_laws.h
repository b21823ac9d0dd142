// world/file_laws.h - what of its files a node finds again after a crash, as laws for every world.
//
//   life 1   began 7 ── written 6 ── synced 3   ✗   life 2   found: the bytes of the file
//
// Nodes write records to known places, publish how far they have come before and after every
// step, and first of all what they find when they start. So the record of a run alone says
// which bytes a crash must have left, which it may have left, and which nobody wrote. Bytes
// are compared, never lengths or sums.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "history/record.h"
#include "node/system.h"

namespace storm::world {

/// Nodes that write, sync and create files without end, and publish:
///   found0, found1       the bytes of a file at the start of a life (0 shown as '.')
///   began0, written0, synced0 (and 1)   the number of the last record that got so far
///   names                what the directory lists at the start of a life
///   naming, named, kept  the number of the last name asked for, there, made durable
[[nodiscard]] node::System file_system();

/// The record of that number: what stands in its slot once it is written.
[[nodiscard]] std::string file_record(std::uint32_t lane, std::int64_t incarnation,
                                      std::int64_t number);
/// How a name is called.
[[nodiscard]] std::string file_name(std::int64_t incarnation, std::int64_t number);

inline constexpr std::size_t file_record_bytes = 1'200;  // Three sectors, so that it can tear.
inline constexpr std::size_t file_slots = 6;             // Of a file; record n stands in n % 6.

enum class Crash : std::uint8_t { kill, power_loss };

/// One sentence for each law that the files of a run of `file_system()` break, when nodes ended
/// in no other way than this one.
[[nodiscard]] std::vector<std::string> broken_file_laws(const history::RunRecord& record,
                                                        Crash crash);

}  // namespace storm::world
