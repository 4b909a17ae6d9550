/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "cli/command.h"
#include "headwater/json_writer.h"
#include "headwater/run.h"

static void put_piece(hw_buffer *out, const hw_tokenizer *tokenizer, int32_t id) {
  const char *bytes;
  size_t length;
  if (id < 0)
    hw_buffer_append_string(out, "none");
  else if (hw_tokenizer_piece(tokenizer, id, &bytes, &length))
    hw_json_quote(out, bytes, length);
}

static void describe(const hw_model *model, const hw_tokenizer *tokenizer, const hw_error *tokenizer_problem, hw_buffer *out) {
  static const char *const activations[] = {"gelu_new", "gelu", "relu", "silu"};
  const hw_model_config *c = &model->config;
  hw_buffer_printf(out, "model        %s\n", model->name);
  hw_buffer_printf(out, "family       %s (%s, %s positions, %s%s)\n", c->family, c->norm == HW_NORM_LAYER ? "LayerNorm" : "RMSNorm",
                   c->positions == HW_POSITION_LEARNED ? "learned" : "rotary", c->gated ? "gated " : "", activations[c->activation]);
  hw_buffer_printf(out, "layers       %" PRId64 "\nheads        %" PRId64 " of size %" PRId64 ", %" PRId64 " key/value heads\n", c->n_layers,
                   c->n_heads, c->d_head, c->n_kv_heads);
  hw_buffer_printf(out, "d_model      %" PRId64 "\nd_ffn        %" PRId64 "\nvocabulary   %" PRId64 ", unembedding %s\ncontext      %" PRId64 " tokens\n",
                   c->d_model, c->d_ffn, c->vocab_size, model->unembed.data == model->token_embedding.data ? "tied" : "untied", c->n_ctx);
  hw_buffer_printf(out, "weights      %s, %.1f MiB, mapped\nfingerprint  %s\n", hw_dtype_names[model->dtype],
                   (double)model->weight_bytes / 1048576, model->fingerprint);
  if (tokenizer) {
    hw_buffer_printf(out, "tokenizer    %s, %d tokens\nBOS          auto: ", hw_tokenizer_kind(tokenizer), hw_tokenizer_size(tokenizer));
    put_piece(out, tokenizer, hw_tokenizer_bos_id(tokenizer, HW_BOS_AUTO));
    hw_buffer_append_string(out, "; yes: ");
    put_piece(out, tokenizer, hw_tokenizer_bos_id(tokenizer, HW_BOS_YES));
  } else {
    hw_buffer_printf(out, "tokenizer    none: %s", tokenizer_problem->message);
  }
  hw_buffer_printf(out, "\nmemory       %.0f MiB of weights (page cache) and at most %.0f MiB a worker\n", (double)model->weight_bytes / 1048576,
                   (double)hw_worker_bytes(model, HW_BATCH_ROWS) / 1048576);
}

static int run(const hw_command *command, int argc, char **argv) {
  const char *folder;
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, (hw_option_table){0}, NULL, argc, argv, &folder, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
  hw_model *model;
  hw_tokenizer *tokenizer = NULL;
  if (!hw_model_open(folder, &model, &err)) return hw_cli_fail(&err);
  (void)hw_tokenizer_open(folder, model->config.family, &tokenizer, &err);
  hw_buffer out;
  hw_buffer_init(&out);
  describe(model, tokenizer, &err, &out);
  int code = hw_cli_write(&out);
  hw_buffer_fini(&out);
  hw_tokenizer_close(tokenizer);
  hw_model_close(model);
  return code;
}

const hw_command hw_cmd_info = {
    .name = "info",
    .usage = "MODEL_DIR",
    .summary = "what a model folder holds, and the memory a run will need",
    .example = "  headwater info datasets/models/headwater-gpt2\n",
    .run = run,
};
