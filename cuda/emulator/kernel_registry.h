// The kernels that the emulated driver finds in a module, with their parameters as declared.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "block_runner.h"

namespace yololoss::emulator {

// Where a parameter lies in the block of arguments, as nvcc lays it out.
struct Parameter {
  std::size_t offset, size;
  std::size_t pointee;    // bytes that a pointer has to lead to at least; 0 for what is no pointer
  std::size_t alignment;  // of what it leads to
  bool is_whole;          // whether that is all of its allocation
};

// Whether a structure has an allocation to itself. Another structure in its place, large enough or not, then shows by its size.
template <typename T>
struct HasOwnAllocation : std::false_type {};

struct Kernel {
  std::string name;
  unsigned max_threads;  // of a block, by __launch_bounds__
  std::vector<Parameter> parameters;
  std::size_t arguments_size;
  // Runs all blocks with a block of arguments. Throws KernelFault.
  void (*run)(const Kernel& self, dim3 grid, dim3 block, const std::byte* arguments);
};

template <typename T>
Parameter parameter_of(std::size_t& end) {
  static_assert(std::is_trivially_copyable_v<T>, "arguments are copied as bytes");
  Parameter parameter{(end + alignof(T) - 1) / alignof(T) * alignof(T), sizeof(T), 0, 1, false};
  if constexpr (std::is_pointer_v<T>) {
    using Pointee = std::remove_pointer_t<T>;
    if constexpr (std::is_void_v<Pointee>) {
      parameter.pointee = 1;
    } else {
      parameter.pointee = sizeof(Pointee);
      parameter.alignment = alignof(Pointee);
      parameter.is_whole = HasOwnAllocation<std::remove_const_t<Pointee>>::value;
    }
  }
  end = parameter.offset + parameter.size;
  return parameter;
}

template <typename T>
T argument_at(const std::byte* at) {
  std::array<std::byte, sizeof(T)> bytes;
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = at[i];
  return std::bit_cast<T>(bytes);
}

template <auto* Function>
struct KernelOf;

template <typename... Parameters, void (*Function)(Parameters...)>
struct KernelOf<Function> {
  static Kernel named(const char* name, unsigned max_threads) {
    std::size_t end = 0;
    std::vector<Parameter> parameters{parameter_of<Parameters>(end)...};  // braces: from left to right
    return {name, max_threads, std::move(parameters), end, &run};
  }

 private:
  static void run(const Kernel& self, dim3 grid, dim3 block, const std::byte* arguments) {
    [[maybe_unused]] std::size_t next = 0;
    [[maybe_unused]] const auto at = [&] { return arguments + self.parameters[next++].offset; };
    const std::tuple<Parameters...> decoded{argument_at<Parameters>(at())...};
    run_grid(
        self.name, grid, block, [](const void* context) { std::apply(Function, *static_cast<const std::tuple<Parameters...>*>(context)); },
        &decoded);
  }
};

// The second is what the kernel says in __launch_bounds__.
#define YOLOLOSS_KERNEL(function, max_threads) ::yololoss::emulator::KernelOf<&(function)>::named(#function, max_threads)

// All kernels of the library; each library or test says which.
const std::vector<Kernel>& registered_kernels();

}  // namespace yololoss::emulator
