#!/bin/sh
# headers.sh JOBS: every header under src/ compiles alone. Those with a source beside them are
# proven by the build (own header first); this looks at the rest.
set -eu
find src -name '*.h' | while read -r header; do
    [ -f "${header%.h}.cpp" ] || echo "$header"
done | xargs -r -P "$1" -I{} "${CXX19:-clang++-19}" -std=c++23 -fsyntax-only -x c++ -Isrc \
    -Wall -Wextra -Wno-pragma-once-outside-header \
    -Wno-missing-designated-field-initializers -Werror {}
