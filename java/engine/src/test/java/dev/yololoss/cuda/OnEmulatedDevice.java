package dev.yololoss.cuda;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIf;

/** A test that plants faults, counts calls or holds work back, which no real driver lets it. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@EnabledIf(value = "dev.yololoss.cuda.EmulatedCuda#isThere", disabledReason = EmulatedCuda.REASON)
@interface OnEmulatedDevice {}
