/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lookup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LAYER "{layer}"
#define HEAD "{head}"
#define EXPERT "{expert}"

bool hw_weight_is_layered(const hw_weight_row *row) { return strstr(row->name, LAYER) != NULL; }

/* Appends to the name of which *length bytes are filled; what does not fit is cut. */
static void append(char name[HW_NAME_SIZE], size_t *length, const char *text, size_t n) {
  if (n > HW_NAME_SIZE - 1 - *length) n = HW_NAME_SIZE - 1 - *length;
  memcpy(name + *length, text, n);
  name[*length += n] = '\0';
}

static void append_number(char name[HW_NAME_SIZE], size_t *length, int64_t number) {
  char digits[24];
  append(name, length, digits, (size_t)snprintf(digits, sizeof digits, "%" PRId64, number));
}

void hw_lookup_name(const hw_lookup *lookup, const hw_weight_row *row, int64_t layer, int64_t item, char name[HW_NAME_SIZE]) {
  const char *at = row->name;
  size_t length = 0;
  append(name, &length, lookup->wrapper, strlen(lookup->wrapper));
  if (*at == '=') at++;
  else append(name, &length, lookup->prefix, strlen(lookup->prefix));
  while (*at) {
    size_t plain = strcspn(at, "{");
    append(name, &length, at, plain);
    at += plain;
    if (strncmp(at, LAYER, strlen(LAYER)) == 0) {
      append_number(name, &length, layer);
      at += strlen(LAYER);
    } else if (strncmp(at, HEAD, strlen(HEAD)) == 0 || strncmp(at, EXPERT, strlen(EXPERT)) == 0) {
      append_number(name, &length, item);
      at += strcspn(at, "}") + 1;
    } else if (*at) {
      append(name, &length, at++, 1);
    }
  }
}

int64_t hw_lookup_items(const hw_lookup *lookup, const hw_weight_row *row) {
  if (strstr(row->name, HEAD)) return row->weight == HW_W_Q_NORM_GAMMA ? lookup->config->n_heads : lookup->config->n_kv_heads;
  return strstr(row->name, EXPERT) ? lookup->config->n_experts : 1;
}

static bool begins_with(const char *text, const char *beginning) { return strncmp(text, beginning, strlen(beginning)) == 0; }

static bool ends_with(const char *text, const char *ending) {
  size_t n = strlen(text), m = strlen(ending);
  return n >= m && strcmp(text + n - m, ending) == 0;
}

/* What trained checkpoints of any family carry and the forward pass does not need: a word between the dots of the name. */
static bool is_passenger(const char *name) {
  static const char *const anywhere[] = {"v_head", "rotary_emb"}, *const last[] = {"position_ids", "masked_bias"};
  for (const char *word = name;; word++) {
    size_t length = strcspn(word, ".");
    const char *const *words = word[length] ? anywhere : last;
    for (size_t i = 0; i < 2; i++)
      if (strlen(words[i]) == length && memcmp(word, words[i], length) == 0) return true;
    word += length;
    if (!*word) return false;
  }
}

/* How many weights of the first layer and outside of the layers the file has under these prefixes. */
static size_t count_hits(const hw_lookup *trial) {
  size_t hits = 0;
  for (int w = 0; w < HW_N_WEIGHTS; w++) {
    const hw_weight_row *row = hw_family_weight(trial->family, (hw_weight)w);
    char name[HW_NAME_SIZE];
    if (!row) continue;
    hw_lookup_name(trial, row, 0, 0, name);
    hits += hw_weights_find(trial->weights, name) != NULL;
  }
  return hits;
}

/* The first of the family's prefixes under which the file has most. */
static size_t choose_prefix(hw_lookup *lookup, size_t most) {
  hw_lookup trial = *lookup;
  for (int i = 0; i < HW_MOST_PREFIXES && lookup->family->prefixes[i]; i++) {
    trial.prefix = lookup->family->prefixes[i];
    size_t hits = count_hits(&trial);
    if (hits <= most) continue;
    most = hits;
    *lookup = trial;
  }
  return most;
}

