/* SPDX-License-Identifier: Apache-2.0
 * Prepared statements of the writer. Values are bound by number, in the order of the names here, which is compared with the
 * SQL when a statement is prepared: a parameter that is added, renamed or moved in the .sql file is found at once. */
#include <string.h>

#include "sqlite/connection.h"
#include "sqlite/sql.h"

static const struct {
  const char *file, *parameters;
} list[HW_N_STATEMENTS] = {
    [HW_ADD_ANSWER] = {"writer/add_answer.sql",
                       "group_id layer n n_top n_first n_settled rank_sum probability_sum probability_ssq n_foil n_beats diff_sum "
                       "diff_ssq_hi diff_ssq_lo"},
    [HW_ADD_CLUSTER] =
        {"writer/add_cluster.sql",
         "kind group_id key on_pairs on_others pairs_hi pairs_lo others flow_pairs_hi flow_pairs_lo flow_others"},
    [HW_ADD_GROUP] = {"writer/add_group.sql", "group_id n n_prompts others"},
    [HW_ADD_HEAD] = {"writer/add_head.sql", "group_id layer head n_on sum ssq flow_sum flow_ssq max ex"},
    [HW_ADD_HEAD_SOURCE] = {"writer/add_head_source.sql", "group_id layer head source n_on sum flow_sum max ex"},
    [HW_ADD_ITEM] = {"writer/add_item.sql", "group_id item_id n_on sum ssq flow_sum flow_ssq max ex"},
    [HW_ADD_NEURON] = {"writer/add_neuron.sql", "group_id layer neuron n_on sum ssq flow_sum flow_ssq max ex"},
    [HW_ADD_ROLE] = {"writer/add_role.sql", "group_id layer role_id n_on sum ssq max ex"},
    [HW_COUNT_PROMPTS] = {"writer/count_prompts.sql", "n process_id"},
    [HW_INSERT_ANSWER] = {"writer/insert_answer.sql",
                          "prompt_id answer_id answer_n_tokens answer_logit answer_probability answer_rank "
                          "answer_log_probability foil_id foil_n_tokens foil_logit foil_probability foil_rank "
                          "foil_log_probability logit_diff"},
    [HW_INSERT_CHUNK] = {"writer/insert_chunk.sql", "chunk_id first_prompt n_prompts n_failed n_tokens"},
    [HW_INSERT_FAILED] = {"writer/insert_failed.sql", "prompt_id reason text"},
    [HW_INSERT_GRAPH] = {"writer/insert_graph.sql", "graph_id edges heads neurons projections"},
    [HW_INSERT_GRAPH_INFO] =
        {"writer/insert_graph_info.sql",
         "graph_id predicted_id predicted_logit predicted_probability n_parts n_edges n_heads n_ffn_nodes "
         "n_neurons n_projections"},
    [HW_INSERT_GROUP_VALUE] = {"writer/insert_group_value.sql", "group_id column_id column_name value"},
    [HW_INSERT_HEAD] = {"writer/insert_head.sql", "layer head"},
    [HW_INSERT_ITEM_GRAPH] = {"writer/insert_item_graph.sql", "item_id chunk_id n graphs"},
    [HW_INSERT_LENS] = {"writer/insert_lens.sql", "prompt_id lens"},
    [HW_INSERT_NEURON_TOKEN] = {"writer/insert_neuron_token.sql", "layer neuron sign rank token_id score"},
    [HW_INSERT_PROCESS] = {"writer/insert_process.sql",
                           "host pid started threads model_path dataset_path program_version blas_kernel batch_invariant "
                           "prompts_done"},
    [HW_INSERT_PROMPT] = {"writer/insert_prompt.sql", "prompt_id group_id n_tokens has_bos text tokens roles counterfactual_of"},
    [HW_INSERT_PROMPT_GROUP] = {"writer/insert_prompt_group.sql", "group_id name"},
    [HW_INSERT_ROLE] = {"writer/insert_role.sql", "role_id name"},
    [HW_INSERT_RUN] = {"writer/insert_run.sql",
                       "run_id fingerprint model_name model_family model_fingerprint tokenizer_fingerprint dataset_name "
                       "dataset_fingerprint n_prompts n_layers n_heads n_kv_heads d_model d_ffn vocab_size parallel_block "
                       "threshold floor neuron_threshold"},
    [HW_INSERT_SETTING] = {"writer/insert_setting.sql", "name value"},
    [HW_INSERT_TOKEN] = {"writer/insert_token.sql", "token_id text bytes"},
    [HW_INSERT_VALUE] = {"writer/insert_value.sql", "prompt_id key value"},
    [HW_PENDING_NEURONS] = {"writer/pending_neurons.sql", "limit"},
    [HW_SELECT_CHUNKS] = {"writer/select_chunks.sql", ""},
};

static bool same_parameters(sqlite3_stmt *statement, const char *names) {
  int n = sqlite3_bind_parameter_count(statement);
  for (int i = 1; i <= n; i++) {
    const char *name = sqlite3_bind_parameter_name(statement, i);
    size_t length = strcspn(names, " ");
    if (!name || !length || strlen(name + 1) != length || memcmp(name + 1, names, length) != 0) return false;
    names += length;
    names += *names == ' ';
  }
  return *names == '\0';
}

sqlite3_stmt *hw_store_statement(hw_store *store, hw_statement which, hw_error *err) {
  sqlite3_stmt **statement = &store->statements[which];
  if (!*statement) {
    const char *sql = hw_sql(list[which].file);
    if (!sql || sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK) {
      hw_store_fail(store, list[which].file, err);
      return NULL;
    }
    if (!same_parameters(*statement, list[which].parameters)) {
      hw_fail(err, HW_ERROR_UNSUPPORTED, "sql/%s: its parameters are not \"%s\"", list[which].file, list[which].parameters);
      (void)sqlite3_finalize(*statement);
      *statement = NULL;
      return NULL;
    }
  } else {
    (void)sqlite3_reset(*statement);
    (void)sqlite3_clear_bindings(*statement);
  }
  return *statement;
}

void hw_bind_integers(sqlite3_stmt *statement, int first, const int64_t *values, int n) {
  for (int i = 0; i < n; i++) (void)sqlite3_bind_int64(statement, first + i, values[i]);
}

void hw_bind_text(sqlite3_stmt *statement, int index, const char *bytes, size_t length) {
  if (bytes) (void)sqlite3_bind_text64(statement, index, bytes, length, SQLITE_STATIC, SQLITE_UTF8);
}

void hw_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, size_t length) {
  if (bytes || !length) (void)sqlite3_bind_blob64(statement, index, bytes ? bytes : "", length, SQLITE_STATIC);
}

bool hw_store_run(hw_store *store, sqlite3_stmt *statement, const char *doing, hw_error *err) {
  int rc = sqlite3_step(statement);
  bool ok = rc == SQLITE_DONE || hw_store_fail(store, doing, err);
  (void)sqlite3_reset(statement);
  return ok;
}
