/* SPDX-License-Identifier: Apache-2.0
 * config.json, key by key as the family's row lists them. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/config.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { LARGEST_COUNT = 1 << 28, MOST_SAID = 64, HW_MOST_EXPERTS = 1024 }; /* fields of hw_model_config that keys can say: fewer */

/* One object of settings. Two keys may say the same field (two spellings, two versions of transformers): `said` has the first. */
typedef struct reader {
  const char *path;
  json_t *root;
  hw_model_config *config;
  hw_error *err;
  size_t n_said;
  struct { size_t offset; const char *key, *member; } said[MOST_SAID];
} reader;

/* "a.b" looks for b inside the object a. */
static json_t *find_key(json_t *root, const char *name) {
  const char *dot = strchr(name, '.');
  if (!dot) return json_object_get(root, name);
  return json_object_get(json_object_getn(root, name, (size_t)(dot - name)), dot + 1);
}

static bool wrong_value(const char *path, const hw_key_row *key, json_t *value, hw_error_kind kind, const char *wanted, hw_error *err) {
  char *found = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
  hw_fail(err, kind, "%s: %s is %.200s, want %s%s%s", path, key->name, found ? found : "?", wanted, key->why ? ": " : "",
          key->why ? key->why : "");
  free(found);
  return false;
}

static bool same_value(const json_t *a, const json_t *b) {
  return json_equal(a, b) || (json_is_number(a) && json_is_number(b) && json_number_value(a) == json_number_value(b));
}

bool hw_config_value_is(const json_t *value, const char *text, bool any, bool *is, hw_error *err) {
  json_t *wanted = json_loads(text, JSON_DECODE_ANY, NULL);
  if (!wanted) return hw_fail_memory(err, text); /* the texts are the tables' */
  *is = !any && same_value(value, wanted);
  for (size_t i = 0; any && i < json_array_size(wanted) && !*is; i++) *is = same_value(value, json_array_get(wanted, i));
  json_decref(wanted);
  return true;
}

/* Like it, but another value is an error. */
static bool must_be(const char *path, const hw_key_row *key, json_t *value, const char *text, bool any, hw_error *err) {
  bool is;
  return hw_config_value_is(value, text, any, &is, err) && (is || wrong_value(path, key, value, HW_ERROR_UNSUPPORTED, text, err));
}

/* Notes that a key said the field; `before` is what the field held. What an earlier key said must not change. member: of an object, or NULL. */
static bool note(reader *r, size_t offset, size_t size, const hw_model_config *before, const char *key, const char *member) {
  const char *field = (const char *)r->config + offset;
  for (size_t i = 0; i < r->n_said; i++) {
    if (r->said[i].offset != offset) continue;
    if (memcmp((const char *)before + offset, field, size) == 0) return true;
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: %s%s%s and %s%s%s say different things", r->path, r->said[i].key, r->said[i].member ? "." : "",
                   r->said[i].member ? r->said[i].member : "", key, member ? "." : "", member ? member : "");
  }
  r->said[r->n_said].offset = offset;
  r->said[r->n_said].key = key;
  r->said[r->n_said++].member = member;
  return true;
}

static bool is_said(const reader *r, size_t offset) {
  for (size_t i = 0; i < r->n_said; i++)
    if (r->said[i].offset == offset) return true;
  return false;
}

/* The notice has room for all that is said in it. */
static void say(hw_model_config *config, const char *what, const char *name, const char *rest) {
  size_t length = strlen(config->notice);
  (void)snprintf(config->notice + length, sizeof config->notice - length, "%s%s%.200s%s", length ? "; " : "", what, name, rest);
}

/* In most fields 0 says that no key has said anything: a 0 in the file must not pass for that. Fields are used as float32. */
static bool is_positive(const json_t *value) { return json_is_number(value) && json_number_value(value) > 0 && json_number_value(value) <= (double)FLT_MAX; }
static bool is_zero(const json_t *value) { return json_is_number(value) && json_number_value(value) == 0; }

/* LONGROPE's divisors. */
static bool read_factors(reader *r, const hw_key_row *key, json_t *value, double factors[HW_MOST_PAIRS], int64_t *n) {
  bool ok = json_is_array(value) && json_array_size(value) > 0 && json_array_size(value) <= HW_MOST_PAIRS;
  for (size_t i = 0; ok && i < json_array_size(value); i++) {
    factors[i] = json_number_value(json_array_get(value, i));
    ok = is_positive(json_array_get(value, i));
  }
  *n = (int64_t)json_array_size(value);
  return ok || wrong_value(r->path, key, value, HW_ERROR_INPUT, "a list of at most 256 numbers above 0", r->err);
}

