/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stddef.h>

#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/space.h"
#include "base/json_writer.h"
#include "headwater/run.h"

static const char *const norms[] = {"LayerNorm", "RMSNorm", "no norm"}, *const positions[] = {"learned", "rotary", "no", "ALiBi"};
static const char *const activations[] = {"gelu_new", "gelu", "relu", "silu"};

static const char *const ropes[] = {"", "", "as LLaMA 3.1 ", "by YaRN ", "past the context ", "by LongRoPE "};

static void put_piece(hw_buffer *out, const hw_tokenizer *tokenizer, int32_t id) {
  const char *bytes;
  size_t length;
  if (id < 0)
    hw_buffer_append_string(out, "none");
  else if (hw_tokenizer_piece(tokenizer, id, &bytes, &length))
    hw_json_quote(out, bytes, length);
}

static int64_t count_windowed(const hw_model_config *c) {
  int64_t n = 0;
  for (int64_t l = 0; l < c->n_layers; l++) n += c->windowed[l];
  return n;
}

/* Properties that most models do not have: printed only for those that have them. */
static void describe_attention(const hw_model_config *c, hw_buffer *out) {
  int64_t n_windowed = count_windowed(c);
  if (n_windowed)
    hw_buffer_printf(out, "window       %" PRId64 " positions in %" PRId64 " of the layers\n", c->window, n_windowed);
  if (c->positions == HW_POSITION_ROTARY) {
    hw_buffer_printf(out, "rotary       base %.10g", c->rope.theta);
    if (c->rope.rotary_fraction < 1) hw_buffer_printf(out, ", %g of each head", c->rope.rotary_fraction);
    if (c->rope.type != HW_ROPE_DEFAULT)
      hw_buffer_printf(out, ", scaled %sby %g", ropes[c->rope.type], c->rope.factor);
    if (c->local_theta > 0) hw_buffer_printf(out, ", base %.10g in layers with a window", c->local_theta);
    if (c->rope.interleaved) hw_buffer_append_string(out, ", neighbouring dimensions together");
    hw_buffer_append_byte(out, '\n');
  }
  if (c->attention_cap > 0 || c->final_cap > 0)
    hw_buffer_printf(out, "soft caps    %g of the scores, %g of the logits (0: none)\n", c->attention_cap, c->final_cap);
}

/* Multiplications by weights: attention and the walk come on top, and grow with the prompt. */
static double cost_of_token(const hw_model_config *c) {
  double heads = (double)((2 * c->n_heads + 2 * c->n_kv_heads) * c->d_head);
  return (double)c->n_layers * (double)c->d_model * (heads + (double)hw_active_neurons(c) * (c->gated ? 3 : 2));
}

static double cost_of_prediction(const hw_model_config *c) { return (double)c->d_model * (double)c->vocab_out; }

/* Of a worker with default options and prompts that fill one sub-batch between them. */
static size_t worker_bytes(const hw_model *model) {
  size_t longest = model->config.n_ctx < HW_BATCH_ROWS ? (size_t)model->config.n_ctx : (size_t)HW_BATCH_ROWS;
  hw_job job;
  hw_flow_settings flow;
  hw_job_defaults(&job);
  hw_batch_shape shape = {.n_rows = HW_BATCH_ROWS, .n_tokens = HW_BATCH_ROWS, .longest = longest, .n_targets = 1};
  return hw_analysis_flow(&job.analysis, &flow, NULL) ? hw_worker_bytes(model, &flow, &shape) : 0;
}

