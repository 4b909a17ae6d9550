/* SPDX-License-Identifier: Apache-2.0
 * Seeds of the target `blob`: the columns of a small graph, one file a statement.     blob_seeds FOLDER */
#include "../unit/synthetic.h"
#include "blob.h"
#include "codec/codec.h"
#include "functions/functions.h"

static const synthetic_shape shape = {.n_layers = 2, .n_heads = 3, .n_tokens = 5, .d_ffn = 9, .vocab = 11, .hot = 2, .n_parts = 2, .k_neurons = 2, .k_tokens = 2,
                                      .projected_heads = 2, .n_targets = 1, .threshold = 0.1, .floor = 0.05};

static bool encode(char kind, const hw_prompt_record *prompt, hw_codec *codec, hw_arena *arena, hw_buffer *out, hw_error *err) {
  const hw_graph_record *graph = &prompt->graphs[0];
  const hw_item_graph items[] = {{3, 400000}, {9, 20000}};
  hw_blob_info info = {.kind = (uint8_t)kind, .prompt_id = prompt->prompt_id, .frame = graph->frame, .threshold = shape.threshold, .floor = shape.floor};
  double *flows = hw_arena_new(arena, double, graph->n_neuron_nodes, err);
  if (!flows) return false;
  for (size_t i = 0; i < graph->n_neuron_nodes; i++) flows[i] = graph->graph->ffn_nodes[i].flow;
  switch (kind) {
    case 'E': return hw_encode_edges(codec, &info, graph->parts, graph->n_parts, out, err);
    case 'H': return hw_encode_heads(codec, &info, graph->graph->heads, graph->graph->n_heads, out, err);
    case 'N': return hw_encode_neurons(codec, &info, graph->neuron_nodes, flows, graph->n_neuron_nodes, graph->neurons, graph->n_neurons, out, err);
    case 'P': return hw_encode_projections(codec, &info, graph->projections, graph->n_projections, out, err);
    case 't': return hw_encode_tokens(out, prompt->ids, prompt->n_tokens), true;
    case 'i': return hw_encode_item_graphs(out, items, 2), true;
    default: return hw_encode_lens(out, prompt->prompt_id, shape.n_layers, &prompt->lens), true;
  }
}

/* The aggregate of a column of heads. */
static bool count_pairs(const hw_buffer *heads, hw_buffer *out) {
  sqlite3 *db;
  sqlite3_stmt *statement = NULL;
  bool ok = sqlite3_open(":memory:", &db) == SQLITE_OK && hw_register_functions(db) == SQLITE_OK &&
            sqlite3_prepare_v2(db, "SELECT hw_count_pairs(?1)", -1, &statement, NULL) == SQLITE_OK &&
            sqlite3_bind_blob64(statement, 1, heads->data, heads->length, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
  if (ok) hw_buffer_append(out, sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
  (void)sqlite3_finalize(statement);
  (void)sqlite3_close(db);
  return ok;
}

static bool write_seed(const char *folder, int statement, const hw_buffer *column, hw_arena *arena, hw_error *err) {
  hw_blob_info info;
  hw_reader payload = {.at = (const uint8_t *)column->data, .end = (const uint8_t *)column->data + column->length};
  size_t header = 0;
  if (hw_blob_is(column->data, column->length)) {
    if (!hw_blob_open(column->data, column->length, "EHNP", arena, &info, &payload, err)) return false;
    header = 2 + 5 + (info.kind == 'E' ? 16 : 0); /* every varint of a small graph has one byte */
  }
  char path[4096];
  (void)snprintf(path, sizeof path, "%s/%02d", folder, statement);
  const uint8_t head[] = {(uint8_t)statement, 30, (uint8_t)header};
  FILE *file = fopen(path, "wb");
  if (!file) return false;
  bool ok = fwrite(head, 1, sizeof head, file) == sizeof head && fwrite(column->data, 1, header, file) == header &&
            fwrite(payload.at, 1, (size_t)(payload.end - payload.at), file) == (size_t)(payload.end - payload.at);
  return fclose(file) == 0 && ok;
}

int main(int argc, char **argv) {
  hw_error err = {0};
  hw_arena arena;
  hw_codec codec;
  hw_prompt_record prompt;
  hw_buffer column, heads;
  hw_arena_init(&arena);
  hw_buffer_init(&column);
  hw_buffer_init(&heads);
  bool ok = argc == 2 && hw_codec_init(&codec, &err) && synthetic_prompt(1, 0, &shape, 1, false, &arena, &prompt, &err);
  for (int i = 0; i < N_BLOB_STATEMENTS && ok; i++) {
    char kind = blob_statements[i].kind;
    hw_buffer_reset(&column);
    hw_buffer_reset(&heads);
    ok = kind == 'p' ? encode('H', &prompt, &codec, &arena, &heads, &err) && count_pairs(&heads, &column) : encode(kind, &prompt, &codec, &arena, &column, &err);
    ok = ok && write_seed(argv[1], i, &column, &arena, &err);
  }
  if (!ok) (void)fprintf(stderr, "blob_seeds FOLDER: %s\n", err.kind ? err.message : "the folder cannot be written");
  hw_buffer_fini(&heads);
  hw_buffer_fini(&column);
  hw_codec_fini(&codec);
  hw_arena_fini(&arena);
  return ok ? 0 : 1;
}
