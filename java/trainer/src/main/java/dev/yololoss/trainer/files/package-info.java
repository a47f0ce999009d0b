/** Files that survive: whole or not there, and on the disk when the call returns. */
package dev.yololoss.trainer.files;