static void describe(const hw_model *model, const hw_tokenizer *tokenizer, const hw_error *tokenizer_problem, hw_buffer *out) {
  const hw_model_config *c = &model->config;
  hw_buffer_printf(out, "model        %s\n", model->name);
  hw_buffer_printf(out, "family       %s (%s, %s positions, %s%s%s)\n", c->family, norms[c->norm], positions[c->positions],
                   c->d_ffn && c->gated ? "gated " : "", c->d_ffn ? activations[c->activation] : "no FFN",
                   c->parallel ? ", attention and FFN in parallel" : "");
  if (c->n_experts)
    hw_buffer_printf(out, "experts      %" PRId64 " of %" PRId64 " neurons, %" PRId64 " used%s\n", c->n_experts, c->d_expert, c->experts_used,
                     c->d_shared ? ", and a shared one" : "");
  describe_attention(c, out);
  hw_buffer_printf(out, "layers       %" PRId64 "\nheads        %" PRId64 " of size %" PRId64 ", %" PRId64 " key/value heads\n", c->n_layers,
                   c->n_heads, c->d_head, c->n_kv_heads);
  hw_buffer_printf(out, "d_model      %" PRId64 "\nd_ffn        %" PRId64 "\nvocabulary   %" PRId64 ", unembedding %s\ncontext      %" PRId64 " tokens\n",
                   c->d_model, c->d_ffn, c->vocab_size, model->unembed.data == model->token_embedding.data ? "tied" : "untied", c->n_ctx);
  hw_buffer_printf(out, "weights      %s, %.1f MiB, mapped, %s\nfingerprint  %s\n", hw_dtype_name(model->dtype),
                   (double)model->weight_bytes / 1048576, model->format, model->fingerprint);
  if (model->notice) hw_buffer_printf(out, "notice       %s\n", model->notice);
  if (tokenizer) {
    hw_buffer_printf(out, "tokenizer    %s, %d tokens\nBOS          auto: ", hw_tokenizer_kind(tokenizer), hw_tokenizer_size(tokenizer));
    put_piece(out, tokenizer, hw_tokenizer_bos_id(tokenizer, HW_BOS_AUTO));
    hw_buffer_append_string(out, "; yes: ");
    put_piece(out, tokenizer, hw_tokenizer_bos_id(tokenizer, HW_BOS_YES));
  } else {
    hw_buffer_printf(out, "tokenizer    none: %s\nBOS          none without a tokenizer; trace --tokens takes ids as they are", tokenizer_problem->message);
  }
  hw_buffer_printf(out, "\nmemory       %.0f MiB of weights (page cache) and at most %.0f MiB a worker\n", (double)model->weight_bytes / 1048576,
                   (double)worker_bytes(model) / 1048576);
  hw_buffer_printf(out, "cost         %.4g million multiplications a token, %.4g a prediction or projected component\n", cost_of_token(c) / 1e6,
                   cost_of_prediction(c) / 1e6);
}

static void put_token_id(hw_json *json, const char *key, int32_t id) {
  hw_json_key(json, key);
  if (id < 0) hw_json_null(json);
  else hw_json_int(json, id);
}

