// Launches a kernel on the emulated device straight from C++, without a driver: for tests of kernels.
//
//   launch(add, dim3(4), dim3(256), n, input, output);
//
// Pointers are the host's. Under AddressSanitizer every access is checked.
#pragma once

#include <string>
#include <tuple>
#include <utility>

#include "block_runner.h"

namespace yololoss::emulator {

template <typename... Parameters, typename... Arguments>
void launch(const std::string& name, void (*kernel)(Parameters...), dim3 grid, dim3 block, Arguments&&... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments), "as many arguments as the kernel has parameters");
  struct Call {
    void (*kernel)(Parameters...);
    std::tuple<Parameters...> arguments;
  };
  const Call call{kernel, {static_cast<Parameters>(std::forward<Arguments>(arguments))...}};
  run_grid(
      name, grid, block,
      [](const void* context) {
        const auto* const made = static_cast<const Call*>(context);
        std::apply(made->kernel, made->arguments);
      },
      &call);
}

template <typename... Parameters, typename... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, Arguments&&... arguments) {
  launch("without a name", kernel, grid, block, std::forward<Arguments>(arguments)...);
}

}  // namespace yololoss::emulator