/* Gemma 3 in newer files: {"full_attention": {...}, "sliding_attention": {...}}, the second with nothing but a base of its own. */
static bool is_rope_of_layers(json_t *value) { return json_is_object(json_object_get(value, "full_attention")); }

static bool read_local_rope(reader *r, const char *key, json_t *value) {
  const hw_model_config before = *r->config;
  const char *name;
  json_t *theta = json_object_get(value, "rope_theta"), *type = json_object_get(value, "rope_type"), *member;
  json_object_foreach(value, name, member)
    if (member != theta && member != type && !json_is_null(member))
      return hw_fail(r->err, HW_ERROR_UNSUPPORTED, "%s: %s.sliding_attention.%.100s is not computed", r->path, key, name);
  if (type && strcmp(json_is_string(type) ? json_string_value(type) : "", "default") != 0)
    return hw_fail(r->err, HW_ERROR_UNSUPPORTED, "%s: %s.sliding_attention.rope_type is not default", r->path, key);
  if (!is_positive(theta)) return hw_fail(r->err, HW_ERROR_INPUT, "%s: %s.sliding_attention.rope_theta wants a number above 0", r->path, key);
  r->config->local_theta = json_number_value(theta);
  return note(r, offsetof(hw_model_config, local_theta), sizeof(double), &before, key, "sliding_attention.rope_theta");
}