static bool wraps_all(const hw_weights *weights, const char *wrapper) {
  for (size_t i = 0; i < weights->n_tensors; i++)
    if (!begins_with(weights->tensors[i].name, wrapper) && !is_passenger(weights->tensors[i].name)) return false;
  return true;
}

/* The next word of a name that training code puts before it, or NULL. */
static const char *wrapper_word(const char *name) {
  static const char *const words[] = {"_orig_mod.", "module.", "base_model.", "pretrained_model.", "_forward_module.", "model."};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (begins_with(name, words[i])) return words[i];
  return NULL;
}

/* For a file none of whose names are the family's: what stands before all of them, if the rest then matches. */
static void choose_wrapper(hw_lookup *lookup) {
  size_t first = 0, most = 0, length = 0;
  while (first < lookup->weights->n_tensors && is_passenger(lookup->weights->tensors[first].name)) first++;
  const char *name = first < lookup->weights->n_tensors ? lookup->weights->tensors[first].name : "", *word;
  hw_lookup trial = *lookup;
  while ((word = wrapper_word(name + length)) != NULL && length + strlen(word) < sizeof trial.wrapper) {
    length += strlen(word);
    memcpy(trial.wrapper, name, length);
    trial.wrapper[length] = '\0';
    if (!wraps_all(lookup->weights, trial.wrapper)) return;
    hw_lookup found = trial;
    size_t hits = choose_prefix(&found, most);
    if (hits > most) *lookup = found;
    most = hits;
  }
}

hw_lookup hw_lookup_start(const hw_model_config *config, const hw_family *family, hw_weights *weights) {
  hw_lookup lookup = {.config = config, .family = family, .weights = weights, .prefix = family->prefixes[0]};
  if (choose_prefix(&lookup, 0) == 0) choose_wrapper(&lookup);
  return lookup;
}

/* One weight for all heads. */
static bool has_shared_norm(const hw_model_config *c) { return c->qk_norm == HW_QK_NORM_SHARED || c->qk_norm == HW_QK_NORM_LAYER; }

int64_t hw_lookup_extent(const hw_lookup *lookup, hw_extent which) {
  const hw_model_config *c = lookup->config;
  switch (which) {
    case HW_EXT_NONE: return 0;
    case HW_EXT_D_MODEL: return c->d_model;
    case HW_EXT_HEADS: return c->n_heads * c->d_head;
    case HW_EXT_KV_HEADS: return c->n_kv_heads * c->d_head;
    case HW_EXT_Q_NORM: return has_shared_norm(c) ? c->d_head : c->n_heads * c->d_head;
    case HW_EXT_K_NORM: return has_shared_norm(c) ? c->d_head : c->n_kv_heads * c->d_head;
    case HW_EXT_QKV: return (c->n_heads + 2 * c->n_kv_heads) * c->d_head;
    case HW_EXT_D_FFN: return c->n_experts ? c->d_expert : c->d_ffn;
    case HW_EXT_GATE_IN: return 2 * (c->n_experts ? c->d_expert : c->d_ffn);
    case HW_EXT_ALL_HEADS: return c->n_heads;
    case HW_EXT_EXPERTS: return c->n_experts;
    case HW_EXT_SHARED: return c->d_shared;
    case HW_EXT_ONE: return 1;
    case HW_EXT_VOCAB: return c->vocab_size;
    case HW_EXT_VOCAB_OUT: return c->vocab_out;
    case HW_EXT_CTX: return c->n_ctx + c->position_offset;
  }
  return 0;
}

