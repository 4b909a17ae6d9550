/* SPDX-License-Identifier: Apache-2.0
 * What an end point is, and what it is called with: the parameters, checked. */
#ifndef HW_WEB_CALL_H
#define HW_WEB_CALL_H

#include "web/http.h"

struct hw_web;
struct hw_web_call;

typedef enum hw_web_kind {
  HW_WEB_WHOLE,  /* a whole number of [min, max] */
  HW_WEB_NUMBER, /* a number of [min, max] */
  HW_WEB_TEXT,   /* at most max bytes of UTF-8 */
  HW_WEB_CHOICE, /* a word of choices */
} hw_web_kind;

typedef struct hw_web_parameter {
  const char *name; /* also of the statement's parameter */
  hw_web_kind kind;
  double min, max;
  const char *choices; /* "mean|frequency" */
  bool required;       /* else the default of the statement's comment holds */
} hw_web_parameter;

/* A further value of the object that the statement gives, from a table that only some databases have (-- needs TABLE): [] without it. */
typedef struct hw_web_section {
  const char *key;
  const char *file; /* below sql/ */
} hw_web_section;

enum { HW_WEB_PARAMETERS = 16, HW_WEB_SECTIONS = 4, HW_WEB_WORDS = 2 };

typedef struct hw_web_route {
  const char *path;   /* "graph"; a part that is "*" stands for any word */
  const char *method; /* "GET" (then HEAD too) or "POST" */
  /* Below sql/: gives one row, one JSON text; the comment at its head has the parameters and their defaults. */
  const char *file;
  /* Below sql/, with the same parameters, where `file` gives no row: the reply's {"error", "message"} with status 404. NULL: a general one. */
  const char *missing;
  hw_web_section sections[HW_WEB_SECTIONS];
  bool has_neuron_lists; /* reads neuron_token, which a run writes after its last chunk */
  bool tells_live;       /* adds "live": whether prompts can be traced, and "live_model" */
  /* Instead of `file`. */
  void (*answer)(struct hw_web *web, const struct hw_web_call *call, hw_http_reply *reply);
  hw_web_parameter parameters[HW_WEB_PARAMETERS]; /* up to the first without a name */
} hw_web_route;

/* What a route is called with. */
typedef struct hw_web_call {
  const hw_http_request *request;
  const hw_web_route *route;
  char words[HW_WEB_WORDS][64]; /* that stand where the path has "*" */
  size_t n_parameters;
  hw_parameter parameters[HW_WEB_PARAMETERS]; /* those that are given, as the route wants them */
} hw_web_call;

/* Does a path below /api/ fit the route's? */
bool hw_route_fits(const hw_web_route *route, const char *path);
/* Fills the call; false and an error reply (400) that names the parameter, what was found and what is wanted. */
bool hw_call_read(const hw_web_route *route, const hw_http_request *request, hw_web_call *call, hw_http_reply *reply);

/* The value of a parameter; NULL when it is not given. */
const char *hw_call_value(const hw_web_call *call, const char *name);

#endif
