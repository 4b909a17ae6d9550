/* SPDX-License-Identifier: Apache-2.0
 * Certificates into their tables. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "certify/certify.h"
#include "graph/keys.h"
#include "sqlite/sql.h"
#include "store/checked.h"
#include "study/saved.h"

const char *const hw_certified_graph_names[4] = {"routes", "answer", "contrast", NULL};
const char *const hw_curve_names[5] = {"none", "components", "set", "parts", NULL};

/* ---- The settings ---- */

static void bind_settings(hw_statement *s, const hw_certifying *c) {
  hw_bind_string(s, ":graph", hw_certified_graph_names[c->settings->graph]);
  hw_bind_real(s, ":threshold", c->threshold);
  hw_bind_string(s, ":unit", hw_ablation_unit_names[c->settings->unit]);
  hw_bind_string(s, ":baseline", hw_baseline_names[c->settings->baseline]);
  hw_bind_integer(s, ":n_random", c->settings->n_random);
  hw_bind_integer(s, ":n_knockouts", c->settings->knockout);
  hw_bind_integer(s, ":n_pairs", c->settings->pairs);
  hw_bind_string(s, ":curve", hw_curve_names[c->settings->curve]);
}

static bool find_same(hw_certifying *c, int64_t *n_prompts, hw_error *err) {
  hw_statement s;
  bool row = false, ok = hw_statement_open(&s, c->store, "certify/find_same.sql", err);
  if (ok) bind_settings(&s, c);
  ok = ok && hw_statement_step(&s, &row, err);
  c->certificate_id = ok && row ? hw_column_integer(&s, 0) : 0;
  *n_prompts = ok && row ? hw_column_integer(&s, 1) : 0;
  hw_statement_close(&s);
  return ok;
}

static bool insert_run(hw_certifying *c, int64_t n_prompts, hw_error *err) {
  hw_statement s;
  bool ok = hw_statement_open(&s, c->store, "certify/insert_run.sql", err);
  if (ok) {
    bind_settings(&s, c);
    hw_bind_integer(&s, ":n_prompts", n_prompts);
    ok = hw_statement_run(&s, "store the settings of certificates", err);
  }
  hw_statement_close(&s);
  c->certificate_id = ok ? sqlite3_last_insert_rowid(c->store->db) : 0;
  return ok;
}

static bool count(hw_certifying *c, const char *sql, int64_t *n, hw_error *err) {
  hw_statement *s = hw_store_statement(c->store, sql, err);
  bool row = false;
  if (!s) return false;
  hw_bind_integer(s, ":certificate_id", c->certificate_id);
  bool ok = hw_statement_step(s, &row, err);
  *n = ok && row ? hw_column_integer(s, 0) : 0;
  hw_statement_reset(s);
  return ok;
}

static bool find_reason(hw_certifying *c, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, c->store, "certify/find_reason.sql", err);
  if (ok) hw_bind_integer(&s, ":certificate_id", c->certificate_id);
  if (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    const char *reason = hw_column_text(&s, 0);
    (void)snprintf(c->summary->reason, sizeof c->summary->reason, "%s", reason ? reason : "");
    hw_hide_controls(c->summary->reason);
  }
  hw_statement_close(&s);
  return ok;
}

bool hw_certify_update(hw_certifying *c, hw_error *err) {
  int64_t n_prompts;
  if (!count(c, "certify/count_certificates.sql", &c->summary->n_stored, err) || !find_reason(c, err)) return false;
  hw_statement *s = hw_store_integer(c->store, "certify/count_prompts.sql", &n_prompts, err) ? hw_store_statement(c->store, "certify/update_run.sql", err) : NULL;
  if (!s) return false;
  hw_bind_integer(s, ":n_prompts", n_prompts);
  hw_bind_integer(s, ":certificate_id", c->certificate_id);
  return hw_statement_run(s, "store the settings of certificates", err);
}

/* Whether what is stored of a prompt depends on all prompts of the database. */
static bool is_of_the_whole_set(const hw_certify_settings *settings) {
  return settings->baseline == HW_BASELINE_MEAN || settings->knockout > 0 || settings->curve == HW_CURVE_SET;
}

/* Prompts came since the certificates were made. What depends on all prompts begins anew. Else numbers stay, and rows with a reason go: a counterfactual may
 * have come. */
