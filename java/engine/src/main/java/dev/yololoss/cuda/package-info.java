/**
 * The CUDA backend: kernels launched through the driver API, which is called by JCuda or by {@code
 * java.lang.foreign}.
 */
package dev.yololoss.cuda;
