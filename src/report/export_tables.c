/* SPDX-License-Identifier: Apache-2.0 */
#include "report/export_tables.h"

#include <ctype.h>
#include <string.h>

#include "query/needed.h"
#include "sqlite/connection.h"

const hw_file_kind hw_export_tables[] = {
    {"answer_by_layer", "export/answer_by_layer.sql", LAYOUT_ROWS, NULL, NULL},
    {"certificate", "export/certificate.sql", LAYOUT_ROWS, "certificate_run", NULL},
    {"certificate_curve", "export/certificate_curve.sql", LAYOUT_ROWS, "certificate_run", NULL},
    {"certificate_run", "export/certificate_run.sql", LAYOUT_ROWS, "certificate_run", NULL},
    {"circuit", "export/circuit.sql", LAYOUT_ROWS, "circuit", NULL},
    {"circuit_edge", "export/circuit_edge.sql", LAYOUT_ROWS, "circuit", NULL},
    {"circuit_group", "export/circuit_group.sql", LAYOUT_ROWS, "circuit", NULL},
    {"comparison", "export/comparison.sql", LAYOUT_ROWS, "comparison", NULL},
    {"comparison_component", "export/comparison_component.sql", LAYOUT_ROWS, "comparison", NULL},
    {"edge_frequency", "export/edge_frequency.sql", LAYOUT_ROWS, NULL, NULL},
    {"edge_frequency_by_group", "export/edge_frequency_by_group.sql", LAYOUT_ROWS, NULL, NULL},
    {"ffn_relevance", "export/ffn_relevance.sql", LAYOUT_ROWS, "relevance", NULL},
    {"group_size", "export/group_size.sql", LAYOUT_ROWS, NULL, NULL},
    {"head_importance", "export/head_importance.sql", LAYOUT_ROWS, NULL, NULL},
    {"head_importance_by_group", "export/head_importance_by_group.sql", LAYOUT_ROWS, NULL, NULL},
    {"head_matrix", "export/head_matrix.sql", LAYOUT_MATRIX, NULL, NULL},
    {"head_relevance", "export/head_relevance.sql", LAYOUT_ROWS, "relevance", NULL},
    {"head_relevance_by_group", "export/head_relevance_by_group.sql", LAYOUT_ROWS, "relevance", NULL},
    {"head_source", "export/head_source.sql", LAYOUT_ROWS, NULL, NULL},
    {"knockout", "export/knockout.sql", LAYOUT_ROWS, "certificate_run", NULL},
    {"knockout_pair", "export/knockout_pair.sql", LAYOUT_ROWS, "certificate_run", NULL},
    {"mib_circuit", "export/mib_circuit.sql", LAYOUT_TEXT, "certificate_component", "export/mib_certificate.sql"},
    {"mining", "export/mining.sql", LAYOUT_ROWS, "mining", NULL},
    {"neuron_importance", "export/neuron_importance.sql", LAYOUT_ROWS, NULL, NULL},
    {"neuron_relevance", "export/neuron_relevance.sql", LAYOUT_ROWS, "relevance", NULL},
    {"prompt_prediction", "export/prompt_prediction.sql", LAYOUT_ROWS, NULL, NULL},
    {"prompt_relevance", "export/prompt_relevance.sql", LAYOUT_ROWS, "relevance", NULL},
    {"role_flow", "export/role_flow.sql", LAYOUT_ROWS, NULL, NULL},
    {"whole_answer", "export/whole_answer.sql", LAYOUT_ROWS, NULL, NULL},
};
const size_t hw_n_export_tables = sizeof hw_export_tables / sizeof hw_export_tables[0];

