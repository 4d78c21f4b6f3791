/*
 * Runs `.tflite` files on rows, by TensorFlow Lite's C library: `program built-in|XNNPACK NAME...` reads NAME.tflite and the
 * rows of its first input in NAME.in, as the file holds them, and writes all outputs of each row to NAME.out.
 */
#include "tensorflow/lite/c/c_api.h"
#include <stdio.h>
#include <string.h>

/* The package leaves out the header of this part. Version 2.9 reads the first two; flags: int8 and uint8 too. */
typedef struct {
  int32_t num_threads;
  uint32_t flags;
  void *more[8];
} Options;
TfLiteDelegate *TfLiteXNNPackDelegateCreate(const Options *options);

static int fail(const char *name, const char *what) {
  fprintf(stderr, "%s: %s\n", name, what);
  return 1;
}

static int run(const char *name, TfLiteDelegate *delegate) {
  char path[256];
  snprintf(path, sizeof path, "%s.tflite", name);
  TfLiteModel *model = TfLiteModelCreateFromFile(path);
  if (!model) return fail(name, "is no model");
  TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetNumThreads(options, 1);
  if (delegate) TfLiteInterpreterOptionsAddDelegate(options, delegate);
  TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options);
  if (!interpreter) return fail(name, "was not loaded");
  if (TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk) return fail(name, "was not prepared");
  TfLiteTensor *input = TfLiteInterpreterGetInputTensor(interpreter, 0);
  const size_t bytes = TfLiteTensorByteSize(input);
  snprintf(path, sizeof path, "%s.in", name);
  FILE *rows = fopen(path, "rb");
  snprintf(path, sizeof path, "%s.out", name);
  FILE *results = fopen(path, "wb");
  if (!rows || !results) return fail(name, "has no rows, or no place for results");
  while (fread(TfLiteTensorData(input), 1, bytes, rows) == bytes) {
    if (TfLiteInterpreterInvoke(interpreter) != kTfLiteOk) return fail(name, "was not run");
    for (int k = 0; k < TfLiteInterpreterGetOutputTensorCount(interpreter); k++) {
      const TfLiteTensor *output = TfLiteInterpreterGetOutputTensor(interpreter, k);
      fwrite(TfLiteTensorData(output), 1, TfLiteTensorByteSize(output), results);
    }
  }
  fclose(rows);
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  return fclose(results);
}

int main(int count, char **names) {
  const Options options = {.num_threads = 1, .flags = 3};
  const int delegated = strcmp(names[1], "XNNPACK") == 0;
  if (strncmp(TfLiteVersion(), "2.9.", 4) != 0) return fail(TfLiteVersion(), "is not the version that this is made for");
  for (int k = 2; k < count; k++) {
    if (run(names[k], delegated ? TfLiteXNNPackDelegateCreate(&options) : NULL)) return 1;
  }
  return 0;
}
