/* SPDX-License-Identifier: Apache-2.0
 * Rearrangements, LANES of them in a batch. First all of the batch are drawn, or taken from the list of all that there are: one bit per unit and
 * lane, 1 where the unit is chosen.
 * Then each column of measures is read once, and each value is added to the sums of the lanes that chose its unit. A lane adds the
 * units in ascending order and has a random stream, or a place in the list, of its own, so the counts are the same for any number of threads.
 *
 * The difference of a rearrangement is (S - r T) w, with S the sum of what was chosen and T of all:
 *   labels   r = N_a / N, w = N / (N_a N_b)    mean of the chosen minus mean of the others
 *   signs    r = 1 / 2, w = 1                  half of (sum of the chosen - sum of the others) */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "base/simd.h"
#include "stats/matrix.h"

enum { LANES = 32, BLOCK = 1024 };

/* Differences closer than this, relative to the sum of all magnitudes, are equal: the rounding of a sum of 100,000 values. */
static const double TIE = 1e-11;

typedef struct plan {
  const hw_rearrangement *what;
  double *totals, *limits; /* [components] sum; |difference| that counts as at least as extreme */
  uint32_t *identity;      /* 0, 1, ... */
  size_t n_blocks, *cuts;  /* [components, n_blocks + 1] where the units of a block begin in a column */
  double size;             /* units in all */
} plan;

typedef struct worker {
  uint32_t *order, *masks; /* [units] */
  double *sums;            /* [components, LANES] */
  double *block;           /* [BLOCK, LANES] masks as 0 and 1 */
  int64_t *counts;         /* [components] */
  double ratio[LANES], scale[LANES];
} worker;

/* Explicit vectors: from plain loops gcc makes code that adds one lane at a time. */
typedef double lanes4 __attribute__((vector_size(32)));

HW_SIMD static void add_chosen(const lanes4 *block, uint32_t first, const uint32_t *units, const double *values, size_t n,
                            lanes4 *restrict out) {
  lanes4 s0 = out[0], s1 = out[1], s2 = out[2], s3 = out[3], s4 = out[4], s5 = out[5], s6 = out[6], s7 = out[7];
  for (size_t i = 0; i < n; i++) {
    const lanes4 *row = block + (size_t)(units[i] - first) * (LANES / 4);
    double value = values[i];
    s0 += value * row[0];
    s1 += value * row[1];
    s2 += value * row[2];
    s3 += value * row[3];
    s4 += value * row[4];
    s5 += value * row[5];
    s6 += value * row[6];
    s7 += value * row[7];
  }
  out[0] = s0;
  out[1] = s1;
  out[2] = s2;
  out[3] = s3;
  out[4] = s4;
  out[5] = s5;
  out[6] = s6;
  out[7] = s7;
}

static void draw_signs(const plan *p, worker *w, hw_random *random, int lane) {
  size_t n = p->what->values->n_units;
  for (size_t first = 0; first < n; first += 64) {
    uint64_t bits = hw_random_next(random);
    for (size_t u = first; u < n && u < first + 64; u++, bits >>= 1) w->masks[u] |= (uint32_t)(bits & 1) << lane;
  }
}

static void list_signs(const plan *p, worker *w, uint64_t index, int lane) {
  for (size_t u = 0; u < p->what->values->n_units; u++, index >>= 1) w->masks[u] |= (uint32_t)(index & 1) << lane;
}

static void weigh(const plan *p, double chosen, double *ratio, double *scale) {
  *ratio = chosen / p->size;
  *scale = p->size / (chosen * (p->size - chosen));
}

static double choose(const plan *p, worker *w, size_t unit, int lane) {
  w->masks[unit] |= 1u << lane;
  return p->what->sizes ? p->what->sizes[unit] : 1;
}

