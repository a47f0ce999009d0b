/* The header as C reads it: the same structures, and calls that tell what is wrong. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "yololoss.h"

static int failures = 0;

static void expect(int holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "%s\n", what);
  failures++;
}

/* Whether the library's own description of its structures has this one. */
static void expect_layout(const char* structure, size_t size) {
  char wanted[128];
  snprintf(wanted, sizeof wanted, "%s:%zu ", structure, size);
  expect(strstr(yl_layout(), wanted) != NULL, wanted);
}

static void expect_field(const char* field, size_t offset, size_t size) {
  char wanted[128];
  snprintf(wanted, sizeof wanted, "%s:%zu:%zu ", field, offset, size);
  expect(strstr(yl_layout(), wanted) != NULL, wanted);
}

#define SIZE(type) expect_layout(#type, sizeof(type))
#define FIELD(type, field) expect_field(#type "." #field, offsetof(type, field), sizeof(((type*)0)->field))

int main(void) {
  LossDescription loss;
  void* engine = NULL;
  void* operations = NULL;
  float logit = 0, target = 1, value = 0, gradient = 0;
  SIZE(HeadDescription);
  SIZE(AnchorDescription);
  SIZE(LossDescription);
  SIZE(TensorView);
  SIZE(Target);
  SIZE(StepRequest);
  SIZE(Parts);
  SIZE(RawSums);
  SIZE(DeltaTally);
  SIZE(MatchRow);
  SIZE(StepResult);
  FIELD(LossDescription, focal_gamma);
  FIELD(LossDescription, pool);
  FIELD(StepRequest, gradients);
  FIELD(StepResult, states);
  expect(strstr(yl_layout(), "NoSuchStructure:8 ") == NULL, "a structure that there is not");

  memset(&loss, 0, sizeof loss);
  expect(yl_open(&loss, NULL, 1, 1, &engine) == YL_INVALID_ARGUMENT, "a loss without heads was opened");
  expect(strcmp(yl_last_error(), "head_count is not in 1..8") == 0, yl_last_error());
  loss.head_count = loss.pool_count = loss.classes = loss.heads[0].anchor_count = 1;
  loss.heads[0].stride = 32;
  loss.pool[0].width = loss.pool[0].height = 32;
  expect(yl_open(&loss, NULL, 1, 1, &engine) == YL_OK, yl_last_error());
  expect(strcmp(yl_describe(engine), "baseline, 1 thread") == 0, "describe");
  yl_close(engine);

  expect(yl_open_operations(1, 1, &operations) == YL_OK, yl_last_error());
  expect(yl_sigmoid_bce(operations, 1, 1, 2, 0, &logit, 0, &target, 0, &value, 0, &gradient) == YL_OK, yl_last_error());
  expect(value > 0.6931f && value < 0.6932f && gradient == -1.0f, "sigmoid-BCE of 0");
  yl_close_operations(operations);
  return failures == 0 ? 0 : 1;
}
