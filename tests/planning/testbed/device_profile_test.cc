// Profile files: the shipped ones, exact round trips, and one line for everything that is wrong.
#include "planning/testbed/device_profile.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "planning/testbed/profile_write.h"
#include "tests/planning/testbed_texts.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

std::string Good() { return ProfileText(kLinearPoints); }

std::string ProfileRefusal(const std::string& text) {
  return RefusalOf([&] { ParseDeviceProfile(text, "f.yaml"); });
}
std::string ProfileRefusalWith(const std::string& from, const std::string& to) {
  return ProfileRefusal(Replaced(Good(), from, to));
}

class ProfileFolderTest : public testing::Test {
 protected:
  ProfileFolderTest()
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("profile_test_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_ / "devices");
    std::filesystem::create_directories(folder_ / "clusters");
  }
  ~ProfileFolderTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  void Write(const std::string& name) const { std::ofstream(Path(name)) << Good(); }

  std::filesystem::path folder_;
};

TEST(DeviceProfileTest, EveryNumberArrivesInBaseUnits) {
  const DeviceProfile profile = ParseDeviceProfile(Good(), "");
  EXPECT_EQ(profile.name, "board");
  EXPECT_EQ(profile.description, "a board");
  EXPECT_EQ(profile.total_memory.value, 8589934592.0);
  EXPECT_EQ(profile.usable_memory.value, 5.75 * 1073741824.0);
  EXPECT_EQ(profile.usable_memory.source, "guess");
  EXPECT_EQ(profile.roofline.memory_bandwidth.value, 44.8e9);
  EXPECT_EQ(profile.roofline.seconds_per_op.value, 20e-6);
  ASSERT_EQ(profile.roofline.op_rate.size(), 2u);
  EXPECT_EQ(profile.roofline.op_rate.at(DType::kQ4_0).value, 2.7e12);
  EXPECT_EQ(profile.roofline.other_rate.value, 400e9);
  ASSERT_EQ(profile.measured.size(), 1u);
  EXPECT_EQ(profile.measured[0].input, DType::kAct8);
  EXPECT_EQ(profile.measured[0].outer, 11008);
  ASSERT_EQ(profile.measured[0].points.size(), 2u);
  EXPECT_EQ(profile.measured[0].points[1].rows, 32);
  EXPECT_EQ(profile.measured[0].points[1].seconds, 0.9e-3);
}

TEST(DeviceProfileTest, ShippedProfilesLoadAndKeepTheirOrder) {
  const auto load = [](const char* name) {
    const DeviceProfile profile = LoadDeviceProfile(FindDeviceProfile(name, ""));
    EXPECT_EQ(profile.name, name);
    return profile;
  };
  const DeviceProfile nano = load("jetson-nano");
  const DeviceProfile tx2 = load("jetson-tx2");
  const DeviceProfile nx = load("jetson-xavier-nx");
  const DeviceProfile agx = load("jetson-agx-orin");
  load("jetson-orin-nano");
  load("raspberry-pi-5");
  load("x86-laptop");
  EXPECT_EQ(nano.total_memory.value, 4 * 1073741824.0);
  const auto f16 = [](const DeviceProfile& p) { return p.roofline.op_rate.at(DType::kF16).value; };
  EXPECT_LT(f16(nano), f16(tx2));
  EXPECT_LT(f16(tx2), f16(nx));
  EXPECT_LT(f16(nx), f16(agx));
}

TEST(DeviceProfileTest, RoundTripIsExact) {
  DeviceProfile profile = ParseDeviceProfile(Good(), "");
  profile.description = "quotes \" and \\ and: # \n lines";
  profile.roofline.memory_bandwidth.value = 1e9 / 3 * 100;
  profile.roofline.seconds_per_op.value = 1e-5 / 7;
  profile.usable_memory.value = 5e9 + 1;
  profile.measured[0].points.push_back({64, 1.0 / 3, 0.1 + 0.2});
  const std::string text = ToYaml(profile);
  const DeviceProfile again = ParseDeviceProfile(text, "again");
  EXPECT_EQ(ToYaml(again), text);
  EXPECT_EQ(again.description, profile.description);
  EXPECT_EQ(again.roofline.memory_bandwidth.value, profile.roofline.memory_bandwidth.value);
  EXPECT_EQ(again.roofline.seconds_per_op.value, profile.roofline.seconds_per_op.value);
  EXPECT_EQ(again.usable_memory.value, profile.usable_memory.value);
  EXPECT_EQ(again.roofline.op_rate.at(DType::kQ4_0).source, "cores");
  EXPECT_EQ(again.measured[0].points[2].context, 1.0 / 3);
  EXPECT_EQ(again.measured[0].points[2].seconds, 0.1 + 0.2);
}

