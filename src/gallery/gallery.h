// gallery/gallery.h - three small replicated systems, written as their authors would.
//
//   register        a multi-writer register over read and write quorums, without a leader
//   primary-backup  a key-value store whose primary changes by view
//   raft            a key-value store over a replicated log, with snapshots
//
// Each is correct under everything it declares to tolerate, and can be asked to carry one of
// its planted bugs: mistakes that real systems shipped. A plant changes one decision in code
// that both variants share. They prove that the bench finds what it should, and stays silent
// when it should. They know nothing of the bench: only node/.
#pragma once
#include <vector>

#include "node/system.h"

namespace storm::gallery {

/// Attiya, Bar-Noy, Dolev: Sharing Memory Robustly in Message-Passing Systems, JACM 42 (1995);
/// with several writers as in Lynch and Shvartsman, FTCS 1997.
[[nodiscard]] node::System make_register();
/// Alsberg and Day (1976) with the view changes of Oki and Liskov: Viewstamped Replication,
/// PODC 1988, on whole states instead of logs.
[[nodiscard]] node::System make_primary_backup();
/// Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm, ATC 2014;
/// read-index and sessions as in Ongaro's dissertation, chapter 6.
[[nodiscard]] node::System make_raft();

/// All of them, in the order above.
[[nodiscard]] std::vector<node::System> systems();

}  // namespace storm::gallery
