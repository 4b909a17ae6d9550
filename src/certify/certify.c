/* SPDX-License-Identifier: Apache-2.0
 * Opens database and model, and hands prompts to workers: means first where they are the baseline, then the order of components of the
 * whole set where something wants it, then certificates. */
#include "certify/certify.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/option.h"
#include "base/progress.h"
#include "base/text.h"
#include "headwater/relevance.h"
#include "sqlite/connection.h"
#include "store/checked.h"
#include "store/migrate.h"
#include "study/saved.h"

enum { ROWS_TOGETHER = 512, MOST_TOGETHER = 64 }; /* of a chunk: rows with those of counterfactuals, prompts */
static const size_t MEANS_BYTES = (size_t)1 << 30; /* of classes whose prompts are certified together */

const char *const hw_certify_stage_names[HW_CERTIFY_STAGES] = {"reading", "forward passes", "relevances", "ablations", "storing"};

bool hw_certificate_delete(const char *path, int64_t certificate_id, const hw_hooks *hooks, hw_error *err) {
  return hw_saved_delete_from(path, &hw_saved_certificate, certificate_id, hooks, err);
}

/* ---- Workers ---- */

static void lap(hw_certifier *w, hw_certify_stage stage, double *since) {
  double now = hw_clock_seconds();
  w->seconds[stage] += now - *since;
  *since = now;
}

static bool stopping(const hw_certifying *c) { return hw_asked_to_stop(c->settings->hooks); }

static void note_failure(hw_certifying *c, const hw_error *problem) {
  omp_set_lock(&c->lock);
  if (!c->failed) *c->err = *problem; /* only the first error is reported: the others follow from it */
  c->failed = true;
  omp_unset_lock(&c->lock);
}

static void report(hw_certifying *c, size_t n) {
  const hw_hooks *hooks = c->settings->hooks;
  c->progress.done += (int64_t)n;
  if (hooks && hooks->progress) hooks->progress(hooks->context, &c->progress);
}

/* Takes the next prompts: *n is 0 when there are none, or when the work ends. The lock is held. */
static const hw_certify_item *take(hw_certifying *c, size_t *n) {
  const hw_certify_item *first = c->items + c->next;
  size_t rows = 0;
  for (*n = 0; !c->failed && !stopping(c) && c->next < c->n_items && *n < MOST_TOGETHER; (*n)++, c->next++) {
    const hw_certify_item *item = &c->items[c->next];
    rows += item->n_tokens + (c->with_reference ? item->n_counterfactual : 0);
    if (*n && rows > ROWS_TOGETHER) break;
  }
  return first;
}

typedef bool work(hw_certifier *w, double *since);

/* Reads, and does the work, until no prompt is left. */
static bool work_on(hw_certifier *w, bool with_routes, work *does) {
  hw_certifying *c = w->shared;
  for (;;) {
    size_t n;
    hw_arena_reset(&w->arena);
    double since = hw_clock_seconds();
    omp_set_lock(&c->lock);
    const hw_certify_item *items = take(c, &n);
    bool ok = n == 0 || hw_certify_read(w, items, n, with_routes);
    omp_unset_lock(&c->lock);
    lap(w, HW_CERTIFY_READING, &since);
    if (!ok || n == 0) return ok;
    if (!hw_certify_forward(w)) return false;
    lap(w, HW_CERTIFY_FORWARD, &since);
    if (!does(w, &since)) return false;
  }
}

static bool add_means(hw_certifier *w, double *since) {
  omp_set_lock(&w->shared->lock);
  bool ok = hw_means_add(w);
  if (ok) report(w->shared, w->n_prompts);
  omp_unset_lock(&w->shared->lock);
  lap(w, HW_CERTIFY_FORWARD, since);
  return ok;
}

static bool add_totals(hw_certifier *w, double *since) {
  hw_certifying *c = w->shared;
  if (!hw_certify_find_graphs(w)) return false;
  omp_set_lock(&c->lock);
  for (size_t i = 0; i < w->n_prompts; i++)
    for (size_t k = 0; k < c->n_components && !w->prompts[i].reason; k++) c->totals[k] += llround(w->prompts[i].scores[k] * 1e6);
  report(c, w->n_prompts);
  omp_unset_lock(&c->lock);
  lap(w, HW_CERTIFY_RELEVANCE, since);
  return true;
}

