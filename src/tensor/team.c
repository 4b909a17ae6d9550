/* SPDX-License-Identifier: Apache-2.0
 * Threads without work of their own wait here for parts of the work of others. Where none waits, a thread computes all of its work by itself. */
#include "tensor/team.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/size.h"
#include "tensor/isa.h"
#include "tensor/kernels.h"

enum { PARTS_OF_A_MEMBER = 4 }; /* the last to be done is then a small part of the whole */
enum { LOOKS = 4000 };          /* for work, before a helper sleeps: some 10 microseconds, what waking takes */

typedef struct work {
  hw_share *share;
  void *context;
  size_t n, step;
  atomic_size_t next;
  size_t n_joined, n_inside; /* helpers: that ever took part, that do; behind the mutex */
  struct work *following;
} work;

typedef struct own_thread {
  pthread_t thread;
  struct hw_helpers *helpers;
  float *panel;
} own_thread;

struct hw_helpers {
  size_t most;
  pthread_mutex_t mutex;
  pthread_cond_t changed, left; /* for helpers, for those who have divided their work */
  work *open;
  atomic_size_t n_waiting, n_posted;
  bool dismissed;
  own_thread *threads;
  size_t n_threads;
};

struct hw_helpers *hw_helpers_new(size_t most, hw_error *err) {
  struct hw_helpers *h = calloc(1, sizeof *h);
  if (!h) return hw_fail_memory(err, "threads"), NULL;
  h->most = most ? most : 1;
  (void)pthread_mutex_init(&h->mutex, NULL);
  (void)pthread_cond_init(&h->changed, NULL);
  (void)pthread_cond_init(&h->left, NULL);
  return h;
}

static void take_parts(work *w, const hw_member *member) {
  for (size_t begin; (begin = atomic_fetch_add_explicit(&w->next, w->step, memory_order_relaxed)) < w->n;)
    w->share(w->context, begin, w->n - begin < w->step ? w->n : begin + w->step, member);
}

static bool has_parts(const work *w) { return atomic_load_explicit(&w->next, memory_order_relaxed) < w->n; }

static work *find_work(const struct hw_helpers *h) {
  work *w = h->open;
  while (w && !(has_parts(w) && w->n_joined + 1 < h->most)) w = w->following;
  return w;
}

/* Divided work mostly follows soon: looking for it is faster than being woken. The mutex is held before and after. */
static void await_work(struct hw_helpers *h) {
  size_t posted = atomic_load_explicit(&h->n_posted, memory_order_relaxed);
  (void)pthread_mutex_unlock(&h->mutex);
  for (int i = 0; i < LOOKS && atomic_load_explicit(&h->n_posted, memory_order_relaxed) == posted; i++) continue;
  (void)pthread_mutex_lock(&h->mutex);
  while (!h->dismissed && !find_work(h)) (void)pthread_cond_wait(&h->changed, &h->mutex);
}

void hw_help(struct hw_helpers *h, float *panel) {
  hw_member member = {.team = {.panel = panel}};
  (void)pthread_mutex_lock(&h->mutex);
  atomic_fetch_add_explicit(&h->n_waiting, 1, memory_order_relaxed);
  while (!h->dismissed) {
    work *w = find_work(h);
    if (!w) {
      await_work(h);
      continue;
    }
    member.place = ++w->n_joined;
    w->n_inside++;
    atomic_fetch_sub_explicit(&h->n_waiting, 1, memory_order_relaxed);
    (void)pthread_mutex_unlock(&h->mutex);
    take_parts(w, &member);
    (void)pthread_mutex_lock(&h->mutex);
    atomic_fetch_add_explicit(&h->n_waiting, 1, memory_order_relaxed);
    if (--w->n_inside == 0) (void)pthread_cond_broadcast(&h->left);
  }
  atomic_fetch_sub_explicit(&h->n_waiting, 1, memory_order_relaxed);
  (void)pthread_mutex_unlock(&h->mutex);
}

void hw_helpers_dismiss(struct hw_helpers *h) {
  (void)pthread_mutex_lock(&h->mutex);
  h->dismissed = true;
  (void)pthread_cond_broadcast(&h->changed);
  (void)pthread_mutex_unlock(&h->mutex);
}

static void *run_thread(void *context) {
  own_thread *own = context;
  hw_help(own->helpers, own->panel);
  return NULL;
}

void hw_helpers_start(struct hw_helpers *h, size_t n) {
  if (n == 0 || !(h->threads = calloc(n, sizeof *h->threads))) return;
  for (; h->n_threads < n; h->n_threads++) {
    own_thread *own = &h->threads[h->n_threads];
    *own = (own_thread){.helpers = h, .panel = hw_memory_large(HW_PANEL_FLOATS * sizeof *own->panel)};
    if (own->panel && pthread_create(&own->thread, NULL, run_thread, own) == 0) continue;
    free(own->panel);
    return;
  }
}

