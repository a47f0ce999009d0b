package dev.yololoss.trainer.train;

import ai.djl.ndarray.NDManager;

/** PyTorch as a run loads it, for tests elsewhere. */
public final class PyTorchForTests {
  private PyTorchForTests() {}

  public static NDManager newManager() {
    PyTorch.start();
    return NDManager.newBaseManager(PyTorch.NAME);
  }
}