static bool certify(hw_certifier *w, double *since) {
  hw_certifying *c = w->shared;
  if (!hw_certify_find_graphs(w)) return false;
  lap(w, HW_CERTIFY_RELEVANCE, since);
  if (!hw_certify_ablate(w)) return false;
  lap(w, HW_CERTIFY_ABLATION, since);
  omp_set_lock(&c->lock);
  bool ok = c->settings->dry_run || (!c->failed && hw_certify_put(w));
  if (!ok && c->failed) *w->err = *c->err;
  if (ok) {
    for (size_t i = 0; i < w->n_prompts; i++) c->summary->n_without += w->prompts[i].reason != NULL;
    c->summary->n_done += (int64_t)w->n_prompts;
    report(c, w->n_prompts);
  }
  omp_unset_lock(&c->lock);
  lap(w, HW_CERTIFY_STORING, since);
  return ok;
}

static void run_worker(hw_certifying *c, bool with_routes, work *does) {
  hw_error problem = {0};
  hw_certifier w = {.shared = c, .team = {.panel = hw_memory_large(HW_PANEL_FLOATS * sizeof(float))}, .err = &problem};
  hw_arena_init(&w.arena);
  hw_arena_init(&w.scratch);
  if (w.team.panel ? !work_on(&w, with_routes, does) : !hw_fail_memory(&problem, "a worker")) note_failure(c, &problem);
  omp_set_lock(&c->lock);
  for (int stage = 0; stage < HW_CERTIFY_STAGES; stage++) c->summary->seconds[stage] += w.seconds[stage];
  c->summary->n_passes += w.n_passes;
  c->summary->n_tokens += w.n_tokens;
  c->summary->n_random += w.n_random;
  c->summary->n_smaller += w.n_smaller;
  omp_unset_lock(&c->lock);
  free(w.team.panel);
  hw_arena_fini(&w.arena);
  hw_arena_fini(&w.scratch);
}

/* All workers over the items. */
static bool run_workers(hw_certifying *c, const hw_certify_item *items, size_t n, const char *stage, bool with_routes, work *does) {
  c->items = items;
  c->n_items = n;
  c->next = 0;
  c->summary->stage = stage;
  if (!c->progress.stage || strcmp(c->progress.stage, stage) != 0) c->progress = (hw_progress){.stage = stage};
  c->progress.total += (int64_t)n;
  report(c, 0);
#pragma omp parallel num_threads(c->summary->threads)
  run_worker(c, with_routes, does);
  return !c->failed;
}

/* A few prompts tell what the others will take. */
static size_t sample_size(const hw_certify_item *items, size_t n) {
  size_t rows = 0, i = 0;
  while (i < n && rows < ROWS_TOGETHER) rows += 2 * items[i++].n_tokens;
  return i;
}

/* The same; in a dry run over some of the items, whose time stands for that of `of_all`. */
static bool run_stage(hw_certifying *c, const hw_certify_item *items, size_t n, size_t of_all, const char *stage, bool with_routes, work *does) {
  size_t taken = c->settings->dry_run ? sample_size(items, n) : n;
  double begun = hw_clock_seconds();
  bool ok = run_workers(c, items, taken, stage, with_routes, does);
  if (c->settings->dry_run && taken) c->summary->seconds_expected += (hw_clock_seconds() - begun) * (double)of_all / (double)taken;
  return ok;
}

/* ---- Stages ---- */

static size_t *sort_totals(const hw_certifying *c, hw_error *err) {
  size_t *ranking = hw_arena_new(c->arena, size_t, c->n_components, err);
  for (size_t i = 0; ranking && i < c->n_components; i++) {
    size_t at = i;
    for (; at > 0 && llabs(c->totals[ranking[at - 1]]) < llabs(c->totals[i]); at--) ranking[at] = ranking[at - 1];
    ranking[at] = i;
  }
  return ranking;
}

/* All prompts, with their classes where the baseline is the mean: prompts that have none are left out of the sums. */
static bool list_ranked(hw_certifying *c, hw_certify_item **all, size_t *n, hw_error *err) {
  return hw_certify_list_all(c, all, n, err) && (c->settings->baseline != HW_BASELINE_MEAN || hw_means_make(c, *all, *n, err));
}

