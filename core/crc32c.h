// CRC-32C (Castagnoli), the checksum of TFRecord files. RFC 3720, appendix B.4 has its test
// vectors.
#pragma once

#include <cstdint>
#include <string_view>

namespace retrace::core {

uint32_t crc32c(std::string_view bytes);

// What a TFRecord stores: rotated right by 15 bits and shifted, so that a checksum of data that
// holds checksums stays a good one.
uint32_t masked_crc32c(std::string_view bytes);

}  // namespace retrace::core
