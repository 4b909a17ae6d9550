/* SPDX-License-Identifier: Apache-2.0 */
#include "run/plan_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/difference.h"
#include "base/list.h"
#include "base/output.h"
#include "base/progress.h"
#include "base/text.h"

typedef struct maker { /* of a plan */
  const hw_job *job;
  const hw_flow_settings *flow;
  const hw_model *model;
  const hw_tokenizer *tokenizer;
  const hw_hooks *hooks;
  char hash[HW_HASH_HEX]; /* of the data set */
  hw_plan *plan;
  hw_error *err;
} maker;

/* A file: this text, what decides the plan, the plan, and the hash of all that as 32 digits. */
static const char magic[] = "headwater plan 4\n";

/* ---- what decides the plan ---- */

typedef struct facts {
  size_t n;
  const char **names, **values;
} facts;

enum { OTHER_FACTS = 7 };

/* Of this process: program, model, tokenizer, data set and settings. */
static bool list_facts(const maker *m, facts *all) {
  const hw_run_info *info = &m->plan->info;
  const char *const names[OTHER_FACTS] = {"program version", "model", "model fingerprint", "tokenizer fingerprint", "data set", "data set fingerprint", "share-prefixes"};
  const char *const values[OTHER_FACTS] = {HW_VERSION, info->model_name, info->model_fingerprint, info->tokenizer_fingerprint, info->dataset_name,
                                           info->dataset_fingerprint, hw_job_shares_prefixes(m->job) ? "yes" : "no"};
  all->n = OTHER_FACTS + info->n_settings;
  all->names = hw_arena_new(&m->plan->arena, const char *, all->n, m->err);
  all->values = hw_arena_new(&m->plan->arena, const char *, all->n, m->err);
  if (!all->names || !all->values) return false;
  for (size_t i = 0; i < all->n; i++) {
    all->names[i] = i < OTHER_FACTS ? names[i] : info->setting_names[i - OTHER_FACTS];
    all->values[i] = i < OTHER_FACTS ? values[i] : info->setting_values[i - OTHER_FACTS];
  }
  return true;
}

static const char *find_fact(const facts *all, const char *name) {
  for (size_t i = 0; i < all->n; i++)
    if (strcmp(all->names[i], name) == 0) return all->values[i];
  return NULL;
}

static bool compare_facts(const maker *m, const facts *there) {
  facts here;
  if (!list_facts(m, &here)) return false;
  hw_buffer list;
  hw_buffer_init(&list);
  for (size_t i = 0; i < here.n; i++) {
    const char *value = find_fact(there, here.names[i]);
    if (!value || strcmp(value, here.values[i]) != 0) hw_note_difference(&list, here.names[i], value, here.values[i]);
  }
  for (size_t i = 0; i < there->n; i++)
    if (!find_fact(&here, there->names[i])) hw_note_difference(&list, there->names[i], there->values[i], NULL);
  bool same = list.length == 0;
  if (!same) (void)hw_fail(m->err, HW_ERROR_INPUT, "%s: the plan of another run: %s", m->job->plan, list.data ? list.data : "");
  hw_buffer_fini(&list);
  return same;
}

/* ---- the numbers of a plan ---- */

enum { N_COUNTS = 26, N_SIZES = 5 };

static void find_numbers(hw_plan *p, int64_t *counts[N_COUNTS], size_t *sizes[N_SIZES]) {
  int64_t *const c[N_COUNTS] = {&p->n_rows, &p->n_prompts, &p->n_tokens, &p->n_unreadable, &p->n_double_bos, &p->n_answers_several, &p->n_answers_shared,
                                &p->n_answers_contained, &p->n_answers_cut_alike, &p->n_answers_cut, &p->n_answers_dropped, &p->prompts_end_in_space.n, &p->prompts_end_in_space.first,
                                &p->answers_end_in_space.n, &p->answers_end_in_space.first, &p->n_answers, &p->spaced.n, &p->spaced.first, &p->odd_spaced.n, &p->odd_spaced.first,
                                &p->own_values.n, &p->own_values.first, &p->n_ambiguous_roles, &p->n_hidden_roles, &p->n_graphs[0], &p->n_graphs[1]};
  size_t *const s[N_SIZES] = {&p->largest.n_rows, &p->largest.n_tokens, &p->largest.longest, &p->largest.n_targets, &p->largest.n_graphs};
  memcpy(counts, c, sizeof c);
  memcpy(sizes, s, sizeof s);
}