/* The order of components over all prompts; once it is stored it stays. */
static bool find_ranking(hw_certifying *c, hw_error *err) {
  bool there = false;
  hw_certify_item *all = NULL;
  size_t n;
  c->totals = hw_arena_znew(c->arena, int64_t, c->n_components, err);
  if (!c->totals || (c->certificate_id && !hw_certify_read_ranking(c, &there, err))) return false;
  bool ok = there || (list_ranked(c, &all, &n, err) && run_stage(c, all, n, n, "components", true, add_totals));
  free(all);
  if (!ok || stopping(c)) return ok;
  c->ranking = sort_totals(c, err);
  return c->ranking && (there || c->settings->dry_run || hw_certify_put_ranking(c, err));
}

/* Items of some classes of the means, and how many there are of all classes. */
typedef struct of_classes {
  const hw_certify_item *items;
  size_t n, of_all;
} of_classes;

static bool certify_classes(hw_certifying *c, const of_classes *all, const of_classes *own, size_t begin, size_t end, hw_error *err) {
  bool ok = true;
  for (size_t k = begin; ok && k < end; k++) ok = hw_means_begin(c, &c->means[k], err);
  ok = ok && run_stage(c, all->items, all->n, all->of_all, "means", false, add_means);
  for (size_t k = begin; ok && k < end; k++) ok = hw_means_end(c, &c->means[k], err);
  ok = ok && (stopping(c) || run_stage(c, own->items, own->n, own->of_all, "certificates", true, certify));
  for (size_t k = begin; k < end; k++) hw_means_fini(c, &c->means[k]);
  return ok;
}

/* Gives items the classes of all prompts; both are sorted by class then. */
static bool find_classes(hw_certifying *c, hw_certify_item *all, size_t n_all, hw_certify_item *items, size_t n, hw_error *err) {
  if (!hw_means_make(c, items, n, err) || !hw_means_make(c, all, n_all, err)) return false;
  size_t k = 0;
  for (size_t i = 0; i < n; i++) {
    while (k < c->n_means && (c->means[k].group_id != items[i].group_id || c->means[k].n_tokens != items[i].n_tokens)) k++;
    if (k == c->n_means) return hw_fail(err, HW_ERROR_INPUT, "%s: prompt %" PRId64 " came while means were made", c->store->path, items[i].prompt_id);
    items[i].class = k;
  }
  return true;
}

static size_t end_of_class(const hw_certify_item *items, size_t n, size_t begin, size_t class) {
  while (begin < n && items[begin].class < class) begin++;
  return begin;
}

static bool certify_by_means(hw_certifying *c, hw_certify_item *items, size_t n, hw_error *err) {
  hw_certify_item *all = NULL;
  size_t n_all = 0;
  bool ok = hw_certify_list_all(c, &all, &n_all, err) && find_classes(c, all, n_all, items, n, err);
  bool enough = false; /* a dry run takes the first classes */
  for (size_t begin = 0, end, at = 0, at_all = 0; ok && begin < c->n_means && !stopping(c) && !enough; begin = end) {
    size_t bytes = 0;
    for (end = begin; end < c->n_means && (end == begin || bytes + hw_means_bytes(c, &c->means[end]) <= MEANS_BYTES); end++) bytes += hw_means_bytes(c, &c->means[end]);
    size_t next = end_of_class(items, n, at, end), next_all = end_of_class(all, n_all, at_all, end);
    if (next > at) {
      ok = certify_classes(c, &(of_classes){all + at_all, next_all - at_all, n_all}, &(of_classes){items + at, next - at, n}, begin, end, err);
      enough = c->settings->dry_run;
    }
    at = next;
    at_all = next_all;
  }
  free(all);
  return ok;
}

/* Whether counterfactuals are run: in means those of all prompts stand for the prompts themselves as soon as one has any. */
static bool needs_reference(hw_certifying *c, bool *needs, hw_error *err) {
  int64_t any = 0;
  bool ok = c->settings->baseline == HW_BASELINE_ZERO || hw_store_integer(c->store, "certify/has_counterfactuals.sql", &any, err);
  *needs = any || c->settings->graph == HW_CERTIFY_CONTRAST;
  return ok;
}

