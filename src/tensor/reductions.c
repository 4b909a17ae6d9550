/* SPDX-License-Identifier: Apache-2.0
 * Sums, maxima, norms and proximities of rows. */
#include "tensor/isa_kernels.h"
#include "tensor/lanes.h"

/* Runs the statements for each vector v of HW_LANES elements at a time: `at` is its first element, `left` says how many of it are below n.
 * What is missing at the end counts as many zeros as make the lanes full. v is a constant where the statements are compiled, so that sums
 * stay in registers. */
#define EACH_LANE_VECTOR(n, ...)                                                                   \
  {                                                                                                \
    size_t i_ = 0;                                                                                 \
    for (; i_ + HW_LANES <= (n); i_ += HW_LANES)                                                   \
      for (int v = 0; v < HW_VECTORS; v++) {                                                       \
        const size_t at = i_ + (size_t)v * HW_WIDTH, left = HW_WIDTH;                              \
        __VA_ARGS__                                                                                \
      }                                                                                            \
    if (i_ < (n))                                                                                  \
      for (int v = 0; v < HW_VECTORS; v++) {                                                       \
        const size_t at = i_ + (size_t)v * HW_WIDTH, left = at < (n) ? (n) - at : 0;               \
        __VA_ARGS__                                                                                \
      }                                                                                            \
  }

float HW_ISA_NAME(hw_dot)(const float *a, const float *b, size_t n) {
  hw_lanes sums;
  hw_lanes_clear(&sums);
  EACH_LANE_VECTOR(n, sums.of[v] = hw_fma(hw_load_up_to(a + at, left, 0), hw_load_up_to(b + at, left, 0), sums.of[v]);)
  return hw_total_of_lanes(&sums);
}

float HW_ISA_NAME(hw_l1_difference)(const float *w, const float *u, size_t d) {
  hw_lanes sums;
  hw_lanes_clear(&sums);
  EACH_LANE_VECTOR(d, sums.of[v] += hw_magnitude(hw_load_up_to(w + at, left, 0)) - hw_magnitude(hw_load_up_to(u + at, left, 0));)
  return hw_total_of_lanes(&sums);
}

bool HW_ISA_NAME(hw_all_below)(const float *x, size_t n, float limit) {
  hw_integers outside[HW_VECTORS] = {{0}};
  int32_t lane[HW_LANES], any = 0;
  EACH_LANE_VECTOR(n, outside[v] |= ~(hw_magnitude(hw_load_up_to(x + at, left, 0)) < limit);)
  memcpy(lane, outside, sizeof lane);
  for (size_t i = 0; i < HW_LANES; i++) any |= lane[i];
  return any == 0;
}

/* The largest of sign * x; NaN is left out. */
HW_INLINE float largest_of(const float *x, size_t n, float sign) {
  hw_lanes best;
  float lane[HW_LANES];
  for (int v = 0; v < HW_VECTORS; v++) best.of[v] = hw_all(-INFINITY);
  EACH_LANE_VECTOR(n, hw_vector y = sign * hw_load_up_to(x + at, left, -sign * INFINITY); best.of[v] = hw_choose(y > best.of[v], y, best.of[v]);)
  for (int v = 0; v < HW_VECTORS; v++) hw_store(lane + v * HW_WIDTH, best.of[v]);
  for (int step = HW_LANES / 2; step > 0; step /= 2)
    for (int j = 0; j < step; j++) lane[j] = lane[j + step] > lane[j] ? lane[j + step] : lane[j];
  return sign * lane[0];
}

float HW_ISA_NAME(hw_max)(const float *x, size_t n) { return largest_of(x, n, 1); }
float HW_ISA_NAME(hw_min)(const float *x, size_t n) { return largest_of(x, n, -1); }

/* ---- Norms: the moments in float64 ---- */

HW_INLINE double sum_of(const float *x, size_t n) {
  hw_double_lanes sums;
  hw_double_lanes_clear(&sums);
  double lane[HW_LANES];
  size_t whole = n - n % HW_LANES;
  EACH_LANE_VECTOR(whole, (void)left; sums.of[2 * v] += hw_widened(hw_load(x + at), 0); sums.of[2 * v + 1] += hw_widened(hw_load(x + at), 1);)
  memcpy(lane, &sums, sizeof lane);
  for (size_t i = whole; i < n; i++) lane[i - whole] += (double)x[i];
  return hw_sum_tree(lane);
}

