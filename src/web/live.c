/* SPDX-License-Identifier: Apache-2.0 */
#include "web/live.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/number.h"
#include "headwater/model.h"
#include "query/json.h"
#include "run/trace_team.h"
#include "web/data.h"
#include "web/live_json.h"

enum { MOST_POSITIONS = 1048575 };

/* A trace that is kept. It is freed when it is neither in the table nor in use. */
typedef struct kept_trace {
  char id[24];
  int n_users;           /* the table is one; guarded by the table's mutex */
  pthread_mutex_t asked; /* one question at a time */
  hw_trace trace;
  char *text;
  int32_t *ids;          /* of a stored prompt, in the arena */
  int32_t *tops;         /* [n_layers] */
  int64_t prompt;        /* -1: none */
  hw_arena arena;
  hw_answer_question question;
  bool foil_lost; /* the stored prompt had one, which has no token */
  double relevance_threshold, relevance_floor;
} kept_trace;

struct hw_live {
  hw_live_model_words words;
  hw_model *model;
  hw_tokenizer *tokenizer;
  pthread_mutex_t worker; /* one trace at a time */
  pthread_mutex_t table;
  kept_trace *kept[HW_LIVE_KEPT]; /* the latest first */
  uint64_t last_id;
};

/* ---- open and close ---- */

bool hw_live_open(const hw_web_settings *settings, hw_live **out, hw_error *err) {
  hw_live *live = *out = calloc(1, sizeof *live);
  if (!live) return hw_fail_memory(err, "the live traces");
  live->words = (hw_live_model_words){settings->model, settings->architecture, (hw_precision)settings->precision, HW_BOS_AUTO};
  (void)pthread_mutex_init(&live->worker, NULL);
  (void)pthread_mutex_init(&live->table, NULL);
  /* A page that was opened before the server was started anew must not find other traces under its ids. */
  uint64_t random;
  if (getentropy(&random, sizeof random) != 0) return hw_fail(err, HW_ERROR_IO, "the system gives no random bits");
  live->last_id = random >> 16;
  if (!hw_model_open_as(settings->model, settings->architecture, &live->model, err)) return false;
  if (live->words.precision == HW_PRECISION_BF16) hw_model_use_bf16(live->model);
  return hw_tokenizer_open(live->model->path, NULL, &live->tokenizer, err);
}

void hw_live_follow_run(hw_web *web) {
  hw_error err = {0};
  hw_buffer text;
  hw_buffer_init(&text);
  hw_pool_entry *entry = web->live ? hw_pool_borrow(&web->pool, &err) : NULL;
  bool ok = entry && hw_store_json(entry->store, "web/run.sql", NULL, 0, &text, &err) == HW_JSON_TEXT;
  if (entry) hw_pool_return(&web->pool, entry, ok);
  json_t *run = ok ? hw_json_parse("the run", text.data, text.length, true, &err) : NULL;
  const char *model = json_string_value(json_object_get(run, "model_fingerprint")), *bos = json_string_value(json_object_get(json_object_get(run, "settings"), "bos"));
  for (int i = 0; model && bos && strcmp(model, web->live->model->fingerprint) == 0 && hw_bos_names[i]; i++)
    if (strcmp(bos, hw_bos_names[i]) == 0) web->live->words.bos = (hw_bos)i;
  json_decref(run);
  hw_buffer_fini(&text);
}

static void free_trace(kept_trace *kept) {
  hw_trace_fini(&kept->trace);
  (void)pthread_mutex_destroy(&kept->asked);
  free(kept->text);
  free(kept->tops);
  hw_arena_fini(&kept->arena);
  free(kept);
}

static void release(hw_live *live, kept_trace *kept) {
  (void)pthread_mutex_lock(&live->table);
  bool last = --kept->n_users == 0;
  (void)pthread_mutex_unlock(&live->table);
  if (last) free_trace(kept);
}

void hw_live_close(hw_live *live) {
  if (!live) return;
  for (int i = 0; i < HW_LIVE_KEPT; i++)
    if (live->kept[i]) free_trace(live->kept[i]);
  hw_tokenizer_close(live->tokenizer);
  hw_model_close(live->model);
  (void)pthread_mutex_destroy(&live->worker);
  (void)pthread_mutex_destroy(&live->table);
  free(live);
}

