// Quantities as people write them: a number and a unit, "59.7 GB/s", "0.2 ms".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace jupiter {

// What a number counts; the base unit is in brackets.
enum class Dimension : std::uint8_t {
  kMemory,         // [B] B, kB .. TB, KiB .. PiB
  kMemoryRate,     // [B/s]
  kBitRate,        // [bit/s]
  kOperationRate,  // [OP/s] OP/s, FLOP/s, TOPS, ...
  kTime,           // [s] s, ms, us, ns
  kTimePerByte,    // [s/B]
  kFraction,       // [1] a plain number, or percent
};

// "time", ...: for messages.
std::string_view Name(Dimension dimension);

// The value in base units. Units keep the case of SI and IEC; the space before them may be missing,
// and a zero needs none. NaN and infinity are numbers here: ranges refuse them.
// Throws UserError "expected ..., got ...", without a place.
double ParseQuantity(std::string_view text, Dimension dimension);

double Mebibytes(std::int64_t bytes);
// Bytes in messages and tables for people: "12345.6 MiB", and "345 B" below a mebibyte.
std::string FormatBytes(std::int64_t bytes);

// The shortest text that ParseQuantity turns into exactly this value.
std::string FormatQuantity(double value, Dimension dimension);

}  // namespace jupiter
