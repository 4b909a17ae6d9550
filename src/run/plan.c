/* SPDX-License-Identifier: Apache-2.0 */
#include "run/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "base/list.h"
#include "base/progress.h"
#include "headwater/store.h"
#include "run/answer.h"
#include "tokenizer/unicode.h"

enum { MOST_PROMPTS = 1024 }; /* of a chunk, however short */
enum { LEAST_TOKENS = 256, MOST_TOKENS = 2048, LEAST_CHUNKS = 64 };

/* Tokens of a chunk when the job leaves it open, for 64 to 128 chunks within the bounds, so that many workers share a small data set
 * and little is lost by a stop; above 2048 larger ones gain nothing. */
static int64_t usual_chunk_tokens(int64_t n_tokens) {
  int64_t budget = LEAST_TOKENS;
  while (budget < MOST_TOKENS && n_tokens >= 2 * LEAST_CHUNKS * budget) budget *= 2;
  return budget;
}

static uint64_t add_field(uint64_t hash, const hw_field *field) {
  if (!field->value) return XXH3_64bits_withSeed("", 0, hash);
  return XXH3_64bits_withSeed(field->value, field->length, XXH3_64bits_withSeed(field->name, strlen(field->name), hash));
}

uint64_t hw_plan_row_content(const hw_row *row) {
  if (row->problem) return XXH3_64bits(row->problem, strlen(row->problem));
  uint64_t hash = add_field(0, &row->prompt);
  hash = add_field(hash, &row->answer);
  hash = add_field(hash, &row->foil);
  hash = add_field(hash, &row->counterfactual);
  for (size_t i = 0; i < row->n_others; i++) hash = add_field(hash, &row->others[i]);
  return hash;
}

uint64_t hw_plan_add_content(uint64_t content, uint64_t row_content) {
  return XXH3_64bits_withSeed(&row_content, sizeof row_content, content);
}

static bool add_prompt(hw_plan *plan, const hw_row *row, size_t n_tokens, size_t n_targets, hw_error *err) {
  if (!hw_list_reserve(plan->prompts, (size_t)plan->n_prompts, 1, plan->prompts_capacity, NULL, err)) return false;
  plan->prompts[plan->n_prompts++] = (hw_plan_prompt){.content = hw_plan_row_content(row), .n_tokens = (uint32_t)n_tokens,
                                                          .n_targets = (uint32_t)n_targets};
  plan->n_tokens += (int64_t)n_tokens;
  return true;
}

static hw_plan_chunk *open_chunk(hw_plan *plan, int64_t first_prompt, bool counterfactual, hw_error *err) {
  if (!hw_list_reserve(plan->chunks, plan->n_chunks, 1, plan->capacity, NULL, err)) return NULL;
  plan->chunks[plan->n_chunks] = (hw_plan_chunk){.first_prompt = first_prompt, .counterfactual = counterfactual};
  return &plan->chunks[plan->n_chunks++];
}

static void raise_to(size_t *largest, size_t value) {
  if (value > *largest) *largest = value;
}

static void add_to_chunk(hw_plan *plan, hw_plan_chunk *chunk, const hw_plan_prompt *prompt) {
  raise_to(&plan->largest.n_graphs, chunk->n_graphs += prompt->n_targets);
  chunk->n_prompts++;
  chunk->n_tokens += prompt->n_tokens;
  chunk->content = hw_plan_add_content(chunk->content, prompt->content);
}

/* Both chunks of a pair are within the budget. */
static bool cut_pairs(hw_plan *plan, hw_error *err) {
  hw_plan_chunk *chunk = NULL;
  uint32_t others = 0; /* tokens of the counterfactuals of `chunk` */
  for (int64_t i = 0; i < plan->n_rows; i++) {
    const hw_plan_prompt *own = &plan->prompts[i], *other = &plan->prompts[plan->n_rows + i];
    uint32_t most = own->n_tokens > other->n_tokens ? own->n_tokens : other->n_tokens;
    bool full = chunk && ((chunk->n_tokens > others ? chunk->n_tokens : others) + (int64_t)most > plan->chunk_tokens || chunk->n_prompts == MOST_PROMPTS);
    if (!chunk || full) {
      if (!(chunk = open_chunk(plan, i, false, err))) return false;
      others = 0;
    }
    add_to_chunk(plan, chunk, own);
    others += other->n_tokens;
  }
  for (size_t c = 0, n = plan->n_chunks; c < n; c++) {
    int64_t first = plan->n_rows + plan->chunks[c].first_prompt;
    uint32_t n_prompts = plan->chunks[c].n_prompts;
    if (!(chunk = open_chunk(plan, first, true, err))) return false;
    for (uint32_t i = 0; i < n_prompts; i++) add_to_chunk(plan, chunk, &plan->prompts[first + i]);
  }
  plan->largest.n_graphs *= 2;
  plan->largest.n_rows *= 2;
  plan->largest.n_tokens *= 2;
  return true;
}

