/* SPDX-License-Identifier: Apache-2.0
 * headwater.json: an architecture in the terms of the family table. */
#include <stdlib.h>
#include <string.h>

#include "base/json_reader.h"
#include "model/config.h"
#include "model/custom.h"

#define KEY(field) offsetof(hw_model_config, field)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const hw_key_row keys[] = {
    {"layers", HW_KEY_COUNT, KEY(n_layers), false, NULL, NULL},
    {"heads", HW_KEY_COUNT, KEY(n_heads), false, NULL, NULL},
    {"kv_heads", HW_KEY_COUNT, KEY(n_kv_heads), false, NULL, NULL},
    {"d_model", HW_KEY_COUNT, KEY(d_model), false, NULL, NULL},
    {"d_head", HW_KEY_COUNT, KEY(d_head), false, NULL, NULL},
    {"d_ffn", HW_KEY_COUNT_OR_ZERO, KEY(d_ffn), false, NULL, NULL},
    {"context", HW_KEY_COUNT, KEY(n_ctx), false, NULL, NULL},
    {"vocabulary", HW_KEY_COUNT, KEY(vocab_size), false, NULL, NULL},
    {"vocabulary_out", HW_KEY_COUNT, KEY(vocab_out), false, NULL, NULL},
    {"norm_eps", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"activation", HW_KEY_ACTIVATION, KEY(activation), false, NULL, NULL},
    {"gated", HW_KEY_SWITCH, KEY(gated), false, NULL, NULL},
    {"tied", HW_KEY_SWITCH, KEY(tied), false, NULL, NULL},
    {"position_offset", HW_KEY_COUNT_OR_ZERO, KEY(position_offset), false, NULL, NULL},
    {"rotary", HW_KEY_ROPE, KEY(rope), false, NULL, NULL},
    {"score_scale", HW_KEY_NUMBER, KEY(score_scale), false, NULL, NULL},
    {"score_cap", HW_KEY_NUMBER, KEY(attention_cap), false, NULL, NULL},
    {"logit_cap", HW_KEY_NUMBER, KEY(final_cap), false, NULL, NULL},
    {"scale_embedding", HW_KEY_SWITCH, KEY(scale_embedding), false, NULL, NULL},
    {"window", HW_KEY_COUNT_OR_NONE, KEY(window), false, NULL, NULL},
    {"layer_types", HW_KEY_LAYER_TYPES, 0, false, NULL, NULL},
};

static const char *const others[] = {"like", "norm", "gamma_plus_one", "positions", "block", "layout", "fused", "prefix", "ignore", "tensors",
                                     "comment"};
static const char *const norms[] = {"layer", "rms", "none"}, *const positions[] = {"learned", "rotary", "none"};
static const char *const blocks[] = {"sequential", "parallel"}, *const fusions[] = {"in_order", "by_head"};
static const char *const layouts[] = {"linear", "conv1d", "per_head"}; /* hw_layout from LINEAR on */

typedef struct reader {
  const char *path;
  json_t *root;
  hw_arena *arena;
  hw_family *family;
  hw_model_config *config;
  hw_error *err;
} reader;

static const char *copy_text(reader *r, json_t *value) { return hw_arena_copy(r->arena, json_string_value(value), json_string_length(value), r->err); }

static bool check_names(reader *r) {
  const char *name;
  json_t *value;
  json_object_foreach(r->root, name, value) {
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(keys) && !known; i++) known = strcmp(keys[i].name, name) == 0;
    for (size_t i = 0; i < COUNT_OF(others) && !known; i++) known = strcmp(others[i], name) == 0;
    if (!known) return hw_fail(r->err, HW_ERROR_INPUT, "%s: %.100s is not a key of this file", r->path, name);
  }
  return true;
}

/* Reads a word of a list as its index in the list. *choice is unchanged when the key is absent. */
static bool choose(reader *r, json_t *object, const char *key, const char *const *words, size_t n, size_t *choice) {
  json_t *value = json_object_get(object, key);
  if (!value) return true;
  for (size_t i = 0; i < n; i++)
    if (json_is_string(value) && strcmp(json_string_value(value), words[i]) == 0) return *choice = i, true;
  char *found = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
  hw_fail(r->err, HW_ERROR_INPUT, "%s: %s is %.100s, want one of %s, %s%s%s", r->path, key, found ? found : "?", words[0], words[1], n > 2 ? ", " : "",
          n > 2 ? words[2] : "");
  free(found);
  return false;
}

