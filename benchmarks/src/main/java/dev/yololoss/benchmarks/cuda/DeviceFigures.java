package dev.yololoss.benchmarks.cuda;

import java.util.Map;

/**
 * What one case took. Times are microseconds.
 *
 * @param work what was computed
 * @param matches rows of the assignment in the last step
 * @param kernels each kernel's time on the device, warm, in the order of their launches
 * @param launches kernels in a step
 * @param step a step on the device by its own clock, from the copy of the targets to the copy of
 *     the result, with warm caches
 * @param coldStep the same after the second cache was filled with other things
 * @param queuedStep one of many steps that the device does one after another
 * @param call what {@code compute} takes of the calling thread, while the device is idle
 * @param endToEnd {@code compute} and reading the total, which waits for the device
 * @param sparseBytes what a step must move at least, see {@link SparseBytes}
 * @param bytesPerSecond of these, in a cold step
 * @param shareOfCopy of the rate at which this device copied memory in the same run
 */
record DeviceFigures(
    DeviceCase work,
    int matches,
    Map<String, Spread> kernels,
    int launches,
    Spread step,
    Spread coldStep,
    double queuedStep,
    Spread call,
    Spread endToEnd,
    long sparseBytes,
    double bytesPerSecond,
    double shareOfCopy) {}
