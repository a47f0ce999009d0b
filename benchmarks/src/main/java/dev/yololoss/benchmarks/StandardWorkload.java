package dev.yololoss.benchmarks;

import dev.yololoss.Backend;
import dev.yololoss.EngineOptions;
import dev.yololoss.LossEngine;
import dev.yololoss.spec.LossSpec;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The standard workload and an engine for it; every axis is a parameter. */
@State(Scope.Thread)
public class StandardWorkload extends WorkloadAxes {
  @Param("NATIVE")
  public Backend backend;

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
