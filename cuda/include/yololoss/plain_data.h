/* How the structures that cross the C ABI are written, so that C reads them too. In C they have the same names without a namespace, and an
 * enumeration is the number of the enumerator, counted from 0. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
#define YL_NAMESPACE_BEGIN namespace yololoss {
#define YL_NAMESPACE_END }
#define YL_CONSTANT(name, value) constexpr int name = value
#define YL_ENUM(type, ...) enum class type : int32_t { __VA_ARGS__ }
#else
#define YL_NAMESPACE_BEGIN
#define YL_NAMESPACE_END
#define YL_CONSTANT(name, value) enum { name = value }
#define YL_ENUM(type, ...) typedef int32_t type
#endif