void hw_live_put_model(const hw_live *live, hw_buffer *out) {
  hw_json json;
  hw_json_init(&json, out);
  if (!live) {
    hw_json_null(&json);
    return;
  }
  hw_json_begin_object(&json);
  hw_json_key(&json, "name");
  hw_json_string(&json, live->model->name);
  hw_live_put_words(&json, &live->words);
  hw_json_key(&json, "fingerprint");
  hw_json_string(&json, live->model->fingerprint);
  hw_json_end_object(&json);
}

/* ---- the table ---- */

/* Puts a trace before the others; the oldest one leaves. The caller stays a user. */
static void keep(hw_live *live, kept_trace *kept) {
  (void)pthread_mutex_lock(&live->table);
  kept->n_users = 2;
  (void)snprintf(kept->id, sizeof kept->id, "%" PRIu64, ++live->last_id);
  kept_trace *oldest = live->kept[HW_LIVE_KEPT - 1];
  memmove(live->kept + 1, live->kept, (HW_LIVE_KEPT - 1) * sizeof live->kept[0]);
  live->kept[0] = kept;
  (void)pthread_mutex_unlock(&live->table);
  if (oldest) release(live, oldest);
}

/* The trace of an id, for a user; NULL when it has gone. */
static kept_trace *find(hw_live *live, const char *id) {
  kept_trace *found = NULL;
  (void)pthread_mutex_lock(&live->table);
  for (int i = 0; i < HW_LIVE_KEPT && !found; i++)
    if (live->kept[i] && strcmp(live->kept[i]->id, id) == 0) found = live->kept[i];
  if (found) found->n_users++;
  (void)pthread_mutex_unlock(&live->table);
  return found;
}

/* ---- errors ---- */

static void answer_error(hw_http_reply *reply, const hw_error *err) {
  switch (err->kind) {
    case HW_ERROR_PROMPT: hw_http_reply_error(reply, 422, "prompt", "%s", err->message); break;
    case HW_ERROR_INPUT: hw_http_reply_error(reply, 400, "parameter", "%s", err->message); break;
    default: hw_http_reply_error(reply, 503, "unavailable", "%s", err->message);
  }
}

static bool has_model(const hw_web *web, hw_http_reply *reply) {
  if (!web->live)
    hw_http_reply_error(reply, 422, "no_model", "this server has no model: headwater serve DB --model DIR traces prompts");
  return web->live != NULL;
}

/* ---- what is asked to be traced ---- */

typedef struct wanted_trace {
  const char *text; /* of the request's JSON, as those below; or NULL */
  hw_answer_texts about; /* what its answer depends on */
  int64_t prompt;   /* or -1 */
  char targets[16];
} wanted_trace;

static bool read_whole(const json_t *value, const char *key, int64_t most, int64_t *out, hw_error *err) {
  *out = json_integer_value(value);
  if (json_is_integer(value) && (*out < 0 || *out > most))
    return hw_fail(err, HW_ERROR_INPUT, "%s is %" PRId64 ", want a whole number from 0 to %" PRId64, key, *out, most);
  return json_is_integer(value) ||
         hw_fail(err, HW_ERROR_INPUT, "%s is %s, want a whole number from 0 to %" PRId64, key, hw_json_type(value), most);
}

static bool read_member(const char *key, const json_t *value, wanted_trace *wanted, hw_error *err) {
  const struct { const char *name, **text; } texts[] = {
      {"text", &wanted->text}, {"answer", &wanted->about.answer}, {"foil", &wanted->about.foil}, {"counterfactual", &wanted->about.counterfactual}};
  int64_t target;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (strcmp(key, texts[i].name) == 0) {
      *texts[i].text = json_string_value(value);
      return *texts[i].text || hw_fail(err, HW_ERROR_INPUT, "%s is %s, want a string", key, hw_json_type(value));
    }
  if (strcmp(key, "prompt") == 0) return read_whole(value, key, ((int64_t)1 << 42) - 1, &wanted->prompt, err);
  if (strcmp(key, "target") != 0) return hw_fail(err, HW_ERROR_INPUT, "the body has \"%.60s\", want text or prompt, and perhaps target, answer, foil and counterfactual", key);
  if (!read_whole(value, key, MOST_POSITIONS, &target, err)) return false;
  (void)snprintf(wanted->targets, sizeof wanted->targets, "%" PRId64, target);
  return true;
}

