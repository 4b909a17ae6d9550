/* SPDX-License-Identifier: Apache-2.0
 * The one forward pass: reads the model's shape from its config and layer structs. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/real.h"
#include "engine/activations.h"
#include "engine/heads.h"
#include "engine/mixture.h"
#include "headwater/model.h"
#include "model/rotary.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

enum { N_BASES = 2 }; /* of all layers, and of those with a window where these have their own */

typedef struct pass {
  const hw_model *model;
  const hw_activations *all;  /* with the known rows, which come first */
  const hw_activations *acts; /* of the rows that are computed */
  const hw_team *team;
  size_t n_known;
  float *normed;   /* [rows, d_model] */
  float *wide;     /* [rows, max(n_heads * d_head, fused q k v, d_ffn)] */
  float *narrow;   /* [rows, d_model] */
  float **keys, **values; /* [members of the team][longest prompt, d_head] of one head */
  float **attending;      /* [members of the team] hw_attend_space */
  float *cosine[N_BASES], *sine[N_BASES]; /* [rows, d_rotary / 2] of each rotary base */
  double *frequency; /* [d_rotary / 2] */
  hw_mixture mixture;
  const hw_forward_edits *edits; /* or NULL */
} pass;

struct hw_held_layer {
  pass pass;
  hw_activations acts;
  size_t layer; /* of q, k and v */
};

bool hw_model_check_ids(const hw_model *model, const int32_t *ids, size_t n, hw_error *err) {
  if (n == 0) return hw_fail(err, HW_ERROR_PROMPT, "the prompt has no tokens");
  if (n > (size_t)model->config.n_ctx)
    return hw_fail(err, HW_ERROR_PROMPT, "the prompt has %zu tokens, the model takes at most %" PRId64, n, model->config.n_ctx);
  for (size_t i = 0; i < n; i++)
    if (ids[i] < 0 || ids[i] >= model->config.vocab_size)
      return hw_fail(err, HW_ERROR_PROMPT, "token id %" PRId32 " at position %zu is outside of the vocabulary of %" PRId64, ids[i], i,
                     model->config.vocab_size);
  return true;
}

/* What is done row by row in a layer, to the rows [begin, end). */
typedef void row_work(const pass *p, size_t l, size_t begin, size_t end);

typedef struct rows_of_layer {
  const pass *p;
  size_t l;
  row_work *work;
} rows_of_layer;

static void share_rows(void *context, size_t begin, size_t end, const hw_member *member) {
  const rows_of_layer *rows = context;
  (void)member;
  rows->work(rows->p, rows->l, begin, end);
}

static void each_of(const pass *p, size_t l, size_t n_rows, row_work *work) {
  enum { LEAST = 1 << 13 }; /* numbers of a part */
  size_t width = (size_t)p->model->config.d_model;
  rows_of_layer rows = {.p = p, .l = l, .work = work};
  hw_divide(p->team, n_rows, (LEAST + width - 1) / width, share_rows, &rows);
}

static void each_row(const pass *p, size_t l, row_work *work) { each_of(p, l, p->acts->batch.n_rows, work); }

static void norm_rows(const pass *p, const float *x, const float *gamma, const float *beta, size_t begin, size_t end) {
  const hw_model_config *c = &p->model->config;
  size_t d = (size_t)c->d_model;
  for (size_t r = begin; r < end; r++)
    hw_norm_row(c->no_input_norm ? HW_NORM_NONE : c->norm, x + r * d, gamma, beta, (float)c->norm_eps, d, p->normed + r * d);
}

/* Tokens of a prompt whose rows are computed: from the first of them on. Their rows follow one another. */
static size_t first_new(const hw_batch *batch, size_t prompt) { return batch->rows ? batch->n_shared[prompt] : 0; }

static void embed(const pass *p) {
  const hw_model *model = p->model;
  const hw_batch *batch = &p->acts->batch;
  size_t d = (size_t)model->config.d_model;
  for (size_t prompt = 0; prompt < batch->n_prompts; prompt++)
    for (size_t i = first_new(batch, prompt); i < hw_batch_tokens(batch, prompt); i++) {
      float *x = p->all->resid[0] + hw_batch_row(batch, prompt, i) * d;
      hw_matrix_row(&model->token_embedding, (size_t)batch->ids[batch->first[prompt] + i], 0, d, x);
      if (model->config.scale_embedding) hw_scale(x, sqrtf((float)d), d);
      if (model->config.embedding_factor > 0) hw_scale(x, (float)model->config.embedding_factor, d);
      if (model->embedding_gamma)
        hw_norm_row(model->config.norm, x, model->embedding_gamma, model->embedding_beta, (float)model->config.norm_eps, d, x);
      if (!model->position_embedding.data) continue;
      hw_matrix_row(&model->position_embedding, i + (size_t)model->config.position_offset, 0, d, p->narrow);
      hw_add_rows(x, p->narrow, NULL, 1, d, x);
    }
}