/* The sum of (x - mean)^2 */
HW_INLINE double squares_of(const float *x, size_t n, double mean) {
  hw_double_lanes sums;
  hw_double_lanes_clear(&sums);
  double lane[HW_LANES];
  size_t whole = n - n % HW_LANES;
  EACH_LANE_VECTOR(whole, (void)left; hw_doubles low = hw_widened(hw_load(x + at), 0) - mean, high = hw_widened(hw_load(x + at), 1) - mean;
                   sums.of[2 * v] += low * low; sums.of[2 * v + 1] += high * high;)
  memcpy(lane, &sums, sizeof lane);
  for (size_t i = whole; i < n; i++) lane[i - whole] += ((double)x[i] - mean) * ((double)x[i] - mean);
  return hw_sum_tree(lane);
}

/* Mean that is taken off (0 for RMSNorm) and divisor of a norm (1 for none). */
HW_INLINE void norm_moments(hw_norm_kind kind, const float *x, float eps, size_t n, double *mean, double *sigma) {
  *mean = kind == HW_NORM_LAYER ? sum_of(x, n) / (double)n : 0;
  *sigma = kind == HW_NORM_NONE ? 1 : sqrt(squares_of(x, n, *mean) / (double)n + (double)eps);
}

/* The same in float32. */
HW_INLINE void norm_statistics(hw_norm_kind kind, const float *x, float eps, size_t n, float *mean, float *sigma) {
  double centre, scale;
  norm_moments(kind, x, eps, n, &centre, &scale);
  *mean = (float)centre;
  *sigma = (float)scale;
}

float HW_ISA_NAME(hw_norm_scale)(hw_norm_kind kind, const float *x, float eps, size_t n) {
  float mean, sigma;
  norm_statistics(kind, x, eps, n, &mean, &sigma);
  return sigma;
}

HW_INLINE void centre_and_scale(const float *x, const float *gamma, float mean, float factor, size_t n, float *out) {
  if (!gamma)
    for (size_t i = 0; i < n; i++) out[i] = (x[i] - mean) * factor;
  else
    for (size_t i = 0; i < n; i++) out[i] = (x[i] - mean) * factor * gamma[i];
}

float HW_ISA_NAME(hw_norm_numerator)(hw_norm_kind kind, const float *x, const float *gamma, float eps, size_t n, float *out) {
  float mean, sigma;
  norm_statistics(kind, x, eps, n, &mean, &sigma);
  centre_and_scale(x, gamma, mean, 1.0f, n, out);
  return sigma;
}

void HW_ISA_NAME(hw_norm_row)(hw_norm_kind kind, const float *x, const float *gamma, const float *beta, float eps, size_t n, float *out) {
  float mean, sigma;
  norm_statistics(kind, x, eps, n, &mean, &sigma);
  centre_and_scale(x, gamma, mean, 1.0f / sigma, n, out);
  HW_ISA_NAME(hw_add_bias)(out, n, beta, 1, n);
}

/* ---- Proximity ---- */

/* Folded sums of n_rows rows, 1 or 4: w is loaded once, and several sums hide each other's latency. */
HW_INLINE void proximity_folded(const float *w, const float *z, size_t ldz, const float *scale, size_t n_rows, size_t d, hw_vector *out) {
  hw_lanes sums[4];
  for (size_t r = 0; r < 4; r++) hw_lanes_clear(&sums[r]);
  hw_vector minus[4];
  for (size_t r = 0; r < n_rows; r++) minus[r] = hw_all(-scale[r]);
  EACH_LANE_VECTOR(d, hw_vector whole = hw_load_up_to(w + at, left, 0), size = hw_magnitude(whole);
                   for (size_t r = 0; r < n_rows; r++)
                     sums[r].of[v] += size - hw_magnitude(hw_fma(minus[r], hw_load_up_to(z + r * ldz + at, left, 0), whole));)
  for (size_t r = 0; r < n_rows; r++) out[r] = hw_fold(&sums[r]);
}