TEST(DeviceProfileTest, MistakesAreOneLineWithFileLineAndKey) {
  EXPECT_EQ(ProfileRefusalWith("name: board\n", ""),
            "f.yaml: line 1: name: missing; add \"name: ...\"");
  EXPECT_EQ(ProfileRefusalWith("memory:\n", "memmory:\n"),
            "f.yaml: line 4: \"memmory\": unknown key, expected one of jupiter_device, name, "
            "description, memory, roofline, measured; did you mean memory?");
  EXPECT_EQ(ProfileRefusalWith("8 GiB", "8 GiBi"),
            "f.yaml: line 5: memory.total.value: unknown unit, expected a memory size such as "
            "\"8 GiB\" (units: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB, PiB), got \"8 GiBi\"");
  EXPECT_EQ(ProfileRefusalWith("44.8 GB/s", "-1 GB/s"),
            "f.yaml: line 8: roofline.memory_bandwidth.value: expected a memory bandwidth from "
            "1 MB/s to 1 PB/s, got \"-1 GB/s\"");
  EXPECT_EQ(ProfileRefusalWith("20 us", "nan us"),
            "f.yaml: line 9: roofline.time_per_op.value: expected a time from 0 s to 1 h, got "
            "\"nan us\"");
  EXPECT_EQ(ProfileRefusalWith("20 us, source: guess", "20 us"),
            "f.yaml: line 9: roofline.time_per_op.source: missing; add \"source: ...\"");
  EXPECT_EQ(ProfileRefusalWith("q4_0: {", "q4_1: {"),
            "f.yaml: line 12: roofline.op_rate.\"q4_1\": no type of weights, expected one of f32, "
            "f16, bf16, q8_0, q4_0, q4_K, q6_K; did you mean q4_0?");
  EXPECT_EQ(ProfileRefusalWith("f32: {", "f16: {"),
            "f.yaml: line 11: roofline.op_rate: f32 is missing, which stands for the types without "
            "a rate of their own; add it");
  EXPECT_EQ(ProfileRefusalWith("op: linear", "op: liner"),
            "f.yaml: line 15: measured[0].op: unknown op \"liner\", expected one of embed, "
            "rms_norm, quantise, linear, rope, kv_append, kv_move, attention, swiglu, add, argmax, "
            "top_k, log_sum_exp, copy, round, export, import; did you mean linear?");
  EXPECT_EQ(ProfileRefusalWith("[32, 0, 0.9 ms]", "[1, 0, 0.9 ms]"),
            "f.yaml: line 22: measured[0].points[1]: the same rows and context as in an earlier "
            "point; keep one");
  EXPECT_EQ(ProfileRefusalWith("[32, 0, 0.9 ms]", "[0, 0, 0.9 ms]"),
            "f.yaml: line 22: measured[0].points[1][0]: expected a whole number from 1 to "
            "1073741824, got \"0\"");
  EXPECT_EQ(ProfileRefusalWith("5.75 GiB", "9 GiB"),
            "f.yaml: line 5: memory: usable memory is 9 GiB, expected at most the total of 8 GiB");
  EXPECT_EQ(ProfileRefusalWith("jupiter_device: 1", "jupiter_device: 2"),
            "f.yaml: line 1: jupiter_device: expected format version 1, got \"2\"");
}