/* The same for programs: numbers in bytes and multiplications. */
static void put_json(const hw_model *model, const hw_tokenizer *tokenizer, const hw_error *tokenizer_problem, hw_buffer *out) {
  const hw_model_config *c = &model->config;
  const struct {
    const char *key, *text;
  } texts[] = {{"model", model->name},
               {"family", c->family},
               {"norm", norms[c->norm]},
               {"positions", positions[c->positions]},
               {"activation", c->d_ffn ? activations[c->activation] : NULL},
               {"dtype", hw_dtype_name(model->dtype)},
               {"format", model->format},
               {"fingerprint", model->fingerprint},
               {"notice", model->notice}};
  const struct {
    const char *key;
    int64_t value;
  } counts[] = {{"n_layers", c->n_layers},   {"n_heads", c->n_heads},       {"n_kv_heads", c->n_kv_heads},
                {"d_head", c->d_head},       {"d_model", c->d_model},       {"d_ffn", c->d_ffn},
                {"vocab_size", c->vocab_size}, {"n_ctx", c->n_ctx},         {"weight_bytes", (int64_t)model->weight_bytes},
                {"worker_bytes", (int64_t)worker_bytes(model)},             {"windowed_layers", count_windowed(c)}};
  const struct {
    const char *key;
    bool value;
  } flags[] = {{"gated", c->gated}, {"parallel_block", c->parallel}, {"tied_unembedding", model->unembed.data == model->token_embedding.data}};
  const struct {
    const char *key;
    double value;
  } numbers[] = {{"multiplications_a_token", cost_of_token(c)}, {"multiplications_a_prediction", cost_of_prediction(c)}};
  hw_json json;
  hw_json_init(&json, out);
  hw_json_begin_object(&json);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) hw_json_key(&json, texts[i].key), hw_json_string(&json, texts[i].text);
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) hw_json_key(&json, counts[i].key), hw_json_int(&json, counts[i].value);
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) hw_json_key(&json, flags[i].key), hw_json_bool(&json, flags[i].value);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) hw_json_key(&json, numbers[i].key), hw_json_double(&json, numbers[i].value);
  hw_json_key(&json, "tokenizer");
  hw_json_begin_object(&json);
  hw_json_key(&json, "problem"); /* null: there is a tokenizer */
  hw_json_string(&json, tokenizer ? NULL : tokenizer_problem->message);
  if (tokenizer) {
    hw_json_key(&json, "kind");
    hw_json_string(&json, hw_tokenizer_kind(tokenizer));
    hw_json_key(&json, "n_tokens");
    hw_json_int(&json, hw_tokenizer_size(tokenizer));
    put_token_id(&json, "bos_auto", hw_tokenizer_bos_id(tokenizer, HW_BOS_AUTO));
    put_token_id(&json, "bos_yes", hw_tokenizer_bos_id(tokenizer, HW_BOS_YES));
  }
  hw_json_end_object(&json);
  hw_json_end_object(&json);
  hw_buffer_append_byte(out, '\n');
}

typedef struct info_settings {
  const char *architecture;
  bool tensors, json;
} info_settings;

static const hw_option option_rows[] = {
    {"architecture", HW_OPTION_TEXT, offsetof(info_settings, architecture), "FILE", "describes the model, instead of its headwater.json", 0, 0, NULL, false},
    {"tensors", HW_OPTION_FLAG, offsetof(info_settings, tensors), NULL, "tell which tensor is which weight", 0, 0, NULL, false},
    {"json", HW_OPTION_FLAG, offsetof(info_settings, json), NULL, "print JSON", 0, 0, NULL, false},
};
static const hw_option_table option_table = {option_rows, sizeof option_rows / sizeof *option_rows};

static const hw_option_table *options(void **defaults) {
  static info_settings settings;
  *defaults = &settings;
  return &option_table;
}

/* Lists the tensors: on request, and when the weights differ from the folder's description. */
static void list_tensors(const char *folder, const char *architecture, bool only_if_broken, hw_buffer *out) {
  hw_buffer list;
  hw_error ignored = {0};
  bool whole = true;
  hw_buffer_init(&list);
  if (hw_model_explain(folder, architecture, &list, &whole, &ignored) && !(only_if_broken && whole)) {
    hw_buffer_append_string(out, "tensors\n");
    hw_buffer_append(out, list.data, list.length);
  }
  hw_buffer_fini(&list);
}

static int fail(const char *folder, const char *architecture, const hw_error *err) {
  hw_buffer out;
  hw_buffer_init(&out);
  list_tensors(folder, architecture, true, &out);
  (void)hw_cli_write(&out);
  hw_buffer_fini(&out);
  return hw_cli_fail(err);
}

/* ---- databases ---- */

static bool is_database(const char *path) {
  static const char magic[16] = "SQLite format 3";
  char begin[sizeof magic];
  struct stat status;
  FILE *file = stat(path, &status) == 0 && S_ISREG(status.st_mode) ? fopen(path, "rb") : NULL;
  bool is = file && fread(begin, 1, sizeof begin, file) == sizeof begin && memcmp(begin, magic, sizeof begin) == 0;
  if (file) (void)fclose(file);
  return is;
}