static bool choose_layout(reader *r, json_t *object, hw_layout *layout) {
  size_t choice = *layout == HW_LAYOUT_DEFAULT ? 0 : (size_t)*layout - HW_LAYOUT_LINEAR;
  if (!json_object_get(object, "layout")) return true;
  if (!choose(r, object, "layout", layouts, COUNT_OF(layouts), &choice)) return false;
  *layout = (hw_layout)(choice + HW_LAYOUT_LINEAR);
  return true;
}

static bool read_choices(reader *r) {
  hw_model_config *c = r->config;
  size_t norm = c->norm, position = c->positions, block = c->parallel, fused = r->family->fusion;
  if (!choose(r, r->root, "norm", norms, 3, &norm) || !choose(r, r->root, "positions", positions, 3, &position) ||
      !choose(r, r->root, "block", blocks, 2, &block) || !choose(r, r->root, "fused", fusions, 2, &fused) ||
      !choose_layout(r, r->root, &r->family->layout))
    return false;
  c->norm = (hw_norm_kind)norm;
  c->positions = (hw_position_scheme)position;
  if (json_object_get(r->root, "positions")) c->alibi = false; /* whatever config.json says */
  c->parallel = block == 1;
  r->family->fusion = (hw_fusion)fused;
  json_t *plus_one = json_object_get(r->root, "gamma_plus_one");
  if (plus_one && !json_is_boolean(plus_one))
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: gamma_plus_one wants true or false", r->path);
  if (plus_one) r->family->gamma_plus_one = json_is_true(plus_one);
  return true;
}

/* Weights that may be absent: biases, and one of two tied embeddings. */
static bool may_be_optional(hw_weight weight) {
  const char *name = hw_weight_shapes[weight].name, *end = strstr(name, "_bias");
  return weight == HW_W_TOKEN_EMBEDDING || weight == HW_W_UNEMBED || (end && strcmp(end, "_bias") == 0);
}

static bool has_no_layout(hw_weight weight) {
  return weight == HW_W_TOKEN_EMBEDDING || weight == HW_W_POSITION_EMBEDDING || hw_weight_shapes[weight].in == HW_EXT_NONE;
}

/* "name", null for none, or {"name": ..., "layout": ..., "optional": true}. */
static bool read_tensor(reader *r, hw_weight weight, json_t *value, hw_weight_row *row) {
  json_t *name = json_is_object(value) ? json_object_get(value, "name") : value, *optional = json_object_get(value, "optional");
  const char *key = hw_weight_shapes[weight].name;
  *row = (hw_weight_row){.weight = weight, .presence = json_is_true(optional) ? HW_IF_PRESENT : HW_REQUIRED};
  if (json_is_null(value)) return true;
  const char *member;
  json_t *of_member;
  json_object_foreach(value, member, of_member)
    if (strcmp(member, "name") != 0 && strcmp(member, "layout") != 0 && strcmp(member, "optional") != 0)
      return hw_fail(r->err, HW_ERROR_INPUT, "%s: tensors.%s: %.100s is none of name, layout, optional", r->path, key, member);
  if (optional && !json_is_boolean(optional)) return hw_fail(r->err, HW_ERROR_INPUT, "%s: tensors.%s: optional wants true or false", r->path, key);
  if (json_is_true(optional) && !may_be_optional(weight))
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: tensors.%s cannot be optional: null says that there is none", r->path, key);
  if (json_object_get(value, "layout") && has_no_layout(weight))
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: tensors.%s has a row for each token or position and no other layout", r->path, key);
  if (!json_is_string(name)) return hw_fail(r->err, HW_ERROR_INPUT, "%s: tensors.%s wants a name, an object with a name, or null", r->path, key);
  if (!choose_layout(r, value, &r->family->layouts[weight])) return false;
  return (row->name = copy_text(r, name)) != NULL;
}

