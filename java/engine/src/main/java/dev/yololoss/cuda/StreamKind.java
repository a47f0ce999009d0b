package dev.yololoss.cuda;

/** How a stream stands to the legacy default stream. */
enum StreamKind {
  /** It waits for work there, and work there waits for it. */
  WITH_DEFAULT_STREAM(0),
  /** Neither waits. */
  APART(1);

  private final int flags;

  StreamKind(int flags) {
    this.flags = flags;
  }

  int flags() {
    return flags;
  }
}