static bool describe_database(hw_store *store, bool json, hw_buffer *out, hw_error *err) {
  hw_arena arena;
  hw_run_info info;
  hw_prompt_counts counts;
  hw_json writer;
  hw_arena_init(&arena);
  bool ok = hw_store_read_run(store, &arena, &info, err) && hw_store_count_prompts(store, &counts, err);
  if (ok && json) {
    hw_json_init(&writer, out);
    hw_json_begin_object(&writer);
    const char *const texts[][2] = {{"model", info.model_name}, {"data", info.dataset_name}, {"fingerprint", info.fingerprint}};
    const struct {
      const char *key;
      int64_t value;
    } numbers[] = {{"prompts", counts.planned}, {"stored", counts.stored}, {"failed", counts.failed}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) hw_json_key(&writer, texts[i][0]), hw_json_string(&writer, texts[i][1]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) hw_json_key(&writer, numbers[i].key), hw_json_int(&writer, numbers[i].value);
    ok = hw_cli_put_space_json(store, &writer, err);
    hw_json_end_object(&writer);
    hw_buffer_append_byte(out, '\n');
  } else if (ok) {
    hw_hide_controls((char *)info.model_name); /* the arena's own */
    hw_hide_controls((char *)info.dataset_name);
    hw_hide_controls((char *)info.fingerprint);
    hw_buffer_printf(out, "model        %s\ndata set     %s\nprompts      %" PRId64 ", %" PRId64 " stored, %" PRId64 " failed\nthreshold    %g, stored from %g on\nfingerprint  %s\n\n",
                     info.model_name, info.dataset_name, counts.planned, counts.stored, counts.failed, info.threshold, info.floor, info.fingerprint);
    ok = hw_cli_put_space(store, out, err);
  }
  hw_arena_fini(&arena);
  return ok;
}

static int show_database(const char *path, bool json) {
  hw_store *store;
  hw_buffer out;
  hw_error err = {0};
  if (!hw_cli_open_read(path, NULL, &store, &err)) return hw_cli_fail(&err);
  hw_buffer_init(&out);
  int code = describe_database(store, json, &out, &err) ? hw_cli_write(&out) : hw_cli_fail(&err);
  hw_buffer_fini(&out);
  (void)hw_store_close(store, false, NULL);
  return code;
}

static int run(const hw_command *command, int argc, char **argv) {
  const char *folder;
  info_settings settings = {0};
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, option_table, &settings, argc, argv, &folder, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
  if (settings.json && settings.tensors) return hw_cli_usage(command, "--tensors is no part of --json");
  if (is_database(folder)) return settings.tensors || settings.architecture ? hw_cli_usage(command, "--tensors and --architecture are of models, not of databases") : show_database(folder, settings.json);
  hw_model *model;
  hw_tokenizer *tokenizer = NULL;
  if (!hw_model_open_as(folder, settings.architecture, &model, &err)) return settings.json ? hw_cli_fail(&err) : fail(folder, settings.architecture, &err);
  if (!hw_tokenizer_open(model->path, NULL, &tokenizer, &err) && err.kind == HW_ERROR_MEMORY) {
    hw_model_close(model);
    return hw_cli_fail(&err);
  }
  hw_buffer out;
  hw_buffer_init(&out);
  (settings.json ? put_json : describe)(model, tokenizer, &err, &out);
  if (settings.tensors) list_tensors(folder, settings.architecture, false, &out);
  int code = hw_cli_write(&out);
  hw_buffer_fini(&out);
  hw_tokenizer_close(tokenizer);
  hw_model_close(model);
  return code;
}

const hw_command hw_cmd_info = {
    .name = "info",
    .usage = "MODEL_DIR | DB [options]",
    .summary = "what a model folder or a database holds, and its disk space",
    .example = "  headwater info datasets/models/headwater-gpt2\n"
               "  headwater info MODEL_DIR --json | jq .n_layers\n"
               "  headwater info ioi.db\n",
    .options = options,
    .run = run,
};
