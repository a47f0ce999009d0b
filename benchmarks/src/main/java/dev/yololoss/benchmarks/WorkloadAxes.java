package dev.yololoss.benchmarks;

import dev.yololoss.ElementType;
import dev.yololoss.spec.Preset;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What is computed, whatever computes it; the values are those of the standard workload. */
@State(Scope.Thread)
public abstract class WorkloadAxes {
  @Param("YOLOV5")
  public Preset preset;

  @Param("16")
  public int batch;

  @Param("640")
  public int size;

  @Param("80")
  public int classes;

  /** Of the whole batch. */
  @Param("100")
  public int targets;

  @Param("NCHW")
  public Layout layout;

  @Param("F32")
  public ElementType type;
}
