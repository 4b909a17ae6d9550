/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HEADWATER_EXPORT_H
#define HEADWATER_EXPORT_H

#include "headwater/buffer.h"
#include "headwater/error.h"
#include "headwater/store.h"

HW_BEGIN_C

/* CSV aggregates, one file a view, the [layers x heads] matrix and MANIFEST.json, into a folder (made if missing). Tables that are not
 * in the database, or have no rows to make the file of, are left out, which the manifest says; named ones are an error. For figures their data and scripts (.gp for gnuplot, .dot for graphviz)
 * are written as well, and each is handed to script(context, tool, place, script, figure) to be drawn, by file names in the folder `place`. The graphs of
 * single prompts are drawn as figure_graph_PROMPT.svg or figure_graph_PROMPT_TARGET.svg.
 * Files are made in a folder within `folder` (`place`) and moved at the end, the manifest last: what is killed leaves an older export whole, or without
 * its manifest. Errors: IO, also when another export writes into the folder. */
typedef enum hw_figure_tool { HW_FIGURE_GNUPLOT, HW_FIGURE_GRAPHVIZ } hw_figure_tool;

typedef struct hw_export_graph {
  int64_t prompt_id, target; /* target: a position that was traced; -1: the last one */
} hw_export_graph;

typedef struct hw_export {
  const char *folder;
  const char *tables; /* "head_importance,edge_frequency"; NULL: all */
  int64_t certificate; /* that of mib_circuit and of the figures of certificates; 0: mib_circuit of the one made with the most prompts
                        * stored, figure_knockouts of the one with the most knock-outs, figure_curve of the last eight. Errors: INPUT when there is none
                        * of the number */
  bool figures;
  const hw_export_graph *graphs; /* [n_graphs]; one that is not stored is an error */
  size_t n_graphs;
  /* Not NULL with `figures`. */
  bool (*script)(void *context, hw_figure_tool tool, const char *place, const char *script, const char *figure, hw_error *err);
  void *context;
  hw_buffer *notes; /* a line is added where files of earlier exports stay in the folder; NULL: not wanted */
} hw_export;
HW_API bool hw_store_export(hw_store *store, const hw_export *wanted, hw_error *err);

HW_END_C

#endif
