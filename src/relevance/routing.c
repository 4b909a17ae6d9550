/* SPDX-License-Identifier: Apache-2.0 */
#include "relevance/routing.h"

#include <string.h>

#include "relevance/secant.h"

/* Where the scores that decide about a change of experts come closer, it is not explained by them. */
static const double LEAST_STEP = 1e-3;

static bool uses(const hw_routing *r, int run, size_t expert) {
  for (size_t i = 0; i < r->n_used; i++)
    if ((size_t)r->used[run][i] == expert) return true;
  return false;
}

/* The experts of the softmax of one run's choice: those, or all. */
static size_t n_sharing(const hw_routing *r) { return r->normed ? r->n_used : r->n_experts; }
static size_t sharing(const hw_routing *r, int choice, size_t i) { return r->normed ? (size_t)r->used[choice][i] : i; }

/* ln of the sum of exp(scores). */
static double log_sum(const hw_routing *r, int run, int choice) {
  double largest = -INFINITY, sum = 0;
  for (size_t i = 0; i < n_sharing(r); i++) largest = fmax(largest, (double)r->scores[run][sharing(r, choice, i)]);
  for (size_t i = 0; i < n_sharing(r); i++) sum += hw_exp((double)r->scores[run][sharing(r, choice, i)] - largest);
  return largest + hw_log(sum);
}

/* to += factor times the secant of the weights between both runs' scores, the experts being those of one choice. Returns what the weights are
 * worth, added up over both runs' scores. */
static double pull_weights(const hw_routing *r, int choice, double factor, float *to) {
  double whole[HW_RUNS] = {log_sum(r, 0, choice), log_sum(r, 1, choice)}, sum = 0, weighted = 0, worth = 0;
  for (int again = 0; again < 2; again++)
    for (size_t i = 0; i < n_sharing(r); i++) {
      size_t e = sharing(r, choice, i);
      double log_own = (double)r->scores[0][e] - whole[0], log_other = (double)r->scores[1][e] - whole[1], own = hw_exp(log_own), other = hw_exp(log_other);
      double secant = hw_logarithmic_mean(log_own, log_other, own, other, hw_exp(-fabs(log_own - log_other))), value = r->normed || uses(r, choice, e) ? r->worth[e] : 0;
      if (again) {
        to[e] = (float)((double)to[e] + factor * secant * (value - weighted / sum));
        continue;
      }
      sum += secant;
      weighted += secant * value;
      worth += (own + other) * value;
    }
  return worth;
}

double hw_routing_pull(const hw_routing *r, float *to) {
  bool same = memcmp(r->used[0], r->used[1], r->n_used * sizeof *r->used[0]) == 0;
  memset(to, 0, r->n_experts * sizeof *to);
  if (same) {
    (void)pull_weights(r, 0, 1, to);
    return 0;
  }
  double jump = pull_weights(r, 0, 0.5, to);
  jump = (jump - pull_weights(r, 1, 0.5, to)) / 2;
  double step = 0, n_changed = 0; /* the mean over experts that this run alone uses, less that over those of the reference alone */
  for (int run = 0; run < HW_RUNS; run++)
    for (size_t i = 0; i < r->n_used; i++) {
      size_t e = (size_t)r->used[run][i];
      if (uses(r, !run, e)) continue;
      step += (run ? -1 : 1) * ((double)r->scores[0][e] - (double)r->scores[1][e]);
      n_changed += run ? 0 : 1;
    }
  if (!(step / n_changed >= LEAST_STEP)) return jump;
  for (int run = 0; run < HW_RUNS; run++)
    for (size_t i = 0; i < r->n_used; i++) {
      size_t e = (size_t)r->used[run][i];
      if (!uses(r, !run, e)) to[e] = (float)((double)to[e] + (run ? -1 : 1) * jump / step);
    }
  return 0;
}
