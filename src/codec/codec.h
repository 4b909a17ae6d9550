/* SPDX-License-Identifier: Apache-2.0
 * The compressed columns of a graph: rows of C structs to self-contained blobs and back. No database in here.
 *
 * A blob is a header, then one zlib stream:
 *   byte    kind: 'E' edges, 'H' heads, 'N' neurons, 'P' projections, 'R' relevance
 *   byte    format version (HW_CODEC_VERSION)
 *   varints prompt_id, target, n_layers, n_tokens, flags (1 parallel block, 2 floor == threshold)
 *   'E' 'R' threshold, and floor unless flag 2: float64 little-endian
 *   varint  bytes of the payload before compression
 * The payload is columnar: integers of one column lie together as byte planes (all low bytes, then the next ones) or as
 * LEB128 varints, and each column starts a deflate block of its own, so that it gets its own Huffman code.
 *
 * Decoding treats every byte as untrusted; messages name the column, the prompt and the target when the header gives them.
 */
#ifndef HW_CODEC_CODEC_H
#define HW_CODEC_CODEC_H

#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "graph/keys.h"
#include "headwater/arena.h"
#include "headwater/buffer.h"
#include "headwater/error.h"
#include "headwater/graph.h"
#include "headwater/relevance_rows.h"

enum { HW_CODEC_VERSION = 1 };

/* Limits that the packed keys of the database set as well; they bound what a damaged header can allocate. */
enum {
  HW_MAX_LAYERS = 255,
  HW_MAX_HEADS = 1023,
  HW_MAX_LIST = 4096, /* tokens in a projection's list */
  HW_MAX_NEURONS = (1 << 24) - 1, /* of a layer */
};

/* Rows that a decoder gives: those in the graph at the run's threshold (graph.h), or all, with those stored for other thresholds. */
typedef enum hw_row_set { HW_ROWS_IN_GRAPH, HW_ROWS_STORED } hw_row_set;

typedef struct hw_blob_info {
  uint8_t kind;
  int64_t prompt_id;
  hw_graph_frame frame;
  double threshold, floor; /* 'E' and 'R' only */
} hw_blob_info;

/* ---- bytes.c ---- */

/* Compressor and scratch, kept from blob to blob. One thread. */
typedef struct hw_codec {
  z_stream stream;
  bool ready;
  hw_buffer raw;
  hw_arena scratch; /* of one encode call */
  struct {
    size_t end; /* of the column in raw */
    bool incompressible;
  } cuts[64];
  size_t n_cuts;
} hw_codec;

bool hw_codec_init(hw_codec *codec, hw_error *err);
void hw_codec_fini(hw_codec *codec);

void hw_codec_begin(hw_codec *codec);
void hw_codec_varint(hw_codec *codec, uint64_t value);
void hw_codec_zigzag(hw_codec *codec, int64_t value);
/* The low `width` bytes of each value as byte planes. The lowest `n_incompressible` planes are stored without compression. */
void hw_codec_planes(hw_codec *codec, const uint32_t *values, size_t n, unsigned width, unsigned n_incompressible);
void hw_codec_bytes(hw_codec *codec, const void *bytes, size_t length);
/* The column ends here. incompressible: its bytes are close to random and are stored without compression, because trying to
 * compress them took half of the time. */
void hw_codec_cut(hw_codec *codec, bool incompressible);
/* Appends header and compressed payload to out. */
bool hw_codec_finish(hw_codec *codec, const hw_blob_info *info, hw_buffer *out, hw_error *err);

enum { HW_MOST_VARINT = 10 }; /* bytes */
size_t hw_write_varint(unsigned char *bytes, uint64_t value); /* how many they are */
void hw_put_varint(hw_buffer *out, uint64_t value);
void hw_put_text(hw_buffer *out, const char *text); /* its length, then its bytes */
void hw_put_double(hw_buffer *out, double value);
uint64_t hw_zigzag(int64_t value);
int64_t hw_unzigzag(uint64_t value);

typedef struct hw_reader {
  const uint8_t *at, *end;
  bool failed; /* a read went past the end or met an invalid value; later reads give 0 */
} hw_reader;

/* bytes may be NULL when length is 0: SQLite gives an empty blob so. */
hw_reader hw_reader_of(const void *bytes, size_t length);
uint64_t hw_read_varint(hw_reader *reader);
int64_t hw_read_zigzag(hw_reader *reader);
double hw_read_double(hw_reader *reader);
/* n values of `width` bytes, 1 to 4, as planes into out; out may be NULL to skip. Another width is a failed read. */
void hw_read_planes(hw_reader *reader, uint32_t *out, size_t n, unsigned width);
/* A count that is followed by at least count * bytes_each bytes. */
size_t hw_read_count(hw_reader *reader, size_t bytes_each);
/* A text of hw_put_text, as a string in the arena. Errors: it goes past the end, or holds a byte 0. */
bool hw_read_text(hw_reader *reader, hw_arena *arena, const char **text, hw_error *err);

/* Kinds of packed columns: edges, heads, neurons, projections, relevance. */
#define HW_BLOB_KINDS "EHNPR"
/* True when the bytes start like a blob of this codec. */
bool hw_blob_is(const void *bytes, size_t length);
/* Reads the header and inflates the payload into the arena. kinds: the accepted ones, as a string. */
bool hw_blob_open(const void *bytes, size_t length, const char *kinds, hw_arena *arena, hw_blob_info *info,
                  hw_reader *payload, hw_error *err);