/* In order of the prompts, by their lengths alone; no chunk has both rows and counterfactuals. */
static bool cut_chunks(hw_plan *plan, hw_error *err) {
  hw_plan_chunk *chunk = NULL;
  for (int64_t i = 0; i < plan->n_prompts; i++) {
    const hw_plan_prompt *prompt = &plan->prompts[i];
    bool counterfactual = i >= plan->n_rows;
    bool full = chunk && (chunk->n_tokens + (int64_t)prompt->n_tokens > plan->chunk_tokens || chunk->n_prompts == MOST_PROMPTS);
    if ((!chunk || full || chunk->counterfactual != counterfactual) && !(chunk = open_chunk(plan, i, counterfactual, err))) return false;
    add_to_chunk(plan, chunk, prompt);
  }
  return true;
}

static void count_answer(hw_plan *plan, size_t n_tokens, const char *loss) {
  plan->n_answers_several += n_tokens > 1;
  plan->n_answers_cut += loss && n_tokens;
  plan->n_answers_dropped += loss && !n_tokens;
}

static void count_case(hw_cases *cases, bool is_one, int64_t prompt) {
  if (is_one && cases->n++ == 0) cases->first = prompt;
}

/* Blanks that stand at the end of a text by mistake: behind a prompt they take the place of the space that the next token begins with. A
 * prompt may well end with a line. */
static bool ends_in_space(const char *text, size_t length, bool line_ends) {
  size_t step;
  if (length == 0) return false;
  size_t last = hw_tok_last_char(text, length);
  return hw_tok_is_space(hw_tok_decode(text + last, length - last, &step)) && (line_ends || (text[last] != '\n' && text[last] != '\r'));
}

static void count_joint(hw_plan *plan, hw_answer_joint joint, const hw_prompt_input *input, const hw_field *answer, int64_t prompt) {
  if (!answer->value || answer->length == 0) return;
  plan->n_answers++;
  if (joint != HW_JOINT_AUTO || !hw_answer_gets_space(joint, input, answer->value, answer->length)) return;
  count_case(&plan->spaced, true, prompt);
  count_case(&plan->odd_spaced, hw_answer_space_is_odd(input, answer->value, answer->length), prompt);
}

static void count_own_values(hw_plan *plan, const hw_row *row) {
  bool found = false;
  for (size_t i = 0; i < row->n_others; i++) found = found || hw_is_own_value(row->others[i].name);
  count_case(&plan->own_values, found, row->index);
}

static void count_spaces(hw_plan *plan, hw_answer_joint joint, const hw_row *row, const hw_prompt_input *input, bool counterfactual) {
  int64_t prompt = row->index + (counterfactual ? plan->n_rows : 0);
  count_case(&plan->prompts_end_in_space, ends_in_space(input->text, input->text_length, false), prompt);
  if (counterfactual) return;
  count_case(&plan->answers_end_in_space, ends_in_space(row->answer.value, row->answer.length, true), prompt);
  count_case(&plan->answers_end_in_space, ends_in_space(row->foil.value, row->foil.length, true), prompt);
  count_joint(plan, joint, input, &row->answer, prompt);
  count_joint(plan, joint, input, &row->foil, prompt);
}

static bool note_ambiguous(hw_plan *plan, const char *ambiguous, hw_error *err) {
  if (!ambiguous) return true;
  plan->n_ambiguous_roles++;
  return plan->ambiguous_roles || (plan->ambiguous_roles = hw_arena_copy(&plan->arena, ambiguous, strlen(ambiguous), err)) != NULL;
}

static bool note_broken(hw_plan *plan, const hw_row *row, hw_error *err) {
  if (!row->problem || plan->n_broken++) return true;
  hw_buffer text;
  hw_buffer_init(&text);
  hw_buffer_printf(&text, "line %" PRId64 ": %s", row->line, row->problem);
  bool ok = hw_buffer_check(&text, err) && (plan->broken = hw_arena_copy(&plan->arena, text.data, text.length, err)) != NULL;
  hw_buffer_fini(&text);
  return ok;
}