static bool read_tensors(reader *r) {
  json_t *tensors = json_object_get(r->root, "tensors"), *value;
  const char *name;
  if (!tensors && r->family->like) return true;
  if (!json_is_object(tensors)) return hw_fail(r->err, HW_ERROR_INPUT, "%s: no object tensors that names them", r->path);
  hw_weight_row *rows = hw_arena_new(r->arena, hw_weight_row, json_object_size(tensors), r->err);
  if (!rows) return false;
  r->family->weights = rows;
  json_object_foreach(tensors, name, value) {
    size_t w = 0;
    while (w < HW_N_WEIGHTS && strcmp(hw_weight_shapes[w].name, name) != 0) w++;
    if (w == HW_N_WEIGHTS) return hw_fail(r->err, HW_ERROR_INPUT, "%s: tensors.%.100s is not a weight that is known", r->path, name);
    if (!read_tensor(r, (hw_weight)w, value, &rows[r->family->n_weights++])) return false;
  }
  return true;
}

/* A prefix of tensor names, or a list of possible prefixes. */
static bool read_names(reader *r) {
  json_t *prefix = json_object_get(r->root, "prefix"), *ignore = json_object_get(r->root, "ignore");
  if (prefix && !json_is_string(prefix)) return hw_fail(r->err, HW_ERROR_INPUT, "%s: prefix wants a text", r->path);
  if (prefix) {
    r->family->prefixes[0] = copy_text(r, prefix);
    r->family->prefixes[1] = NULL;
    if (!r->family->prefixes[0]) return false;
  }
  if (!ignore) return true;
  size_t n = json_array_size(ignore);
  const char **endings = hw_arena_znew(r->arena, const char *, n + 1, r->err);
  if (!endings) return false;
  if (!json_is_array(ignore)) return hw_fail(r->err, HW_ERROR_INPUT, "%s: ignore wants a list of endings of tensor names", r->path);
  for (size_t i = 0; i < n; i++) {
    json_t *ending = json_array_get(ignore, i);
    if (json_string_length(ending) == 0) return hw_fail(r->err, HW_ERROR_INPUT, "%s: ignore wants endings of tensor names", r->path);
    if (!(endings[i] = copy_text(r, ending))) return false;
  }
  r->family->ignored = endings;
  return true;
}

static bool names(const reader *r, hw_weight weight) { return hw_family_weight(r->family, weight) != NULL; }

/* True when headwater.json or the family lists the weight, also with null (the model has none). */
static bool mentions(const reader *r, hw_weight weight) {
  for (const hw_family *family = r->family; family; family = family->like)
    for (size_t i = 0; i < family->n_weights; i++)
      if (family->weights[i].weight == weight) return true;
  return false;
}

static bool want(reader *r, hw_weight weight, const char *because) {
  return names(r, weight) || hw_fail(r->err, HW_ERROR_INPUT, "%s: tensors names no %s%s", r->path, hw_weight_shapes[weight].name, because);
}

static bool refuse(reader *r, hw_weight weight, const char *because) {
  return !names(r, weight) || hw_fail(r->err, HW_ERROR_INPUT, "%s: tensors names %s%s", r->path, hw_weight_shapes[weight].name, because);
}

static hw_weight bias_of_norm(hw_weight gamma) {
  return gamma == HW_W_ATTN_NORM_GAMMA ? HW_W_ATTN_NORM_BETA : gamma == HW_W_FFN_NORM_GAMMA ? HW_W_FFN_NORM_BETA : HW_W_FINAL_BETA;
}

static bool want_norm(reader *r, hw_weight weight) {
  if (r->config->norm == HW_NORM_NONE) return refuse(r, weight, ", but norm is none") && refuse(r, bias_of_norm(weight), ", but norm is none");
  return mentions(r, weight) || hw_fail(r->err, HW_ERROR_INPUT, "%s: tensors names no %s (null: a norm without weights)", r->path,
                                        hw_weight_shapes[weight].name);
}

