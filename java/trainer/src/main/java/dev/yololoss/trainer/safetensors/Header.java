package dev.yololoss.trainer.safetensors;

import java.util.Map;

/** What a file holds, in the order of its header. */
record Header(Map<String, StoredTensor> tensors, Map<String, String> metadata) {}
