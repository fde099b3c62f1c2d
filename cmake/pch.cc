// Owner of the shared precompiled header; see cmake/RetraceTargets.cmake.
