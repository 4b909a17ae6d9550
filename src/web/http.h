/* SPDX-License-Identifier: Apache-2.0
 * A request and its reply as values, and the server that carries them (server.c, the only file that knows libmicrohttpd). */
#ifndef HW_WEB_HTTP_H
#define HW_WEB_HTTP_H

#include <stdint.h>

#include "headwater/buffer.h"
#include "headwater/query.h"

enum {
  HW_HTTP_CONNECTIONS = 64,
  HW_HTTP_IDLE_SECONDS = 30,
  HW_HTTP_HEAD_BYTES = 32 * 1024, /* request line and headers */
  HW_HTTP_BODY_BYTES = 64 * 1024,
  HW_HTTP_PARAMETERS = 32,
};

/* Headers that are read, others are passed over. The names are in server.c, in this order. */
typedef enum hw_http_header {
  HW_HEADER_HOST,
  HW_HEADER_ORIGIN,
  HW_HEADER_SEC_FETCH_SITE,
  HW_HEADER_SEC_FETCH_MODE,
  HW_HEADER_AUTHORIZATION,
  HW_HEADER_CONTENT_TYPE,
  HW_HEADER_CONTENT_LENGTH,
  HW_HEADER_IF_NONE_MATCH,
  HW_HEADER_ACCEPT_ENCODING,
  HW_N_HEADERS
} hw_http_header;

typedef struct hw_http_request {
  const char *method; /* "GET" */
  const char *path;   /* "/api/run", decoded */
  struct {
    const char *value; /* of the first of this name; NULL: there is none */
    unsigned n;        /* how many there are */
  } headers[HW_N_HEADERS];
  hw_parameter parameters[HW_HTTP_PARAMETERS]; /* of the query, decoded */
  size_t n_parameters;
  const char *fault; /* what is wrong with the request line or a header, NULL: nothing */
  const char *body;  /* NUL-terminated; "" without one */
  size_t body_length;
} hw_http_request;

typedef struct hw_http_reply {
  unsigned status;      /* 0: none yet */
  const char *type;     /* Content-Type */
  hw_buffer body;       /* freed by the server */
  const void *fixed;    /* instead of body, where not NULL: bytes that live as long as the program */
  size_t fixed_length;
  int file;             /* instead of both, where not -1: a descriptor, closed by the server */
  uint64_t file_length;
  bool gzip;            /* the bytes are compressed */
  char etag[128];       /* without quotes; "": none */
  const char *allow;    /* of 405 */
  char file_name[64];   /* "": not a file to save */
} hw_http_reply;

void hw_http_reply_init(hw_http_reply *reply);
void hw_http_reply_fini(hw_http_reply *reply);
/* {"error": kind, "message": text} */
void hw_http_reply_error(hw_http_reply *reply, unsigned status, const char *kind, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Does the list in a header hold this value? Quotes, "W/" and parameters behind ";" are left out; with q=0 it is not held. */
bool hw_http_list_has(const char *list, const char *value);

/* Both may be called by several threads at once. `admit` sees a request before its body is read; a reply that it makes is sent at once,
 * and the body never read. `answer` sees it whole. */
typedef struct hw_http_handler {
  void (*admit)(void *context, const hw_http_request *request, hw_http_reply *reply);
  void (*answer)(void *context, const hw_http_request *request, hw_http_reply *reply);
  void *context;
} hw_http_handler;

typedef struct hw_server hw_server;
/* Serves what comes in at a listening socket, which it closes at the end. The handler must outlive it. */
bool hw_server_start(int listening, const hw_http_handler *handler, hw_server **server, hw_error *err);
/* Ends the connections; waits for the requests that are being answered. NULL is fine. */
void hw_server_stop(hw_server *server);

#endif