static double draw_labels(const plan *p, worker *w, hw_random *random, int lane) { /* the first steps of a Fisher-Yates shuffle */
  uint32_t n = (uint32_t)p->what->values->n_units;
  double chosen = 0;
  memcpy(w->order, p->identity, n * sizeof *w->order);
  for (uint32_t i = 0; i < p->what->n_chosen; i++) {
    uint32_t j = i + hw_random_below(random, n - i), unit = w->order[j];
    w->order[j] = w->order[i];
    chosen += choose(p, w, unit, lane);
  }
  return chosen;
}

/* The choice of this index in lexicographic order. Of the n_all choices of `left` among the units from u on, n_all * left / (n - u) have u. */
static double list_labels(const plan *p, worker *w, uint64_t index, int lane) {
  uint64_t n = p->what->values->n_units, n_all = (uint64_t)p->what->n, left = p->what->n_chosen;
  double chosen = 0;
  for (uint64_t u = 0; left; u++) {
    uint64_t with = n_all * left / (n - u);
    if (index < with) {
      chosen += choose(p, w, u, lane);
      n_all = with;
      left--;
    } else {
      index -= with;
      n_all -= with;
    }
  }
  return chosen;
}

static void arrange(const plan *p, worker *w, uint64_t index, int lane) {
  const hw_rearrangement *what = p->what;
  hw_random random = {0};
  if (!what->all) hw_random_init(&random, what->seed, index);
  w->ratio[lane] = 0.5;
  w->scale[lane] = 1;
  if (what->signs && what->all) list_signs(p, w, index, lane);
  else if (what->signs) draw_signs(p, w, &random, lane);
  else weigh(p, what->all ? list_labels(p, w, index, lane) : draw_labels(p, w, &random, lane), &w->ratio[lane], &w->scale[lane]);
}

static void expand(const worker *w, size_t first, size_t end) {
  for (size_t u = first; u < end; u++)
    for (int lane = 0; lane < LANES; lane++) w->block[(u - first) * LANES + (size_t)lane] = (double)(w->masks[u] >> lane & 1);
}

static void run_batch(const plan *p, worker *w, int64_t batch) {
  const hw_stats_matrix *m = p->what->values;
  int64_t left = p->what->n - batch * LANES;
  int lanes = left < LANES ? (int)left : LANES;
  memset(w->masks, 0, m->n_units * sizeof *w->masks);
  memset(w->sums, 0, m->n_components * LANES * sizeof *w->sums);
  for (int lane = 0; lane < lanes; lane++) arrange(p, w, (uint64_t)(batch * LANES + lane), lane);
  for (size_t k = 0; k < p->n_blocks; k++) {
    size_t first = k * BLOCK, end = first + BLOCK < m->n_units ? first + BLOCK : m->n_units;
    expand(w, first, end);
    for (size_t c = 0; c < m->n_components; c++) {
      size_t from = p->cuts[c * (p->n_blocks + 1) + k], to = p->cuts[c * (p->n_blocks + 1) + k + 1];
      if (from < to)
        add_chosen((const lanes4 *)w->block, (uint32_t)first, m->units + from, m->values + from, to - from,
                   (lanes4 *)(w->sums + c * LANES));
    }
  }
  for (size_t c = 0; c < m->n_components; c++)
    for (int lane = 0; lane < lanes; lane++)
      w->counts[c] += fabs(w->sums[c * LANES + (size_t)lane] - p->totals[c] * w->ratio[lane]) * w->scale[lane] >= p->limits[c];
}

static bool worker_new(worker *w, const hw_stats_matrix *m) {
  *w = (worker){.order = malloc((m->n_units + 1) * sizeof *w->order),
                .masks = malloc((m->n_units + 1) * sizeof *w->masks),
                .sums = aligned_alloc(64, (m->n_components + 1) * LANES * sizeof *w->sums),
                .block = aligned_alloc(64, (size_t)BLOCK * LANES * sizeof *w->block),
                .counts = calloc(m->n_components + 1, sizeof *w->counts)};
  return w->order && w->masks && w->sums && w->block && w->counts;
}

