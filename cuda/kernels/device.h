// The language of the kernels: nvcc's own, or in any C++20 compiler that of the emulated device.
#pragma once

#ifndef __CUDACC__
#include "emulated_device.h"
#endif

#include <stdint.h>

#include "yololoss/device_step.h"
