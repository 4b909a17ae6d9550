/* SPDX-License-Identifier: Apache-2.0
 * HTTP by libmicrohttpd: a thread for each connection, so that a slow query holds up no other one. */
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "web/http.h"

/* Also for connections that were ended and have not gone yet: libmicrohttpd refuses a new one where all places are taken. */
enum { PLACES = 2 * HW_HTTP_CONNECTIONS };

/* A connection's place. */
typedef struct place {
  bool taken;
  bool ended; /* for a new one: it has not gone yet */
  int socket;
  uint64_t waits_since; /* its turn among those that wait for the head of a request; 0: one is being answered */
} place;

struct hw_server {
  struct MHD_Daemon *daemon;
  const hw_http_handler *handler;
  pthread_mutex_t mutex; /* of what follows */
  place places[PLACES];
  uint64_t turn;
};

/* One request, from its first line to its last byte. */
typedef struct exchange {
  hw_http_request request;
  hw_buffer body;
  bool seen;           /* its headers have been looked at */
  char authority[256]; /* of a target in absolute form */
  hw_http_reply reply;
} exchange;

static const char *const header_names[HW_N_HEADERS] = {
    [HW_HEADER_HOST] = "Host",
    [HW_HEADER_ORIGIN] = "Origin",
    [HW_HEADER_SEC_FETCH_SITE] = "Sec-Fetch-Site",
    [HW_HEADER_SEC_FETCH_MODE] = "Sec-Fetch-Mode",
    [HW_HEADER_AUTHORIZATION] = "Authorization",
    [HW_HEADER_CONTENT_TYPE] = "Content-Type",
    [HW_HEADER_CONTENT_LENGTH] = "Content-Length",
    [HW_HEADER_IF_NONE_MATCH] = "If-None-Match",
    [HW_HEADER_ACCEPT_ENCODING] = "Accept-Encoding",
};

/* Of every reply. */
static const char *const fixed_headers[][2] = {
    {"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
                                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-cache"},
    {"Vary", "Accept-Encoding"},
};

/* ---- connections ---- */

/* Ends the connection that has waited longest for the head of a request: clients that send none, or none that ends, keep no one out. */
static void end_longest_waiting(hw_server *server) {
  place *longest = NULL;
  for (int i = 0; i < PLACES; i++) {
    place *p = &server->places[i];
    if (p->taken && !p->ended && p->waits_since && (!longest || p->waits_since < longest->waits_since)) longest = p;
  }
  if (!longest) return;
  (void)shutdown(longest->socket, SHUT_RDWR);
  longest->ended = true;
}

/* A place for a new connection, NULL where there is none. */
static place *take_place(hw_server *server, int socket) {
  place *found = NULL;
  int n_open = 0;
  for (int i = 0; i < PLACES; i++) {
    if (!server->places[i].taken) found = &server->places[i];
    else if (!server->places[i].ended) n_open++;
  }
  if (n_open >= HW_HTTP_CONNECTIONS) end_longest_waiting(server);
  if (found) *found = (place){.taken = true, .socket = socket, .waits_since = ++server->turn};
  return found;
}

static void notice_connection(void *context, struct MHD_Connection *connection, void **state, enum MHD_ConnectionNotificationCode what) {
  hw_server *server = context;
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  (void)pthread_mutex_lock(&server->mutex);
  if (what == MHD_CONNECTION_NOTIFY_STARTED) *state = info ? take_place(server, info->connect_fd) : NULL;
  else if (*state) ((place *)*state)->taken = false;
  (void)pthread_mutex_unlock(&server->mutex);
}

/* Does the connection wait for the head of a request from now on, or is a request being answered? */
static void set_waiting(hw_server *server, struct MHD_Connection *connection, bool waits) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  place *p = info ? info->socket_context : NULL;
  if (!p) return;
  (void)pthread_mutex_lock(&server->mutex);
  p->waits_since = waits ? ++server->turn : 0;
  (void)pthread_mutex_unlock(&server->mutex);
}