static bool read_body(json_t *body, wanted_trace *wanted, hw_error *err) {
  *wanted = (wanted_trace){.prompt = -1, .targets = "last"};
  const char *key;
  json_t *value;
  json_object_foreach(body, key, value)
    if (!read_member(key, value, wanted, err)) return false;
  if ((wanted->text != NULL) == (wanted->prompt >= 0)) return hw_fail(err, HW_ERROR_INPUT, "want one of text and prompt");
  bool asks = wanted->about.answer || wanted->about.foil || wanted->about.counterfactual;
  return wanted->text || !asks || hw_fail(err, HW_ERROR_INPUT, "answer, foil and counterfactual of a stored prompt are the stored ones: give them with text");
}

/* ---- stored prompts ---- */

/* A token id of the database; -1 for none. */
static bool take_id(const json_t *id, int32_t *out, hw_error *err) {
  json_int_t value = json_is_integer(id) ? json_integer_value(id) : -1;
  *out = value < 0 || value > INT32_MAX ? -1 : (int32_t)value;
  return !json_is_integer(id) || *out >= 0 || hw_fail(err, HW_ERROR_PROMPT, "the database has the token id %" JSON_INTEGER_FORMAT ", want 0 to %" PRId32, value, INT32_MAX);
}

/* Those of a list, in the arena. */
static bool take_ids(const json_t *list, hw_arena *arena, int32_t **ids, size_t *n, hw_error *err) {
  *n = json_array_size(list);
  if (!(*ids = hw_arena_new(arena, int32_t, *n + 1, err))) return false;
  for (size_t i = 0; i < *n; i++)
    if (!take_id(json_array_get(list, i), *ids + i, err)) return false;
  return true;
}

/* 0 for what is not known. */
static void take_thresholds(double threshold, double floor, kept_trace *kept) {
  kept->relevance_threshold = threshold > 0 ? threshold : HW_RELEVANCE_THRESHOLD;
  kept->relevance_floor = floor > 0 ? floor : kept->relevance_threshold / 4;
}

/* Its ids and text from the database's JSON, its question, and the thresholds of the run. */
static bool take_stored(const hw_live *live, const json_t *stored, kept_trace *kept, size_t *n, hw_analysis *analysis, hw_error *err) {
  const char *fingerprint = json_string_value(json_object_get(stored, "model_fingerprint")), *name = json_string_value(json_object_get(stored, "model"));
  int32_t *other;
  if (!fingerprint || strcmp(fingerprint, live->model->fingerprint) != 0)
    return hw_fail(err, HW_ERROR_PROMPT, "the database was made with another model than this server has (%.100s: %s, here %.100s: %s): only "
                   "prompts that are typed in can be traced", name ? name : "?", fingerprint ? fingerprint : "?", live->model->name, live->model->fingerprint);
  const char *wanted = json_string_value(json_object_get(stored, "precision")), *here = live->words.precision == HW_PRECISION_BF16 ? "bf16" : "f32";
  if (!wanted || strcmp(wanted, here) != 0)
    return hw_fail(err, HW_ERROR_PROMPT, "the database was made with --precision %.100s, this server computes with %s: only prompts that are typed in can be "
                   "traced", wanted ? wanted : "?", here);
  analysis->threshold = json_number_value(json_object_get(stored, "threshold"));
  analysis->floor = json_number_value(json_object_get(stored, "floor"));
  const char *text = json_string_value(json_object_get(stored, "text"));
  take_thresholds(json_number_value(json_object_get(stored, "relevance_threshold")), json_number_value(json_object_get(stored, "relevance_floor")), kept);
  if (!take_id(json_object_get(stored, "answer_id"), &kept->question.answer, err) || !take_id(json_object_get(stored, "foil_id"), &kept->question.foil, err) ||
      !take_ids(json_object_get(stored, "ids"), &kept->arena, &kept->ids, n, err) ||
      !take_ids(json_object_get(stored, "counterfactual_ids"), &kept->arena, &other, &kept->question.n_counterfactual, err))
    return false;
  kept->question.counterfactual = other;
  kept->foil_lost = json_integer_value(json_object_get(stored, "foil_lost")) != 0;
  return (kept->text = strdup(text ? text : "")) || hw_fail_memory(err, "a prompt");
}