static size_t n_rotary_bases(const hw_model *model) { return model->d_rotary == 0 ? 0 : model->config.local_theta > 0 ? 2 : 1; }

static void make_rotary_tables(const pass *p) {
  const hw_model *model = p->model;
  const hw_batch *batch = &p->acts->batch;
  size_t half = model->d_rotary / 2;
  for (size_t prompt = 0; prompt < batch->n_prompts; prompt++) {
    size_t n = hw_batch_tokens(batch, prompt), begin = first_new(batch, prompt);
    for (size_t base = 0; begin < n && base < n_rotary_bases(model); base++) {
      size_t row = hw_batch_row(batch, prompt, begin) - p->n_known;
      hw_rotary_table(model, n, begin, base == 1, p->frequency, p->cosine[base] + row * half, p->sine[base] + row * half);
    }
  }
}

/* x: of the rows [begin, end). */
static void rotate(const pass *p, size_t l, float *x, size_t n_heads, size_t begin, size_t end) {
  const hw_model_config *c = &p->model->config;
  size_t d_head = (size_t)c->d_head, d_rotary = p->model->d_rotary, half = d_rotary / 2;
  size_t base = c->local_theta > 0 && c->windowed[l];
  void (*turn)(float *, const float *, const float *, size_t) = c->rope.interleaved ? hw_rotate_pairs : hw_rotate_half;
  for (size_t r = begin; r < end; r++)
    for (size_t h = 0; h < n_heads; h++)
      turn(x + ((r - begin) * n_heads + h) * d_head, p->cosine[base] + r * half, p->sine[base] + r * half, d_rotary);
}

size_t hw_attention_first(const hw_model *model, size_t layer, size_t i) {
  size_t window = (size_t)model->layers[layer].window;
  return window && i >= window ? i + 1 - window : 0;
}

static hw_scoring scoring_of(const hw_model *model, size_t layer, size_t head) {
  const float *slopes = model->alibi_slopes, *sinks = model->layers[layer].sinks;
  return (hw_scoring){.scale = model->layers[layer].attention_scale, .cap = (float)model->config.attention_cap,
                      .slope = slopes ? slopes[head] : 0, .sink = sinks ? sinks + head : NULL};
}

void hw_attention_weights(const hw_activations *acts, size_t layer, size_t head, size_t prompt, size_t i, float *out) {
  const hw_model_config *c = &acts->model->config;
  size_t d_head = (size_t)c->d_head, ldq = (size_t)c->n_heads * d_head, ldk = (size_t)c->n_kv_heads * d_head, stride;
  size_t group = head / (size_t)(c->n_heads / c->n_kv_heads), first = hw_attention_first(acts->model, layer, i);
  const float *keys = hw_batch_gather(&acts->batch, prompt, first, i + 1 - first, acts->k[layer] + group * d_head, ldk, d_head, acts->gathered, &stride);
  const hw_scoring scoring = scoring_of(acts->model, layer, head);
  memset(out, 0, first * sizeof *out);
  hw_attention_row(acts->q[layer] + hw_batch_row(&acts->batch, prompt, i) * ldq + head * d_head, keys, stride, i + 1 - first, d_head, &scoring,
                   out + first);
}

hw_activations hw_activations_of(const hw_activations *acts, size_t member) {
  hw_activations own = *acts;
  own.gathered += member * acts->gathered_step;
  return own;
}

/* Keys and values of a group of heads, copied together: apart, each would lie in a page of its own. */
static void copy_keys(const pass *p, size_t l, size_t prompt, size_t group, size_t seen, size_t member) {
  const hw_model_config *c = &p->model->config;
  const hw_batch *batch = &p->all->batch;
  size_t d_head = (size_t)c->d_head, ldv = (size_t)c->n_kv_heads * d_head, n = hw_batch_tokens(batch, prompt);
  for (size_t i = seen; i < n; i++) {
    size_t from = hw_batch_row(batch, prompt, i) * ldv + group * d_head, to = (i - seen) * d_head;
    memcpy(p->keys[member] + to, p->all->k[l] + from, d_head * sizeof **p->keys);
    memcpy(p->values[member] + to, p->all->v[l] + from, d_head * sizeof **p->values);
  }
}