/* Every member must be known: a rotary type that is not computed must not pass for one that is. */
static bool read_rope(reader *r, const hw_key_row *key, json_t *value) {
  static const struct { const char *name; size_t offset; } numbers[] = {
      {"rope_theta", offsetof(hw_rope, theta)}, {"partial_rotary_factor", offsetof(hw_rope, rotary_fraction)}, {"factor", offsetof(hw_rope, factor)},
      {"low_freq_factor", offsetof(hw_rope, low_freq_factor)}, {"high_freq_factor", offsetof(hw_rope, high_freq_factor)},
      {"original_max_position_embeddings", offsetof(hw_rope, original_ctx)}, {"attention_factor", offsetof(hw_rope, attention_factor)},
      {"beta_fast", offsetof(hw_rope, beta_fast)}, {"beta_slow", offsetof(hw_rope, beta_slow)}, {"mscale", offsetof(hw_rope, mscale)},
      {"mscale_all_dim", offsetof(hw_rope, mscale_all_dim)}};
  static const struct { const char *name; hw_rope_type type; } types[] = {
      {"default", HW_ROPE_DEFAULT}, {"linear", HW_ROPE_LINEAR}, {"llama3", HW_ROPE_LLAMA3}, {"yarn", HW_ROPE_YARN},
      {"dynamic", HW_ROPE_DYNAMIC}, {"longrope", HW_ROPE_LONGROPE}, {"su", HW_ROPE_LONGROPE}}; /* Phi-3's first name of it */
  static const char *const unread[] = {"attn_factor", "extrapolation_factor", "finetuned"}; /* by transformers; others read them */
  const char *name, *path = r->path, *type = NULL;
  hw_rope *rope = (hw_rope *)(void *)((char *)r->config + key->offset);
  hw_error *err = r->err;
  json_t *member;
  if (!json_is_object(value)) return wrong_value(path, key, value, HW_ERROR_UNSUPPORTED, "an object", err);
  if (is_rope_of_layers(value) && r->config->local_theta > 0) {
    if (json_object_size(value) > 2) return wrong_value(path, key, value, HW_ERROR_UNSUPPORTED, "full_attention and sliding_attention", err);
    if (!read_local_rope(r, key->name, json_object_get(value, "sliding_attention"))) return false;
    value = json_object_get(value, "full_attention");
  }
  json_object_foreach(value, name, member) {
    const hw_model_config before = *r->config;
    char whole[160];
    (void)snprintf(whole, sizeof whole, "%s.%.100s", key->name, name);
    const hw_key_row row = {.name = whole};
    size_t n = 0, u = 0;
    while (n < COUNT_OF(numbers) && strcmp(numbers[n].name, name) != 0) n++;
    while (u < COUNT_OF(unread) && strcmp(unread[u], name) != 0) u++;
    if (json_is_null(member)) continue;
    if (n < COUNT_OF(numbers)) {
      if (!is_positive(member)) return wrong_value(path, &row, member, HW_ERROR_INPUT, "a number above 0", err);
      *(double *)(void *)((char *)rope + numbers[n].offset) = json_number_value(member);
      if (!note(r, key->offset + numbers[n].offset, sizeof(double), &before, key->name, numbers[n].name)) return false;
    } else if (strcmp(name, "rope_type") == 0 || strcmp(name, "type") == 0) {
      type = json_string_value(member);
      size_t t = 0;
      while (t < COUNT_OF(types) && (!type || strcmp(type, types[t].name) != 0)) t++;
      if (t == COUNT_OF(types))
        return wrong_value(path, &row, member, HW_ERROR_UNSUPPORTED, "default, linear, llama3, yarn, dynamic or longrope", err);
      rope->type = types[t].type;
      if (!note(r, key->offset + offsetof(hw_rope, type), sizeof rope->type, &before, key->name, name[0] == 't' ? "type" : "rope_type"))
        return false;
    } else if (strcmp(name, "truncate") == 0 && json_is_boolean(member)) {
      rope->untruncated = json_is_false(member);
      if (!note(r, key->offset + offsetof(hw_rope, untruncated), sizeof rope->untruncated, &before, key->name, "truncate")) return false;
    } else if (strcmp(name, "short_factor") == 0) {
      if (!read_factors(r, &row, member, rope->short_factor, &rope->n_short) ||
          !note(r, key->offset + offsetof(hw_rope, short_factor), sizeof rope->short_factor, &before, key->name, "short_factor"))
        return false;
    } else if (strcmp(name, "long_factor") == 0) {
      if (!read_factors(r, &row, member, rope->long_factor, &rope->n_long) ||
          !note(r, key->offset + offsetof(hw_rope, long_factor), sizeof rope->long_factor, &before, key->name, "long_factor"))
        return false;
    } else if (u < COUNT_OF(unread)) {
      say(r->config, "", whole, " is not used, as in transformers");
    } else {
      return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: %s is not a part of rotary scaling that is computed; take it out if it changes nothing", path, whole);
    }
  }
  if (type && rope->type == HW_ROPE_DEFAULT && rope->factor > 0 && rope->factor != 1)
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s has a factor, but its type is default", path, key->name);
  if (!type && rope->factor > 0 && rope->type == HW_ROPE_DEFAULT) return hw_fail(err, HW_ERROR_INPUT, "%s: no %s.rope_type", path, key->name);
  if (rope->type != HW_ROPE_LONGROPE && (rope->n_short || rope->n_long))
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s has short_factor or long_factor, want type longrope (in files of Phi-3 the type yarn means longrope)",
                   path, key->name);
  if (rope->type == HW_ROPE_LONGROPE) return true; /* its lists are checked when the head's size is known */
  if (rope->type != HW_ROPE_DEFAULT && !(rope->factor > 0)) return hw_fail(err, HW_ERROR_INPUT, "%s: no %s.factor", path, key->name);
  if (rope->type == HW_ROPE_LLAMA3 && !(rope->low_freq_factor > 0 && rope->high_freq_factor > rope->low_freq_factor && rope->original_ctx > 0))
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s wants low_freq_factor < high_freq_factor and original_max_position_embeddings", path, key->name);
  return true;
}

/* Sets one layer from its name. */
static bool set_layer_type(const char *path, const hw_key_row *key, json_t *value, hw_model_config *config, int64_t layer, hw_error *err) {
  static const char *const names[] = {"full_attention", "global", "sliding_attention", "local"};
  const char *name = json_string_value(value);
  if (layer >= config->n_layers || layer >= HW_MOST_LAYERS)
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s lists more than the %" PRId64 " layers", path, key->name, config->n_layers);
  for (size_t i = 0; i < 4; i++)
    if (name && strcmp(name, names[i]) == 0) return config->windowed[layer] = i >= 2, true;
  return wrong_value(path, key, value, HW_ERROR_UNSUPPORTED, "full_attention, sliding_attention, global or local for each layer", err);
}

