/* SPDX-License-Identifier: Apache-2.0
 * Who may ask: the token, the names in Host, other pages of the browser. */
#ifndef HW_WEB_GUARD_H
#define HW_WEB_GUARD_H

#include "web/http.h"

enum { HW_TOKEN_DIGITS = 32 }; /* 128 bits */

typedef struct hw_guard {
  char token[HW_TOKEN_DIGITS + 1]; /* "": none is wanted */
  const char *address;             /* that is listened at, "127.0.0.1" or "::1" */
  const char *const *hosts;        /* [n_hosts] further names */
  size_t n_hosts;
} hw_guard;

/* A new token of the system's random bits. */
bool hw_guard_make_token(hw_guard *guard, hw_error *err);

/* Makes an error reply where the request is refused: a wrong Host (DNS rebinding), or a page of another origin. */
void hw_guard_check_origin(const hw_guard *guard, const hw_http_request *request, hw_http_reply *reply);
/* The same without the token. */
void hw_guard_check_token(const hw_guard *guard, const hw_http_request *request, hw_http_reply *reply);

#endif