/* Heads [first_head, end_head) of a prompt. */
static void attend_heads(const pass *p, size_t l, size_t prompt, size_t first_head, size_t end_head, size_t member) {
  const hw_model_config *c = &p->model->config;
  const hw_batch *batch = &p->all->batch;
  size_t d_head = (size_t)c->d_head, per_group = (size_t)(c->n_heads / c->n_kv_heads);
  size_t ldq = (size_t)c->n_heads * d_head, n = hw_batch_tokens(batch, prompt), begin = first_new(batch, prompt);
  if (begin == n) return;
  size_t seen = hw_attention_first(p->model, l, begin), first = (hw_batch_row(batch, prompt, begin) - p->n_known) * ldq;
  for (size_t h = first_head; h < end_head; h++) {
    if (h == first_head || h % per_group == 0) copy_keys(p, l, prompt, h / per_group, seen, member);
    const hw_attended_head head = {.q = p->acts->q[l] + first + h * d_head, .k = p->keys[member], .v = p->values[member], .out = p->wide + first + h * d_head,
                                   .ldq = ldq, .n_keys = n - seen, .n_queries = n - begin, .d_head = d_head,
                                   .window = (size_t)p->model->layers[l].window, .scoring = scoring_of(p->model, l, h)};
    hw_attend(&head, p->attending[member]);
  }
}

/* Part i is head i % n_heads of prompt i / n_heads. */
static void share_heads(void *context, size_t begin, size_t end, const hw_member *member) {
  const rows_of_layer *of = context;
  size_t n_heads = (size_t)of->p->model->config.n_heads;
  for (size_t i = begin, next; i < end; i = next) {
    size_t prompt = i / n_heads, behind = (prompt + 1) * n_heads;
    next = behind < end ? behind : end;
    attend_heads(of->p, of->l, prompt, i % n_heads, next - prompt * n_heads, member->place);
  }
}

static void attend(const pass *p, size_t l) {
  enum { LEAST = 1 << 19 }; /* multiplications of a part */
  size_t n_heads = (size_t)p->model->config.n_heads, n_prompts = p->all->batch.n_prompts, mean = p->acts->batch.n_rows / n_prompts + 1;
  size_t of_head = mean * mean * (size_t)p->model->config.d_head;
  rows_of_layer of = {.p = p, .l = l};
  hw_divide(p->team, n_prompts * n_heads, (LEAST + of_head - 1) / of_head, share_heads, &of);
}

/* q, k and v as the attention uses them: sorted, with their biases, normalised, clipped, rotated. */
static void finish_qkv(const pass *p, size_t l, size_t begin, size_t end) {
  const hw_model_config *c = &p->model->config;
  const hw_layer *layer = &p->model->layers[l];
  size_t heads = (size_t)(c->n_heads * c->d_head), kv = (size_t)(c->n_kv_heads * c->d_head), n = end - begin;
  float *q = p->acts->q[l] + begin * heads, *k = p->acts->k[l] + begin * kv, *v = p->acts->v[l] + begin * kv;
  hw_heads_sort(p->model, l, p->wide + begin * hw_heads_fused_width(p->model), n, q, k, v);
  hw_heads_norm(p->model, q, layer->q_norm_gamma, layer->q_norm_beta, n, (size_t)c->n_heads);
  hw_heads_norm(p->model, k, layer->k_norm_gamma, layer->k_norm_beta, n, (size_t)c->n_kv_heads);
  if (c->qkv_clip > 0) {
    hw_clip(q, (float)c->qkv_clip, n * heads);
    hw_clip(k, (float)c->qkv_clip, n * kv);
    hw_clip(v, (float)c->qkv_clip, n * kv);
  }
  if (c->positions == HW_POSITION_ROTARY && !c->positionless[l]) {
    rotate(p, l, q, (size_t)c->n_heads, begin, end);
    rotate(p, l, k, (size_t)c->n_kv_heads, begin, end);
  }
}

static void project_qkv(const pass *p, size_t l) {
  hw_heads_multiply(p->model, l, p->normed, p->acts->batch.n_rows, p->wide, p->acts->q[l], p->acts->k[l], p->acts->v[l], p->team);
  each_row(p, l, finish_qkv);
}