void HW_ISA_NAME(hw_proximity_rows)(const float *w, const float *z, size_t ldz, const float *scale, size_t n_rows, size_t d, float *out) {
  for (size_t first = 0; first < n_rows; first += HW_WIDTH) {
    size_t count = n_rows - first < HW_WIDTH ? n_rows - first : HW_WIDTH, r = 0;
    hw_vector folded[HW_WIDTH];
    for (size_t i = count; i < HW_WIDTH; i++) folded[i] = hw_all(0);
    for (; r + 4 <= count; r += 4) proximity_folded(w, z + (first + r) * ldz, ldz, scale + first + r, 4, d, folded + r);
    for (; r < count; r++) proximity_folded(w, z + (first + r) * ldz, ldz, scale + first + r, 1, d, folded + r);
    hw_store_some(out + first, count, hw_sum_each(folded));
  }
}

enum { PANEL_VECTORS = HW_PACK_WIDTH / HW_WIDTH };

/* The lanes of `width` numbers of each row. `whole`, a constant where this is compiled, says that they are HW_PACK_WIDTH. */
HW_INLINE void add_panel(const float *w, const float *z, size_t ldz, const hw_listed_rows *rows, size_t width, bool whole, float *lanes) {
  hw_vector of_w[PANEL_VECTORS], size[PANEL_VECTORS];
  for (size_t i = 0; i < PANEL_VECTORS; i++) {
    size_t at = i * HW_WIDTH;
    of_w[i] = hw_load_up_to(w + at, at < width ? width - at : 0, 0);
    size[i] = hw_magnitude(of_w[i]);
  }
  for (size_t r = 0, n = rows->n; r < n; r++, lanes += HW_LANES) {
    const float *row = z + rows->row[r] * ldz;
    hw_vector minus = hw_all(-rows->scale[r]), sums[HW_VECTORS];
    for (int v = 0; v < HW_VECTORS; v++) sums[v] = hw_load(lanes + v * HW_WIDTH);
    for (size_t i = 0; i < PANEL_VECTORS; i++) {
      size_t at = i * HW_WIDTH;
      hw_vector part = whole ? hw_load(row + at) : hw_load_up_to(row + at, at < width ? width - at : 0, 0);
      sums[i % HW_VECTORS] += size[i] - hw_magnitude(hw_fma(minus, part, of_w[i]));
    }
    for (int v = 0; v < HW_VECTORS; v++) hw_store(lanes + v * HW_WIDTH, sums[v]);
  }
}

void HW_ISA_NAME(hw_proximity_panel)(const float *w, const float *z, size_t ldz, const hw_listed_rows *rows, size_t width, float *lanes) {
  if (width == HW_PACK_WIDTH)
    add_panel(w, z, ldz, rows, width, true, lanes);
  else
    add_panel(w, z, ldz, rows, width, false, lanes);
}

void HW_ISA_NAME(hw_sum_lanes)(const float *lanes, size_t n, float *out) {
  for (size_t first = 0; first < n; first += HW_WIDTH) {
    size_t count = n - first < HW_WIDTH ? n - first : HW_WIDTH;
    hw_vector folded[HW_WIDTH];
    for (size_t i = count; i < HW_WIDTH; i++) folded[i] = hw_all(0);
    for (size_t r = 0; r < count; r++) {
      hw_lanes sums;
      for (int v = 0; v < HW_VECTORS; v++) sums.of[v] = hw_load(lanes + (first + r) * HW_LANES + v * HW_WIDTH);
      folded[r] = hw_fold(&sums);
    }
    hw_store_some(out + first, count, hw_sum_each(folded));
  }
}

double HW_ISA_NAME(hw_clip_and_sum)(float *x, size_t n) {
  hw_double_lanes sums;
  hw_double_lanes_clear(&sums);
  double lane[HW_LANES];
  EACH_LANE_VECTOR(n, hw_vector y = hw_load_up_to(x + at, left, 0); y = hw_choose(y > 0, y, hw_all(0));
                   hw_store_up_to(x + at, left, y); sums.of[2 * v] += hw_widened(y, 0); sums.of[2 * v + 1] += hw_widened(y, 1);)
  memcpy(lane, &sums, sizeof lane);
  return hw_sum_tree(lane);
}

/* ---- Products and norms of co-vectors, in float64 ---- */

#define DIFFERENCE(half) (hw_widened(first, half) - hw_widened(second, half))

