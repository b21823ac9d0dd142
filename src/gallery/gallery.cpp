#include "gallery/gallery.h"

namespace storm::gallery {

std::vector<node::System> systems() {
    std::vector<node::System> all;
    all.push_back(make_register());
    all.push_back(make_primary_backup());
    all.push_back(make_raft());
    return all;
}

}  // namespace storm::gallery
