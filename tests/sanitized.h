// Whether a sanitizer watches this process: it takes many times as long then. Asked when it runs,
// since the objects of tests are shared by builds with sanitizers and without
// (tests/CMakeLists.txt).
#pragma once

extern "C" {
[[gnu::weak]] void __asan_init();
[[gnu::weak]] void __tsan_init();
}

namespace jupiter {

inline bool Sanitized() { return __asan_init != nullptr || __tsan_init != nullptr; }

}  // namespace jupiter
