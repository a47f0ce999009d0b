/** Reading and writing the safetensors format: a length, a JSON header, the tensors' bytes. */
package dev.yololoss.trainer.safetensors;