/* By what the roles of this prompt will be: all of its names are noted. */
static bool note_hidden(hw_plan *plan, const hw_prompt_input *input, hw_arena *arena, hw_error *err) {
  if (!input->n_spans) return true;
  uint8_t *roles = hw_arena_new(arena, uint8_t, 2 * input->n_tokens, err);
  if (!roles) return false;
  hw_roles_assign(&plan->roles, input, roles);
  const char *hidden = hw_roles_hidden(&plan->roles, input, roles, arena, err);
  if (!hidden || !*hidden) return hidden != NULL;
  plan->n_hidden_roles++;
  return plan->hidden_roles || (plan->hidden_roles = hw_arena_copy(&plan->arena, hidden, strlen(hidden), err)) != NULL;
}

static bool plan_row(const hw_job *job, const hw_model *model, const hw_tokenizer *tokenizer, const hw_row *row, bool counterfactual,
                     hw_arena *arena, hw_plan *plan, hw_error *err) {
  hw_prompt_input input;
  if (!hw_prompt_from_row(model, tokenizer, job, row, counterfactual, arena, &input, err)) return false;
  plan->n_unreadable += input.failure != NULL;
  plan->n_counterfactuals += counterfactual && row->counterfactual.value;
  plan->n_double_bos += input.double_bos;
  plan->n_graphs[counterfactual] += input.failure ? 0 : (int64_t)input.n_targets;
  count_answer(plan, input.n_answer, input.answer_loss);
  count_answer(plan, input.n_foil, input.foil_loss);
  plan->n_answers_shared += hw_prompt_shared_tokens(&input) > 0;
  plan->n_answers_contained += hw_prompt_foil_is_contained(&input) && !hw_prompt_cut_alike(&input);
  plan->n_answers_cut_alike += hw_prompt_cut_alike(&input);
  if (!input.failure) count_spaces(plan, (hw_answer_joint)job->analysis.answer_joint, row, &input, counterfactual);
  if (!counterfactual && !row->problem) count_own_values(plan, row);
  hw_batch_shape shape = hw_prompt_shape(model, hw_job_shares_prefixes(job), &input);
  raise_to(&plan->largest.n_rows, shape.n_rows);
  raise_to(&plan->largest.n_tokens, shape.n_tokens);
  raise_to(&plan->largest.longest, shape.longest);
  raise_to(&plan->largest.n_targets, shape.n_targets);
  return hw_store_check_graphs(plan->n_graphs[counterfactual], err) && hw_roles_note(&plan->roles, input.spans, input.n_spans, plan->path, &plan->arena, err) &&
         (counterfactual || note_broken(plan, row, err)) && note_ambiguous(plan, input.ambiguous_roles, err) && note_hidden(plan, &input, arena, err) &&
         hw_groups_note(&plan->groups, row, counterfactual, err) && add_prompt(plan, row, shape.n_rows ? input.n_tokens : 0, shape.n_targets, err);
}

/* One pass over the data set; for counterfactuals a second one, so that their prompts come after all rows. */
static bool read_rows(const hw_job *job, const hw_model *model, const hw_tokenizer *tokenizer, bool counterfactual,
                      hw_plan *plan, hw_error *err) {
  hw_arena arena;
  hw_arena_init(&arena);
  hw_row row;
  int more = 1;
  bool ok = true;
  while (ok && (job->limit == 0 || plan->n_prompts - plan->n_rows < job->limit) && (more = hw_dataset_next(plan->dataset, &row, err)) > 0) {
    ok = hw_groups_check_row(&plan->groups, &row, &arena, err) && plan_row(job, model, tokenizer, &row, counterfactual, &arena, plan, err);
    hw_arena_reset(&arena);
    if (ok && hw_asked_to_stop(plan->hooks)) ok = hw_fail(err, HW_ERROR_INTERRUPTED, "stopped before the first chunk: the same command begins again");
  }
  hw_arena_fini(&arena);
  return ok && more >= 0;
}

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  if (strcmp(path, "-") == 0) return "standard input";
  return slash && slash[1] ? slash + 1 : path;
}

static int by_name(const void *a, const void *b) {
  return strcmp((*(const hw_option *const *)a)->name, (*(const hw_option *const *)b)->name);
}

