/* SPDX-License-Identifier: Apache-2.0
 * What query and sql share. */
#ifndef HW_CLI_SELECT_H
#define HW_CLI_SELECT_H

#include "headwater/store.h"
#include "headwater/query.h"

bool hw_cli_format(const char *name, hw_table_format *format, hw_error *err);

/* Runs one SELECT and prints it; returns the exit code. */
int hw_cli_select(const char *db, const char *sql, const hw_parameter *parameters, size_t n_parameters, hw_table_format format);
/* The same with a time limit; 0: none. */
int hw_cli_select_within(const char *db, const char *sql, const hw_parameter *parameters, size_t n_parameters, hw_table_format format,
                         double seconds);

#endif