/* ---- reading a request ---- */

/* The line as it came: in the decoded path a NUL would hide what follows it. */
static void *begin_exchange(void *context, const char *line, struct MHD_Connection *connection) {
  (void)context, (void)connection;
  exchange *e = calloc(1, sizeof *e);
  if (!e) return NULL;
  hw_buffer_init(&e->body);
  hw_http_reply_init(&e->reply);
  e->request.body = "";
  if (strstr(line, "%00")) e->request.fault = "the address holds a NUL byte";
  return e;
}

/* In absolute form, "http://localhost/api/run", the authority takes the place of the Host header (RFC 9112, section 3.2.2). */
static void take_target(exchange *e, const char *target) {
  static const char scheme[] = "http://";
  e->request.path = target;
  if (strncasecmp(target, scheme, sizeof scheme - 1) != 0) return;
  const char *authority = target + sizeof scheme - 1, *path = strchr(authority, '/');
  size_t length = path ? (size_t)(path - authority) : strlen(authority);
  e->request.path = path ? path : "/";
  if (length >= sizeof e->authority) e->request.fault = "the host of the address is too long";
  else memcpy(e->authority, authority, length);
  if (e->request.headers[HW_HEADER_HOST].n) e->request.headers[HW_HEADER_HOST].value = e->authority;
}

static void end_exchange(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode how) {
  (void)how;
  set_waiting(context, connection, true);
  exchange *e = *state;
  *state = NULL;
  if (!e) return;
  hw_buffer_fini(&e->body);
  hw_http_reply_fini(&e->reply);
  free(e);
}

static enum MHD_Result read_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length, const char *value, size_t length) {
  (void)kind;
  hw_http_request *request = context;
  if (strlen(name) != name_length || (value && strlen(value) != length)) request->fault = "a header holds a NUL byte";
  for (size_t i = 0; i < HW_N_HEADERS; i++) {
    if (strcasecmp(name, header_names[i]) != 0) continue;
    if (!request->headers[i].n++) request->headers[i].value = value ? value : "";
  }
  return MHD_YES;
}

static enum MHD_Result read_parameter(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length, const char *value, size_t length) {
  (void)kind;
  hw_http_request *request = context;
  if (strlen(name) != name_length || (value && strlen(value) != length)) request->fault = "a parameter holds a NUL byte";
  if (request->n_parameters == HW_HTTP_PARAMETERS) {
    request->fault = "more than 32 parameters";
    return MHD_NO;
  }
  request->parameters[request->n_parameters++] = (hw_parameter){name, value ? value : ""};
  return MHD_YES;
}

/* ---- sending a reply ---- */

static void no_free(void *bytes) { (void)bytes; }

static struct MHD_Response *make_response(hw_http_reply *reply) {
  if (reply->file >= 0) {
    struct MHD_Response *response = MHD_create_response_from_fd64(reply->file_length, reply->file);
    if (response) reply->file = -1; /* closed with the response */
    return response;
  }
  /* The exchange, and with it the body, lives until the response is sent. */
  const void *bytes = reply->fixed ? reply->fixed : reply->body.data ? reply->body.data : "";
  size_t length = reply->fixed ? reply->fixed_length : reply->body.length;
  return MHD_create_response_from_buffer_with_free_callback(length, (void *)(uintptr_t)bytes, no_free);
}

