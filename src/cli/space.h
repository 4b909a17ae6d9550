/* SPDX-License-Identifier: Apache-2.0
 * What takes the disk space of a database, as `info` and `pack` show it. */
#ifndef HW_CLI_SPACE_H
#define HW_CLI_SPACE_H

#include "base/json_writer.h"
#include "headwater/store.h"

/* Tables with their bytes, all and a stored prompt's. */
bool hw_cli_put_space(hw_store *store, hw_buffer *out, hw_error *err);
/* The same as members of a JSON object. */
bool hw_cli_put_space_json(hw_store *store, hw_json *json, hw_error *err);

#endif