static bool check_ffn(reader *r) {
  for (hw_weight w = HW_W_ROUTER; w <= HW_W_SHARED_ROUTER && r->config->n_experts == 0; w++)
    if (!refuse(r, w, ", but there are no experts")) return false;
  if (r->config->n_experts) return want(r, HW_W_ROUTER, "") && want_norm(r, HW_W_FFN_NORM_GAMMA);
  if (r->config->d_ffn == 0) {
    if (r->config->parallel) return hw_fail(r->err, HW_ERROR_INPUT, "%s: a parallel block wants an FFN: d_ffn is 0", r->path);
    for (hw_weight w = HW_W_FFN_NORM_GAMMA; w <= HW_W_FFN_OUT_GAMMA; w++)
      if (!refuse(r, w, ", but d_ffn is 0")) return false;
    return true;
  }
  if (!r->config->gated && !refuse(r, HW_W_GATE_BIAS, ", but the FFN is not gated")) return false;
  if (r->config->parallel && !names(r, HW_W_FFN_NORM_GAMMA) && !refuse(r, HW_W_FFN_NORM_BETA, ", but no ffn_norm")) return false;
  if (names(r, HW_W_GATE_IN))
    return want(r, HW_W_OUT, ", but d_ffn is not 0") && refuse(r, HW_W_GATE, " beside ffn_gate_in") && refuse(r, HW_W_IN, " beside ffn_gate_in") &&
           refuse(r, HW_W_GATE_BIAS, " beside ffn_gate_in") && refuse(r, HW_W_IN_BIAS, " beside ffn_gate_in") &&
           (r->config->gated || hw_fail(r->err, HW_ERROR_INPUT, "%s: tensors names ffn_gate_in, but the FFN is not gated", r->path)) &&
           (r->config->parallel || want_norm(r, HW_W_FFN_NORM_GAMMA));
  return want(r, HW_W_IN, ", but d_ffn is not 0") && want(r, HW_W_OUT, ", but d_ffn is not 0") &&
         (r->config->gated ? want(r, HW_W_GATE, ", but the FFN is gated") : refuse(r, HW_W_GATE, ", but the FFN is not gated")) &&
         (r->config->parallel || want_norm(r, HW_W_FFN_NORM_GAMMA));
}

/* q, k and v are either three weights or one fused weight. Weights of the other form are refused: the loader would not read them. */
static bool check_qkv(reader *r) {
  static const hw_weight apart[] = {HW_W_Q, HW_W_K, HW_W_V, HW_W_Q_BIAS, HW_W_K_BIAS, HW_W_V_BIAS};
  if (!names(r, HW_W_QKV))
    return want(r, HW_W_Q, " (or qkv)") && want(r, HW_W_K, "") && want(r, HW_W_V, "") && refuse(r, HW_W_QKV_BIAS, ", but no qkv (null: there is none)");
  for (size_t i = 0; i < COUNT_OF(apart); i++)
    if (!refuse(r, apart[i], " beside qkv (null: there is none)")) return false;
  return true;
}

/* Refuses weights and keys of a part that the model does not have. */
static bool check_idle(reader *r) {
  const hw_model_config *c = r->config;
  const struct { const char *key; bool idle; const char *because; } rows[] = {
      {"rotary", c->positions != HW_POSITION_ROTARY, "positions are not rotary"}, {"position_offset", c->positions != HW_POSITION_LEARNED, "positions are not learned"},
      {"gated", c->d_ffn == 0, "d_ffn is 0"}, {"activation", c->d_ffn == 0, "d_ffn is 0"}, {"norm_eps", c->norm == HW_NORM_NONE, "norm is none"},
      {"gamma_plus_one", c->norm == HW_NORM_NONE, "norm is none"}, {"fused", !names(r, HW_W_QKV), "there is no qkv"}};
  for (size_t i = 0; i < COUNT_OF(rows); i++)
    if (rows[i].idle && json_object_get(r->root, rows[i].key))
      return hw_fail(r->err, HW_ERROR_INPUT, "%s: %s is said, but %s", r->path, rows[i].key, rows[i].because);
  return true;
}