static bool decides_content(const hw_option *option, const hw_job *job) {
  if (option->decides_content != HW_DECIDES_IF_CHOSEN) return option->decides_content;
  hw_job usual;
  hw_job_defaults(&usual);
  size_t size = option->kind == HW_OPTION_COUNT ? sizeof(int64_t) : option->kind == HW_OPTION_CHOICE ? sizeof(int) : sizeof(double);
  return memcmp((const char *)job + option->offset, (const char *)&usual + option->offset, size) != 0;
}

/* Every option that decides the content, by name; the floor, the tokens of a chunk, and quotes, as the plan has settled them. */
static bool list_settings(hw_plan *plan, const hw_job *job, const hw_flow_settings *flow, hw_error *err) {
  hw_job settled = *job;
  settled.analysis.floor = flow->floor;
  settled.chunk_tokens = plan->chunk_tokens;
  if (job->relevance != HW_RELEVANCE_NONE) {
    settled.relevance_threshold = hw_job_relevance_threshold(job);
    settled.relevance_floor = hw_job_relevance_floor(job);
  }
  settled.quoting = (int)hw_dataset_quoting(plan->dataset);
  hw_option_table table = hw_job_options();
  const hw_option **rows = hw_arena_new(&plan->arena, const hw_option *, table.n, err);
  const char **names = hw_arena_new(&plan->arena, const char *, table.n, err);
  const char **values = hw_arena_new(&plan->arena, const char *, table.n, err);
  if (!rows || !names || !values) return false;
  size_t n = 0;
  for (size_t i = 0; i < table.n; i++)
    if (decides_content(&table.rows[i], &settled)) rows[n++] = &table.rows[i];
  qsort(rows, n, sizeof *rows, by_name);
  hw_buffer text;
  hw_buffer_init(&text);
  bool ok = true;
  for (size_t i = 0; i < n && ok; i++) {
    hw_buffer_reset(&text);
    hw_buffer_append_string(&text, "");
    (void)hw_option_format(rows[i], &settled, &text);
    names[i] = rows[i]->name;
    ok = hw_buffer_check(&text, err) && (values[i] = hw_arena_copy(&plan->arena, text.data, text.length, err)) != NULL;
  }
  hw_buffer_fini(&text);
  plan->info.n_settings = n;
  plan->info.setting_names = names;
  plan->info.setting_values = values;
  return ok;
}

const char *hw_run_fingerprint(const hw_run_info *info, hw_arena *arena, hw_error *err) {
  hw_buffer text;
  hw_buffer_init(&text);
  hw_buffer_printf(&text, "%s\n%s\n%s\n%s\n", HW_VERSION, info->model_fingerprint, info->tokenizer_fingerprint, info->dataset_fingerprint);
  for (size_t i = 0; i < info->n_settings; i++) hw_buffer_printf(&text, "%s=%s\n", info->setting_names[i], info->setting_values[i]);
  const char *fingerprint = NULL;
  if (hw_buffer_check(&text, err)) {
    char hex[HW_HASH_HEX];
    hw_hash_bytes(text.data, text.length, hex);
    fingerprint = hw_arena_copy(arena, hex, HW_HASH_HEX - 1, err);
  }
  hw_buffer_fini(&text);
  return fingerprint;
}

bool hw_plan_fill_info(hw_plan *plan, const hw_job *job, const hw_flow_settings *flow, const hw_model *model, const hw_tokenizer *tokenizer,
                       const char *dataset_hash, hw_error *err) {
  const hw_model_config *c = &model->config;
  plan->info = (hw_run_info){
      .model_name = model->name, .model_family = c->family, .model_fingerprint = model->fingerprint,
      .tokenizer_fingerprint = hw_tokenizer_fingerprint(tokenizer), .dataset_name = base_name(job->data),
      .dataset_fingerprint = hw_arena_copy(&plan->arena, dataset_hash, HW_HASH_HEX - 1, err), .n_prompts = plan->n_prompts,
      .n_layers = (uint32_t)c->n_layers, .n_heads = (uint32_t)c->n_heads, .n_kv_heads = (uint32_t)c->n_kv_heads,
      .d_model = (uint32_t)c->d_model, .d_ffn = (uint32_t)c->d_ffn, .vocab_size = (uint32_t)c->vocab_size,
      .parallel_block = c->parallel,
      .threshold = flow->threshold, .floor = flow->floor, .neuron_threshold = job->neuron_threshold,
      .n_groups = plan->groups.n_groups, .group_names = plan->groups.names, .n_group_columns = plan->groups.n_columns,
      .group_columns = plan->groups.columns, .group_values = plan->groups.group_values, .n_roles = plan->roles.n, .role_names = plan->roles.names};
  return plan->info.dataset_fingerprint && list_settings(plan, job, flow, err) &&
         (plan->info.fingerprint = hw_run_fingerprint(&plan->info, &plan->arena, err)) != NULL;
}

