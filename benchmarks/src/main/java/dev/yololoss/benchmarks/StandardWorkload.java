package dev.yololoss.benchmarks;

import dev.yololoss.Backend;
import dev.yololoss.ElementType;
import dev.yololoss.EngineOptions;
import dev.yololoss.LossEngine;
import dev.yololoss.spec.LossSpec;
import dev.yololoss.spec.Preset;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The standard workload and an engine for it; every axis is a parameter. */
@State(Scope.Thread)
public class StandardWorkload {
  @Param("NATIVE")
  public Backend backend;

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

  /** 0 for all cores. */
  @Param("0")
  public int threads;

  Workload work;
  LossEngine engine;

  @Setup(Level.Trial)
  public void open() {
    LossSpec spec = LossSpec.builder(preset).classes(classes).build();
    work = new Workload(spec, batch, size, layout, type, targets);
    engine = LossEngine.open(spec, EngineOptions.on(backend).withThreads(threads));
  }

  @TearDown(Level.Trial)
  public void close() {
    engine.close();
    work.close();
  }
}
