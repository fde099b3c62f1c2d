// What the process uses of the machine.
#pragma once

namespace retrace::core {

// The largest resident memory of this process so far, in GB (1e9 bytes).
double peak_memory_gb();

// Makes the allocator keep memory up to blocks of 32 MB instead of returning it to the system: a
// training step frees and takes the same large blocks again and again, and fresh pages cost a page
// fault each.
void keep_freed_memory();

}  // namespace retrace::core
