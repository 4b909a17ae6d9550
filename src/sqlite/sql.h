/* SPDX-License-Identifier: Apache-2.0
 * The files of sql/, embedded at build time (embed.cmake; the list is in CMakeLists.txt). */
#ifndef HW_STORE_SQL_H
#define HW_STORE_SQL_H

#include <stddef.h>

#include "headwater/sql.h"

typedef struct hw_sql_file {
  const char *name; /* below sql/, "queries/top_heads.sql" */
  const char *text; /* NUL-terminated */
} hw_sql_file;

extern const hw_sql_file hw_sql_files[];
extern const size_t hw_n_sql_files;

/* The files of sql/queries/. */
extern const hw_named_query hw_query_list[];
extern const size_t hw_n_queries;

/* Text of a file; NULL when there is none of that name. */
const char *hw_sql(const char *name);

#endif