static bool drop_old(hw_certifying *c, hw_error *err) {
  bool there;
  if (!is_of_the_whole_set(c->settings)) {
    if (!count(c, "certify/count_reasons.sql", &c->summary->n_dropped, err)) return false;
    hw_statement *s = hw_store_statement(c->store, "certify/delete_reasons.sql", err);
    if (!s) return false;
    hw_bind_integer(s, ":certificate_id", c->certificate_id);
    return hw_statement_run(s, "delete old certificates", err);
  }
  if (!count(c, "certify/count_certificates.sql", &c->summary->n_dropped, err) || !hw_saved_delete(c->store, &hw_saved_certificate, c->certificate_id, &there, err)) return false;
  c->certificate_id = 0;
  return true;
}

/* What a call would find, which stores nothing. */
static bool look(hw_certifying *c, int64_t now, hw_error *err) {
  int64_t before;
  if (!find_same(c, &before, err)) return false;
  if (!c->certificate_id || before == now) return true;
  c->renews = true;
  if (is_of_the_whole_set(c->settings)) c->certificate_id = 0;
  return true;
}

bool hw_certify_begin(hw_certifying *c, hw_error *err) {
  bool there;
  int64_t before, now;
  if (!hw_store_has_table(c->store, "certificate_run", &there, err) || !hw_store_integer(c->store, "certify/count_prompts.sql", &now, err)) return false;
  if (c->settings->dry_run) return !there || look(c, now, err);
  if (!hw_store_begin(c->store, err)) return false;
  bool ok = hw_store_exec(c->store, hw_sql("certify/schema.sql"), "make the tables of certificates", err) && find_same(c, &before, err) &&
            (!c->certificate_id || before == now || drop_old(c, err)) && (c->certificate_id ? hw_certify_update(c, err) : insert_run(c, now, err));
  if (ok) return hw_store_commit(c->store, err);
  hw_store_rollback(c->store);
  return false;
}

/* ---- The ranking ---- */

static void bind_component(hw_statement *s, const hw_certifying *c, size_t index, const char *kind, const char *layer, const char *number) {
  size_t width = c->info.n_heads + (size_t)1, head = index % width;
  bool ffn = head == c->info.n_heads;
  hw_bind_string(s, kind, ffn ? "ffn" : "head");
  hw_bind_integer(s, layer, (int64_t)(index / width));
  hw_bind_integer(s, number, ffn ? 0 : (int64_t)head);
}

bool hw_certify_put_ranking(hw_certifying *c, hw_error *err) {
  if (!hw_store_begin(c->store, err)) return false;
  hw_statement s;
  bool ok = hw_statement_open(&s, c->store, "certify/insert_component.sql", err);
  for (size_t i = 0; ok && i < c->n_components; i++) {
    hw_bind_integer(&s, ":certificate_id", c->certificate_id);
    bind_component(&s, c, c->ranking[i], ":kind", ":layer", ":number");
    hw_bind_integer(&s, ":rank", (int64_t)i + 1);
    hw_bind_integer(&s, ":sum", c->totals[c->ranking[i]]);
    ok = hw_statement_run(&s, "store the order of heads and FFNs", err);
  }
  hw_statement_close(&s);
  if (ok) return hw_store_commit(c->store, err);
  hw_store_rollback(c->store);
  return false;
}

bool hw_certify_read_ranking(hw_certifying *c, bool *there, hw_error *err) {
  hw_statement s;
  size_t n = 0;
  bool row = false, ok = hw_statement_open(&s, c->store, "certify/select_components.sql", err);
  if (ok) hw_bind_integer(&s, ":certificate_id", c->certificate_id);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    hw_checked_row checked = {&s, "certificate_component", (int64_t)n, err};
    uint32_t ffn, layer, index;
    int64_t sum;
    ok = hw_checked_u32(&checked, 0, 0, 1, &ffn) && hw_checked_u32(&checked, 1, 0, c->info.n_layers - (int64_t)1, &layer) &&
         hw_checked_u32(&checked, 2, 0, c->info.n_heads - (int64_t)1, &index) && hw_checked_integer(&checked, 3, -INT64_MAX, INT64_MAX, &sum);
    if (ok) c->totals[layer * (c->info.n_heads + (size_t)1) + (ffn ? c->info.n_heads : index)] = sum;
    n++;
  }
  hw_statement_close(&s);
  *there = n > 0;
  if (ok && n && n != c->n_components)
    return hw_fail(err, HW_ERROR_INPUT, "%s: table certificate_component has %zu rows for certificate %" PRId64 ", want %zu", c->store->path, n, c->certificate_id, c->n_components);
  return ok;
}