/* state = before + narrow + bias; with an output norm what is added is normalised first and the divisor kept; it may have a gain alone. */
static void add_branch(const pass *p, const float *before, const float *bias, const float *out_gamma, float *scale, float *state, size_t begin, size_t end) {
  const hw_model_config *c = &p->model->config;
  size_t d = (size_t)c->d_model;
  if (out_gamma) {
    hw_add_bias(p->narrow + begin * d, d, bias, end - begin, d);
    hw_norm_kind norm = c->residual_factor > 0 ? HW_NORM_NONE : HW_NORM_RMS;
    for (size_t r = begin; r < end; r++) {
      scale[r] = 1.0f / hw_norm_scale(norm, p->narrow + r * d, (float)c->norm_eps, d);
      hw_norm_row(norm, p->narrow + r * d, out_gamma, NULL, (float)c->norm_eps, d, p->narrow + r * d);
    }
    bias = NULL;
  }
  hw_add_rows(before + begin * d, p->narrow + begin * d, bias, end - begin, d, state + begin * d);
}

static void norm_before_attention(const pass *p, size_t l, size_t begin, size_t end) {
  const hw_layer *layer = &p->model->layers[l];
  norm_rows(p, p->acts->resid[l], layer->attn_norm_gamma, layer->attn_norm_beta, begin, end);
}

/* A parallel block with a single norm: the FFN reads what the attention read. */
static bool has_one_norm(const pass *p, size_t l) { return p->model->config.parallel && !p->model->layers[l].ffn_norm_gamma; }

static void norm_before_ffn(const pass *p, size_t l, size_t begin, size_t end) {
  const hw_layer *layer = &p->model->layers[l];
  norm_rows(p, p->model->config.parallel ? p->acts->resid[l] : p->acts->mid[l], layer->ffn_norm_gamma, layer->ffn_norm_beta, begin, end);
}

static void add_attention(const pass *p, size_t l, size_t begin, size_t end) {
  const hw_layer *layer = &p->model->layers[l];
  add_branch(p, p->acts->resid[l], layer->attn_bias, layer->attn_out_gamma, p->acts->attn_out_scale[l], p->acts->mid[l], begin, end);
  if (p->model->config.d_ffn > 0 && !has_one_norm(p, l)) norm_before_ffn(p, l, begin, end);
}

/* [rows, d_ffn] where a gated FFN's products with W_in go. */
static float *of_in(const pass *p, size_t l) { return p->acts->batch.keeps_inputs ? p->acts->u[l] : p->wide; }

/* Row by row: a row stays in the cache, and an element's bits depend on its place in the row alone. */
static void activate_neurons(const pass *p, size_t l, size_t begin, size_t end) {
  const hw_model_config *c = &p->model->config;
  const hw_layer *layer = &p->model->layers[l];
  size_t d_ffn = (size_t)c->d_ffn;
  float *up = of_in(p, l);
  for (size_t r = begin; r < end; r++) {
    float *a = p->acts->neurons[l] + r * d_ffn;
    hw_add_bias(a, d_ffn, c->gated ? layer->b_gate : layer->b_in, 1, d_ffn);
    if (p->acts->batch.keeps_inputs) memcpy((c->gated ? p->acts->p : p->acts->u)[l] + r * d_ffn, a, d_ffn * sizeof *a);
    hw_activate(c->activation, a, d_ffn);
    if (!c->gated) continue;
    hw_add_bias(up + r * d_ffn, d_ffn, layer->b_in, 1, d_ffn);
    hw_multiply(a, up + r * d_ffn, d_ffn);
  }
}

/* Neurons of the first n rows of `normed`. */
static void find_neurons(const pass *p, size_t l, size_t n) {
  const hw_model_config *c = &p->model->config;
  const hw_layer *layer = &p->model->layers[l];
  size_t d = (size_t)c->d_model, d_ffn = (size_t)c->d_ffn;
  hw_team_gemm(c->gated ? &layer->w_gate : &layer->w_in, p->normed, d, p->acts->neurons[l], d_ffn, n, p->team);
  if (c->gated) hw_team_gemm(&layer->w_in, p->normed, d, of_in(p, l), d_ffn, n, p->team);
  each_of(p, l, n, activate_neurons);
}

static void add_ffn(const pass *p, size_t l, size_t begin, size_t end) {
  const hw_layer *layer = &p->model->layers[l];
  add_branch(p, p->acts->mid[l], layer->experts ? NULL : layer->b_out, layer->ffn_out_gamma, p->acts->ffn_out_scale[l], p->acts->resid[l + 1], begin, end);
}

