/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/sql.h"

#include <string.h>

const char *hw_sql(const char *name) {
  for (size_t i = 0; i < hw_n_sql_files; i++)
    if (!strcmp(hw_sql_files[i].name, name)) return hw_sql_files[i].text;
  return NULL;
}