/* Embeddings have a row for each token or position in every file format; so has an unembedding where nothing else is said. */
hw_layout hw_lookup_layout(const hw_lookup *lookup, hw_weight weight) {
  hw_extent out = hw_weight_shapes[weight].out;
  if (out == HW_EXT_VOCAB || out == HW_EXT_CTX) return HW_LAYOUT_LINEAR;
  hw_layout own = lookup->family->layouts[weight], all = lookup->family->layout;
  if (own != HW_LAYOUT_DEFAULT) return own;
  if (out == HW_EXT_VOCAB_OUT && all == HW_LAYOUT_CONV1D) return HW_LAYOUT_LINEAR;
  return all == HW_LAYOUT_DEFAULT ? HW_LAYOUT_LINEAR : all;
}

/* All experts in one tensor. */
static bool is_stack(hw_weight weight) { return weight >= HW_W_EXPERTS_GATE_IN && weight <= HW_W_EXPERTS_OUT_BIAS; }

static bool is_of_heads(hw_extent extent) { return extent == HW_EXT_HEADS || extent == HW_EXT_KV_HEADS; }

int hw_lookup_shape(const hw_lookup *lookup, hw_weight weight, int64_t shape[3]) {
  const hw_weight_shape *what = &hw_weight_shapes[weight];
  hw_layout layout = hw_lookup_layout(lookup, weight);
  int64_t in = hw_lookup_extent(lookup, what->in), out = hw_lookup_extent(lookup, what->out), d_head = lookup->config->d_head;
  if (layout == HW_LAYOUT_PER_HEAD && is_of_heads(what->out)) { /* W_Q, W_K, W_V and their biases */
    shape[0] = out / d_head;
    shape[1] = in;
    shape[2] = d_head;
    if (what->in == HW_EXT_NONE) shape[1] = d_head;
    return what->in == HW_EXT_NONE ? 2 : 3;
  }
  if (layout == HW_LAYOUT_PER_HEAD && is_of_heads(what->in)) { /* W_O */
    shape[0] = in / d_head;
    shape[1] = d_head;
    shape[2] = out;
    return 3;
  }
  if (what->out == HW_EXT_Q_NORM || what->out == HW_EXT_K_NORM) {
    bool apart = hw_lookup_items(lookup, hw_family_weight(lookup->family, weight)) > 1, rows = lookup->config->qk_norm == HW_QK_NORM_EACH && !apart;
    shape[0] = rows ? out / d_head : apart ? d_head : out;
    shape[1] = d_head;
    return rows ? 2 : 1;
  }
  if (is_stack(weight)) {
    shape[0] = lookup->config->n_experts;
    shape[1] = what->in == HW_EXT_NONE ? out : in;
    shape[2] = out;
    return what->in == HW_EXT_NONE ? 2 : 3;
  }
  bool in_first = layout != HW_LAYOUT_LINEAR;
  shape[0] = what->in != HW_EXT_NONE && in_first ? in : out;
  shape[1] = in_first ? out : in;
  return what->in == HW_EXT_NONE ? 1 : 2;
}

bool hw_lookup_asked(const hw_lookup *lookup, const hw_weight_row *row) {
  switch (row->presence) {
    case HW_REQUIRED:
    case HW_IF_PRESENT: return true;
    case HW_IF_ATTENTION_BIAS: return lookup->config->attention_bias;
    case HW_IF_FFN_BIAS: return lookup->config->ffn_bias;
    case HW_IF_QK_NORMED: return lookup->config->qk_normed;
    case HW_IF_SEQUENTIAL: return !lookup->config->parallel;
    case HW_IF_LEARNED: return lookup->config->positions == HW_POSITION_LEARNED;
  }
  return true;
}

bool hw_lookup_may_lack(const hw_lookup *lookup, hw_weight weight, const hw_weight_row *row) {
  if (!hw_lookup_asked(lookup, row)) return true;
  bool embeds = weight == HW_W_TOKEN_EMBEDDING || weight == HW_W_UNEMBED;
  return row->presence == HW_IF_PRESENT && (!embeds || lookup->config->tied);
}