/* ---- Rows ---- */

static int64_t graph_id(const hw_certified_prompt *p) { return p->item->prompt_id << HW_POSITION_BITS | (p->item->n_tokens - 1); }

static void bind_missing(hw_statement *s) {
  static const char *const names[] = {":n_attention", ":n_ffn", ":m", ":none", ":kept", ":removed", ":kept_kl", ":removed_kl", ":predicted_id", ":kept_id", ":removed_id",
                                      ":kept_rank", ":removed_rank", ":random_kept", ":random_removed", ":kept_closer", ":removed_farther"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) hw_bind_null(s, names[i]);
}

static void bind_random(hw_statement *s, const hw_certifying *c, const hw_certified_prompt *p) {
  size_t n = (size_t)c->settings->n_random;
  double kept = 0, removed = 0, m = p->passes[HW_PASS_MODEL].m;
  int64_t closer = 0, farther = 0;
  for (size_t i = 0; i < n; i++) {
    const hw_ablation *pass = &p->passes[HW_PASS_RANDOM + 2 * i];
    kept += pass[0].m / (double)n;
    removed += pass[1].m / (double)n;
    closer += fabs(p->passes[HW_PASS_KEPT].m - m) < fabs(pass[0].m - m);
    farther += fabs(p->passes[HW_PASS_REMOVED].m - m) > fabs(pass[1].m - m);
  }
  if (n) {
    hw_bind_real(s, ":random_kept", kept);
    hw_bind_real(s, ":random_removed", removed);
    hw_bind_integer(s, ":kept_closer", closer);
    hw_bind_integer(s, ":removed_farther", farther);
    return;
  }
  hw_bind_null(s, ":random_kept");
  hw_bind_null(s, ":random_removed");
  hw_bind_null(s, ":kept_closer");
  hw_bind_null(s, ":removed_farther");
}

static void bind_passes(hw_statement *s, const hw_certifying *c, const hw_certified_prompt *p) {
  const hw_ablation *kept = &p->passes[HW_PASS_KEPT], *removed = &p->passes[HW_PASS_REMOVED];
  hw_bind_integer(s, ":n_attention", (int64_t)p->set.n_attention);
  hw_bind_integer(s, ":n_ffn", (int64_t)p->set.n_ffn);
  hw_bind_real(s, ":m", p->passes[HW_PASS_MODEL].m);
  hw_bind_real(s, ":none", p->passes[HW_PASS_NONE].m);
  hw_bind_real(s, ":kept", kept->m);
  hw_bind_real(s, ":removed", removed->m);
  hw_bind_real(s, ":kept_kl", kept->kl);
  hw_bind_real(s, ":removed_kl", removed->kl);
  hw_bind_integer(s, ":predicted_id", p->passes[HW_PASS_MODEL].predicted);
  hw_bind_integer(s, ":kept_id", kept->predicted);
  hw_bind_integer(s, ":removed_id", removed->predicted);
  hw_bind_integer(s, ":kept_rank", kept->answer_rank);
  hw_bind_integer(s, ":removed_rank", removed->answer_rank);
  bind_random(s, c, p);
}

static bool put_certificate(hw_certifier *w, const hw_certified_prompt *p) {
  hw_certifying *c = w->shared;
  hw_statement *s = hw_store_statement(c->store, "certify/insert_certificate.sql", w->err);
  if (!s) return false;
  hw_bind_integer(s, ":certificate_id", c->certificate_id);
  hw_bind_integer(s, ":graph_id", graph_id(p));
  hw_bind_string(s, ":reason", p->reason);
  if (p->answer >= 0) hw_bind_integer(s, ":answer_id", p->answer);
  else hw_bind_null(s, ":answer_id");
  if (p->foil >= 0) hw_bind_integer(s, ":foil_id", p->foil);
  else hw_bind_null(s, ":foil_id");
  hw_bind_real(s, ":m_reference", p->m_reference);
  if (p->reason) bind_missing(s);
  else bind_passes(s, c, p);
  return hw_statement_run(s, "store a certificate", w->err);
}

