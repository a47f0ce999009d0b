package dev.yololoss;

import java.lang.foreign.Arena;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** What was made in a confined arena of a thread that lives until this is closed. */
public final class ConfinedElsewhere<T> implements AutoCloseable {
  private final AtomicReference<T> made = new AtomicReference<>();
  private final CountDownLatch ready = new CountDownLatch(1);
  private final CountDownLatch mayEnd = new CountDownLatch(1);
  private final Thread owner;

  public ConfinedElsewhere(Function<Arena, T> make) throws InterruptedException {
    owner = Thread.ofPlatform().start(() -> live(make));
    ready.await();
  }

  private void live(Function<Arena, T> make) {
    try (Arena arena = Arena.ofConfined()) {
      made.set(make.apply(arena));
      ready.countDown();
      mayEnd.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      ready.countDown();
    }
  }

  public T get() {
    return made.get();
  }

  @Override
  public void close() {
    mayEnd.countDown();
    try {
      owner.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
