/* SPDX-License-Identifier: Apache-2.0
 * The graph of one prompt as a picture: tokens below, layers upward, as Information Flow Routes are drawn in the literature. */
#ifndef HW_REPORT_PICTURE_H
#define HW_REPORT_PICTURE_H

#include "headwater/buffer.h"
#include "headwater/store.h"

typedef struct hw_picture {
  const hw_graph_record *record; /* its graph is drawn, and the first token that each state of the target promotes, where stored */
  const int32_t *ids;            /* [record->frame.n_tokens] of the prompt */
  double threshold;
  const char *title;
  bool (*piece)(void *context, int32_t id, const char **bytes, size_t *length); /* text of a token; false: there is none */
  void *context;
} hw_picture;

enum { HW_PICTURE_TITLE = 120 }; /* characters of a title that are shown */

/* A standalone SVG 1.1 document, UTF-8; the same picture gives the same bytes. A failed allocation shows in `out`. */
void hw_picture_put_svg(const hw_picture *picture, hw_buffer *out);

/* The stored graph of a prompt at the run's threshold; *target as for hw_store_read_graph, then the position that it is. Errors: INPUT
 * when nothing is stored for it, or damaged. */
bool hw_store_put_picture(hw_store *store, int64_t prompt_id, int64_t *target, hw_buffer *out, hw_error *err);

#endif