/* Refuses a description without a weight that the model needs. */
static bool check_whole(reader *r) {
  const struct { const char *name; int64_t value; } sizes[] = {{"layers", r->config->n_layers}, {"heads", r->config->n_heads},
      {"d_model", r->config->d_model}, {"context", r->config->n_ctx}, {"vocabulary", r->config->vocab_size}};
  for (size_t i = 0; i < COUNT_OF(sizes); i++)
    if (sizes[i].value == 0) return hw_fail(r->err, HW_ERROR_INPUT, "%s: no %s", r->path, sizes[i].name);
  if (r->config->positions == HW_POSITION_LEARNED ? !want(r, HW_W_POSITION_EMBEDDING, ", but positions are learned")
                                                  : !refuse(r, HW_W_POSITION_EMBEDDING, ", but positions are not learned"))
    return false;
  if (!names(r, HW_W_EMBEDDING_NORM_GAMMA) && !refuse(r, HW_W_EMBEDDING_NORM_BETA, ", but no embedding_norm")) return false;
  if (!names(r, HW_W_Q_NORM_GAMMA) && !refuse(r, HW_W_Q_NORM_BETA, ", but no q_norm")) return false;
  if (!names(r, HW_W_K_NORM_GAMMA) && !refuse(r, HW_W_K_NORM_BETA, ", but no k_norm")) return false;
  if (r->config->vocab_out && r->config->tied && r->config->vocab_out != r->config->vocab_size)
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: vocabulary_out differs from vocabulary, but the unembedding is tied", r->path);
  return check_qkv(r) && check_idle(r) && want(r, HW_W_TOKEN_EMBEDDING, "") && want(r, HW_W_O, "") && (r->config->tied || want(r, HW_W_UNEMBED, ", and tied is not true")) &&
         want_norm(r, HW_W_ATTN_NORM_GAMMA) && want_norm(r, HW_W_FINAL_GAMMA) && check_ffn(r);
}

static bool read_base(reader *r, const char *config_path) {
  static const char *const nothing_ignored[] = {NULL};
  json_t *like = json_object_get(r->root, "like"), *config_root = NULL;
  *r->family = (hw_family){.model_type = "custom", .prefixes = {""}, .ignored = nothing_ignored};
  *r->config = (hw_model_config){.family = "custom", .norm_eps = 1e-5, .rope = {.theta = 10000.0, .rotary_fraction = 1}};
  if (!like) {
    static const char *const wanted[] = {"norm", "positions"};
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
      if (!json_object_get(r->root, wanted[i])) return hw_fail(r->err, HW_ERROR_INPUT, "%s: no %s", r->path, wanted[i]);
    return true;
  }
  if (!json_is_string(like)) return hw_fail(r->err, HW_ERROR_INPUT, "%s: like wants the name of a family", r->path);
  if (!(config_root = hw_json_open(config_path, false, r->err))) return false;
  const hw_family *family;
  bool ok = hw_family_find(json_string_value(like), config_root, &family, r->err);
  if (ok && !family)
    ok = hw_fail(r->err, HW_ERROR_INPUT, "%s: like is \"%.100s\", want a known family%s", r->path, json_string_value(like),
                 hw_family_suggest(json_string_value(like)).text);
  ok = ok && hw_config_read_family(config_path, config_root, family, r->config, r->err);
  if (family) *r->family = *family;
  r->family->like = family;
  r->family->weights = NULL;
  r->family->n_weights = 0;
  json_decref(config_root);
  return ok;
}

static bool read_all(reader *r, const char *config_path) {
  if (!check_names(r) || !read_base(r, config_path) || !read_choices(r)) return false;
  int64_t n_listed = r->config->window_pattern == HW_WINDOW_LISTED && !json_object_get(r->root, "layer_types") ? r->config->n_layers : 0;
  if (!hw_config_read_keys(r->path, r->root, keys, COUNT_OF(keys), r->config, r->err)) return false;
  if (n_listed && n_listed != r->config->n_layers)
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: %lld layers, but the layer_types of config.json list %lld; say layer_types here", r->path,
                   (long long)r->config->n_layers, (long long)n_listed);
  if (json_object_get(r->root, "window") && r->config->window_pattern == HW_WINDOW_NONE) r->config->window_pattern = HW_WINDOW_ALL;
  if (json_object_get(r->root, "d_ffn")) r->config->ffn_factor = 0; /* d_ffn of 0: a model without FFN */
  if (!r->config->d_ffn) r->config->d_ffn = r->config->ffn_factor * r->config->d_model;
  if (r->config->d_ffn && !r->family->like && !json_is_string(json_object_get(r->root, "activation")))
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: no activation", r->path);
  return read_tensors(r) && read_names(r) && check_whole(r) && hw_config_derive(r->path, r->family, r->config, r->err);
}

bool hw_custom_load(const char *path, const char *config_path, hw_arena *arena, hw_model_config *config, const hw_family **family,
                    hw_error *err) {
  reader r = {.path = path, .arena = arena, .config = config, .err = err};
  if (!(r.root = hw_json_open(path, false, err))) return false;
  r.family = hw_arena_znew(arena, hw_family, 1, err);
  bool ok = r.family && read_all(&r, config_path);
  *family = r.family;
  json_decref(r.root);
  return ok;
}
