#include "kernels/cpu/isa.h"

#include <cstdlib>
#include <string>

#include "kernels/base/check.h"
#include "kernels/cpu/isa_tables.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace jupiter::cpu {

#if defined(__x86_64__)

namespace {

struct CpuidResult {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// Bit `bit` of a result of cpuid, for features that some compilers cannot name. Whether the system
// saves the registers is known from the other features.
bool HasBit(unsigned leaf, unsigned subleaf, unsigned CpuidResult::*result, int bit) {
  CpuidResult cpuid;
  return __get_cpuid_count(leaf, subleaf, &cpuid.eax, &cpuid.ebx, &cpuid.ecx, &cpuid.edx) != 0 &&
         (cpuid.*result >> bit & 1) != 0;
}

bool HasAvx2() {
  const bool f16c = HasBit(1, 0, &CpuidResult::ecx, 29);
  return f16c && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool HasAvxVnni() { return HasAvx2() && HasBit(7, 1, &CpuidResult::eax, 4); }

bool HasAvx512() {
  return HasAvx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}

}  // namespace

std::vector<const KernelTable*> AvailableTables() {
  std::vector<const KernelTable*> tables;
  if (HasAvx512()) tables.push_back(Avx512Table());
  if (HasAvxVnni()) tables.push_back(AvxVnniTable());
  if (HasAvx2()) tables.push_back(Avx2Table());
  tables.push_back(PortableTable());
  return tables;
}

#elif defined(__aarch64__)

std::vector<const KernelTable*> AvailableTables() {
  constexpr unsigned long kHwcapDotProduct = 1ul << 20;  // HWCAP_ASIMDDP of the Linux kernel
  std::vector<const KernelTable*> tables;
  if ((getauxval(AT_HWCAP) & kHwcapDotProduct) != 0) tables.push_back(NeonDotTable());
  tables.push_back(NeonTable());
  tables.push_back(PortableTable());
  return tables;
}

#else

std::vector<const KernelTable*> AvailableTables() { return {PortableTable()}; }

#endif

const KernelTable& SelectTable(std::string_view isa) {
  const char* variable = std::getenv("JUPITER_ISA");
  const std::string_view name = !isa.empty() || variable == nullptr ? isa : variable;
  const std::vector<const KernelTable*> tables = AvailableTables();
  if (name.empty()) return *tables.front();
  std::string names;
  for (const KernelTable* table : tables) {
    if (table->name == name) return *table;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", table->name);
  }
  FailUser(
      "instruction set '{}' (option isa or $JUPITER_ISA) is unknown or not available here; "
      "choose one of: {}",
      name, names);
}

}  // namespace jupiter::cpu