static void put_plan(hw_plan *plan, hw_buffer *out) {
  int64_t *counts[N_COUNTS];
  size_t *sizes[N_SIZES];
  find_numbers(plan, counts, sizes);
  for (int i = 0; i < N_COUNTS; i++) hw_put_varint(out, (uint64_t)*counts[i]);
  for (int i = 0; i < N_SIZES; i++) hw_put_varint(out, *sizes[i]);
  hw_put_text(out, plan->ambiguous_roles ? plan->ambiguous_roles : "");
  hw_put_text(out, plan->hidden_roles ? plan->hidden_roles : "");
  hw_groups_put(&plan->groups, out);
  hw_put_varint(out, plan->roles.n_named);
  for (size_t i = 0; i < plan->roles.n_named; i++) hw_put_text(out, plan->roles.named[i]);
  hw_put_varint(out, plan->n_chunks);
  for (size_t i = 0; i < plan->n_chunks; i++) {
    const hw_plan_chunk *chunk = &plan->chunks[i];
    hw_put_varint(out, chunk->n_prompts);
    hw_put_varint(out, chunk->n_tokens);
    hw_put_varint(out, chunk->n_graphs);
    hw_put_varint(out, chunk->content);
  }
}

static bool write_plan(maker *m) {
  facts here;
  if (!list_facts(m, &here)) return false;
  hw_buffer out;
  hw_buffer_init(&out);
  hw_buffer_append_string(&out, magic);
  hw_put_varint(&out, here.n);
  for (size_t i = 0; i < here.n; i++) {
    hw_put_text(&out, here.names[i]);
    hw_put_text(&out, here.values[i]);
  }
  hw_put_varint(&out, (uint64_t)m->plan->chunk_tokens);
  put_plan(m->plan, &out);
  char hash[HW_HASH_HEX];
  bool ok = hw_buffer_check(&out, m->err);
  if (ok) {
    hw_hash_bytes(out.data, out.length, hash);
    hw_buffer_append_string(&out, hash);
    ok = hw_output_write_file(m->job->plan, &out, m->err);
  }
  hw_buffer_fini(&out);
  return ok;
}

/* ---- reading ---- */

static bool damaged(const maker *m, const char *what) {
  return hw_fail(m->err, HW_ERROR_INPUT, "%s: a damaged plan: %s; delete it, and the next process makes it again", m->job->plan, what);
}

static bool take_numbers(const maker *m, hw_reader *reader) {
  const uint64_t most_count = UINT64_C(1) << 48, most_size = UINT64_C(1) << 31;
  int64_t *counts[N_COUNTS];
  size_t *sizes[N_SIZES];
  hw_plan *plan = m->plan;
  find_numbers(plan, counts, sizes);
  bool ok = true;
  for (int i = 0; i < N_COUNTS; i++) {
    uint64_t value = hw_read_varint(reader);
    ok = ok && value <= most_count;
    *counts[i] = (int64_t)value;
  }
  for (int i = 0; i < N_SIZES; i++) {
    uint64_t value = hw_read_varint(reader);
    ok = ok && value <= most_size;
    *sizes[i] = (size_t)value;
  }
  if (reader->failed || !ok) return damaged(m, "a number is missing or too large");
  if (plan->n_prompts != plan->n_rows * (m->job->counterfactual ? 2 : 1)) return damaged(m, "its prompts are not as many as its rows say");
  return hw_store_check_graphs(plan->n_graphs[0], m->err) && hw_store_check_graphs(plan->n_graphs[1], m->err);
}

static bool take_roles(const maker *m, hw_reader *reader) {
  hw_plan *plan = m->plan;
  size_t n = hw_read_count(reader, 1);
  if (n > HW_NAMED_ROLES) return damaged(m, "too many roles");
  for (size_t i = 0; i < n; i++, plan->roles.n_named++)
    if (!hw_read_text(reader, &plan->arena, &plan->roles.named[i], m->err)) return damaged(m, "a role's name is cut");
  return hw_roles_finish(&plan->roles, plan->path, &plan->arena, m->err);
}