static void worker_free(worker *w) {
  free(w->order);
  free(w->masks);
  free(w->sums);
  free(w->block);
  free(w->counts);
}

/* limits[c] = the absolute difference of the samples as they are, less TIE, so that an equal difference counts as extreme. */
static void set_limits(const plan *p) {
  const hw_stats_matrix *m = p->what->values;
  double ratio = 0.5, scale = 1, size = 0;
  for (size_t u = 0; u < m->n_units && !p->what->signs; u++)
    if (p->what->chosen[u]) size += p->what->sizes ? p->what->sizes[u] : 1;
  if (!p->what->signs) weigh(p, size, &ratio, &scale);
  for (size_t c = 0; c < m->n_components; c++) {
    double sum = 0, total = 0, magnitude = 0;
    for (size_t i = m->starts[c]; i < m->starts[c + 1]; i++) {
      total += m->values[i];
      magnitude += fabs(m->values[i]);
      if (p->what->signs || p->what->chosen[m->units[i]]) sum += m->values[i];
    }
    p->totals[c] = total;
    p->limits[c] = (fabs(sum - total * ratio) - TIE * magnitude) * scale;
  }
}

static void set_cuts(const plan *p) {
  const hw_stats_matrix *m = p->what->values;
  for (size_t c = 0; c < m->n_components; c++) {
    size_t *cuts = p->cuts + c * (p->n_blocks + 1), at = m->starts[c];
    for (size_t k = 0; k <= p->n_blocks; k++) {
      while (at < m->starts[c + 1] && m->units[at] < k * BLOCK) at++;
      cuts[k] = at;
    }
  }
}

static bool run_batches(const plan *p, int64_t *counts) {
  const hw_stats_matrix *m = p->what->values;
  int64_t n_batches = (p->what->n + LANES - 1) / LANES, n_done = 0;
  bool ok = true;
#pragma omp parallel
  {
    worker w;
    bool ready = worker_new(&w, m);
#pragma omp for schedule(dynamic)
    for (int64_t batch = 0; batch < n_batches; batch++) {
      if (ready && !hw_asked_to_stop(p->what->hooks)) run_batch(p, &w, batch);
      int64_t done;
#pragma omp atomic capture
      done = ++n_done;
      if (omp_get_thread_num() == 0) hw_tell_progress(p->what->hooks, "permutations", done * LANES, n_batches * LANES);
    }
#pragma omp critical
    {
      ok = ok && ready;
      for (size_t c = 0; ready && c < m->n_components; c++) counts[c] += w.counts[c];
    }
    worker_free(&w);
  }
  return ok;
}

bool hw_rearrange(const hw_rearrangement *what, int64_t *counts, hw_error *err) {
  const hw_stats_matrix *m = what->values;
  plan p = {.what = what,
            .totals = calloc(m->n_components + 1, sizeof *p.totals),
            .limits = calloc(m->n_components + 1, sizeof *p.limits),
            .identity = calloc(m->n_units + 1, sizeof *p.identity),
            .n_blocks = (m->n_units + BLOCK - 1) / BLOCK};
  p.cuts = calloc((m->n_components + 1) * (p.n_blocks + 1), sizeof *p.cuts);
  bool ok = p.totals && p.limits && p.identity && p.cuts;
  memset(counts, 0, m->n_components * sizeof *counts);
  if (ok) {
    for (size_t u = 0; u < m->n_units; u++) {
      p.identity[u] = (uint32_t)u;
      p.size += what->sizes ? what->sizes[u] : 1;
    }
    set_limits(&p);
    set_cuts(&p);
    ok = run_batches(&p, counts);
  }
  bool stopped = ok && hw_asked_to_stop(what->hooks);
  free(p.totals);
  free(p.limits);
  free(p.identity);
  free(p.cuts);
  if (stopped) return hw_fail(err, HW_ERROR_INTERRUPTED, "the permutations were stopped; nothing was stored");
  return ok || hw_fail_memory(err, "the permutations");
}
