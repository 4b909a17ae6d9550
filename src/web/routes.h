/* SPDX-License-Identifier: Apache-2.0
 * The end points below /api/: what each takes, and the statement or the function that answers it. */
#ifndef HW_WEB_ROUTES_H
#define HW_WEB_ROUTES_H

#include "web/call.h"

/* Finds the end point of a request, without looking at parameters. NULL and an error reply (404, 405, 415) when there is none. */
const hw_web_route *hw_route_find(const hw_http_request *request, hw_http_reply *reply);

#endif
