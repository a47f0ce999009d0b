// The layouts that kernels and Java share beyond the host's, as text that a test compares.
#pragma once

namespace yololoss {

const char* device_layout_text();

}  // namespace yololoss