static bool add_headers(struct MHD_Response *response, const hw_http_reply *reply) {
  char etag[sizeof reply->etag + 8], saved[sizeof reply->file_name + 32];
  (void)snprintf(etag, sizeof etag, "W/\"%s\"", reply->etag); /* weak: the compressed bytes are others */
  (void)snprintf(saved, sizeof saved, "attachment; filename=\"%s\"", reply->file_name);
  bool ok = true;
  for (size_t i = 0; i < sizeof fixed_headers / sizeof *fixed_headers; i++)
    ok = ok && MHD_add_response_header(response, fixed_headers[i][0], fixed_headers[i][1]) == MHD_YES;
  ok = ok && (reply->status == MHD_HTTP_NOT_MODIFIED || MHD_add_response_header(response, "Content-Type", reply->type) == MHD_YES);
  ok = ok && (!reply->etag[0] || MHD_add_response_header(response, "ETag", etag) == MHD_YES);
  ok = ok && (!reply->gzip || MHD_add_response_header(response, "Content-Encoding", "gzip") == MHD_YES);
  ok = ok && (!reply->allow || MHD_add_response_header(response, "Allow", reply->allow) == MHD_YES);
  return ok && (!reply->file_name[0] || MHD_add_response_header(response, "Content-Disposition", saved) == MHD_YES);
}

/* MHD_NO ends the connection. */
static enum MHD_Result send_reply(struct MHD_Connection *connection, exchange *e) {
  hw_http_reply *reply = &e->reply;
  if (reply->body.failed) hw_http_reply_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "memory", "the server is out of memory");
  struct MHD_Response *response = make_response(reply);
  if (!response) return MHD_NO;
  enum MHD_Result sent = add_headers(response, reply) ? MHD_queue_response(connection, reply->status, response) : MHD_NO;
  MHD_destroy_response(response);
  return sent;
}

/* ---- an exchange ---- */

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
                              const char *upload, size_t *upload_size, void **state) {
  (void)version;
  hw_server *server = context;
  const hw_http_handler *handler = server->handler;
  exchange *e = *state;
  if (!e) return MHD_NO;
  if (!e->seen) {
    e->seen = true;
    set_waiting(server, connection, false);
    e->request.method = method;
    (void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND, read_header, &e->request);
    take_target(e, path);
    (void)MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, read_parameter, &e->request);
    handler->admit(handler->context, &e->request, &e->reply);
    return e->reply.status ? send_reply(connection, e) : MHD_YES;
  }
  if (*upload_size > 0) {
    if (*upload_size > HW_HTTP_BODY_BYTES - e->body.length) return MHD_NO; /* chunked, and too long */
    hw_buffer_append(&e->body, upload, *upload_size);
    *upload_size = 0;
    return e->body.failed ? MHD_NO : MHD_YES;
  }
  if (e->body.data) {
    e->request.body = e->body.data;
    e->request.body_length = e->body.length;
  }
  handler->answer(handler->context, &e->request, &e->reply);
  return send_reply(connection, e);
}

/* ---- start and stop ---- */

static void free_server(hw_server *server) {
  (void)pthread_mutex_destroy(&server->mutex);
  free(server);
}

bool hw_server_start(int listening, const hw_http_handler *handler, hw_server **out, hw_error *err) {
  *out = NULL;
  hw_server *server = calloc(1, sizeof *server);
  if (!server) return hw_fail_memory(err, "the server");
  server->handler = handler;
  (void)pthread_mutex_init(&server->mutex, NULL);
  server->daemon = MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC, 0, NULL, NULL, handle, server,
      MHD_OPTION_LISTEN_SOCKET, (MHD_socket)listening, MHD_OPTION_CONNECTION_LIMIT, (unsigned)PLACES, MHD_OPTION_CONNECTION_TIMEOUT,
      (unsigned)HW_HTTP_IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HW_HTTP_HEAD_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
      MHD_OPTION_URI_LOG_CALLBACK, begin_exchange, NULL, MHD_OPTION_NOTIFY_COMPLETED, end_exchange, server,
      MHD_OPTION_NOTIFY_CONNECTION, notice_connection, server, MHD_OPTION_END);
  if (server->daemon) {
    *out = server;
    return true;
  }
  free_server(server);
  return hw_fail(err, HW_ERROR_IO, "the server cannot be started");
}

void hw_server_stop(hw_server *server) {
  if (!server) return;
  MHD_stop_daemon(server->daemon);
  free_server(server);
}