static bool put_knockouts(hw_certifier *w, const hw_certified_prompt *p, const hw_ablation *passes) {
  hw_certifying *c = w->shared;
  hw_statement *s = hw_store_statement(c->store, "certify/insert_knockout.sql", w->err);
  bool ok = s != NULL;
  for (size_t i = 0; ok && i < hw_certify_knockouts(c); i++) {
    hw_bind_integer(s, ":certificate_id", c->certificate_id);
    hw_bind_integer(s, ":graph_id", graph_id(p));
    bind_component(s, c, c->ranking[i], ":kind", ":layer", ":number");
    hw_bind_real(s, ":effect", p->passes[HW_PASS_MODEL].m - passes[i].m);
    ok = hw_statement_run(s, "store a knock-out", w->err);
  }
  return ok;
}

/* singles: the passes of single knock-outs, in the order of the ranking. */
static bool put_pairs(hw_certifier *w, const hw_certified_prompt *p, const hw_ablation *singles, const hw_ablation *passes) {
  hw_certifying *c = w->shared;
  hw_statement *s = hw_store_statement(c->store, "certify/insert_pair.sql", w->err);
  double m = p->passes[HW_PASS_MODEL].m;
  bool ok = s != NULL;
  size_t at = 0;
  for (size_t b = 1; ok && at < hw_certify_pairs(c); b++)
    for (size_t a = 0; ok && a < b; a++, at++) {
      double effect = m - passes[at].m;
      hw_bind_integer(s, ":certificate_id", c->certificate_id);
      hw_bind_integer(s, ":graph_id", graph_id(p));
      bind_component(s, c, c->ranking[a], ":kind_a", ":layer_a", ":number_a");
      bind_component(s, c, c->ranking[b], ":kind_b", ":layer_b", ":number_b");
      hw_bind_real(s, ":effect", effect);
      hw_bind_real(s, ":interaction", effect - (m - singles[a].m) - (m - singles[b].m));
      ok = hw_statement_run(s, "store an interaction", w->err);
    }
  return ok;
}

static bool put_curve(hw_certifier *w, const hw_certified_prompt *p, const hw_ablation *passes) {
  hw_certifying *c = w->shared;
  hw_statement *s = hw_store_statement(c->store, "certify/insert_curve.sql", w->err);
  bool ok = s != NULL;
  size_t n = c->n_components * (c->settings->curve == HW_CURVE_PARTS ? p->item->n_tokens : 1);
  for (size_t i = 0; ok && i < p->n_curve; i++) {
    hw_bind_integer(s, ":certificate_id", c->certificate_id);
    hw_bind_integer(s, ":graph_id", graph_id(p));
    hw_bind_integer(s, ":n_kept", (int64_t)p->curve[i]);
    hw_bind_integer(s, ":n", (int64_t)n);
    hw_bind_real(s, ":kept", passes[i].m);
    ok = hw_statement_run(s, "store a curve", w->err);
  }
  return ok;
}

static bool put_prompt(hw_certifier *w, const hw_certified_prompt *p) {
  const hw_certifying *c = w->shared;
  if (!put_certificate(w, p)) return false;
  if (p->reason) return true;
  const hw_ablation *singles = p->passes + HW_PASS_RANDOM + 2 * c->settings->n_random, *pairs = singles + hw_certify_knockouts(c), *curve = pairs + hw_certify_pairs(c);
  return put_knockouts(w, p, singles) && put_pairs(w, p, singles, pairs) && put_curve(w, p, curve);
}

bool hw_certify_put(hw_certifier *w) {
  hw_certifying *c = w->shared;
  if (!hw_store_begin(c->store, w->err)) return false;
  bool ok = true;
  for (size_t i = 0; ok && i < w->n_prompts; i++) ok = put_prompt(w, &w->prompts[i]);
  if (ok && hw_store_commit(c->store, w->err)) return true;
  if (!ok) hw_store_rollback(c->store);
  return false;
}
