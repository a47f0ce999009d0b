package dev.yololoss.backend;

import dev.yololoss.HeadTensor;
import dev.yololoss.NonFinitePolicy;
import dev.yololoss.Targets;
import java.util.List;

/**
 * One step's checked input.
 *
 * @param balance the factor of each head's objectness
 * @param gradients where the gradients go, one per head; empty when only the value is asked for
 * @param keepsGradients whether the gradients are the engine's own memory, untouched since its last
 *     step
 * @param gradientScale factor of every gradient element, applied before rounding
 */
public record StepRequest(
    List<HeadTensor> predictions,
    Targets targets,
    double[] balance,
    List<HeadTensor> gradients,
    boolean keepsGradients,
    double gradientScale,
    NonFinitePolicy nonFinite) {}