TEST(DeviceProfileTest, WrongKindsAndAbsurdNumbersAreRefused) {
  const std::pair<const char*, const char*> cases[] = {
      {"name: board", "name: [board]"},
      {"name: board", "name: \"two\\nlines\""},
      {"name: board", "name: ''"},
      {"  total: {value: 8 GiB, source: data sheet}", "  total: 8 GiB"},
      {"8 GiB", "8 KiB"},
      {"8 GiB", "2 PiB"},
      {"8 GiB", "inf GiB"},
      {"8 GiB", "[8 GiB]"},
      {"8 GiB", "8"},
      {"20 us", "2 h"},
      {"20 us", "~"},
      {"422 GFLOP/s", "0 FLOP/s"},
      {"400 GFLOP/s", "1e30 FLOP/s"},
      {"source: data sheet", "source: ''"},
      {"measured:\n", "measured: 5\nx:\n"},
      {"[1, 0, 0.61 ms]", "[1, 0]"},
      {"[1, 0, 0.61 ms]", "[1, -1, 0.61 ms]"},
      {"[1, 0, 0.61 ms]", "[1, 0, 0 ms]"},
      {"[1, 0, 0.61 ms]", "[1.5, 0, 0.61 ms]"},
      {"inner: 4096", "inner: -1"},
      {"inner: 4096", "inner: 99999999999999999999"},
      {"weight: q4_0", "weight: int4"},
      {"jupiter_device: 1", "jupiter_cluster: 1"},
      {"jupiter_device: 1\n", ""},
  };
  for (const auto& [from, to] : cases) {
    const std::string line = ProfileRefusalWith(from, to);
    EXPECT_EQ(line.substr(0, 13), "f.yaml: line ") << to << ": " << line;
  }
  EXPECT_EQ(ProfileRefusal("just text"),
            "f.yaml: line 1: expected a map (key: value lines), got \"just text\"");
}

TEST_F(ProfileFolderTest, SavedFilesLoad) {
  const DeviceProfile profile = ParseDeviceProfile(Good(), "");
  SaveDeviceProfile(profile, Path("a.yaml"));
  EXPECT_EQ(ToYaml(LoadDeviceProfile(Path("a.yaml"))), ToYaml(profile));
  EXPECT_EQ(RefusalOf([&] { SaveDeviceProfile(profile, Path("none/a.yaml")); }),
            Path("none/a.yaml") + ": cannot be written; check the folder and its permissions");
}

TEST_F(ProfileFolderTest, FilesThatAreNoneAreNamed) {
  EXPECT_EQ(RefusalOf([&] { LoadDeviceProfile(Path("none")); }),
            Path("none") + ": no such file, expected a device profile");
  EXPECT_EQ(RefusalOf([&] { LoadDeviceProfile(Path("devices")); }),
            Path("devices") + ": a folder, expected a device profile; name a file in it");
}

TEST_F(ProfileFolderTest, ProfilesAreFoundBesideTheClusterFirst) {
  Write("devices/board.yaml");
  const std::string cluster = Path("clusters/c.yaml");
  EXPECT_EQ(FindDeviceProfile("board", cluster), Path("devices/board.yaml"));
  Write("clusters/board.yaml");
  EXPECT_EQ(FindDeviceProfile("board", cluster), Path("clusters/board.yaml"));
  EXPECT_EQ(FindDeviceProfile("../devices/board.yaml", cluster), Path("devices/board.yaml"));
  EXPECT_EQ(FindDeviceProfile(Path("devices/board.yaml"), ""), Path("devices/board.yaml"));
  setenv("JUPITER_DATA", folder_.c_str(), 1);
  EXPECT_EQ(FindDeviceProfile("board", ""), Path("devices/board.yaml"));
  // A folder that is not there is not passed over; no name is none.
  setenv("JUPITER_DATA", Path("gone").c_str(), 1);
  EXPECT_EQ(RefusalOf([] { FindDeviceProfile("jetson-nano", ""); }),
            "JUPITER_DATA=\"" + Path("gone") +
                "\": no such folder; set it to a folder such as "
                "\"experiments\" of the sources, or unset it");
  setenv("JUPITER_DATA", "", 1);
  EXPECT_NE(FindDeviceProfile("jetson-nano", ""), "");
  unsetenv("JUPITER_DATA");
  EXPECT_EQ(RefusalOf([] { FindDeviceProfile("jetson-nanoo", ""); }),
            "no file or shipped device profile \"jetson-nanoo\", expected one of jetson-agx-orin, "
            "jetson-nano, "
            "jetson-orin-nano, jetson-tx2, jetson-xavier-nx, raspberry-pi-5, x86-laptop; did you "
            "mean jetson-nano?");
}

}  // namespace
}  // namespace jupiter
