#include "status.h"

#include <algorithm>
#include <array>

namespace yololoss::emulator {
namespace {

struct Entry {
  Status status;
  const char* name;
  const char* meaning;
};

constexpr std::array kEntries{
    Entry{kSuccess, "CUDA_SUCCESS", "no error"},
    Entry{kInvalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    Entry{kOutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    Entry{kNotInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    Entry{kDeinitialized, "CUDA_ERROR_DEINITIALIZED", "driver shutting down"},
    Entry{kNoDevice, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    Entry{kInvalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    Entry{kInvalidImage, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    Entry{kInvalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    Entry{kNoBinaryForGpu, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    Entry{kEccUncorrectable, "CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error encountered"},
    Entry{kUnsupportedPtxVersion, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the provided PTX was compiled with an unsupported toolchain."},
    Entry{kInvalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    Entry{kIllegalState, "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"},
    Entry{kNotFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    Entry{kNotReady, "CUDA_ERROR_NOT_READY", "device not ready"},
    Entry{kIllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    Entry{kLaunchOutOfResources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    Entry{kLaunchTimeout, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    Entry{kContextIsDestroyed, "CUDA_ERROR_CONTEXT_IS_DESTROYED", "context is destroyed"},
    Entry{kAssert, "CUDA_ERROR_ASSERT", "device-side assert triggered"},
    Entry{kIllegalInstruction, "CUDA_ERROR_ILLEGAL_INSTRUCTION", "an illegal instruction was encountered"},
    Entry{kMisalignedAddress, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    Entry{kLaunchFailed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    Entry{kNotPermitted, "CUDA_ERROR_NOT_PERMITTED", "operation not permitted"},
    Entry{kNotSupported, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    Entry{kSystemDriverMismatch, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"},
    Entry{kCaptureUnsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    Entry{kCaptureInvalidated, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
    Entry{kCaptureMerge, "CUDA_ERROR_STREAM_CAPTURE_MERGE", "operation would result in a merge of separate capture sequences"},
    Entry{kCaptureUnmatched, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not ended in the same stream as it began"},
    Entry{kCaptureUnjoined, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
    Entry{kCaptureIsolation, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION", "dependency created on uncaptured work in another stream"},
    Entry{kCaptureImplicit, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT",
          "operation would make the legacy stream depend on a capturing blocking stream"},
    Entry{kCapturedEvent, "CUDA_ERROR_CAPTURED_EVENT", "operation not permitted on an event last recorded in a capturing stream"},
    Entry{kCaptureWrongThread, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD",
          "attempt to terminate a thread-local capture sequence from another thread"},
    Entry{kUnknown, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

const Entry* find(int status) {
  const auto* const found = std::find_if(kEntries.begin(), kEntries.end(), [&](const Entry& entry) { return entry.status == status; });
  return found == kEntries.end() ? nullptr : found;
}

}  // namespace

const char* name_of(int status) {
  const auto* const entry = find(status);
  return entry == nullptr ? nullptr : entry->name;
}

const char* meaning_of(int status) {
  const auto* const entry = find(status);
  return entry == nullptr ? nullptr : entry->meaning;
}

}  // namespace yololoss::emulator
