/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/quantized.h"

#include <math.h>
#include <string.h>

#include "base/simd.h"
#include "base/size.h"
#include "tensor/kernels.h"
#include "tensor/pack.h"

enum { SAMPLE = 2048, PIECE = 256, LARGEST = 127 }; /* outputs that mean and balance are taken from; inputs that are widened together */

/* Sums of a few thousand numbers in float64 are off by less than this share. */
static const double above = 1 + 1e-9;

static size_t whole_lines(size_t bytes) { return (bytes + 63) / 64 * 64; }

/* The parts of the work space one after the other; memory NULL: only their sum. */
static size_t lay_out(const hw_matrix *w, char *memory, hw_quantized *q) {
  size_t panels = hw_pack_panels(w), quads = (w->n_in + 3) / 4, outputs = panels * HW_PACK_WIDTH, at = 0;
  *q = (hw_quantized){.n_in = w->n_in, .n_out = w->n_out, .quads = quads};
  struct { void *part; /* the address of a pointer, of one of several types: written as bytes */ size_t bytes; } parts[] = {
      {&q->numbers, outputs * quads * 4}, {&q->start, outputs * sizeof(int32_t)}, {&q->step, outputs * sizeof(float)},
      {&q->norm, outputs * sizeof(float)}, {&q->lost, outputs * sizeof(float)}, {&q->mean, w->n_in * sizeof(double)}, {&q->balance, w->n_in * sizeof(double)}};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    void *place = memory ? memory + at : NULL;
    memcpy(parts[i].part, &place, sizeof place);
    at += whole_lines(parts[i].bytes);
  }
  return at;
}

size_t hw_quantized_bytes(const hw_matrix *w) {
  hw_quantized q;
  return lay_out(w, NULL, &q);
}

/* mean and balance of some outputs that lie evenly in the matrix. */
static void take_sample(const hw_matrix *w, hw_quantized *q) {
  float piece[PIECE];
  size_t every = w->n_out / SAMPLE + 1, n = (w->n_out + every - 1) / every;
  double squares = 0;
  for (size_t i = 0; i < q->n_in; i++) q->mean[i] = q->balance[i] = 0;
  for (size_t v = 0; v < w->n_out; v += every)
    for (size_t i = 0; i < q->n_in; i += PIECE) {
      size_t count = hw_smaller(PIECE, q->n_in - i);
      hw_matrix_row(w, v, i, count, piece);
      for (size_t e = 0; e < count; e++) {
        q->mean[i + e] += (double)piece[e];
        q->balance[i + e] += (double)piece[e] * (double)piece[e];
      }
    }
  for (size_t i = 0; i < q->n_in; i++) {
    q->mean[i] /= (double)n;
    double variance = q->balance[i] / (double)n - q->mean[i] * q->mean[i];
    q->balance[i] = variance > 0 ? ldexp(1, ilogb(variance) / 2) : 0;
    if (!(q->balance[i] > 1e-30 && q->balance[i] < 1e30)) q->balance[i] = 1;
    squares += q->mean[i] * q->mean[i] / (q->balance[i] * q->balance[i]);
  }
  q->mean_norm = sqrt(squares) * above;
}

/* The nearest integer, for magnitudes below 2^51. */
static inline double nearest(double x) { return (x + 0x1.8p52) - 0x1.8p52; }

static float upwards(double x) { return nextafterf((float)x, INFINITY); }

/* One output; false if it is not finite. row: n_in numbers. */
static bool quantize_output(const hw_matrix *w, hw_quantized *q, size_t v, double *row) {
  float piece[PIECE];
  double largest = 0, squares = 0, errors = 0;
  size_t panel = v / HW_PACK_WIDTH;
  int8_t *out = q->numbers + panel * q->quads * HW_PACK_WIDTH * 4 + v % HW_PACK_WIDTH * 4;
  for (size_t i = 0; i < q->n_in; i += PIECE) {
    size_t count = hw_smaller(PIECE, q->n_in - i);
    hw_matrix_row(w, v, i, count, piece);
    for (size_t e = 0; e < count; e++) {
      double u = ((double)piece[e] - q->mean[i + e]) / q->balance[i + e];
      row[i + e] = u;
      squares += u * u;
      largest = fmax(largest, fabs(u));
    }
  }
  float step = (float)(largest / LARGEST);
  if (!(squares < 1e36) || (largest > 0 && !(step > 1e-36f))) return false;
  double inverse = largest > 0 ? 1 / (double)step : 0;
  int32_t sum = 0;
  for (size_t i = 0; i < q->n_in; i++) {
    int number = (int)nearest(row[i] * inverse);
    double error = row[i] - (double)step * number;
    errors += error * error;
    sum += number;
    out[i / 4 * HW_PACK_WIDTH * 4 + i % 4] = (int8_t)number;
  }
  q->step[v] = step;
  q->start[v] = -128 * sum;
  q->norm[v] = upwards(sqrt(squares) * above);
  q->lost[v] = upwards(sqrt(errors) * above);
  return true;
}