/* ["full_attention", ...], or [[["global", "local"], 12]]: a list of kinds and how often it is repeated. */
static bool read_layer_types(const char *path, const hw_key_row *key, json_t *value, hw_model_config *config, hw_error *err) {
  int64_t layer = 0;
  if (!json_is_array(value)) return wrong_value(path, key, value, HW_ERROR_INPUT, "a list of the layers' kinds", err);
  for (size_t i = 0; i < json_array_size(value); i++) {
    json_t *kinds = json_array_get(value, i);
    if (key->kind == HW_KEY_LAYER_TYPES) {
      if (!set_layer_type(path, key, kinds, config, layer++, err)) return false;
      continue;
    }
    json_t *list = json_array_get(kinds, 0), *times = json_array_get(kinds, 1);
    if (json_array_size(list) == 0 || json_integer_value(times) < 1 || json_integer_value(times) > HW_MOST_LAYERS)
      return wrong_value(path, key, value, HW_ERROR_INPUT, "[[[\"global\", \"local\"], times]]", err);
    for (json_int_t t = 0; t < json_integer_value(times); t++)
      for (size_t k = 0; k < json_array_size(list); k++)
        if (!set_layer_type(path, key, json_array_get(list, k), config, layer++, err)) return false;
  }
  if (layer != config->n_layers)
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s lists %" PRId64 " layers, want %" PRId64, path, key->name, layer, config->n_layers);
  config->window_pattern = HW_WINDOW_LISTED;
  return true;
}

/* A list of 1 (the layer has positions) and 0; it may be longer than the model. */
static bool read_layer_positions(const char *path, const hw_key_row *key, json_t *value, hw_model_config *config, hw_error *err) {
  size_t n = json_array_size(value);
  if (!json_is_array(value) || (int64_t)n < config->n_layers)
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s lists %zu layers, want at least %" PRId64, path, key->name, n, config->n_layers);
  for (size_t l = 0; l < n; l++) {
    json_t *has = json_array_get(value, l);
    if (!json_is_integer(has) || (json_integer_value(has) != 0 && json_integer_value(has) != 1))
      return wrong_value(path, key, value, HW_ERROR_INPUT, "0 or 1 for each layer", err);
    if ((int64_t)l < config->n_layers && l < HW_MOST_LAYERS) config->positionless[l] = json_integer_value(has) == 0;
  }
  config->positionless_listed = true;
  return true;
}

/* A whole number, also written as 12.0; -1 for anything else. */
static int64_t whole_number(json_t *value) {
  double number = json_number_value(value);
  return json_is_number(value) && number >= 0 && number <= LARGEST_COUNT && number == (double)(int64_t)number ? (int64_t)number : -1;
}

static const char *wanted_count(json_t *value, bool or_zero) {
  if (json_number_value(value) > LARGEST_COUNT) return "at most 268435456";
  return or_zero ? "a whole number of at least 0" : "a whole number of at least 1";
}

static bool read_value(reader *r, const hw_key_row *key, json_t *value) {
  const hw_model_config before = *r->config;
  const char *path = r->path;
  hw_error *err = r->err;
  void *field = (char *)r->config + key->offset;
  switch (key->kind) {
    case HW_KEY_COUNT:
    case HW_KEY_COUNT_OR_ZERO:
    case HW_KEY_COUNT_OR_NONE: {
      int64_t count = whole_number(value);
      if (count < (key->kind != HW_KEY_COUNT_OR_ZERO))
        return wrong_value(path, key, value, HW_ERROR_INPUT, wanted_count(value, key->kind == HW_KEY_COUNT_OR_ZERO), err);
      *(int64_t *)field = count;
      return note(r, key->offset, sizeof(int64_t), &before, key->name, NULL);
    }
    case HW_KEY_NUMBER:
    case HW_KEY_NUMBER_OR_NONE:
      if (!is_positive(value) && !(key->offset == offsetof(hw_model_config, norm_eps) && is_zero(value)))
        return wrong_value(path, key, value, HW_ERROR_INPUT, "a number above 0", err);
      *(double *)field = json_number_value(value);
      return note(r, key->offset, sizeof(double), &before, key->name, NULL);
    case HW_KEY_SWITCH:
      if (!json_is_boolean(value)) return wrong_value(path, key, value, HW_ERROR_INPUT, "true or false", err);
      *(bool *)field = json_is_true(value);
      return note(r, key->offset, sizeof(bool), &before, key->name, NULL);
    case HW_KEY_ACTIVATION:
      if (!json_is_string(value) || !hw_activation_find(json_string_value(value), (hw_activation *)field))
        return wrong_value(path, key, value, HW_ERROR_UNSUPPORTED, "gelu_new, gelu, relu or silu", err);
      return note(r, key->offset, sizeof(hw_activation), &before, key->name, NULL);
    case HW_KEY_MUST_BE:
    case HW_KEY_ONE_OF: return must_be(path, key, value, key->must_be, key->kind == HW_KEY_ONE_OF, err);
    case HW_KEY_EQUALS: {
      char wanted[24];
      (void)snprintf(wanted, sizeof wanted, "%" PRId64, *(int64_t *)field);
      return must_be(path, key, value, wanted, false, err);
    }
    case HW_KEY_IGNORED: return true;
    case HW_KEY_QUANTIZATION: return hw_config_read_quantization(path, value, r->config, err);
    case HW_KEY_LAYER_POSITIONS: return read_layer_positions(path, key, value, r->config, err);
    case HW_KEY_ROPE: return read_rope(r, key, value);
    case HW_KEY_LAYER_TYPES:
    case HW_KEY_LAYER_GROUPS:
      return read_layer_types(path, key, value, r->config, err) &&
             note(r, offsetof(hw_model_config, windowed), sizeof r->config->windowed, &before, key->name, NULL);
  }
  return true;
}