/* False with a reply where the database has no such prompt, or cannot be read. */
static bool read_stored(hw_web *web, int64_t prompt, hw_buffer *out, hw_http_reply *reply) {
  hw_error err = {0};
  char number[24];
  (void)snprintf(number, sizeof number, "%" PRId64, prompt);
  const hw_parameter parameter = {"prompt", number};
  hw_pool_entry *entry = hw_pool_borrow(&web->pool, &err);
  hw_json_outcome outcome = entry ? hw_store_json(entry->store, "web/live_prompt.sql", &parameter, 1, out, &err) : HW_JSON_DATABASE;
  bool told = outcome == HW_JSON_NO_ROW && hw_data_missing(entry->store, "web/graph_missing.sql", &parameter, 1, reply, &err);
  if (entry) hw_pool_return(&web->pool, entry, told || outcome == HW_JSON_TEXT);
  if (!told && outcome != HW_JSON_TEXT) hw_data_error(reply, &err);
  return outcome == HW_JSON_TEXT;
}

/* ---- tracing ---- */

/* Waits for what only one may do at a time; false with a reply when it takes too long. */
static bool lock(pthread_mutex_t *mutex, hw_http_reply *reply) {
  struct timespec until;
  (void)clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += HW_LIVE_WAIT_SECONDS;
  if (pthread_mutex_timedlock(mutex, &until) == 0) return true;
  hw_http_reply_error(reply, 503, "busy", "another prompt has been traced for more than %d seconds: try again later", HW_LIVE_WAIT_SECONDS);
  return false;
}

/* The most probable token of the lens after each layer, at the target. */
static bool find_tops(hw_trace *trace, int32_t **ids, hw_error *err) {
  const hw_worker *w = &trace->worker;
  uint32_t n_layers = (uint32_t)w->model->config.n_layers;
  hw_arena work;
  hw_arena_init(&work);
  hw_next_token *queries = hw_arena_znew(&work, hw_next_token, n_layers, err);
  float *scores = hw_arena_new(&work, float, 2 * (size_t)n_layers, err);
  bool ok = queries && scores && ((*ids = calloc(n_layers, sizeof **ids)) || hw_fail_memory(err, "the lens"));
  for (uint32_t l = 0; ok && l < n_layers; l++)
    queries[l] = (hw_next_token){.row = trace->prompt.targets[0], .skip = n_layers - 1 - l, .k = 1, .ids = *ids + l, .logits = scores + 2 * l, .probabilities = scores + 2 * l + 1};
  hw_trace_gather(trace);
  ok = ok && hw_next_tokens(&w->acts, queries, n_layers, &w->team, &work, err);
  hw_trace_part(trace);
  hw_arena_fini(&work);
  return ok;
}

static void trace_into(hw_live *live, kept_trace *kept, const hw_analysis *analysis, size_t n_ids, const hw_answer_texts *about, hw_http_reply *reply) {
  hw_error err = {0};
  if (!lock(&live->worker, reply)) return;
  bool ok = kept->ids ? hw_trace_ids(live->model, analysis, kept->ids, n_ids, &kept->trace, &err)
                      : hw_trace_text(live->model, live->tokenizer, analysis, kept->text, &kept->trace, &err);
  ok = ok && find_tops(&kept->trace, &kept->tops, &err);
  if (ok && !kept->ids) ok = hw_answer_question_prepare(live->model, live->tokenizer, analysis, kept->text, about, &kept->arena, &kept->question, &err);
  (void)pthread_mutex_unlock(&live->worker);
  if (!ok) answer_error(reply, &err);
}

static void answer_trace(hw_web *web, const wanted_trace *wanted, kept_trace *kept, hw_http_reply *reply) {
  hw_live *live = web->live;
  hw_analysis analysis;
  hw_error err = {0};
  size_t n_ids = 0;
  hw_analysis_defaults(&analysis);
  analysis.targets = wanted->targets;
  analysis.project = HW_PROJECT_NONE;
  analysis.memory = HW_LIVE_MEMORY;
  analysis.bos = (int)live->words.bos;
  if (wanted->text) {
    take_thresholds(0, 0, kept);
    if (!(kept->text = strdup(wanted->text))) answer_error(reply, (hw_fail_memory(&err, "a prompt"), &err));
  } else {
    hw_buffer stored;
    hw_buffer_init(&stored);
    if (read_stored(web, wanted->prompt, &stored, reply)) {
      json_t *json = hw_json_parse("the stored prompt", stored.data, stored.length, true, &err);
      if (!json || !take_stored(live, json, kept, &n_ids, &analysis, &err)) answer_error(reply, &err);
      json_decref(json);
    }
    hw_buffer_fini(&stored);
  }
  if (!reply->status) trace_into(live, kept, &analysis, n_ids, &wanted->about, reply);
}

/* Relevances are those of the last position. */
static bool at_end(const kept_trace *kept) { return kept->trace.prompt.targets[0] + (size_t)1 == kept->trace.prompt.n_tokens; }

