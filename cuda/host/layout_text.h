// Structures and enumerations as compiled, in words: "type:size", "type.field:offset:size" and "type.name=value", separated by blanks.
#pragma once

#include <stddef.h>

#include <string>

namespace yololoss {

class LayoutText {
 public:
  void field(const char* type, const char* name, size_t offset, size_t size) {
    text_ += std::string(type) + "." + name + ":" + std::to_string(offset) + ":" + std::to_string(size) + " ";
  }
  void size(const char* type, size_t size) { text_ += std::string(type) + ":" + std::to_string(size) + " "; }
  void enumerator(const char* type, const char* name, int value) {
    text_ += std::string(type) + "." + name + "=" + std::to_string(value) + " ";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace yololoss

#define YL_VALUE(type, name) out.enumerator(#type, #name, static_cast<int>(type::name))
#define YL_FIELD(type, name) out.field(#type, #name, offsetof(type, name), sizeof(type::name))
