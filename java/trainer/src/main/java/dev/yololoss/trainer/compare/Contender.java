package dev.yololoss.trainer.compare;

import dev.yololoss.trainer.train.LossChoice;

/**
 * One of the losses that are compared.
 *
 * @param name unique; of letters, digits, dots, dashes and underscores, since files are called so
 */
record Contender(String name, LossChoice loss, Variation variation) {}
