/* SPDX-License-Identifier: Apache-2.0
 * OpenBLAS: its products, its name, and whether it gives a row the same bits wherever it stands. The library is loaded when it is asked for:
 * with several threads it starts them when it is loaded, and where memory is limited (ulimit -v) it asks for that of a product again and
 * again, for ever. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/size.h"
#include "tensor/blas.h"
#include "tensor/kernels.h"

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 }; /* of the C interface of the BLAS */
typedef void sgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                   float beta, float *c, int ldc);
typedef void set_threads(int n);
typedef char *core_name(void);

/* A function of the loaded library into *function, which is a pointer to one. */
static bool find(const char *name, void *function) {
  void *address = dlsym(RTLD_DEFAULT, name);
  memcpy(function, &address, sizeof address); /* C has no conversion between the two kinds of pointers */
  return address != NULL;
}

void hw_blas_product(const hw_matrix *w, const float *x, size_t ldx, float *y, size_t ldy, size_t n_rows, float *panel) {
  const float *plain = hw_matrix_plain(w);
  size_t width = plain ? w->n_out : hw_smaller(w->n_out, HW_PANEL_FLOATS / w->n_in); /* at least 1: models are no wider than the panel */
  sgemm *multiply;
  if (!find("cblas_sgemm", &multiply)) return; /* not without hw_blas_start */
  for (size_t n = 0; n < w->n_out; n += width) {
    size_t n_out = hw_smaller(w->n_out - n, width), rows = w->in_first ? w->n_in : n_out, length = w->in_first ? n_out : w->n_in;
    for (size_t r = 0; !plain && r < rows; r++) hw_matrix_row(w, w->in_first ? r : n + r, w->in_first ? n : 0, length, panel + r * length);
    multiply(ROW_MAJOR, NO_TRANSPOSE, w->in_first ? NO_TRANSPOSE : TRANSPOSE, (int)n_rows, (int)n_out, (int)w->n_in, 1.0f, x, (int)ldx,
             plain ? plain : panel, (int)(plain ? w->stride : length), 0.0f, y + n, (int)ldy);
  }
}

enum { ROWS = 256 };

/* Multiplies one row alone and among others. Invariant: the result is the same, bit by bit. */
static bool row_is_invariant(size_t n_in, size_t n_out, bool in_first, float *scratch, float *panel) {
  float *w = scratch, *x = w + n_in * n_out, *y = x + ROWS * n_in, *alone = y + ROWS * n_out;
  uint32_t state = 1;
  for (size_t i = 0; i < n_in * n_out + ROWS * n_in; i++) {
    state = state * 1664525u + 1013904223u;
    scratch[i] = (float)(int32_t)state / 2147483648.0f;
  }
  hw_matrix matrix = {.data = w, .dtype = HW_F32, .n_in = n_in, .n_out = n_out, .stride = in_first ? n_out : n_in, .in_first = in_first, .blas = true};
  static const size_t places[] = {0, 7, 100, ROWS - 1};
  hw_gemm(&matrix, x, n_in, y, n_out, ROWS, panel);
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    hw_gemm(&matrix, x + places[i] * n_in, n_in, alone, n_out, 1, panel);
    if (memcmp(y + places[i] * n_out, alone, n_out * sizeof *alone) != 0) return false;
  }
  return true;
}

bool hw_blas_batch_invariant(void) {
  static const size_t shapes[][2] = {{64, 192}, {64, 172}, {128, 512}, {512, 128}, {30, 77}, {77, 30}, {768, 768}, {10, 30}};
  enum { LARGEST = 768 };
  size_t floats = (size_t)LARGEST * LARGEST + 2 * ROWS * (size_t)LARGEST + LARGEST;
  float *scratch = malloc(floats * sizeof *scratch), *panel = malloc(HW_PANEL_FLOATS * sizeof *panel);
  bool invariant = scratch && panel;
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes && invariant; i++)
    for (int in_first = 0; in_first < 2 && invariant; in_first++)
      invariant = row_is_invariant(shapes[i][0], shapes[i][1], in_first != 0, scratch, panel);
  free(scratch);
  free(panel);
  return invariant;
}

/* OpenBLAS maps so much for a thread's first product, and some for itself. */
#define THREAD_BYTES ((size_t)136 << 20)
#define LIBRARY_BYTES ((size_t)64 << 20)

/* Could the threads' work space be mapped? It is not touched. */
static bool room_for(int n_threads) {
  size_t bytes = LIBRARY_BYTES + (size_t)n_threads * THREAD_BYTES;
  void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return room != MAP_FAILED && munmap(room, bytes) == 0;
}

bool hw_blas_start(int n_threads, const char **kernel, hw_error *err) {
  static const char package[] = "the package libopenblas0 (Debian) or openblas has it; --gemm built-in needs none";
  set_threads *one_thread;
  core_name *name;
  if (!room_for(n_threads))
    return hw_fail(err, HW_ERROR_MEMORY, "OpenBLAS needs %zu MiB of address space for %d thread%s, more than the limit (ulimit -v) leaves",
                   (LIBRARY_BYTES + (size_t)n_threads * THREAD_BYTES) >> 20, n_threads, n_threads == 1 ? "" : "s");
  if (setenv("OPENBLAS_NUM_THREADS", "1", 1) != 0) return hw_fail_memory(err, "OpenBLAS"); /* read when it is loaded: it starts no threads */
  if (!dlopen(HW_OPENBLAS_LIBRARY, RTLD_NOW | RTLD_GLOBAL)) /* never closed: products look its functions up */
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "OpenBLAS cannot be loaded: %s; %s", dlerror(), package);
  if (!find("openblas_set_num_threads", &one_thread) || !find("openblas_get_corename", &name) || !find("cblas_sgemm", &(sgemm *){NULL}))
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s is not OpenBLAS with its C interface; %s", HW_OPENBLAS_LIBRARY, package);
  one_thread(1);
  *kernel = name();
  return true;
}