/* The chunks of a paired plan are of the same rows by twos. */
static bool pairs_fit(const hw_plan *plan) {
  size_t half = plan->n_chunks / 2;
  bool fit = plan->n_chunks % 2 == 0;
  for (size_t i = 0; fit && i < half; i++) {
    const hw_plan_chunk *own = &plan->chunks[i], *other = &plan->chunks[half + i];
    fit = !own->counterfactual && other->counterfactual && own->n_prompts == other->n_prompts && other->first_prompt == plan->n_rows + own->first_prompt;
  }
  return fit;
}

static bool take_chunks(const maker *m, hw_reader *reader) {
  hw_plan *plan = m->plan;
  size_t n = hw_read_count(reader, 4);
  int64_t first = 0, n_tokens = 0;
  for (size_t i = 0; i < n; i++) {
    if (!hw_list_reserve(plan->chunks, plan->n_chunks, 1, plan->capacity, NULL, m->err)) return false;
    uint64_t prompts = hw_read_varint(reader), tokens = hw_read_varint(reader), graphs = hw_read_varint(reader), content = hw_read_varint(reader);
    int64_t end = first < plan->n_rows ? plan->n_rows : plan->n_prompts; /* no chunk has both rows and counterfactuals */
    if (reader->failed || prompts < 1 || (int64_t)prompts > end - first || tokens > UINT32_MAX || graphs > HW_MOST_GRAPHS || prompts > UINT32_MAX)
      return damaged(m, "a chunk that cannot be");
    plan->chunks[plan->n_chunks++] = (hw_plan_chunk){.first_prompt = first, .n_prompts = (uint32_t)prompts, .n_tokens = (uint32_t)tokens, .n_graphs = (size_t)graphs,
                                                     .content = content, .counterfactual = first >= plan->n_rows};
    first += (int64_t)prompts;
    n_tokens += (int64_t)tokens;
  }
  if (first != plan->n_prompts || n_tokens != plan->n_tokens || reader->at != reader->end) return damaged(m, "its chunks do not add up to its prompts and tokens");
  if (plan->paired && !pairs_fit(plan)) return damaged(m, "chunks of prompts and of their counterfactuals that do not fit");
  return true;
}

static bool take_plan(const maker *m, hw_reader *reader) {
  hw_plan *plan = m->plan;
  facts there = {.n = hw_read_count(reader, 2)};
  there.names = hw_arena_new(&plan->arena, const char *, there.n, m->err);
  there.values = hw_arena_new(&plan->arena, const char *, there.n, m->err);
  if (!there.names || !there.values) return false;
  for (size_t i = 0; i < there.n; i++)
    if (!hw_read_text(reader, &plan->arena, &there.names[i], m->err) || !hw_read_text(reader, &plan->arena, &there.values[i], m->err))
      return damaged(m, "what it was made from is cut");
  uint64_t chunk_tokens = hw_read_varint(reader);
  plan->chunk_tokens = m->job->chunk_tokens ? m->job->chunk_tokens : (int64_t)(chunk_tokens & INT32_MAX);
  if (!hw_plan_fill_info(plan, m->job, m->flow, m->model, m->tokenizer, m->hash, m->err) || !compare_facts(m, &there) || !take_numbers(m, reader)) return false;
  hw_error why;
  if (!hw_groups_begin(&plan->groups, m->job->group_by, m->job->counterfactual, plan->dataset, &plan->arena, m->err)) return false;
  if (!hw_read_text(reader, &plan->arena, &plan->ambiguous_roles, &why) || !hw_read_text(reader, &plan->arena, &plan->hidden_roles, &why) ||
      !hw_groups_take(&plan->groups, reader, &why))
    return damaged(m, why.message);
  return take_roles(m, reader) && take_chunks(m, reader) && hw_plan_fill_info(plan, m->job, m->flow, m->model, m->tokenizer, m->hash, m->err);
}

