/* SPDX-License-Identifier: Apache-2.0
 * The files of an export: tables, and figures with their data. */
#ifndef HW_REPORT_EXPORT_TABLES_H
#define HW_REPORT_EXPORT_TABLES_H

#include "headwater/store.h"

/* ROWS: a row a line. MATRIX: rows (row, column, value) become a table. TEXT: the one value of each row as it is, a file of JSON. */
typedef enum hw_file_layout { LAYOUT_ROWS, LAYOUT_MATRIX, LAYOUT_TEXT } hw_file_layout;

typedef struct hw_file_kind {
  const char *name, *sql; /* NAME.csv, sql/... */
  hw_file_layout layout;
  const char *needs;        /* a table that only some databases have, or have rows in (hw_query_has_needed) */
  const char *certificates; /* sql/...: which ones the file is of, where it is not of all */
} hw_file_kind;

extern const hw_file_kind hw_export_tables[];
extern const size_t hw_n_export_tables;

/* Figures that gnuplot draws, each from one file; left out when that has no rows. The first one is drawn from a table. */
typedef struct hw_export_plot {
  const char *script, *text; /* SCRIPT.gp, sql/... */
  hw_file_kind data;
} hw_export_plot;
enum { HW_EXPORT_PLOTS = 7 };
extern const hw_export_plot hw_export_plots[HW_EXPORT_PLOTS];

/* What the name of the file ends with: ".csv" or ".json". */
const char *hw_export_ending(const hw_file_kind *kind);
/* Does the database have what the file is made of? */
bool hw_export_has_needed(hw_store *store, const hw_file_kind *kind, bool *found, hw_error *err);
/* The command of headwater that makes what the file needs; kind->needs is not NULL. */
const char *hw_export_maker(const hw_file_kind *kind);
/* The table of a name, which need not be terminated. Errors: ARGUMENT when there is none, INPUT when the database does not have it yet. */
bool hw_export_find_table(hw_store *store, const char *name, size_t length, const hw_file_kind **kind, hw_error *err);
/* Does an export write files of this name? Not of the manifest. */
bool hw_export_is_file(const char *name);

#endif