static void attention_block(const pass *p, size_t l) {
  const hw_model_config *c = &p->model->config;
  each_row(p, l, norm_before_attention);
  project_qkv(p, l);
  attend(p, l);
  if (p->edits) p->edits->heads(p->edits->context, p->acts, l, p->wide);
  hw_team_gemm(&p->model->layers[l].w_o, p->wide, (size_t)(c->n_heads * c->d_head), p->narrow, (size_t)c->d_model, p->acts->batch.n_rows, p->team);
  each_row(p, l, add_attention);
}

static void ffn_block(const pass *p, size_t l) {
  const hw_model_config *c = &p->model->config;
  const hw_layer *layer = &p->model->layers[l];
  size_t n = p->acts->batch.n_rows, d = (size_t)c->d_model, d_ffn = (size_t)c->d_ffn;
  if (d_ffn == 0) {
    memcpy(p->acts->resid[l + 1], p->acts->mid[l], n * d * sizeof *p->narrow);
    return;
  }
  if (layer->experts) {
    hw_mixture_run(&p->mixture, p->acts, l, p->normed, p->narrow, p->team);
  } else {
    find_neurons(p, l, n);
    hw_team_gemm(&layer->w_out, p->acts->neurons[l], d_ffn, p->narrow, d, n, p->team);
  }
  each_row(p, l, add_ffn);
}

/* Work space of one shape, as it is allocated and as it is counted. */
typedef struct work_matrices {
  float ***list;
  size_t count, rows, width;
} work_matrices;

enum { N_WORKS = 7 };

static void list_works(const hw_model *model, size_t n_rows, size_t longest, size_t gathered, size_t n_members, float **work[N_WORKS],
                       work_matrices works[N_WORKS]) {
  const hw_model_config *c = &model->config;
  size_t d = (size_t)c->d_model, d_ffn = hw_active_neurons(c), heads = (size_t)(c->n_heads * c->d_head), kv = (size_t)(c->n_kv_heads * c->d_head);
  size_t projected = model->layers[0].w_qkv.data ? heads + 2 * kv : heads;
  const work_matrices all[N_WORKS] = {
      {&work[0], 2, n_rows, d},                                       /* normed, narrow */
      {&work[1], 1, n_rows, projected > d_ffn ? projected : d_ffn},   /* wide */
      {&work[2], 2 * N_BASES, n_rows, model->d_rotary / 2},         /* cosine and sine */
      {&work[3], 2 * n_members, longest, (size_t)c->d_head},        /* keys, then values of a head */
      {&work[4], n_members, 1, hw_attend_space(longest, (size_t)c->d_head)},
      {&work[5], 1, model->d_rotary, 1},                            /* rotary frequencies, float64 */
      {&work[6], 1, n_members * gathered, (size_t)c->d_head},       /* keys of a head */
  };
  memcpy(works, all, sizeof all);
}

size_t hw_forward_bytes(const hw_model *model, size_t n_rows, size_t longest, size_t n_members, bool states_only, bool keeps_inputs) {
  float **work[N_WORKS];
  work_matrices works[N_WORKS];
  size_t bytes = hw_mixture_bytes(model, n_rows) + hw_activations_bytes(model, n_rows, states_only, keeps_inputs) + hw_activations_bytes(model, 0, states_only, keeps_inputs) +
                 sizeof(struct hw_held_layer) + HW_ARENA_OVERHEAD;
  list_works(model, n_rows, longest, longest, n_members, work, works);
  for (int g = 0; g < N_WORKS; g++)
    bytes += works[g].count * (works[g].rows * works[g].width * sizeof(float) + HW_ARENA_OVERHEAD + sizeof(float *)) + HW_ARENA_OVERHEAD;
  return bytes;
}

static bool allocate(const work_matrices *works, hw_arena *arena, hw_error *err) {
  size_t cells;
  float **list = *works->list = hw_arena_new(arena, float *, works->count, err);
  if (!list) return false;
  if (!hw_size_product(works->rows, works->width, &cells)) return hw_fail_memory(err, "the activations");
  for (size_t i = 0; i < works->count; i++)
    if (!(list[i] = hw_arena_new(arena, float, cells, err))) return false;
  return true;
}

static size_t copy_known(const hw_batch *batch, const hw_activations *acts) {
  size_t row = 0;
  for (size_t i = 0; batch->rows && i < batch->n_known; row += batch->known[i++].n)
    hw_activations_copy(batch->known[i].from, batch->known[i].first, acts, row, batch->known[i].n);
  return row;
}

