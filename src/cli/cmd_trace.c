/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/trace_question.h"
#include "headwater/trace.h"
#include "report/picture.h"
#include "report/trace.h"
#include "base/output.h"
#include "base/text.h"
#include "run/job.h"
#include "web/page.h"

typedef struct trace_settings {
  const char *model, *architecture, *prompt, *tokens;
  const char *figure, *html;
  hw_analysis analysis;
  hw_question_options question;
  int precision; /* hw_precision */
  bool json;
} trace_settings;

#define AT(field) offsetof(trace_settings, field)

/* Rows that run has as well, moved to this command's struct. */
static const struct { const char *name; size_t offset; } shared_options[] = {
    {"targets", AT(analysis.targets)}, {"threshold", AT(analysis.threshold)}, {"floor", AT(analysis.floor)},
    {"norm", AT(analysis.norm)}, {"bos", AT(analysis.bos)}, {"top-neurons", AT(analysis.top_neurons)},
    {"top-tokens", AT(analysis.top_tokens)}, {"threads", AT(analysis.threads)}, {"project", AT(analysis.project)}, {"convention", AT(analysis.conventions)},
    {"precision", AT(precision)}};

static const hw_option own_options[] = {
    {"model", HW_OPTION_TEXT, AT(model), "DIR", "model folder, or the name of a model in the Hugging Face cache", 0, 0, NULL, false},
    {"architecture", HW_OPTION_TEXT, AT(architecture), "FILE", "describes the model, instead of its headwater.json", 0, 0, NULL, false},
    {"prompt", HW_OPTION_TEXT, AT(prompt), "TEXT", "the prompt", 0, 0, NULL, false},
    {"tokens", HW_OPTION_TEXT, AT(tokens), "IDS", "token ids 464,1175,... taken as they are, instead of --prompt", 0, 0, NULL, false},
    {"json", HW_OPTION_FLAG, AT(json), NULL, "print JSON", 0, 0, NULL, false},
    {"figure", HW_OPTION_TEXT, AT(figure), "FILE", "draw the graph of the last target into this file, as SVG", 0, 0, NULL, false},
    {"html", HW_OPTION_TEXT, AT(html), "FILE", "write the graph of the last target, and with --relevance what the answer depends on, as a page that works from disk", 0, 0, NULL, false},
    {"relevance", HW_OPTION_CHOICE, AT(question.relevance), "WHAT", "what the answer depends on: answer, contrast (against the counterfactual), both, none", 0, 0, hw_relevance_names, false},
    {"answer", HW_OPTION_TEXT, AT(question.answer), "TEXT", "the answer; the predicted token when left out", 0, 0, NULL, false},
    {"answer-token", HW_OPTION_TEXT, AT(question.answer_token), "ID", "its token, instead of --answer", 0, 0, NULL, false},
    {"foil", HW_OPTION_TEXT, AT(question.foil), "TEXT", "the wrong answer; the mean of all tokens when left out", 0, 0, NULL, false},
    {"foil-token", HW_OPTION_TEXT, AT(question.foil_token), "ID", "its token, instead of --foil", 0, 0, NULL, false},
    {"counterfactual", HW_OPTION_TEXT, AT(question.counterfactual), "TEXT", "a prompt of as many tokens that differs in what matters", 0, 0, NULL, false},
    {"counterfactual-tokens", HW_OPTION_TEXT, AT(question.counterfactual_tokens), "IDS", "its token ids, instead of --counterfactual", 0, 0, NULL, false},
    {"certify", HW_OPTION_FLAG, AT(question.certify), NULL, "run the model with the graph alone, and without it: by edges and nodes, against the counterfactual and zero", 0, 0, NULL, false},
    {"knockout", HW_OPTION_TEXT, AT(question.knockout), "BASELINES", "run the model without each head and each FFN: counterfactual, zero, or counterfactual,zero", 0, 0, NULL, false},
    {"raw", HW_OPTION_FLAG, AT(analysis.raw), NULL, "with --json: importances of every node, unrounded", 0, 0, NULL, false},
};

enum { N_OWN = sizeof own_options / sizeof *own_options, N_SHARED = sizeof shared_options / sizeof *shared_options };

typedef struct trace_table {
  hw_option rows[N_OWN + N_SHARED];
  hw_option_table table;
} trace_table;

