#include "core/context.h"

namespace storm::core {

thread_local constinit Context context;

}  // namespace storm::core
