// Device profiles as part of a YAML file: what profile and cluster files share.
#pragma once

#include <string>
#include <string_view>

#include "planning/testbed/device_profile.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {

// {value: TEXT, source: TEXT}
Quantity ReadQuantity(const YamlValue& value, const QuantityRange& range);
// {total: QUANTITY, usable: QUANTITY}; where a key is missing, the memory stays as it is. Refuses
// more usable than total memory.
void ReadMemory(const YamlValue& value, Quantity& total, Quantity& usable);

// The map of a device profile.
DeviceProfile ReadProfile(const YamlValue& value);
// The same map as text, each line with `indent` before it.
std::string ProfileLines(const DeviceProfile& profile, std::string_view indent);

// "KEY: 1" that tells kinds of files apart.
void CheckFormatVersion(const YamlMap& map, std::string_view key);

// Writes a file. Throws UserError when it cannot.
void WriteTextFile(const std::string& path, const std::string& text);

}  // namespace jupiter