double HW_ISA_NAME(hw_difference_dot)(const float *x, const float *minus, const float *g, size_t n) {
  hw_double_lanes sums;
  hw_double_lanes_clear(&sums);
  double lane[HW_LANES];
  size_t whole = n - n % HW_LANES;
  EACH_LANE_VECTOR(whole, (void)left; const hw_vector first = hw_load(x + at), second = minus ? hw_load(minus + at) : (hw_vector){0}, by = hw_load(g + at);
                   sums.of[2 * v] += DIFFERENCE(0) * hw_widened(by, 0); sums.of[2 * v + 1] += DIFFERENCE(1) * hw_widened(by, 1);)
  memcpy(lane, &sums, sizeof lane);
  for (size_t i = whole; i < n; i++) lane[i - whole] += ((double)x[i] - (minus ? (double)minus[i] : 0)) * (double)g[i];
  return hw_sum_tree(lane);
}

/* The sum of h, and that of (x - centre) h unless it is NULL, for h = gamma g. */
HW_INLINE void covector_sums(const float *x, double centre, const float *gamma, const float *g, size_t n, double *sum, double *product) {
  hw_double_lanes sums, products;
  hw_double_lanes_clear(&sums);
  hw_double_lanes_clear(&products);
  double lane[HW_LANES], product_lane[HW_LANES];
  size_t whole = n - n % HW_LANES;
  EACH_LANE_VECTOR(whole, (void)left; const hw_vector values = hw_load(x + at), by = hw_load(g + at), gain = gamma ? hw_load(gamma + at) : hw_all(1);
                   for (int half = 0; half < 2; half++) {
                     hw_doubles h = hw_widened(gain, half) * hw_widened(by, half);
                     sums.of[2 * v + half] += h;
                     if (product) products.of[2 * v + half] += (hw_widened(values, half) - centre) * h;
                   })
  memcpy(lane, &sums, sizeof lane);
  memcpy(product_lane, &products, sizeof product_lane);
  for (size_t i = whole; i < n; i++) {
    double h = (gamma ? (double)gamma[i] : 1) * (double)g[i];
    lane[i - whole] += h;
    product_lane[i - whole] += ((double)x[i] - centre) * h;
  }
  *sum = hw_sum_tree(lane);
  if (product) *product = hw_sum_tree(product_lane);
}

void HW_ISA_NAME(hw_norm_pull)(hw_norm_kind kind, const float *x, const float *gamma, float eps, const float *g, size_t n, float *out) {
  double mean, sigma, sum = 0;
  norm_moments(kind, x, eps, n, &mean, &sigma);
  if (kind == HW_NORM_LAYER) covector_sums(x, 0, gamma, g, n, &sum, NULL);
  sum /= (double)n;
  double factor = 1 / sigma; /* a division of each number would take most of the time */
  for (size_t i = 0; i < n; i++) out[i] = (float)((double)out[i] + ((gamma ? (double)gamma[i] : 1) * (double)g[i] - sum) * factor);
}

void HW_ISA_NAME(hw_norm_secant_pull)(hw_norm_kind kind, const float *x, const float *other, const float *gamma, float eps, const float *g, size_t n, float *out) {
  double mean, sigma, other_mean, other_sigma, sum, product, unused, more;
  if (kind == HW_NORM_NONE) {
    HW_ISA_NAME(hw_norm_pull)(kind, x, gamma, eps, g, n, out);
    return;
  }
  norm_moments(kind, x, eps, n, &mean, &sigma);
  norm_moments(kind, other, eps, n, &other_mean, &other_sigma);
  covector_sums(x, mean, gamma, g, n, &sum, &product);
  covector_sums(other, other_mean, gamma, g, n, &unused, &more);
  double along = (1 / sigma + 1 / other_sigma) / 2, across = (product + more) / (2 * (double)n * sigma * other_sigma * (sigma + other_sigma));
  sum = kind == HW_NORM_LAYER ? sum / (double)n : 0;
  for (size_t i = 0; i < n; i++) {
    double c = ((double)x[i] - mean) + ((double)other[i] - other_mean);
    out[i] = (float)((double)out[i] + along * ((gamma ? (double)gamma[i] : 1) * (double)g[i] - sum) - across * c);
  }
}
