// cuModule*, cuFunc*, cuLaunchKernel.
#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "../emulator.h"
#include "call.h"

using yololoss::emulator::call;
using yololoss::emulator::Device;
using yololoss::emulator::Function;
using yololoss::emulator::Kernel;
using yololoss::emulator::kIllegalAddress;
using yololoss::emulator::kInvalidHandle;
using yololoss::emulator::kInvalidImage;
using yololoss::emulator::kInvalidValue;
using yololoss::emulator::kNotFound;
using yololoss::emulator::kSuccess;
using yololoss::emulator::Module;
using yololoss::emulator::Needs;
using yololoss::emulator::out;
using yololoss::emulator::present;
using yololoss::emulator::Refusal;
using yololoss::emulator::registered_kernels;
using yololoss::emulator::Stream;
using yololoss::emulator::valid;
using yololoss::emulator::Work;

namespace {

constexpr std::array<unsigned char, 4> kFatbinMagic{0x50, 0xED, 0x55, 0xBA};
constexpr std::string_view kEmulatedImage = YOLOLOSS_EMULATED_IMAGE;

int load(const char* function, Module** module, const void* image) {
  return call(function, Needs::context, [&](Device& device) {
    device.refuse_while_capturing();
    present(image);
    if (std::memcmp(image, kFatbinMagic.data(), kFatbinMagic.size()) != 0 &&
        std::strncmp(static_cast<const char*>(image), kEmulatedImage.data(), kEmulatedImage.size()) != 0)
      throw Refusal{kInvalidImage};
    out(module) = device.modules.add(std::make_shared<Module>());
  });
}

// The module that a function belongs to.
std::shared_ptr<Module> module_of(const Device& device, const Function* function) {
  for (const auto& [handle, module] : device.modules.all())
    for (const auto& [name, known] : module->functions)
      if (known.get() == function) return module;
  throw Refusal{kInvalidHandle};
}

// The places that CUDA's two ways of passing arguments lead to.
std::vector<std::byte> arguments_of(const Kernel& kernel, void** parameters, void** extra) {
  std::vector<std::byte> arguments(kernel.arguments_size);
  if (kernel.parameters.empty()) return arguments;
  if ((parameters == nullptr) == (extra == nullptr)) throw Refusal{kInvalidValue};
  if (parameters != nullptr) {
    for (std::size_t i = 0; i < kernel.parameters.size(); ++i) {
      if (parameters[i] == nullptr) throw Refusal{kInvalidValue};
      std::memcpy(arguments.data() + kernel.parameters[i].offset, parameters[i], kernel.parameters[i].size);
    }
    return arguments;
  }
  const void* buffer = nullptr;
  std::size_t size = 0;
  for (; *extra != nullptr; extra += 2) {
    const auto what = reinterpret_cast<std::uintptr_t>(extra[0]);
    if (what == 1) buffer = extra[1];
    if (what == 2) size = *static_cast<const std::size_t*>(extra[1]);
  }
  if (buffer == nullptr || size != kernel.arguments_size) throw Refusal{kInvalidValue};
  std::memcpy(arguments.data(), buffer, size);
  return arguments;
}

}  // namespace

YOLOLOSS_DRIVER_FUNCTION cuModuleLoadData(Module** module, const void* image) { return load("cuModuleLoadData", module, image); }

YOLOLOSS_DRIVER_FUNCTION cuModuleLoadDataEx(Module** module, const void* image, unsigned, int*, void**) {
  return load("cuModuleLoadDataEx", module, image);
}

YOLOLOSS_DRIVER_FUNCTION cuModuleLoadFatBinary(Module** module, const void* image) { return load("cuModuleLoadFatBinary", module, image); }

YOLOLOSS_DRIVER_FUNCTION cuModuleUnload(Module* handle) {
  return call("cuModuleUnload", Needs::ending, [&](Device& device) {
    const auto module = valid(device.modules, handle);
    const auto* const user = device.queue.pending_that([&](const Work& work) { return work.module == module; });
    if (user != nullptr && device.sticky() == kSuccess)
      device.fault(kIllegalAddress, "cuModuleUnload while " + user->text() + " of it is not done");
    device.modules.remove(handle);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuModuleGetFunction(Function** function, Module* handle, const char* name) {
  return call("cuModuleGetFunction", Needs::context, [&](Device& device) {
    const auto module = valid(device.modules, handle);
    present(name);
    const auto& kernels = registered_kernels();
    const auto found = std::find_if(kernels.begin(), kernels.end(), [&](const Kernel& kernel) { return kernel.name == name; });
    if (found == kernels.end() || device.hides(name)) throw Refusal{kNotFound};
    auto& known = module->functions[name];
    if (known == nullptr) known = std::make_unique<Function>(Function{&*found});
    out(function) = known.get();
  });
}

YOLOLOSS_DRIVER_FUNCTION cuFuncGetModule(Module** module, Function* function) {
  return call("cuFuncGetModule", Needs::context, [&](Device& device) { out(module) = module_of(device, function).get(); });
}

YOLOLOSS_DRIVER_FUNCTION cuFuncGetParamInfo(Function* function, std::size_t index, std::size_t* offset, std::size_t* size) {
  return call("cuFuncGetParamInfo", Needs::context, [&](Device& device) {
    module_of(device, function);
    if (index >= function->kernel->parameters.size()) throw Refusal{kInvalidValue};
    const auto& parameter = function->kernel->parameters[index];
    out(offset) = parameter.offset;
    if (size != nullptr) *size = parameter.size;
  });
}

YOLOLOSS_DRIVER_FUNCTION cuFuncGetAttribute(int* value, int attribute, Function* function) {
  return call("cuFuncGetAttribute", Needs::context, [&](Device& device) {
    module_of(device, function);
    switch (attribute) {
      case 0:
        out(value) = static_cast<int>(function->kernel->max_threads);
        break;
      case 1:  // shared memory: in the emulator, nobody's
      case 2:  // constant memory
      case 3:  // local memory
      case 4:
        out(value) = 0;
        break;  // registers
      case 5:   // PTX version
      case 6:
        out(value) = static_cast<int>(device.settings.compute_major * 10 + device.settings.compute_minor);
        break;
      default:
        throw Refusal{kInvalidValue};
    }
  });
}

YOLOLOSS_DRIVER_FUNCTION cuLaunchKernel(Function* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                                        unsigned block_y, unsigned block_z, unsigned shared_bytes, Stream* stream, void** parameters,
                                        void** extra) {
  return call("cuLaunchKernel", Needs::context, [&](Device& device) {
    const auto module = module_of(device, function);
    const auto& kernel = *function->kernel;
    const auto threads = static_cast<std::uint64_t>(block_x) * block_y * block_z;
    const auto blocks = static_cast<std::uint64_t>(grid_x) * grid_y * grid_z;
    if (threads == 0 || block_x > 1024 || block_y > 1024 || block_z > 64 || threads > kernel.max_threads) throw Refusal{kInvalidValue};
    if (blocks == 0 || grid_x > 0x7FFFFFFFU || grid_y > 65535 || grid_z > 65535 || blocks > 0x7FFFFFFFU) throw Refusal{kInvalidValue};
    if (shared_bytes != 0) throw Refusal{kInvalidValue};
    device.put(device.stream(stream), {.kind = Work::Kind::kernel,
                                       .call = "cuLaunchKernel",
                                       .kernel = &kernel,
                                       .module = module,
                                       .grid = dim3(grid_x, grid_y, grid_z),
                                       .block = dim3(block_x, block_y, block_z),
                                       .arguments = arguments_of(kernel, parameters, extra)});
  });
}