static bool run_stages(hw_certifying *c, hw_error *err) {
  const hw_certify_settings *settings = c->settings;
  hw_certify_item *items = NULL;
  size_t n = 0;
  if (!needs_reference(c, &c->with_reference, err) || !hw_certify_list(c, &items, &n, &c->summary->n_there, err)) return free(items), false;
  c->summary->n_prompts = (int64_t)n + c->summary->n_there;
  bool ranked = settings->knockout > 0 || settings->curve == HW_CURVE_SET;
  bool ok = n == 0 || !ranked || find_ranking(c, err);
  if (ok && !stopping(c) && settings->baseline == HW_BASELINE_MEAN) ok = certify_by_means(c, items, n, err);
  else if (ok && !stopping(c)) ok = run_stage(c, items, n, n, "certificates", true, certify);
  free(items);
  return ok;
}

/* ---- Database and model ---- */

static bool check_model(const hw_certifying *c, hw_error *err) {
  const hw_model *model = c->model;
  if (strcmp(model->fingerprint, c->info.model_fingerprint) != 0)
    return hw_fail(err, HW_ERROR_INPUT, "%s: its run is of the model %s (fingerprint %.8s), %s is another one (%.8s)", c->store->path, c->info.model_name, c->info.model_fingerprint, model->path,
                   model->fingerprint);
  if (model->config.n_layers != c->info.n_layers || model->config.n_heads != c->info.n_heads || model->config.vocab_size != c->info.vocab_size)
    return hw_fail(err, HW_ERROR_INPUT, "%s: table run: %u layers, %u heads, %u tokens; %s has %" PRId64 ", %" PRId64 ", %" PRId64, c->store->path, c->info.n_layers, c->info.n_heads,
                   c->info.vocab_size, model->path, model->config.n_layers, model->config.n_heads, model->config.vocab_size);
  return true;
}

/* Products are computed as in the run. */
static bool open_model(hw_certifying *c, hw_model **model, hw_error *err) {
  if (!hw_model_open_as(c->settings->model, c->settings->architecture, model, err)) return false;
  c->model = *model;
  if (!check_model(c, err)) return false;
  bool blas = !strcmp(hw_run_setting(&c->info, "gemm"), "openblas");
  if (!strcmp(hw_run_setting(&c->info, "precision"), "bf16")) hw_model_use_bf16(*model);
  if (blas) {
    const char *kernel;
    if (!hw_blas_start(c->summary->threads, &kernel, err)) return false;
    hw_model_use_blas(*model);
  } else if (hw_model_packed_bytes(*model) <= hw_memory_available() / 2) {
    (void)hw_model_pack(*model, c->summary->threads, &(hw_error){0}); /* else they are packed by panel: the same results */
  }
  return true;
}

/* That of the run; of graphs of relevances the run's for those, which it has where it stored some. */
static bool usual_threshold(const hw_certifying *c, double *threshold, hw_error *err) {
  const char *text = hw_run_setting(&c->info, "relevance-threshold");
  *threshold = c->settings->graph == HW_CERTIFY_ROUTES ? c->info.threshold : HW_RELEVANCE_THRESHOLD;
  if (c->settings->graph == HW_CERTIFY_ROUTES || !*text) return true;
  return (hw_parse_double(text, threshold) && *threshold > 0 && *threshold <= 1) ||
         hw_fail(err, HW_ERROR_INPUT, "%s: table setting: relevance-threshold is \"%s\", want a number above 0, 1 at most", c->store->path, text);
}

static bool check_counterfactuals(hw_certifying *c, hw_error *err) {
  const hw_certify_settings *s = c->settings;
  int64_t any;
  if (s->graph != HW_CERTIFY_CONTRAST && s->baseline != HW_BASELINE_COUNTERFACTUAL) return true;
  if (!hw_store_integer(c->store, "certify/has_counterfactuals.sql", &any, err)) return false;
  return any || hw_fail(err, HW_ERROR_INPUT, "%s: no prompt has a counterfactual, which --%s needs: give run --counterfactual, or certify --graph answer --baseline zero", c->store->path,
                        s->graph == HW_CERTIFY_CONTRAST ? "graph contrast" : "baseline counterfactual");
}

