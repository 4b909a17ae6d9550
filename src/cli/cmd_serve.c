/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <malloc.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "web/web.h"

enum { MOST_HOSTS = 16 };

typedef struct serve_settings {
  int64_t port;
  const char *address, *model, *architecture;
  int precision; /* hw_precision */
  const char *hosts[MOST_HOSTS];
  double time_limit;
  bool no_token, open;
} serve_settings;

static const char *const precision_names[] = {"f32", "bf16", NULL};

#define AT(field) offsetof(serve_settings, field)
static const hw_option rows[] = {
    {"model", HW_OPTION_TEXT, AT(model), "DIR", "model folder, or the name of a model in the Hugging Face cache: prompts can be typed in, and what is not stored is computed", 0, 0, NULL, false},
    {"architecture", HW_OPTION_TEXT, AT(architecture), "FILE", "describes the model, instead of its headwater.json", 0, 0, NULL, false},
    {"precision", HW_OPTION_CHOICE, AT(precision), "WHICH", "of the model's products, as run --precision: f32 or bf16", 0, 0, precision_names, false},
    {"port", HW_OPTION_COUNT, AT(port), "N", "port to listen at; 0 takes a free one", 0, 65535, NULL, false},
    {"address", HW_OPTION_TEXT, AT(address), "ADDRESS", "address to listen at: ::1, or one that other machines reach", 0, 0, NULL, false},
    {"allow-host", HW_OPTION_TEXTS, AT(hosts), "NAME", "a further name of this machine that browsers may use", 0, MOST_HOSTS, NULL, false},
    {"no-token", HW_OPTION_FLAG, AT(no_token), NULL, "every user of this machine may read the database through the page", 0, 0, NULL, false},
    {"time-limit", HW_OPTION_NUMBER, AT(time_limit), "SECONDS", "gives up a query of the page after that time", 0, 1e6, NULL, false},
    {"open", HW_OPTION_FLAG, AT(open), NULL, "opens the page in the browser", 0, 0, NULL, false},
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};
static const serve_settings usual = {.port = 8620, .address = "127.0.0.1", .time_limit = 2};

static const hw_option_table *options(void **defaults) {
  static serve_settings settings;
  settings = usual;
  *defaults = &settings;
  return &table;
}

/* Posted by SIGINT and SIGTERM. A semaphore: any thread may be the one that gets the signal. */
static sem_t ended;

static void on_end(int signal_number) {
  (void)signal_number;
  (void)sem_post(&ended);
}

static void catch_ends(void) {
  struct sigaction action = {.sa_handler = on_end, .sa_flags = SA_RESTART};
  (void)sem_init(&ended, 0, 0);
  sigemptyset(&action.sa_mask);
  (void)sigaction(SIGINT, &action, NULL);
  (void)sigaction(SIGTERM, &action, NULL);
}

/* Writes a page that only this user can read and that leads to the address. On the command line of a browser all users of the machine
 * would see the token. */
static bool write_door(const char *address, char *path, size_t size, hw_error *err) {
  const char *folder = getenv("TMPDIR");
  (void)snprintf(path, size, "%s/headwater-XXXXXX.html", folder && *folder ? folder : "/tmp");
  int file = mkstemps(path, (int)strlen(".html"));
  if (file < 0) {
    *path = '\0';
    return hw_fail(err, HW_ERROR_IO, "--open: no file for the address: %s", strerror(errno));
  }
  bool ok = dprintf(file, "<!doctype html><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0; url=%s\">\n", address) > 0;
  ok = close(file) == 0 && ok;
  return ok || hw_fail(err, HW_ERROR_IO, "%s: cannot be written: %s", path, strerror(errno));
}

static void open_browser(const char *path) {
  (void)signal(SIGCHLD, SIG_IGN); /* nobody waits for it */
  if (fork() != 0) return;
  (void)execlp("xdg-open", "xdg-open", path, (char *)NULL);
  fprintf(stderr, "headwater: cannot run xdg-open: %s; open the address by hand\n", strerror(errno));
  _exit(127);
}

/* Shows the address, then waits for the signal that ends the server. */
static bool wait_for_end(const char *address, bool open, hw_error *err) {
  char door[4096] = "";
  printf("%s\n", address);
  bool ok = hw_cli_finish() == 0 || hw_fail(err, HW_ERROR_IO, "the address cannot be printed");
  ok = ok && (!open || write_door(address, door, sizeof door, err));
  if (ok && open) open_browser(door);
  while (ok && sem_wait(&ended) != 0 && errno == EINTR) continue;
  if (*door) (void)unlink(door);
  return ok;
}

/* Each connection has a thread. Left alone, glibc makes up to 8 heaps a core for threads, and heaps do not give back what a large reply
 * took: 6,000 requests over 64 connections left 77 MB more. */
static void keep_heaps_few(void) {
#ifdef M_ARENA_MAX
  (void)mallopt(M_ARENA_MAX, 2);
  (void)mallopt(M_MMAP_THRESHOLD, 256 * 1024);
#endif
}

static bool serve(const char *db, const serve_settings *settings, hw_web *web, hw_error *err) {
  hw_buffer address;
  catch_ends();
  keep_heaps_few();
  size_t n_hosts = 0;
  while (n_hosts < MOST_HOSTS && settings->hosts[n_hosts]) n_hosts++;
  const hw_web_settings wanted = {.db = db, .address = settings->address, .port = (int)settings->port, .hosts = settings->hosts,
                                  .n_hosts = n_hosts, .no_token = settings->no_token, .time_limit = settings->time_limit,
                                  .model = settings->model, .architecture = settings->architecture,
                                  .precision = settings->precision};
  if (!hw_web_start(web, &wanted, err)) return false;
  hw_buffer_init(&address);
  hw_web_address(web, &address);
  bool ok = hw_buffer_check(&address, err) && wait_for_end(address.data, settings->open, err);
  hw_buffer_fini(&address);
  return ok;
}

static int run(const hw_command *command, int argc, char **argv) {
  serve_settings settings = usual;
  const char *db;
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, &db, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
  if (!settings.model && (settings.architecture || settings.precision)) return hw_cli_usage(command, "--architecture and --precision are of a --model, and there is none");
  (void)signal(SIGPIPE, SIG_IGN); /* a browser that goes away is no reason to end */
  hw_web web;
  bool ok = serve(db, &settings, &web, &err);
  hw_web_stop(&web);
  return ok ? 0 : hw_cli_fail(&err);
}

const hw_command hw_cmd_serve = {
    .name = "serve",
    .usage = "DB [--model DIR] [--port N] [--address ADDRESS] [--open]",
    .summary = "shows the database in a browser",
    .example = "  headwater serve ioi.db\n"
               "  headwater serve ioi.db --model datasets/models/headwater-gpt2\n"
               "  headwater serve ioi.db --port 0 --open\n"
               "  ssh -L 8620:127.0.0.1:8620 HOST headwater serve ioi.db\n"
               "    (a database on another machine, in the browser of this one)\n",
    .options = options,
    .run = run,
};