static void make_table(trace_table *t) {
  hw_option_table job = hw_job_options();
  memcpy(t->rows, own_options, sizeof own_options);
  for (size_t s = 0; s < N_SHARED; s++)
    for (size_t i = 0; i < job.n; i++)
      if (strcmp(job.rows[i].name, shared_options[s].name) == 0) {
        t->rows[N_OWN + s] = job.rows[i];
        t->rows[N_OWN + s].offset = shared_options[s].offset;
      }
  t->table = (hw_option_table){t->rows, N_OWN + N_SHARED};
}

static const hw_option_table *options(void **defaults) {
  static trace_table table;
  static trace_settings settings;
  make_table(&table);
  hw_analysis_defaults(&settings.analysis);
  *defaults = &settings;
  return &table.table;
}

static bool find_piece(void *context, int32_t id, const char **bytes, size_t *length) {
  return context && hw_tokenizer_piece(context, id, bytes, length);
}

static bool draw(const trace_settings *s, const hw_model *model, const hw_tokenizer *tokenizer, const hw_trace *traced, hw_error *err) {
  size_t t = traced->prompt.n_targets - 1;
  const hw_target_trace *trace = &traced->result.flow.traces[t];
  const hw_prediction *prediction = &traced->result.predictions[t];
  hw_graph_record record = {.frame = trace->frame, .graph = &trace->graph, .projections = trace->projections,
                            .n_projections = trace->n_projections, .predicted_id = prediction->ids[0],
                            .predicted_logit = prediction->logits[0], .predicted_probability = prediction->probabilities[0]};
  hw_buffer title, svg;
  hw_buffer_init(&title);
  hw_buffer_init(&svg);
  hw_buffer_printf(&title, "%s: %s", model->name, s->prompt ? s->prompt : s->tokens);
  hw_picture picture = {.record = &record, .ids = traced->prompt.ids, .threshold = s->analysis.threshold, .title = title.data,
                        .piece = find_piece, .context = (void *)(uintptr_t)tokenizer};
  bool ok = hw_buffer_check(&title, err);
  if (ok) hw_picture_put_svg(&picture, &svg);
  ok = ok && hw_output_write_file(s->figure, &svg, err);
  hw_buffer_fini(&title);
  hw_buffer_fini(&svg);
  return ok;
}

static bool save_page(const trace_settings *s, const hw_trace_view *view, const hw_trace *traced, const hw_answer_trace *answered, hw_error *err) {
  const hw_page_trace page = {.trace = traced, .model = view->model, .tokenizer = view->tokenizer, .analysis = &s->analysis, .text = s->prompt,
                              .words = {s->model, s->architecture, (hw_precision)s->precision, (hw_bos)s->analysis.bos},
                              .relevance = view->relevance, .relevance_settings = view->relevance_settings,
                              .counterfactual = view->relevance ? answered->ids + answered->first[1] : NULL,
                              .n_counterfactual = view->relevance ? answered->first[2] - answered->first[1] : 0};
  hw_buffer title, data;
  hw_buffer_init(&title);
  hw_buffer_init(&data);
  bool ok = hw_page_traced(&page, &title, &data, err) && hw_page_write(s->html, title.data, &data, err);
  hw_buffer_fini(&title);
  hw_buffer_fini(&data);
  return ok;
}

static bool has_relevances(const hw_trace_view *view) {
  const hw_relevance_settings *settings = view->relevance_settings;
  return view->relevance && ((settings->answer && !view->relevance->by_answer.reason) || (settings->contrast && !view->relevance->by_contrast.reason));
}