/* null leaves the default, except where a model without the thing is meant: a switch, a window, a cap. */
static bool read_key(reader *r, const hw_key_row *key) {
  json_t *found = find_key(r->root, key->name);
  void *field = (char *)r->config + key->offset;
  if (!found) return true;
  if (!json_is_null(found)) return read_value(r, key, found);
  if (key->kind == HW_KEY_MUST_BE && strcmp(key->must_be, "true") == 0) return read_value(r, key, found); /* there null switches off */
  if (key->kind == HW_KEY_SWITCH) *(bool *)field = false;
  if (key->kind == HW_KEY_COUNT_OR_NONE) *(int64_t *)field = 0;
  if (key->kind == HW_KEY_NUMBER_OR_NONE) *(double *)field = 0;
  return true;
}

/* Keys that need the sizes which other keys say. */
static bool comes_later(const hw_key_row *key) {
  return key->kind == HW_KEY_EQUALS || key->kind == HW_KEY_LAYER_TYPES || key->kind == HW_KEY_LAYER_GROUPS ||
         key->kind == HW_KEY_LAYER_POSITIONS;
}

static bool lists_key(const hw_family *family, const hw_family *end, const char *name) {
  for (; family != end; family = family->like)
    for (size_t i = 0; i < family->n_keys; i++)
      if (strcmp(family->keys[i].name, name) == 0) return true;
  return false;
}

/* The family's own keys, then those of its relatives, then the common ones; the first row of a name counts. */
static bool read_family_keys(reader *r, const hw_family *family, bool later) {
  for (const hw_family *at = family;; at = at->like) {
    const hw_key_row *keys = at ? at->keys : hw_common_keys;
    size_t n = at ? at->n_keys : hw_n_common_keys;
    for (size_t i = 0; i < n; i++)
      if (comes_later(&keys[i]) == later && !lists_key(family, at, keys[i].name) && !read_key(r, &keys[i])) return false;
    if (!at) return true;
  }
}

/* A required field may be said under any of its names. */
static bool check_required(const reader *r, const hw_family *family, bool later) {
  for (const hw_family *at = family; at; at = at->like)
    for (size_t i = 0; i < at->n_keys; i++) {
      const hw_key_row *key = &at->keys[i];
      if (key->required && comes_later(key) == later && !lists_key(family, at, key->name) && !is_said(r, key->offset))
        return hw_fail(r->err, HW_ERROR_INPUT, "%s: no %s%s%s", r->path, key->name, key->why ? ": " : "", key->why ? key->why : "");
    }
  return true;
}

/* Families with one mask for all layers take no heed of layer_types: it must say the same. */
static bool check_one_mask(const char *path, const hw_family *family, const hw_model_config *config, hw_error *err) {
  bool listed = family->defaults.window_pattern == HW_WINDOW_ALL && config->window_pattern == HW_WINDOW_LISTED;
  for (int64_t l = 0; listed && l < config->n_layers; l++)
    if (config->windowed[l] != (config->window > 0))
      return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: layer_types says %s for layer %" PRId64 ", but in %s sliding_window alone counts: all layers have %s", path,
                     config->windowed[l] ? "sliding_attention" : "full_attention", l, family->model_type, config->window ? "the window" : "full attention");
  return true;
}

