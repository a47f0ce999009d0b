/** What all commands say of themselves alike. */
package dev.yololoss.trainer.help;