static kept_trace *new_trace(const wanted_trace *wanted) {
  kept_trace *kept = calloc(1, sizeof *kept);
  if (!kept) return NULL;
  (void)pthread_mutex_init(&kept->asked, NULL);
  hw_arena_init(&kept->arena);
  kept->question.memory = HW_LIVE_MEMORY;
  kept->prompt = wanted->prompt;
  return kept;
}

void hw_live_trace(hw_web *web, const hw_web_call *call, hw_http_reply *reply) {
  hw_error err = {0};
  wanted_trace wanted;
  if (!has_model(web, reply)) return;
  json_t *body = hw_json_parse("the body", call->request->body, call->request->body_length, false, &err);
  kept_trace *kept = NULL;
  if (!body || !read_body(body, &wanted, &err)) answer_error(reply, &err);
  else if (!(kept = new_trace(&wanted))) answer_error(reply, (hw_fail_memory(&err, "a trace"), &err));
  if (kept) answer_trace(web, &wanted, kept, reply);
  json_decref(body);
  if (!kept) return;
  if (reply->status) {
    free_trace(kept);
    return;
  }
  keep(web->live, kept);
  const hw_live_view view = {.trace = &kept->trace, .tokenizer = web->live->tokenizer, .id = kept->id, .text = kept->text, .tops = kept->tops,
                             .prompt = kept->prompt, .by_answer = at_end(kept), .by_contrast = at_end(kept) && kept->question.n_counterfactual > 0};
  hw_live_put_graph(&view, &reply->body);
  release(web->live, kept);
  reply->status = 200;
  hw_data_compress(call->request, reply);
}

/* ---- questions ---- */

/* A question to a kept trace, with a work space of its own. */
typedef struct question {
  kept_trace *kept;
  const hw_web_call *call;
  const hw_tokenizer *tokenizer;
  const hw_model *model;
  hw_live *live;
  hw_arena arena;
  hw_http_reply *reply;
  hw_buffer *out;
} question;

/* A parameter that the route has checked; 0 when it is not given. */
static size_t number(const question *q, const char *name) {
  const char *text = hw_call_value(q->call, name);
  return text ? (size_t)strtoul(text, NULL, 10) : 0;
}

static void answer_question(hw_web *web, const hw_web_call *call, hw_http_reply *reply, bool (*answer)(question *q, hw_error *err)) {
  if (!has_model(web, reply)) return;
  hw_live *live = web->live;
  kept_trace *kept = find(live, call->words[0]);
  if (!kept) {
    hw_http_reply_error(reply, 404, "trace_gone", "the trace %.60s is not kept any more: the server keeps the last %d", call->words[0], HW_LIVE_KEPT);
    return;
  }
  hw_error err = {0};
  question q = {.kept = kept, .call = call, .tokenizer = live->tokenizer, .model = live->model, .live = live, .reply = reply, .out = &reply->body};
  hw_arena_init(&q.arena);
  bool mine = lock(&kept->asked, reply), ok = mine && answer(&q, &err);
  if (mine) (void)pthread_mutex_unlock(&kept->asked);
  hw_arena_fini(&q.arena);
  release(live, kept);
  if (!ok) {
    if (!reply->status) answer_error(reply, &err);
    return;
  }
  reply->status = 200;
  hw_data_compress(call->request, reply);
}

static hw_component_kind kind_of(const char *name) {
  int kind = 0;
  while (strcmp(hw_component_kind_names[kind], name) != 0) kind++; /* the route has checked it */
  return (hw_component_kind)kind;
}

static bool answer_list(question *q, hw_error *err) {
  hw_projection rows[2];
  size_t n;
  hw_component_kind kind = kind_of(hw_call_value(q->call, "kind"));
  if ((kind == HW_COMPONENT_HEAD || kind == HW_COMPONENT_NEURON) && !hw_call_value(q->call, "index"))
    return hw_fail(err, HW_ERROR_INPUT, "a list of kind %s wants the parameter \"index\"", hw_component_kind_names[kind]);
  if (!hw_trace_list(&q->kept->trace, 0, kind, number(q, "layer"), number(q, "position"), number(q, "index"),
                     HW_LIVE_TOKENS, &q->arena, rows, &n, err))
    return false;
  hw_live_put_lists(q->tokenizer, rows, n, q->out);
  return true;
}