const hw_export_plot hw_export_plots[] = {
    {"figure_heads", "figures/heads.gp", {"head_importance", NULL, LAYOUT_ROWS, NULL, NULL}},
    {"figure_frequency", "figures/frequency.gp", {"figure_frequency", "figures/frequency.sql", LAYOUT_ROWS, NULL, NULL}},
    {"figure_curve", "figures/curve.gp", {"figure_curve", "figures/curve.sql", LAYOUT_ROWS, "certificate_run", "export/curve_certificates.sql"}},
    {"figure_knockouts", "figures/knockouts.gp", {"figure_knockouts", "figures/knockouts.sql", LAYOUT_ROWS, "certificate_run", "export/knockout_certificate.sql"}},
    {"figure_lens", "figures/lens.gp", {"figure_lens", "figures/lens.sql", LAYOUT_ROWS, NULL, NULL}},
    {"figure_relevance", "figures/relevance.gp", {"figure_relevance", "figures/relevance.sql", LAYOUT_ROWS, "relevance", NULL}},
    {"figure_role_flow", "figures/role_flow.gp", {"figure_role_flow", "figures/role_flow.sql", LAYOUT_MATRIX, NULL, NULL}},
};

/* The commands that make what files need. */
static const struct {
  const char *table, *command;
} makers[] = {
    {"certificate_component", "certify --knockout K, or --curve set"},
    {"certificate_run", "certify"},
    {"circuit", "mine"},
    {"comparison", "compare"},
    {"mining", "mine"},
    {"relevance", "run --relevance answer, contrast or both"},
};

const char *hw_export_ending(const hw_file_kind *kind) { return kind->layout == LAYOUT_TEXT ? ".json" : ".csv"; }

const char *hw_export_maker(const hw_file_kind *kind) {
  size_t i = 0;
  while (strcmp(makers[i].table, kind->needs) != 0) i++;
  return makers[i].command;
}

bool hw_export_has_needed(hw_store *store, const hw_file_kind *kind, bool *found, hw_error *err) {
  *found = true;
  return !kind->needs || hw_query_has_needed(store, kind->needs, found, err);
}

bool hw_export_find_table(hw_store *store, const char *name, size_t length, const hw_file_kind **kind, hw_error *err) {
  size_t i = 0;
  while (i < hw_n_export_tables && (strlen(hw_export_tables[i].name) != length || memcmp(hw_export_tables[i].name, name, length) != 0)) i++;
  bool found;
  if (i == hw_n_export_tables) {
    hw_buffer names;
    hw_buffer_init(&names);
    for (size_t k = 0; k < hw_n_export_tables; k++) hw_buffer_printf(&names, "%s%s", k ? ", " : "", hw_export_tables[k].name);
    hw_fail(err, HW_ERROR_ARGUMENT, "no table \"%.*s\" to export; there are %s", (int)(length < 100 ? length : 100), name, names.data ? names.data : "");
    hw_buffer_fini(&names);
    return false;
  }
  *kind = &hw_export_tables[i];
  if (!hw_export_has_needed(store, *kind, &found, err)) return false;
  if (found) return true;
  return hw_fail(err, HW_ERROR_INPUT, "%s: there is no table %s, or nothing in it; make it with headwater %s", store->path, (*kind)->needs, hw_export_maker(*kind));
}

static bool is_named(const char *name, const char *stem, const char *ending) {
  size_t n = strlen(stem);
  return strncmp(name, stem, n) == 0 && strcmp(name + n, ending) == 0;
}

bool hw_export_is_file(const char *name) {
  static const char *const numbered[] = {"figure_circuit_", "figure_graph_"};
  for (size_t i = 0; i < sizeof numbered / sizeof *numbered; i++)
    if (strncmp(name, numbered[i], strlen(numbered[i])) == 0 && isdigit((unsigned char)name[strlen(numbered[i])])) return true;
  for (size_t i = 0; i < hw_n_export_tables; i++)
    if (is_named(name, hw_export_tables[i].name, hw_export_ending(&hw_export_tables[i]))) return true;
  for (size_t i = 0; i < HW_EXPORT_PLOTS; i++)
    if (is_named(name, hw_export_plots[i].script, ".gp") || is_named(name, hw_export_plots[i].script, ".svg") || is_named(name, hw_export_plots[i].data.name, ".csv")) return true;
  return false;
}
