/* SPDX-License-Identifier: Apache-2.0
 * An input of the target `blob`: the number of a statement, an argument, the length of a header, the header, the payload before compression.
 * A header of length 0: the rest is the column as it lies in the database. */
#ifndef HW_TESTS_FUZZ_BLOB_H
#define HW_TESTS_FUZZ_BLOB_H

/* kind: of the column that the statement reads, as its first byte; t, i, l and p: tokens, item graphs, a lens, pairs of heads. */
static const struct { char kind; const char *sql; } blob_statements[] = {
    {'E', "SELECT * FROM hw_edges(?1, ?2)"},
    {'E', "SELECT * FROM hw_parts(?1)"},
    {'E', "SELECT * FROM hw_token_flow(?1, ?2)"},
    {'E', "SELECT * FROM hw_heads(?1, ?2)"},
    {'E', "SELECT * FROM hw_graph_size(?1, ?2)"},
    {'E', "SELECT hw_json_parts(?1)"},
    {'E', "SELECT hw_json_parts(?1, ?2)"},
    {'H', "SELECT * FROM hw_heads(?1)"},
    {'H', "SELECT p.* FROM (SELECT hw_count_pairs(column1) AS pairs FROM (VALUES (?1), (?1))) c, hw_pairs(c.pairs) p"},
    {'N', "SELECT * FROM hw_neurons(?1)"},
    {'N', "SELECT *, in_graph FROM hw_neurons(?1, 1)"},
    {'P', "SELECT * FROM hw_projections(?1, CAST(255 * ?2 AS INTEGER))"},
    {'P', "SELECT *, in_graph FROM hw_projections(?1, NULL, 1)"},
    {'P', "SELECT hw_json_lists(?1)"},
    {'t', "SELECT * FROM hw_tokens(?1)"},
    {'t', "SELECT hw_token_at(?1, CAST(255 * ?2 AS INTEGER))"},
    {'t', "SELECT hw_role_at(?1, CAST(255 * ?2 AS INTEGER))"},
    {'i', "SELECT * FROM hw_item_graphs(?1)"},
    {'i', "SELECT g.* FROM (SELECT hw_merge_item_graphs(column1) AS graphs FROM (VALUES (?1), (?1))) m, hw_item_graphs(m.graphs) g"},
    {'l', "SELECT * FROM hw_lens(?1)"},
    {'p', "SELECT * FROM hw_pairs(?1)"},
};
enum { N_BLOB_STATEMENTS = sizeof blob_statements / sizeof *blob_statements };

#endif