/* What computes a layer again lives in the arena as the matrices do. */
static struct hw_held_layer *hold(const pass *p, hw_arena *arena, hw_error *err) {
  struct hw_held_layer *held = hw_arena_new(arena, struct hw_held_layer, 1, err);
  if (!held) return NULL;
  *held = (struct hw_held_layer){.pass = *p, .acts = *p->all, .layer = (size_t)p->model->config.n_layers - 1};
  held->pass.acts = held->pass.all = &held->acts;
  return held;
}

bool hw_forward(const hw_model *model, const hw_batch *batch, const hw_team *team, hw_arena *arena, hw_activations *acts, hw_error *err) {
  return hw_forward_edited(model, batch, NULL, team, arena, acts, err);
}

bool hw_forward_edited(const hw_model *model, const hw_batch *batch, const hw_forward_edits *edits, const hw_team *team, hw_arena *arena,
                       hw_activations *acts, hw_error *err) {
  size_t layers = (size_t)model->config.n_layers, longest = 1, n_members = hw_team_most(team);
  for (size_t i = 0; i < batch->n_prompts; i++) {
    size_t length = hw_batch_tokens(batch, i);
    if (length > longest) longest = length;
  }
  float **work[N_WORKS];
  work_matrices works[N_WORKS];
  hw_activations own;
  if (!hw_arena_reserve(arena, hw_forward_bytes(model, batch->n_rows, longest, n_members, batch->states_only, batch->keeps_inputs), err)) return false;
  if (!hw_activations_make(model, batch->n_rows, batch->states_only, batch->keeps_inputs, arena, acts, err)) return false;
  acts->batch = *batch;
  size_t n_known = copy_known(batch, acts), n = batch->n_rows - n_known;
  list_works(model, n, longest, batch->rows ? longest : 0, n_members, work, works);
  for (int g = 0; g < N_WORKS; g++)
    if (!allocate(&works[g], arena, err)) return false;
  acts->gathered = work[6][0];
  acts->gathered_step = batch->rows ? longest * (size_t)model->config.d_head : 0;
  if (!hw_activations_from(acts, n_known, arena, &own, err)) return false;
  pass p = {.model = model, .all = acts, .acts = &own, .team = team, .n_known = n_known, .normed = work[0][0], .narrow = work[0][1], .wide = work[1][0],
            .cosine = {work[2][0], work[2][1]}, .sine = {work[2][2], work[2][3]}, .keys = work[3], .values = work[3] + n_members, .attending = work[4],
            .frequency = (double *)(void *)work[5][0], .edits = edits};
  if (!hw_mixture_open(model, n, arena, &p.mixture, err)) return false;
  make_rotary_tables(&p);
  size_t first_layer = edits ? edits->first_layer : 0;
  if (!edits || !edits->begin)
    embed(&p);
  else
    edits->begin(edits->context, acts->resid[first_layer]);
  for (size_t l = first_layer; l < layers && n > 0; l++) {
    attention_block(&p, l);
    ffn_block(&p, l);
    if (edits) edits->ffn(edits->context, acts, l);
  }
  return !batch->states_only || (acts->held = hold(&p, arena, err)) != NULL;
}

bool hw_model_holds_layers(const hw_model *model) { return model->config.n_experts == 0; }

void hw_hold_attention(const hw_activations *acts, size_t layer, const hw_team *team) {
  struct hw_held_layer *held = acts->held;
  if (!held || held->layer == layer) return;
  held->pass.team = team;
  each_row(&held->pass, layer, norm_before_attention);
  project_qkv(&held->pass, layer);
  held->layer = layer;
}

void hw_hold_neurons(const hw_activations *acts, size_t layer, const bool *wanted, const hw_team *team) {
  struct hw_held_layer *held = acts->held;
  if (!held) return;
  const pass *p = &held->pass;
  size_t n = 0, n_rows = held->acts.batch.n_rows, d = (size_t)p->model->config.d_model, d_ffn = (size_t)p->model->config.d_ffn;
  float *a = held->acts.neurons[layer];
  held->pass.team = team;
  for (size_t r = 0; r < n_rows; r++) {
    if (!wanted[r]) continue;
    (has_one_norm(p, layer) ? norm_before_attention : norm_before_ffn)(p, layer, r, r + 1);
    memmove(p->normed + n++ * d, p->normed + r * d, d * sizeof *p->normed);
  }
  find_neurons(p, layer, n);
  for (size_t r = n_rows; r-- > 0;)
    if (wanted[r]) memmove(a + r * d_ffn, a + --n * d_ffn, d_ffn * sizeof *a);
}