/* Fails with "COLUMN of prompt P, target T: what". */
bool hw_blob_fail(const hw_blob_info *info, hw_error *err, const char *what);

/* ---- edges.c ---- */

/* Rows in order of hw_part_compare. */
bool hw_encode_edges(hw_codec *codec, const hw_blob_info *info, const hw_part *parts, size_t n, hw_buffer *out,
                     hw_error *err);
bool hw_decode_edges(const void *bytes, size_t length, hw_arena *arena, hw_blob_info *info, hw_part **parts, size_t *n,
                     hw_error *err);

/* Flows are kept in 1e-6, as the aggregates sum them. */
bool hw_encode_heads(hw_codec *codec, const hw_blob_info *info, const hw_head_row *heads, size_t n, hw_buffer *out,
                     hw_error *err);
bool hw_decode_heads(const void *bytes, size_t length, hw_arena *arena, hw_blob_info *info, hw_head_row **heads, size_t *n,
                     hw_error *err);

/* ---- neurons.c ---- */

/* node_flows[i]: flow of nodes[i], 0 when it is outside of the graph. Activations keep 16 significant bits. */
bool hw_encode_neurons(hw_codec *codec, const hw_blob_info *info, const hw_neuron_node *nodes, const double *node_flows,
                       size_t n_nodes, const hw_neuron_row *rows, size_t n_rows, hw_buffer *out, hw_error *err);
typedef struct hw_neurons {
  hw_neuron_node *nodes;
  double *node_flows;
  size_t n_nodes;
  hw_neuron_row *rows;
  uint32_t *row_nodes; /* [n_rows] index of the row's node */
  size_t n_rows;
} hw_neurons;
bool hw_decode_neurons(const void *bytes, size_t length, hw_row_set wanted, hw_arena *arena, hw_blob_info *info, hw_neurons *neurons,
                       hw_error *err);
float hw_round_activation(float value);

/* ---- projections.c ---- */

/* Scores are kept in 1e-4. */
#define HW_SCORE_UNIT 1e4
bool hw_encode_projections(hw_codec *codec, const hw_blob_info *info, const hw_projection *rows, size_t n, hw_buffer *out,
                           hw_error *err);
typedef struct hw_projection_token { /* one token of one list */
  uint32_t projection;               /* index */
  bool suppresses;
  uint32_t rank; /* from 1 */
  int32_t token_id;
  int64_t score; /* 1e-4 */
} hw_projection_token;
typedef struct hw_projections {
  hw_projection *projections; /* without the lists */
  size_t n_projections;
  hw_projection_token *tokens;
  size_t n_tokens;
} hw_projections;
bool hw_decode_projections(const void *bytes, size_t length, hw_row_set wanted, hw_arena *arena, hw_blob_info *info,
                           hw_projections *projections, hw_error *err);

/* ---- relevance.c ---- */

/* The frame's target is the last position of n_tokens. rows->threshold and floor are those of info. */
bool hw_encode_relevance(hw_codec *codec, const hw_blob_info *info, const hw_relevance_rows *rows, hw_buffer *out, hw_error *err);
bool hw_decode_relevance(const void *bytes, size_t length, hw_arena *arena, hw_blob_info *info, hw_relevance_rows *rows, hw_error *err);

/* ---- lists.c: small uncompressed columns ---- */

/* prompt.tokens: a byte 2 or 4, then ids of that many bytes, little-endian. */
void hw_encode_tokens(hw_buffer *out, const int32_t *ids, size_t n);
bool hw_decode_tokens(const void *bytes, size_t length, hw_arena *arena, int32_t **ids, size_t *n, hw_error *err);

/* answer_lens.lens: 'L', a version, then varints: prompt_id, flags (1: a foil, 2: a difference of its own), n_layers; for each layer
 * rank, logit in 1e-4 (zigzag), probability in 1e-6 of the answer, then of the foil; then the difference in 1e-4 (zigzag). */
#define HW_LENS_UNIT 1e4
int64_t hw_lens_logit(double logit); /* in 1e-4 */
/* The difference of the lens after a block, in 1e-4, from the numbers as they are stored. There is a foil. */
int64_t hw_lens_difference(const hw_answer_lens *lens, size_t layer);
void hw_encode_lens(hw_buffer *out, int64_t prompt_id, size_t n_layers, const hw_answer_lens *lens);
bool hw_decode_lens(const void *bytes, size_t length, hw_arena *arena, int64_t *prompt_id, size_t *n_layers, hw_answer_lens *lens,
                    hw_error *err);

/* item_graph.graphs: varints: the first graph_id, then differences, each followed by the importance in 1e-6. */
typedef struct hw_item_graph {
  int64_t graph_id;
  uint32_t importance;
} hw_item_graph;
void hw_encode_item_graphs(hw_buffer *out, const hw_item_graph *graphs, size_t n);
bool hw_decode_item_graphs(const void *bytes, size_t length, hw_arena *arena, hw_item_graph **graphs, size_t *n,
                           hw_error *err);
/* The same one after the other, without memory: hw_next_item_graph gives false at the end and at damaged bytes, hw_item_graphs_end false and err
 * after damaged bytes. The graphs ascend. */
typedef struct hw_item_graphs {
  hw_reader reader;
  size_t length; /* of the bytes */
  uint64_t graph;
  bool started;
} hw_item_graphs;
hw_item_graphs hw_item_graphs_of(const void *bytes, size_t length);
bool hw_next_item_graph(hw_item_graphs *list, hw_item_graph *next);
bool hw_item_graphs_end(const hw_item_graphs *list, hw_error *err);

#endif
