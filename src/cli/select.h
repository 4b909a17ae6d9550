/* SPDX-License-Identifier: Apache-2.0
 * What query and sql share. */
#ifndef HW_CLI_SELECT_H
#define HW_CLI_SELECT_H

#include "headwater/store.h"
#include "headwater/query.h"

/* The SELECT of a named query, NULL when there is none. */
const char *hw_cli_query_text(const char *name);

/* Runs one SELECT and prints it; returns the exit code. n_rows: how many rows, where the code is 0; or NULL. */
int hw_cli_select(hw_store *store, const char *sql, const hw_parameter *parameters, size_t n_parameters, hw_table_format format, int64_t *n_rows);

#endif
