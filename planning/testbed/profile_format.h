// Device profiles as part of a YAML file: what profile and cluster files share.
#pragma once

#include <string_view>

#include "planning/testbed/device_profile.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {

// What numbers of testbeds can be, in files and in what is measured for them.
inline constexpr QuantityRange kMemoryRange{Dimension::kMemory, 0x1p20, 0x1p50};
inline constexpr QuantityRange kMemoryRateRange{Dimension::kMemoryRate, 1e6, 1e15};
inline constexpr QuantityRange kOperationRateRange{Dimension::kOperationRate, 1e6, 1e18};
inline constexpr QuantityRange kBandwidthRange{Dimension::kBitRate, 1e3, 1e12};
// Not 0: a link without efficiency never delivers.
inline constexpr QuantityRange kEfficiencyRange{Dimension::kFraction, 1e-6, 1};
inline constexpr QuantityRange kSecondsRange{Dimension::kTime, 0, 3600};
inline constexpr QuantityRange kSecondsPerByteRange{Dimension::kTimePerByte, 0, 1e-3};
inline constexpr QuantityRange kMeasuredSecondsRange{Dimension::kTime, 1e-9, 3600};

// {value: TEXT, source: TEXT}
Quantity ReadQuantity(const YamlValue& value, const QuantityRange& range);
// {total: QUANTITY, usable: QUANTITY}; where a key is missing, the memory stays as it is. Refuses
// more usable than total memory.
void ReadMemory(const YamlValue& value, Quantity& total, Quantity& usable);

// The map of a device profile.
DeviceProfile ReadProfile(const YamlValue& value);

// "KEY: 1" that tells kinds of files apart.
void CheckFormatVersion(const YamlMap& map, std::string_view key);

}  // namespace jupiter
