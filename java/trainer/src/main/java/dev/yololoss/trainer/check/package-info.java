/**
 * The command {@code check}: runs a loss on a case file and compares it with the numbers in the
 * file.
 *
 * <p>A case file speaks its original program's words; the translators here are the only place that
 * knows them.
 */
package dev.yololoss.trainer.check;