bool hw_config_read_keys(const char *path, json_t *root, const hw_key_row *keys, size_t n, hw_model_config *config, hw_error *err) {
  reader r = {.path = path, .root = root, .config = config, .err = err};
  for (int later = 0; later < 2; later++)
    for (size_t i = 0; i < n; i++)
      if (comes_later(&keys[i]) == (later != 0) && !read_key(&r, &keys[i])) return false;
  return true;
}

/* Fills windowed and positionless: the layers whose attention has a sliding window, and those without rotary positions. */
static bool derive_layers(const char *path, hw_model_config *config, hw_error *err) {
  bool any = false;
  for (int64_t l = 0; l < config->n_layers; l++) {
    bool local = config->window_pattern == HW_WINDOW_ALL || (config->window_pattern == HW_WINDOW_INTERVAL && (l + 1) % config->window_interval != 0);
    if (config->window_pattern != HW_WINDOW_LISTED) config->windowed[l] = config->window > 0 && local;
    if (!config->positionless_listed)
      config->positionless[l] = (config->positionless_interval && (l + 1) % config->positionless_interval == 0) ||
                                (config->windowed_positions_only && !config->windowed[l]);
    any = any || config->windowed[l];
  }
  if (any && config->window == 0)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: layer_types names sliding or local layers, but no window is given", path);
  return true;
}

static bool derive_rotary(const char *path, hw_model_config *config, hw_error *err) {
  hw_rope *rope = &config->rope;
  if (!(rope->rotary_fraction > 0 && rope->rotary_fraction <= 1))
    return hw_fail(err, HW_ERROR_INPUT, "%s: %g of each head turns (rotary_pct or partial_rotary_factor), want a share of at most 1", path,
                   rope->rotary_fraction);
  if (!rope->rotary_dims) rope->rotary_dims = (int64_t)((double)config->d_head * rope->rotary_fraction);
  if (rope->rotary_dims % 2 || rope->rotary_dims < 2 || rope->rotary_dims > config->d_head)
    return hw_fail(err, HW_ERROR_INPUT,
                   "%s: rotary positions need an even head size, found %" PRId64 " of the head's %" PRId64
                   " (rotary_pct, partial_rotary_factor or rotary_dim says how many turn)",
                   path, rope->rotary_dims, config->d_head);
  if (!(rope->theta > 0)) return hw_fail(err, HW_ERROR_INPUT, "%s: rope_theta is %g, want a number above 0", path, rope->theta);
  if (rope->type == HW_ROPE_YARN && !(rope->theta > 1))
    return hw_fail(err, HW_ERROR_INPUT, "%s: rope_theta is %g, want more than 1 for yarn", path, rope->theta);
  if (rope->type == HW_ROPE_DYNAMIC && rope->rotary_dims < 4)
    return hw_fail(err, HW_ERROR_INPUT, "%s: %" PRId64 " dimensions turn, want at least 4 for dynamic", path, rope->rotary_dims);
  if (rope->type == HW_ROPE_LONGROPE && (rope->n_short != rope->rotary_dims / 2 || rope->n_long != rope->n_short))
    return hw_fail(err, HW_ERROR_INPUT, "%s: rope_scaling.short_factor has %" PRId64 " numbers and long_factor %" PRId64 ", want %" PRId64 " each", path,
                   rope->n_short, rope->n_long, rope->rotary_dims / 2);
  if (rope->type == HW_ROPE_DYNAMIC || !(rope->original_ctx > 0)) rope->original_ctx = (double)config->n_ctx;
  if (rope->type == HW_ROPE_LONGROPE && !(rope->original_ctx > 1))
    return hw_fail(err, HW_ERROR_INPUT, "%s: original_max_position_embeddings is %g, want more than 1", path, rope->original_ctx);
  if (rope->type == HW_ROPE_LONGROPE && !(rope->factor > 0)) rope->factor = (double)config->n_ctx / rope->original_ctx;
  if (rope->type == HW_ROPE_DYNAMIC) config->n_ctx = (int64_t)fmin((double)config->n_ctx * fmax(rope->factor, 1), LARGEST_COUNT);
  return true;
}