static bool trace(const trace_settings *s, const hw_model *model, const hw_tokenizer *tokenizer, hw_arena *arena, hw_trace *traced,
                  hw_buffer *out, hw_error *err) {
  int32_t *ids;
  size_t n;
  if (!(s->tokens ? hw_parse_ids("tokens", s->tokens, arena, &ids, &n, err) && hw_trace_ids(model, &s->analysis, ids, n, traced, err)
                  : hw_trace_text(model, tokenizer, &s->analysis, s->prompt, traced, err)))
    return false;
  if (model->notice) fprintf(stderr, "headwater: %s: %s\n", model->name, model->notice);
  if (traced->prompt.double_bos) fprintf(stderr, "headwater: the prompt itself begins with the BOS token, so there are two\n");
  hw_trace_view view = {.model = model, .tokenizer = tokenizer, .analysis = &s->analysis, .flow = &traced->worker.flow,
                        .input = &traced->prompt, .result = &traced->result, .neurons = traced->neurons,
                        .n_neurons = traced->n_neurons, .columns = hw_cli_columns()};
  hw_answer_trace answered = {0};
  hw_relevance_settings settings;
  bool ok = s->question.relevance == HW_RELEVANCE_NONE || hw_question_trace(&s->question, s->prompt, &settings, arena, &answered, &view, err);
  if (ok && has_relevances(&view) && !hw_trace_last_routes(&view))
    fprintf(stderr, "headwater: warning: relevances are of the last position, %zu, which --targets leaves out: they have no importances beside them%s%s\n", view.input->n_tokens - 1,
            s->question.certify ? "; routes have no certificates" : "", s->html ? "; the page has no relevances" : "");
  if (ok && s->json)
    hw_trace_put_json(&view, out);
  else if (ok)
    hw_trace_put_text(&view, out);
  ok = ok && hw_buffer_check(out, err) && (!s->figure || draw(s, model, tokenizer, traced, err)) && (!s->html || save_page(s, &view, traced, &answered, err));
  hw_answer_trace_fini(&answered);
  return ok;
}

/* With ids given a tokenizer is only there to show texts. That memory ran out is no reason to go without one. */
static bool open_tokenizer(const trace_settings *s, const char *folder, hw_tokenizer **tokenizer, hw_error *err) {
  *tokenizer = NULL;
  if (hw_tokenizer_open(folder, NULL, tokenizer, err)) return true;
  if (!s->tokens || err->kind == HW_ERROR_MEMORY) return false;
  fprintf(stderr, "headwater: warning: %s; token texts are left out\n", err->message);
  return true;
}

static int run(const hw_command *command, int argc, char **argv) {
  trace_table table;
  trace_settings s = {0};
  hw_error err = {0};
  int n_positionals;
  make_table(&table);
  hw_analysis_defaults(&s.analysis);
  if (!hw_cli_arguments(command, table.table, &s, argc, argv, NULL, 0, 0, &n_positionals, &err)) return hw_cli_usage(command, err.message);
  if (!s.model) return hw_cli_usage(command, "no --model DIR given");
  if (s.prompt && s.tokens) return hw_cli_usage(command, "--prompt and --tokens are both given; want one of them");
  if (!s.prompt && !s.tokens) return hw_cli_usage(command, "no --prompt TEXT or --tokens IDS given");
  const char *problem = hw_question_problem(&s.question, s.prompt);
  if (problem) return hw_cli_usage(command, problem);
  if (s.analysis.raw && !s.json) return hw_cli_usage(command, "--raw needs --json");
  hw_flow_settings flow;
  if (!hw_analysis_flow(&s.analysis, &flow, &err)) return hw_cli_usage(command, err.message);
  hw_model *model = NULL;
  hw_tokenizer *tokenizer = NULL;
  hw_trace traced = {0};
  hw_arena arena;
  hw_buffer out;
  hw_arena_init(&arena);
  hw_buffer_init(&out);
  bool ok = hw_model_open_as(s.model, s.architecture, &model, &err) && open_tokenizer(&s, model->path, &tokenizer, &err);
  if (ok && s.precision == HW_PRECISION_BF16) hw_model_use_bf16(model);
  ok = ok && trace(&s, model, tokenizer, &arena, &traced, &out, &err);
  int code = ok ? hw_cli_write(&out) : hw_cli_fail(&err);
  hw_buffer_fini(&out);
  hw_trace_fini(&traced);
  hw_arena_fini(&arena);
  hw_tokenizer_close(tokenizer);
  hw_model_close(model);
  return code;
}

const hw_command hw_cmd_trace = {
    .name = "trace",
    .usage = "--model DIR --prompt TEXT [options]",
    .summary = "trace one prompt and show it",
    .example = "  headwater trace --model datasets/models/headwater-gpt2 \\\n"
               "    --prompt \"When Mary and John went to the store, John gave a drink to\"\n",
    .options = options,
    .run = run,
};
