/* SPDX-License-Identifier: Apache-2.0
 * The page of a database: a server that answers requests from it (`headwater serve`). */
#ifndef HW_WEB_WEB_H
#define HW_WEB_WEB_H

#include "web/site.h"

/* Checks the database, listens and serves until hw_web_stop, which also ends it after an error. settings.port is then the port. */
bool hw_web_start(hw_web *web, const hw_web_settings *settings, hw_error *err);
void hw_web_stop(hw_web *web);

/* Appends "http://127.0.0.1:8620/#token=...", what to open in a browser. */
void hw_web_address(const hw_web *web, hw_buffer *out);

#endif
