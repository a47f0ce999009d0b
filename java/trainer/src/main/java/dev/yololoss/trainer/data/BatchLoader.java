package dev.yololoss.trainer.data;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * The batches of one epoch, made by one background thread while the caller computes.
 *
 * <p>For equal images, options, seed and epoch the batches are equal bit for bit. One thread at a
 * time may call.
 */
public final class BatchLoader implements Iterator<Batch>, AutoCloseable {
  /** One batch waits while the next is made; more would only take memory. */
  private static final int WAITING = 2;

  private static final long CLOSE_MILLISECONDS = 10_000;

  /** What the thread hands over: a batch, or why there is none. */
  private sealed interface Delivery {
    record Ready(Batch batch) implements Delivery {}

    record Failed(Throwable cause) implements Delivery {}
  }

  private final int batches;
  private final BlockingQueue<Delivery> queue = new ArrayBlockingQueue<>(WAITING);
  private final Thread thread;
  private int delivered;
  private boolean closed;

  private BatchLoader(BatchMaker maker) {
    this.batches = maker.batches();
    this.thread = Thread.ofPlatform().daemon().name("batch-loader").unstarted(() -> load(maker));
  }

  /**
   * Starts loading.
   *
   * @param scaled shared by the epochs of a run, so that each image is decoded once
   * @param epoch with the seed decides order and augmentation
   * @throws IllegalArgumentException if there would not be a single batch
   */
  public static BatchLoader start(
      List<LabelledImage> images, BatchOptions options, ScaledImages scaled, long seed, int epoch) {
    return start(images, options, InputSizes.one(scaled), seed, epoch);
  }

  /** Likewise, with a side of the input for each batch, which seed and epoch decide too. */
  public static BatchLoader start(
      List<LabelledImage> images, BatchOptions options, InputSizes sizes, long seed, int epoch) {
    if (options.batches(images.size()) == 0) {
      throw new IllegalArgumentException(
          "%d images make no batch of %d".formatted(images.size(), options.batchSize()));
    }
    var loader = new BatchLoader(new BatchMaker(images, options, sizes, seed, epoch));
    loader.thread.start();
    return loader;
  }

  private void load(BatchMaker maker) {
    try {
      deliver(maker);
    } catch (InterruptedException e) {
      // Closed; nobody waits for more.
    }
  }

  private void deliver(BatchMaker maker) throws InterruptedException {
    for (int batch = 0; batch < batches; batch++) {
      Delivery delivery;
      try {
        delivery = new Delivery.Ready(maker.make(batch));
      } catch (Throwable e) {
        // An error too: the caller would wait for ever for a batch that a dead thread owes it.
        queue.put(new Delivery.Failed(e));
        return;
      }
      queue.put(delivery);
    }
  }

  /** Batches of the whole epoch. */
  public int batches() {
    return batches;
  }

  @Override
  public boolean hasNext() {
    return delivered < batches;
  }

  /**
   * Waits for the next batch.
   *
   * @throws DataException if an image could not be loaded; it has the cause and is final: the
   *     loader is closed
   * @throws IllegalStateException after {@link #close()}
   */
  @Override
  public Batch next() {
    if (closed) {
      throw new IllegalStateException("the batch loader is closed");
    }
    if (!hasNext()) {
      throw new NoSuchElementException("all " + batches + " batches were delivered");
    }
    return switch (take()) {
      case Delivery.Ready(Batch batch) -> {
        delivered++;
        yield batch;
      }
      case Delivery.Failed(Throwable cause) -> {
        close();
        throw new DataException("loading a batch failed: " + cause.getMessage(), cause);
      }
    };
  }

  private Delivery take() {
    try {
      return queue.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close();
      throw new DataException("interrupted while waiting for a batch", e);
    }
  }

  /** Stops the thread and drops what it made. Closing twice does nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    thread.interrupt();
    queue.clear();
    try {
      thread.join(CLOSE_MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