static bool answer_neurons(question *q, hw_error *err) {
  const hw_target_trace *trace = &q->kept->trace.result.flow.traces[0];
  const hw_neuron_row *rows = trace->neurons;
  size_t n = 0;
  if (!hw_trace_has_place(&q->kept->trace, number(q, "layer"), number(q, "position"), err)) return false;
  for (size_t i = 0; i < trace->n_neuron_nodes && n == 0; i++) {
    if (trace->neuron_nodes[i].layer == number(q, "layer") && trace->neuron_nodes[i].position == number(q, "position")) n = trace->neuron_nodes[i].n_rows;
    else rows += trace->neuron_nodes[i].n_rows;
  }
  hw_projection *lists = hw_arena_znew(&q->arena, hw_projection, n, err);
  if (!lists) return false;
  for (size_t i = 0; i < n; i++) lists[i] = (hw_projection){.layer = rows[i].layer, .index = rows[i].neuron};
  hw_trace_gather(&q->kept->trace);
  bool ok = n == 0 || hw_project_neurons(q->model, lists, n, HW_LIVE_TOKENS, &q->kept->trace.worker.team, &q->arena, err);
  hw_trace_part(&q->kept->trace);
  if (!ok) return false;
  hw_live_put_neurons(q->tokenizer, rows, lists, n, q->out);
  return true;
}

static bool answer_lens(question *q, hw_error *err) {
  hw_lens_token *tokens;
  size_t n;
  hw_state after = strcmp(hw_call_value(q->call, "after"), "attention") == 0 ? HW_STATE_MID : HW_STATE_POST;
  if (!hw_trace_lens(&q->kept->trace, number(q, "layer"), after, number(q, "position"), HW_LIVE_TOKENS, &q->arena, &tokens, &n, err)) return false;
  hw_live_put_lens(q->tokenizer, tokens, n, q->out);
  return true;
}

static bool answer_attention(question *q, hw_error *err) {
  const float *weights;
  const double *contributions;
  if (!hw_trace_attention(&q->kept->trace, number(q, "layer"), number(q, "head"), &q->arena, &weights, &contributions, err)) return false;
  hw_live_put_attention(q->kept->trace.prompt.n_tokens, weights, contributions, q->out);
  return true;
}

static bool find_relevance(question *q, const hw_live_relevance_view *of, hw_answer_trace *trace, hw_error *err) {
  const hw_trace *traced = &q->kept->trace;
  const hw_relevance_settings settings = {.answer = !of->kept.contrast, .contrast = of->kept.contrast, .floor = of->kept.floor,
                                          .top_neurons = traced->worker.flow.top_neurons};
  return hw_answer_trace_ids(q->model, traced->prompt.ids, traced->prompt.n_tokens, &q->kept->question, &settings, trace, err) &&
         hw_live_put_relevance(of, &q->arena, q->out, err);
}

static bool answer_relevance(question *q, hw_error *err) {
  bool contrast = strcmp(hw_call_value(q->call, "mode"), "contrast") == 0;
  hw_answer_trace trace = {0};
  const hw_live_relevance_view of = {.model = q->model, .tokenizer = q->tokenizer, .asked = &trace.relevance, .n_tokens = q->kept->trace.prompt.n_tokens,
                                     .counterfactual = q->kept->question.counterfactual, .n_counterfactual = q->kept->question.n_counterfactual,
                                     .kept = {.contrast = contrast, .threshold = q->kept->relevance_threshold, .floor = q->kept->relevance_floor},
                                     .reason = q->kept->foil_lost ? HW_FOIL_LOST : NULL};
  if (!lock(&q->live->worker, q->reply)) return false;
  bool ok = find_relevance(q, &of, &trace, err);
  hw_answer_trace_fini(&trace);
  (void)pthread_mutex_unlock(&q->live->worker);
  return ok;
}

void hw_live_list(hw_web *web, const hw_web_call *call, hw_http_reply *reply) { answer_question(web, call, reply, answer_list); }
void hw_live_neurons(hw_web *web, const hw_web_call *call, hw_http_reply *reply) { answer_question(web, call, reply, answer_neurons); }
void hw_live_lens(hw_web *web, const hw_web_call *call, hw_http_reply *reply) { answer_question(web, call, reply, answer_lens); }
void hw_live_attention(hw_web *web, const hw_web_call *call, hw_http_reply *reply) { answer_question(web, call, reply, answer_attention); }
void hw_live_relevance(hw_web *web, const hw_web_call *call, hw_http_reply *reply) { answer_question(web, call, reply, answer_relevance); }