bool hw_quantize(const hw_matrix *w, int threads, void *memory, hw_quantized *q) {
  size_t bytes = lay_out(w, memory, q), panels = hw_pack_panels(w);
  bool finite = true;
  memset(memory, 0, bytes);
  take_sample(w, q);
#pragma omp parallel for num_threads(threads) reduction(&& : finite)
  for (size_t p = 0; p < panels; p++) {
    double row[HW_MOST_QUANTIZED];
    for (size_t v = p * HW_PACK_WIDTH; v < w->n_out && v < (p + 1) * HW_PACK_WIDTH; v++) finite = quantize_output(w, q, v, row) && finite;
  }
  float most = 0; /* gcc 12 cannot compile this for arm64 as a maximum of doubles (internal error) */
  double lost = 0, all = 0;
  for (size_t v = 0; v < w->n_out; v++) {
    most = fmaxf(most, q->norm[v]);
    lost += (double)q->lost[v] * (double)q->lost[v];
    all += (double)q->norm[v] * (double)q->norm[v];
  }
  q->mean_lost = all > 0 ? sqrt(lost / all) : 0;
  q->largest = (double)most + q->mean_norm;
  return finite;
}

/* Sums of vectors in lanes, which compilers take together. What is missing at the end counts as zeros. */
enum { LANES = 8 };

static inline double total(const double *lane) { return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7])); }

/* For i, an element, and j, its lane. */
#define EACH_ELEMENT(n, ...)                                                       \
  do {                                                                             \
    size_t first_ = 0;                                                             \
    for (; first_ + LANES <= (n); first_ += LANES)                                 \
      for (size_t j = 0; j < LANES; j++) {                                         \
        const size_t i = first_ + j;                                               \
        __VA_ARGS__                                                                \
      }                                                                            \
    for (size_t i = first_; i < (n); i++) {                                        \
      const size_t j = i - first_;                                                 \
      __VA_ARGS__                                                                  \
    }                                                                              \
  } while (0)

HW_SIMD void hw_balance_vector(const float *x, const hw_quantized *q, double *balanced, double *norm, double *dot_mean) {
  double squares[LANES] = {0}, dots[LANES] = {0};
  EACH_ELEMENT(q->n_in, double value = (double)x[i]; double scaled = value * q->balance[i]; balanced[i] = scaled; squares[j] += scaled * scaled;
               dots[j] += value * q->mean[i];);
  *norm = sqrt(total(squares)) * above;
  *dot_mean = total(dots);
}

HW_SIMD static double largest_of(const double *x, size_t n) {
  double largest[LANES] = {0}, all = 0;
  EACH_ELEMENT(n, double size = fabs(x[i]); largest[j] = size > largest[j] ? size : largest[j];);
  for (size_t j = 0; j < LANES; j++) all = largest[j] > all ? largest[j] : all;
  return all;
}

HW_SIMD hw_quantized_vector hw_quantize_vector(const double *x, size_t n, size_t quads, uint8_t *numbers, float *hat) {
  float step = (float)(largest_of(x, n) / LARGEST);
  double inverse = step > 0 ? 1 / (double)step : 0, squares[LANES] = {0};
  EACH_ELEMENT(n, double number = nearest(x[i] * inverse); number = number > LARGEST ? LARGEST : number < -LARGEST ? -LARGEST : number;
               squares[j] += number * number; numbers[i] = (uint8_t)((int)number + 128); hat[i] += step * (float)number;);
  for (size_t i = n; i < 4 * quads; i++) numbers[i] = 128;
  return (hw_quantized_vector){.step = step, .size = (double)step * sqrt(total(squares)) * above};
}

/* The rounding of a number to the nearest takes 1 / sqrt(12) in the mean of squares. */
double hw_quantized_loss(const double *x, size_t n) { return largest_of(x, n) / LARGEST * sqrt((double)n / 12); }

HW_SIMD double hw_take_rest(const double *x, const float *hat, size_t n, double *rest) {
  double squares[LANES] = {0};
  EACH_ELEMENT(n, double left = x[i] - (double)hat[i]; rest[i] = left; squares[j] += left * left;);
  return sqrt(total(squares)) * above;
}

HW_SIMD double hw_length_of_floats(const float *x, size_t n) {
  double squares[LANES] = {0};
  EACH_ELEMENT(n, squares[j] += (double)x[i] * (double)x[i];);
  return sqrt(total(squares)) * above;
}