bool hw_lookup_outputs_first(const hw_tensor *tensor) { return tensor->readable && tensor->dtype == HW_F4_E2M1; }

static bool check_tensor(const hw_lookup *lookup, hw_weight weight, const hw_tensor *tensor, hw_error *err) {
  int64_t wanted[3];
  int n_dims = hw_lookup_shape(lookup, weight, wanted);
  if (hw_lookup_outputs_first(tensor)) {
    if (!is_stack(weight))
      return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: %s is of MXFP4, which is read where one tensor has all experts", tensor->path, tensor->name);
    int64_t in = wanted[1];
    wanted[1] = wanted[2];
    wanted[2] = in;
  }
  bool same = tensor->n_dims == n_dims;
  for (int d = 0; d < n_dims && same; d++) same = tensor->shape[d] == wanted[d];
  if (!same) {
    char has[96], want[96];
    hw_shape_format(tensor->shape, tensor->n_dims, has);
    hw_shape_format(wanted, n_dims, want);
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s has shape %s, want %s", tensor->path, tensor->name, has, want);
  }
  if (!tensor->readable)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: %s has dtype %s, want F32, F16 or BF16 (or F8_E4M3 with scales; in GGUF Q8_0, Q4_0, Q4_K and Q6_K)", tensor->path, tensor->name,
                   tensor->dtype_name);
  return true;
}

bool hw_lookup_find(const hw_lookup *lookup, hw_weight weight, int64_t layer, int64_t item, hw_tensor **tensor, hw_error *err) {
  *tensor = NULL;
  const hw_weight_row *row = hw_family_weight(lookup->family, weight);
  if (!row) return true;
  char name[HW_NAME_SIZE];
  hw_lookup_name(lookup, row, layer, item, name);
  hw_tensor *found = hw_weights_find(lookup->weights, name);
  bool asked = hw_lookup_asked(lookup, row);
  if (found && !asked)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: %s is there, but config.json says that these layers have none", found->path,
                   name);
  if (!found) {
    if (hw_lookup_may_lack(lookup, weight, row)) return true;
    return hw_fail(err, HW_ERROR_INPUT, "%s: no tensor %s%s", lookup->weights->path, name,
                   row->presence == HW_IF_PRESENT ? ", and the unembedding is not tied to the embedding" : "");
  }
  if (!check_tensor(lookup, weight, found, err)) return false;
  found->used = true;
  *tensor = found;
  return true;
}

bool hw_lookup_is_buffer(const hw_lookup *lookup, const char *name) {
  for (const char *const *ending = lookup->family->ignored; *ending; ending++)
    if (ends_with(name, *ending)) return true;
  return false;
}

bool hw_lookup_ignores(const hw_lookup *lookup, const char *name) { return hw_lookup_is_buffer(lookup, name) || is_passenger(name); }

static bool is_tied_end(const hw_lookup *lookup, const char *name) {
  static const hw_weight ends[] = {HW_W_TOKEN_EMBEDDING, HW_W_UNEMBED};
  for (size_t i = 0; i < 2 && lookup->config->tied; i++) {
    const hw_weight_row *row = hw_family_weight(lookup->family, ends[i]);
    char own[HW_NAME_SIZE] = "";
    if (row) hw_lookup_name(lookup, row, 0, 0, own);
    if (strcmp(own, name) == 0) return true;
  }
  return false;
}

bool hw_lookup_check_absent(const hw_lookup *lookup, hw_error *err) {
  for (size_t i = 0; i < lookup->weights->n_absent; i++) {
    const hw_absent_tensor *absent = &lookup->weights->absent[i];
    if (!is_tied_end(lookup, absent->name) && !hw_lookup_ignores(lookup, absent->name))
      return hw_fail(err, HW_ERROR_INPUT, "%s: weight_map: %.200s lies in %s, but that has no such tensor", lookup->weights->path, absent->name, absent->file);
  }
  return true;
}
