package dev.yololoss.benchmarks.run;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A benchmark and what it is run with.
 *
 * @param method {@code Class.method}, without the package
 * @param params over the benchmark's own defaults
 * @param kind how it is measured
 * @param keepsMemory whether its process gets an allocator that keeps freed memory
 */
record Case(String method, Map<String, String> params, Kind kind, boolean keepsMemory) {
  enum Kind {
    /** Each call, for about two seconds. */
    SAMPLED,
    /** A few calls: for what takes seconds. */
    SLOW,
    /** As the benchmark says: a fresh JVM for each call. */
    FIRST_CALL,
    /** The Java heap that a call takes, instead of its time. */
    ALLOCATION
  }

  /** A sampled case; {@code params} are names and values in turn. */
  static Case of(String method, String... params) {
    Map<String, String> map = new LinkedHashMap<>();
    for (int i = 0; i < params.length; i += 2) {
      map.put(params[i], params[i + 1]);
    }
    return new Case(method, map, Kind.SAMPLED, false);
  }

  Case as(Kind other) {
    return new Case(method, params, other, keepsMemory);
  }

  Case keepingMemory() {
    Map<String, String> map = new LinkedHashMap<>(params);
    map.put("allocator", "KEEPING");
    return new Case(method, map, kind, true);
  }

  Case with(String name, String value) {
    Map<String, String> map = new LinkedHashMap<>(params);
    map.put(name, value);
    return new Case(method, map, kind, keepsMemory);
  }
}