/* d_ffn of a mixture is the number of all neurons. */
static bool derive_experts(const char *path, hw_model_config *config, hw_error *err) {
  if (config->n_experts == 0) return true;
  if (config->n_experts > HW_MOST_EXPERTS)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: %" PRId64 " experts, at most %d (num_local_experts or num_experts)", path, config->n_experts,
                   HW_MOST_EXPERTS);
  if (config->experts_used < 1 || config->experts_used > config->n_experts)
    return hw_fail(err, HW_ERROR_INPUT, "%s: num_experts_per_tok is %" PRId64 ", but there are %" PRId64 " experts", path, config->experts_used,
                   config->n_experts);
  config->d_ffn = config->n_experts * config->d_expert + config->d_shared;
  return true;
}

bool hw_config_derive(const char *path, const hw_family *family, hw_model_config *config, hw_error *err) {
  if (!config->vocab_out) config->vocab_out = config->vocab_size;
  if (!config->n_kv_heads) config->n_kv_heads = config->multi_query ? 1 : config->n_heads;
  if (!config->d_ffn) config->d_ffn = config->ffn_factor > LARGEST_COUNT / config->d_model ? LARGEST_COUNT : config->ffn_factor * config->d_model;
  if (config->alibi) config->positions = HW_POSITION_ALIBI;
  if (!derive_experts(path, config, err)) return false;
  if (!config->d_head) {
    if (config->d_model % config->n_heads)
      return hw_fail(err, HW_ERROR_INPUT, "%s: d_model %" PRId64 " is no multiple of the %" PRId64 " heads", path, config->d_model,
                     config->n_heads);
    config->d_head = config->d_model / config->n_heads;
  }
  if (config->n_heads % config->n_kv_heads)
    return hw_fail(err, HW_ERROR_INPUT, "%s: %" PRId64 " heads cannot share %" PRId64 " key/value heads evenly (num_key_value_heads of config.json, kv_heads of headwater.json%s)", path,
                   config->n_heads, config->n_kv_heads, config->n_kv_heads == family->defaults.n_kv_heads ? ", or the family's default where it is left out" : "");
  int64_t groups = hw_fusion_groups(family->fusion);
  if (groups && config->n_kv_heads % groups)
    return hw_fail(err, HW_ERROR_INPUT, "%s: q, v and k in %" PRId64 " groups want a multiple of as many heads, found %" PRId64 " (n_head)", path, groups,
                   config->n_kv_heads);
  if (config->positions == HW_POSITION_ROTARY && !derive_rotary(path, config, err)) return false;
  /* Limits of the stored format (layers in 8 bits, heads in 10, positions in 20) and of the GEMM's panel. */
  if (config->n_layers > HW_MOST_LAYERS || config->n_heads > 1023 || config->d_model > HW_PANEL_FLOATS || config->d_ffn > HW_PANEL_FLOATS ||
      config->n_heads * config->d_head > HW_PANEL_FLOATS)
    return hw_fail(err, HW_ERROR_UNSUPPORTED,
                   "%s: %" PRId64 " layers, %" PRId64 " heads, d_model %" PRId64 ", d_ffn %" PRId64
                   ": larger than 255, 1023, 1048576, 1048576",
                   path, config->n_layers, config->n_heads, config->d_model, config->d_ffn);
  if (config->n_ctx > 1 << 20) config->n_ctx = 1 << 20;
  return derive_layers(path, config, err);
}

/* The model is what its model_type says, whatever code of the repository would compute. */
static void note_own_code(const reader *r) {
  const char *code = json_string_value(find_key(r->root, "auto_map.AutoModelForCausalLM"));
  if (!code) return;
  say(r->config, "auto_map names code of the repository, ", code, ", which is not run: man headwater-model says what is computed");
}

bool hw_config_read_family(const char *path, json_t *root, const hw_family *family, hw_model_config *config, hw_error *err) {
  reader r = {.path = path, .root = root, .config = config, .err = err};
  *config = family->defaults;
  config->family = family->model_type;
  note_own_code(&r);
  if (!read_family_keys(&r, family, false) || !check_required(&r, family, false)) return false;
  if (config->n_layers > HW_MOST_LAYERS) return true; /* refused when sizes are derived */
  return read_family_keys(&r, family, true) && check_required(&r, family, true) && check_one_mask(path, family, config, err);
}
