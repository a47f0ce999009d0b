// Marks functions that run on the host and, compiled by nvcc, on the device.
#pragma once

#ifdef __CUDACC__
#define YL_HOST_DEVICE __host__ __device__ inline
#define YL_STATIC_HOST_DEVICE static __host__ __device__ inline
#define YL_MEMBER __host__ __device__
#else
#define YL_HOST_DEVICE inline
#define YL_STATIC_HOST_DEVICE static inline
#define YL_MEMBER
#endif