/* A row's answer is stored under the name of its column. */
static bool check_columns(const hw_job *job, hw_error *err) {
  const char *const columns[] = {job->answer_column, job->foil_column, job->counterfactual_column};
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    if (columns[i] && hw_is_own_value(columns[i]))
      return hw_fail(err, HW_ERROR_ARGUMENT, "%s: the column %s cannot hold answers, foils or counterfactuals: the run writes values of that name itself; give it another name",
                     job->data, columns[i]);
  return true;
}

static bool check_group_columns(const hw_job *job, const hw_groups *groups, hw_error *err) {
  for (size_t i = 0; i < groups->n_asked; i++)
    if (hw_is_own_value(groups->asked[i]))
      return hw_fail(err, HW_ERROR_ARGUMENT, "%s: the column %s cannot split the aggregates: the run writes values of that name itself; give it another name", job->data,
                     groups->asked[i]);
  return true;
}

bool hw_plan_open(const hw_job *job, const hw_hooks *hooks, hw_plan *plan, char hash[HW_HASH_HEX], hw_error *err) {
  *plan = (hw_plan){.path = job->data, .hooks = hooks, .paired = hw_job_pairs(job)};
  hw_arena_init(&plan->arena);
  hw_dataset_options options = {.path = job->data, .format = job->format, .quoting = (hw_quoting)job->quoting, .max_row = (size_t)job->max_row,
                                .prompt_column = job->prompt_column, .answer_column = job->answer_column,
                                .foil_column = job->foil_column, .counterfactual_column = job->counterfactual_column, .needs_counterfactual = job->counterfactual,
                                .not_kept = hw_own_values, .n_not_kept = HW_OWN_VALUES};
  return check_columns(job, err) && hw_dataset_open(&options, &plan->dataset, err) && hw_dataset_hash(plan->dataset, hash, err);
}

static bool fail_without_counterfactuals(const hw_plan *plan, hw_error *err) {
  static const char what[] = "has a counterfactual prompt, want one at least for --counterfactual";
  if (!plan->n_broken) return hw_fail(err, HW_ERROR_INPUT, "%s: none of %" PRId64 " rows %s", plan->path, plan->n_rows, what);
  return hw_fail(err, HW_ERROR_INPUT, "%s: none of %" PRId64 " rows %s; %" PRId64 " of them cannot be read, the first is %s", plan->path, plan->n_rows, what,
                 plan->n_broken, plan->broken);
}

bool hw_plan_measure(const hw_job *job, const hw_flow_settings *flow, const hw_model *model, const hw_tokenizer *tokenizer, const char *hash, hw_plan *plan,
                     hw_error *err) {
  char hash_after[HW_HASH_HEX];
  bool ok = hw_groups_begin(&plan->groups, job->group_by, job->counterfactual, plan->dataset, &plan->arena, err) &&
            check_group_columns(job, &plan->groups, err) && read_rows(job, model, tokenizer, false, plan, err);
  plan->n_rows = plan->n_prompts;
  if (ok && job->counterfactual) ok = hw_dataset_rewind(plan->dataset, err) && read_rows(job, model, tokenizer, true, plan, err);
  if (ok && job->counterfactual && !plan->n_counterfactuals)
    ok = fail_without_counterfactuals(plan, err);
  plan->chunk_tokens = job->chunk_tokens ? job->chunk_tokens : usual_chunk_tokens(plan->n_tokens);
  ok = ok && hw_groups_finish(&plan->groups, plan->path, err) && hw_roles_finish(&plan->roles, plan->path, &plan->arena, err) &&
            (plan->paired ? cut_pairs(plan, err) : cut_chunks(plan, err)) && hw_plan_fill_info(plan, job, flow, model, tokenizer, hash, err) &&
            hw_dataset_hash(plan->dataset, hash_after, err);
  if (ok && strcmp(hash, hash_after) != 0)
    ok = hw_fail(err, HW_ERROR_INPUT, "%s: the file changed while it was read: hash %s before, %s after", job->data, hash, hash_after);
  hw_groups_close(&plan->groups);
  return ok;
}

void hw_plan_close(hw_plan *plan) {
  hw_dataset_close(plan->dataset);
  free(plan->chunks);
  free(plan->prompts);
  hw_arena_fini(&plan->arena);
  *plan = (hw_plan){0};
}