/* *found is false where there is no file. */
static bool read_plan(const maker *m, bool *found) {
  const char *path = m->job->plan;
  const size_t begin = sizeof magic - 1, of_any = sizeof "headwater plan " - 1, end = HW_HASH_HEX - 1;
  if (!(*found = access(path, F_OK) == 0 || errno != ENOENT)) return true;
  hw_file file;
  if (!hw_file_open(path, &file, m->err)) return false;
  char hash[HW_HASH_HEX];
  bool ok = true;
  if (file.size >= begin && memcmp(file.data, magic, of_any) == 0 && memcmp(file.data, magic, begin) != 0)
    ok = hw_fail(m->err, HW_ERROR_INPUT, "%s: a plan of another version of Headwater: remove it, and the run makes it anew", path);
  else if (file.size < begin || memcmp(file.data, magic, begin) != 0)
    ok = hw_fail(m->err, HW_ERROR_INPUT, "%s: not a plan of headwater run", path);
  else if (file.size < begin + end) ok = damaged(m, "it is cut");
  if (ok) {
    hw_hash_bytes(file.data, file.size - end, hash);
    if (memcmp(hash, file.data + file.size - end, end) != 0) ok = damaged(m, "its checksum is wrong");
  }
  if (ok) {
    hw_reader reader = hw_reader_of(file.data + begin, file.size - begin - end);
    ok = take_plan(m, &reader);
  }
  hw_file_close(&file);
  return ok;
}

/* ---- one process makes it ---- */

enum { POLL_NANOSECONDS = 50000000, FIRST_NOTICE_SECONDS = 5, NOTICE_SECONDS = 60 };

/* Waits for the lock. *lock is -1 where the file system has no locks: then several processes may make the same plan, and each puts it in its
 * place in one step. */
static bool take_lock(const maker *m, const char *path, int *lock) {
  double started = hw_clock_seconds(), next = started + FIRST_NOTICE_SECONDS;
  *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (*lock < 0) return hw_fail(m->err, HW_ERROR_IO, "%s: cannot be written: %s", path, strerror(errno));
  while (flock(*lock, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      (void)close(*lock);
      *lock = -1;
      return true;
    }
    if (hw_asked_to_stop(m->hooks)) return hw_fail(m->err, HW_ERROR_INTERRUPTED, "stopped while another process made the plan");
    if (hw_clock_seconds() >= next && m->hooks->notice) {
      hw_buffer line;
      hw_buffer_init(&line);
      hw_buffer_printf(&line, "%s: waits for the process that makes the plan: %.0f s so far", m->job->plan, hw_clock_seconds() - started);
      if (!line.failed) m->hooks->notice(m->hooks->context, line.data);
      hw_buffer_fini(&line);
      next = hw_clock_seconds() + NOTICE_SECONDS;
    }
    (void)nanosleep(&(struct timespec){.tv_nsec = POLL_NANOSECONDS}, NULL);
  }
  return true;
}

static bool measure(const maker *m) { return hw_plan_measure(m->job, m->flow, m->model, m->tokenizer, m->hash, m->plan, m->err); }

/* Reads the plan, or makes it while this process holds the lock. */
static bool make_once(maker *m, const char *lock_path) {
  int lock;
  bool found = false, taken = take_lock(m, lock_path, &lock), ok = taken && read_plan(m, &found) && (found || (measure(m) && write_plan(m)));
  if (taken) (void)unlink(lock_path); /* who opens it anew finds the plan before, or makes it */
  if (lock >= 0) (void)close(lock);
  return ok;
}

bool hw_plan_obtain(const hw_job *job, const hw_flow_settings *flow, const hw_model *model, const hw_tokenizer *tokenizer, const hw_hooks *hooks,
                    hw_plan *plan, hw_error *err) {
  maker m = {.job = job, .flow = flow, .model = model, .tokenizer = tokenizer, .hooks = hooks, .plan = plan, .err = err};
  if (!hw_plan_open(job, hooks, plan, m.hash, err)) return false;
  if (!job->plan) return measure(&m);
  bool found, ok = read_plan(&m, &found);
  if (!ok || found) return ok;
  hw_buffer path;
  hw_buffer_init(&path);
  hw_buffer_printf(&path, "%s.lock", job->plan);
  ok = hw_buffer_check(&path, err) && make_once(&m, path.data);
  hw_buffer_fini(&path);
  return ok;
}