static bool check_ranges(const hw_certify_settings *s, hw_error *err) {
  return hw_choice_check("graph", s->graph, hw_certified_graph_names, err) && hw_choice_check("unit", s->unit, hw_ablation_unit_names, err) &&
         hw_choice_check("baseline", s->baseline, hw_baseline_names, err) && hw_choice_check("curve", s->curve, hw_curve_names, err) &&
         (s->threshold == 0 || hw_number_check("threshold", s->threshold, 0, 1, err)) && hw_count_check("n_random", s->n_random, 0, HW_CERTIFY_MOST_RANDOM, err) &&
         hw_count_check("knockout", s->knockout, 0, HW_CERTIFY_MOST_KNOCKOUTS, err) && hw_count_check("pairs", s->pairs, 0, HW_CERTIFY_MOST_PAIRS, err) &&
         hw_count_check("limit", s->limit, 0, HW_CERTIFY_MOST_PROMPTS, err) && hw_count_check("threads", s->threads, 0, HW_CERTIFY_MOST_THREADS, err);
}

/* Settings that do not go together. */
static bool check_pairs(const hw_certify_settings *s, hw_error *err) {
  if (s->baseline == HW_BASELINE_MEAN && s->unit == HW_ABLATE_EDGES) return hw_fail(err, HW_ERROR_ARGUMENT, "the baseline mean is for --unit node: means of single edges are not made");
  return s->graph != HW_CERTIFY_ROUTES || s->curve != HW_CURVE_PARTS || hw_fail(err, HW_ERROR_ARGUMENT, "--curve parts is for --graph answer or contrast");
}

static bool check_settings(hw_certifying *c, hw_error *err) {
  const hw_certify_settings *s = c->settings;
  c->threshold = s->threshold;
  if (!(s->threshold > 0) && !usual_threshold(c, &c->threshold, err)) return false;
  c->summary->threshold = c->threshold;
  if (s->graph == HW_CERTIFY_ROUTES && c->threshold < c->info.floor)
    return hw_fail(err, HW_ERROR_INPUT, "%s: its routes are stored from %g on, threshold %g is below it", c->store->path, c->info.floor, c->threshold);
  return check_counterfactuals(c, err);
}

static bool run_with_model(hw_certifying *c, hw_error *err) {
  hw_model *model = NULL;
  hw_error files = {0};
  bool ok = open_model(c, &model, err);
  c->n_components = c->info.n_layers * (c->info.n_heads + (size_t)1);
  ok = ok && hw_certify_begin(c, err) && run_stages(c, err);
  if (ok && !hw_model_check_files(model, &files))
    ok = hw_fail(err, files.kind, "%s, so what was stored in %s may be of either content: delete the certificates %" PRId64 " and certify again", files.message, c->store->path, c->certificate_id);
  ok = ok && (c->settings->dry_run || hw_certify_update(c, err));
  hw_model_close(model);
  return ok;
}

static bool run(hw_certifying *c, hw_error *err) {
  static const char setup[] = "PRAGMA cache_size = -65536; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON";
  if (!hw_store_exec(c->store, setup, "set it up", err) || !hw_store_read_run(c->store, c->arena, &c->info, err) || !check_settings(c, err)) return false;
  omp_init_lock(&c->lock);
  bool ok = run_with_model(c, err);
  omp_destroy_lock(&c->lock);
  c->summary->certificate_id = c->certificate_id;
  c->summary->interrupted = stopping(c) && c->summary->n_there + c->summary->n_done < c->summary->n_prompts;
  return ok;
}

bool hw_certify(const char *path, const hw_certify_settings *given, hw_certify_summary *summary, hw_error *err) {
  hw_certify_settings settings = *given;
  hw_error unread = {0};
  if (!err) err = &unread;
  hw_arena arena;
  hw_store *store;
  *summary = (hw_certify_summary){0};
  if (!hw_given_check("model", given->model, err) || !check_ranges(given, err) || !check_pairs(given, err)) return false;
  if (settings.knockout < settings.pairs) settings.knockout = settings.pairs;
  summary->threads = settings.threads ? (int)settings.threads : omp_get_num_procs();
  if (settings.dry_run ? !hw_store_open_read_waiting(path, settings.hooks, &store, err) : !hw_store_open_write(path, settings.hooks, &store, err)) return false;
  store->stoppable = false; /* the prompts in work are stored before the end */
  hw_arena_init(&arena);
  hw_certifying c = {.settings = &settings, .store = store, .summary = summary, .arena = &arena, .err = err};
  bool ok = run(&c, err);
  hw_store_free(store);
  hw_arena_fini(&arena);
  return ok;
}
