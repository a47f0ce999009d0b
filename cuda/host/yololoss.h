/* The C ABI of the CPU backend. No exception and no exit crosses it; every function returns a status.
 *
 * Reads as C and as C++. An engine, or operations, are used by one thread at a time. Pointers that a result holds are the engine's, valid
 * until its next call. Tensors are passed one by one, never inside a structure, so that the caller's runtime holds their memory during the
 * call. */
#pragma once

#include <stdint.h>

#include "yololoss/step.h"

#if defined(_WIN32)
#define YL_EXPORT __declspec(dllexport)
#else
#define YL_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
#define YL_PLAIN(type) yololoss::type
extern "C" {
#else
#define YL_PLAIN(type) type
#endif

enum yl_status { YL_OK = 0, YL_INVALID_ARGUMENT = 1, YL_OUT_OF_MEMORY = 2, YL_INTERNAL_ERROR = 3 };

/* Raised whenever a structure or a function changes. */
YL_EXPORT int32_t yl_abi_version(void);

/* The structures and enumerations as compiled, "type:size", "type.field:offset:size" and "type.name=value" separated by blanks. */
YL_EXPORT const char* yl_layout(void);

/* The message of this thread's last status other than YL_OK. */
YL_EXPORT const char* yl_last_error(void);

/* Opens an engine. threads: 0 for all cores, at most 1024. instruction_set: 0 best, 1 baseline, 2 AVX2 with FMA. */
YL_EXPORT int32_t yl_open(const YL_PLAIN(LossDescription) * loss, const double* class_weights, int32_t threads, int32_t instruction_set,
                          void** engine);

/* Frees an engine; null is fine. */
YL_EXPORT void yl_close(void* engine);

/* "baseline, 2 threads" and the like. */
YL_EXPORT const char* yl_describe(void* engine);

/* Computes a step. Predictions and gradients of heads that the loss does not have are null. */
YL_EXPORT int32_t yl_step(void* engine, const YL_PLAIN(StepRequest) * request, const YL_PLAIN(Target) * targets,
                          YL_PLAIN(StepResult) * result, const void* p0, const void* p1, const void* p2, const void* p3, const void* p4,
                          const void* p5, const void* p6, const void* p7, void* g0, void* g1, void* g2, void* g3, void* g4, void* g5,
                          void* g6, void* g7);

/* Boxes in pixels, objectness and class probabilities: out is [images, slots of an image over all layers, 5 + classes]. */
YL_EXPORT int32_t yl_decode(void* engine, const YL_PLAIN(StepRequest) * request, double* out, const void* p0, const void* p1,
                            const void* p2, const void* p3, const void* p4, const void* p5, const void* p6, const void* p7);

/* Opens the operations that need no loss. threads and instruction_set as of an engine. */
YL_EXPORT int32_t yl_open_operations(int32_t threads, int32_t instruction_set, void** operations);

/* Frees them; null is fine. */
YL_EXPORT void yl_close_operations(void* operations);

/* The overlap of n pairs of boxes (x, y, w, h) and its derivative by the first; gradient may be null. Types are ElementType. */
YL_EXPORT int32_t yl_overlap(void* operations, int32_t kind, int32_t convention, int64_t n, int32_t a_type, const void* a, int32_t b_type,
                             const void* b, int32_t value_type, void* value, int32_t gradient_type, void* gradient);

/* Sigmoid-BCE of n logits and its scaled slope; gradient may be null. */
YL_EXPORT int32_t yl_sigmoid_bce(void* operations, int64_t n, double positive_weight, double gradient_scale, int32_t logits_type,
                                 const void* logits, int32_t targets_type, const void* targets, int32_t value_type, void* value,
                                 int32_t gradient_type, void* gradient);

#ifdef __cplusplus
}
#endif
