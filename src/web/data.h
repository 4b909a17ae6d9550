/* SPDX-License-Identifier: Apache-2.0
 * End points that are answered from the database. */
#ifndef HW_WEB_DATA_H
#define HW_WEB_DATA_H

#include "web/call.h"
#include "web/site.h"

/* By the route's statement. */
void hw_data_answer(hw_web *web, const hw_web_call *call, hw_http_reply *reply);

/* What a statement gave no row for: the reply of the one in `file`, below sql/, a general one where that is NULL or has none either. False and
 * err after an error of the database. */
bool hw_data_missing(hw_store *store, const char *file, const hw_parameter *parameters, size_t n, hw_http_reply *reply, hw_error *err);

/* A table of `headwater export` as a CSV file: the word of the path is its name. */
void hw_data_export(hw_web *web, const hw_web_call *call, hw_http_reply *reply);

/* Compresses the body of a reply where it is worth it and the client takes it. */
void hw_data_compress(const hw_http_request *request, hw_http_reply *reply);

/* The error reply for an error of the library: 503 for what may work later, 422 for a database that cannot be read. */
void hw_data_error(hw_http_reply *reply, const hw_error *err);

#endif
