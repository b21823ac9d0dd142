// Compiled once so that the precompiled test header exists; tests reuse it.
