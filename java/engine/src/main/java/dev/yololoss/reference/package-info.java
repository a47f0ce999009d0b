/**
 * The oracle: every loss in double precision, one file per question.
 *
 * <p>A step first decides everything that has no gradient ({@link dev.yololoss.reference.Decide}:
 * who is responsible, who is ignored, which objectness is asked for), then adds up the terms under
 * those decisions ({@link dev.yololoss.reference.Evaluate}). The second half is an ordinary
 * differentiable function, so that finite differences can check it with the decisions frozen.
 */
package dev.yololoss.reference;
