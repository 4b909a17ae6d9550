/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "web/web.h"

typedef struct serve_settings {
  int64_t port;
  const char *address, *model, *architecture;
  const char *hosts[2];
  double time_limit;
  bool no_token, open;
} serve_settings;

#define AT(field) offsetof(serve_settings, field)
static const hw_option rows[] = {
    {"model", HW_OPTION_TEXT, AT(model), "DIR", "model folder, or the name of a model in the Hugging Face cache: prompts can be typed in, and what is not stored is computed", 0, 0, NULL, false},
    {"architecture", HW_OPTION_TEXT, AT(architecture), "FILE", "describes the model, instead of its headwater.json", 0, 0, NULL, false},
    {"port", HW_OPTION_COUNT, AT(port), "N", "port to listen at; 0 takes a free one", 0, 65535, NULL, false},
    {"address", HW_OPTION_TEXT, AT(address), "ADDRESS", "address to listen at: ::1, or one that other machines reach", 0, 0, NULL, false},
    {"allow-host", HW_OPTION_TEXTS, AT(hosts), "NAME", "a further name of this machine that browsers may use", 0, 0, NULL, false},
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

/* Posted by SIGINT and SIGTERM. A semaphore: threads of OpenBLAS were there before main and may be the ones that get the signal. */
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

/* Hands the address to the desktop. It lies on the command line of another program for a moment; the token is in it. */
static void open_browser(const char *address) {
  pid_t child = fork();
  if (child != 0) return;
  (void)execlp("xdg-open", "xdg-open", address, (char *)NULL);
  fprintf(stderr, "headwater: cannot run xdg-open: %s; open the address by hand\n", strerror(errno));
  _exit(127);
}

static bool serve(const char *db, const serve_settings *settings, hw_web *web, hw_error *err) {
  hw_buffer address;
  catch_ends();
  const hw_web_settings wanted = {.db = db, .address = settings->address, .port = (int)settings->port, .hosts = settings->hosts,
                                  .n_hosts = (size_t)((settings->hosts[0] != NULL) + (settings->hosts[1] != NULL)),
                                  .no_token = settings->no_token, .time_limit = settings->time_limit,
                                  .model = settings->model, .architecture = settings->architecture};
  if (!hw_web_start(web, &wanted, err)) return false;
  hw_buffer_init(&address);
  hw_web_address(web, &address);
  bool ok = hw_buffer_check(&address, err);
  if (ok) {
    printf("%s\n", address.data);
    ok = hw_cli_finish() == 0 || hw_fail(err, HW_ERROR_IO, "the address cannot be printed");
  }
  if (ok && settings->open) open_browser(address.data);
  while (ok && sem_wait(&ended) != 0 && errno == EINTR) continue;
  hw_buffer_fini(&address);
  return ok;
}

static int run(const hw_command *command, int argc, char **argv) {
  serve_settings settings = usual;
  const char *db;
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, &db, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
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
