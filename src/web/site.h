/* SPDX-License-Identifier: Apache-2.0
 * What the end points know: the settings, the stores, the traces. */
#ifndef HW_WEB_SITE_H
#define HW_WEB_SITE_H

#include "web/files.h"
#include "web/guard.h"
#include "web/http.h"
#include "web/pool.h"

typedef struct hw_web_settings { /* texts live as long as the page is served */
  const char *db;
  const char *address; /* "127.0.0.1" */
  int port;            /* 0: a free one */
  const char *const *hosts; /* [n_hosts] further names that Host may have */
  size_t n_hosts;
  bool no_token;       /* every program of this machine may ask; only at a loopback address */
  double time_limit;   /* seconds of one statement */
  const char *model, *architecture; /* whose prompts can be traced, as hw_model_open_as; NULL: none */
  int precision; /* hw_precision, of its products */
} hw_web_settings;

typedef struct hw_web {
  hw_web_settings settings;
  hw_guard guard;
  hw_pool pool;
  hw_files files;
  hw_http_handler handler;
  hw_server *server;
  struct hw_live *live; /* traces of prompts that are typed in; NULL: there is no model */
  hw_buffer live_model; /* JSON: {"name", "words", "fingerprint"} of its model (hw_live_put_model), or null */
} hw_web;

#endif
