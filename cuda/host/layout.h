// The layouts that C++ and Java share, as text that a test compares.
#pragma once

namespace yololoss {

const char* layout_text();

}  // namespace yololoss
