package dev.yololoss;

/** Where a loss is computed. */
public enum Backend {
  /** Plain Java in double precision: the oracle that the others are checked against. */
  REFERENCE,
  /** C++ on the cores of this machine. */
  NATIVE,
  /** Kernels on an NVIDIA GPU. */
  CUDA,
  /** The fastest backend that works on this machine; the engine says which one it took and why. */
  AUTO
}