void hw_helpers_free(struct hw_helpers *h) {
  if (!h) return;
  hw_helpers_dismiss(h);
  for (size_t i = 0; i < h->n_threads; i++) {
    (void)pthread_join(h->threads[i].thread, NULL);
    free(h->threads[i].panel);
  }
  free(h->threads);
  (void)pthread_cond_destroy(&h->left);
  (void)pthread_cond_destroy(&h->changed);
  (void)pthread_mutex_destroy(&h->mutex);
  free(h);
}

size_t hw_team_most(const hw_team *team) { return team->helpers ? team->helpers->most : 1; }

size_t hw_team_present(const hw_team *team) {
  if (!team->helpers) return 1;
  size_t present = 1 + atomic_load_explicit(&team->helpers->n_waiting, memory_order_relaxed);
  return present < team->helpers->most ? present : team->helpers->most;
}

static void open_work(struct hw_helpers *h, work *w) {
  (void)pthread_mutex_lock(&h->mutex);
  w->following = h->open;
  h->open = w;
  atomic_fetch_add_explicit(&h->n_posted, 1, memory_order_relaxed);
  (void)pthread_cond_broadcast(&h->changed);
  (void)pthread_mutex_unlock(&h->mutex);
}

static void close_work(struct hw_helpers *h, work *w) {
  (void)pthread_mutex_lock(&h->mutex);
  work **place = &h->open;
  while (*place != w) place = &(*place)->following;
  *place = w->following;
  while (w->n_inside) (void)pthread_cond_wait(&h->left, &h->mutex);
  (void)pthread_mutex_unlock(&h->mutex);
}

void hw_divide(const hw_team *team, size_t n, size_t least, hw_share *share, void *context) {
  const hw_member self = {.team = {.panel = team->panel}};
  size_t present = hw_team_present(team), parts = PARTS_OF_A_MEMBER * present, step = (n + parts - 1) / parts;
  if (n == 0) return;
  if (step < least) step = least;
  if (present == 1 || step >= n) {
    share(context, 0, n, &self);
    return;
  }
  work w = {.share = share, .context = context, .n = n, .step = step};
  open_work(team->helpers, &w);
  take_parts(&w, &self);
  close_work(team->helpers, &w);
}

typedef struct product {
  const hw_matrix *w;
  const float *x;
  float *y;
  size_t ldx, ldy, n_rows, n_row_parts, outputs; /* outputs: of a part */
} product;

/* Part i takes row part i % n_row_parts and output part i / n_row_parts. */
static void multiply_parts(void *context, size_t begin, size_t end, const hw_member *member) {
  const product *p = context;
  for (size_t i = begin; i < end; i++) {
    size_t part = i % p->n_row_parts, row = p->n_rows * part / p->n_row_parts, rows = p->n_rows * (part + 1) / p->n_row_parts - row;
    size_t output = i / p->n_row_parts * p->outputs;
    hw_matrix w = hw_matrix_outputs(p->w, output, hw_smaller(p->outputs, p->w->n_out - output));
    hw_gemm(&w, p->x + row * p->ldx, p->ldx, p->y + row * p->ldy + output, p->ldy, rows, member->team.panel);
  }
}

/* Outputs that parts do not cut: whole panels, and whole heads where their rows are paired. */
static size_t whole_outputs(const hw_matrix *w) {
  size_t whole = HW_PACK_WIDTH;
  while (w->paired && whole % w->paired) whole += HW_PACK_WIDTH;
  return whole;
}

void hw_team_gemm(const hw_matrix *w, const float *x, size_t ldx, float *y, size_t ldy, size_t n_rows, const hw_team *team) {
  enum { LEAST = 1 << 20, ROWS = 256, WIDENED_ROWS = 16 }; /* multiplications of a part, rows of a part; what widening a weight costs */
  size_t present = hw_team_present(team), whole = whole_outputs(w), n_wholes = (w->n_out + whole - 1) / whole;
  size_t all = (n_rows + (w->packed ? 0 : WIDENED_ROWS)) * w->n_in * w->n_out, parts = hw_smaller(PARTS_OF_A_MEMBER * present, all / LEAST);
  if (present == 1 || parts < 2 || w->blas) { /* of OpenBLAS, bits may depend on the parts */
    hw_gemm(w, x, ldx, y, ldy, n_rows, team->panel);
    return;
  }
  /* Rows of weights that are not packed beforehand stay together, so that each weight is widened once. */
  size_t n_row_parts = w->packed ? hw_smaller((n_rows + ROWS - 1) / ROWS, parts) : 1, n_output_parts = (parts + n_row_parts - 1) / n_row_parts;
  size_t wholes = (n_wholes + n_output_parts - 1) / n_output_parts;
  product p = {.w = w, .x = x, .y = y, .ldx = ldx, .ldy = ldy, .n_rows = n_rows, .n_row_parts = n_row_parts, .outputs = wholes * whole};
  hw_divide(team, n_row_parts * ((n_wholes + wholes - 1) / wholes), 1, multiply_parts, &p);
}
