/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "headwater/store.h"
#include "headwater/export.h"

typedef struct export_settings {
  const char *out, *tables, *prompt;
  int64_t certificate;
  bool figures;
} export_settings;

static const hw_option rows[] = {
    {"out", HW_OPTION_TEXT, offsetof(export_settings, out), "DIR", "folder, made if it is missing", 0, 0, NULL, false},
    {"tables", HW_OPTION_TEXT, offsetof(export_settings, tables), "A,B", "only these, like head_importance,edge_frequency; mib_circuit: the ranking of a certificate", 0, 0, NULL, false},
    {"certificate", HW_OPTION_COUNT, offsetof(export_settings, certificate), "N", "mib_circuit and figures of certificates are of this one (headwater query DB certificates lists them); 0: mib_circuit of the one made with the most prompts stored, figure_knockouts of the one with the most knock-outs, figure_curve of the last eight", 0, 1e15, NULL, false},
    {"figures", HW_OPTION_FLAG, offsetof(export_settings, figures), NULL,
     "SVG figures too, by gnuplot and graphviz; their scripts stay beside them", 0, 0, NULL, false},
    {"prompt", HW_OPTION_TEXT, offsetof(export_settings, prompt), "N,...",
     "draw the graphs of these prompts as SVG too; N/T: at target T instead of the last", 0, 0, NULL, false},
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};

static const hw_option_table *options(void **defaults) {
  static export_settings settings;
  *defaults = &settings;
  return &table;
}

/* In the child: runs the program in the folder; says on stdout (a pipe) what goes wrong. */
static void become(const char *folder, char *const *arguments, int pipe_end) {
  if (chdir(folder) != 0 || dup2(pipe_end, STDOUT_FILENO) < 0 || dup2(pipe_end, STDERR_FILENO) < 0) _exit(126);
  (void)setenv("LC_ALL", "C.UTF-8", 1);
  (void)execvp(arguments[0], arguments);
  _exit(127);
}

static void read_all(int end, char *text, size_t size) {
  size_t n = 0;
  char rest[512];
  for (;;) {
    ssize_t got = n < size - 1 ? read(end, text + n, size - 1 - n) : read(end, rest, sizeof rest);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (n < size - 1) n += (size_t)got;
  }
  text[n] = '\0';
}

/* place: where the files are now; folder: where the user will find them. */
static bool draw(const char *place, const char *folder, hw_figure_tool tool, const char *script, const char *figure, hw_error *err) {
  bool plot = tool == HW_FIGURE_GNUPLOT;
  char *with_gnuplot[] = {"gnuplot", (char *)(uintptr_t)script, NULL};
  char *with_dot[] = {"dot", "-Tsvg", (char *)(uintptr_t)script, "-o", (char *)(uintptr_t)figure, NULL};
  char *const *arguments = plot ? with_gnuplot : with_dot;
  int ends[2], status = 0;
  if (pipe(ends) != 0) return hw_fail(err, HW_ERROR_IO, "cannot run %s: %s", arguments[0], strerror(errno));
  pid_t child = fork();
  if (child == 0) become(place, arguments, ends[1]);
  (void)close(ends[1]);
  char said[400] = "";
  if (child > 0) read_all(ends[0], said, sizeof said);
  (void)close(ends[0]);
  if (child < 0) return hw_fail(err, HW_ERROR_IO, "cannot run %s: %s", arguments[0], strerror(errno));
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s is not installed (Debian: apt install %s); the figures' data and scripts are in %s", arguments[0],
                   plot ? "gnuplot-nox" : "graphviz", folder);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s/%s: %s fails: %s", folder, script, arguments[0], said);
  return true;
}

/* The first figure that cannot be drawn; the other scripts are written all the same. */
typedef struct drawing {
  const char *folder;
  hw_error problem;
} drawing;

static bool draw_or_note(void *context, hw_figure_tool tool, const char *place, const char *script, const char *figure, hw_error *err) {
  drawing *d = context;
  (void)err;
  hw_error problem = {0};
  if (!draw(place, d->folder, tool, script, figure, &problem) && d->problem.kind == HW_OK) d->problem = problem;
  return true;
}

/* "17,203/14": prompts, and a target behind a slash. */
static bool parse_graphs(const char *text, hw_export *wanted, hw_error *err) {
  size_t n = 1;
  for (const char *at = text; *at; at++) n += *at == ',';
  hw_export_graph *graphs = malloc(n * sizeof *graphs);
  if (!graphs) return hw_fail_memory(err, "a list of prompts");
  wanted->graphs = graphs;
  for (const char *at = text; wanted->n_graphs < n; at++) {
    hw_export_graph graph = {.target = -1};
    char *end;
    errno = 0;
    bool ok = *at >= '0' && *at <= '9';
    graph.prompt_id = strtoll(at, &end, 10);
    if (ok && *end == '/') {
      at = end + 1;
      ok = *at >= '0' && *at <= '9';
      graph.target = strtoll(at, &end, 10);
    }
    if (!ok || errno || (*end && *end != ',')) return hw_fail(err, HW_ERROR_ARGUMENT, "prompt is \"%.100s\", want numbers like 17,203 or 17/14", text);
    graphs[wanted->n_graphs++] = graph;
    at = end;
  }
  return true;
}

static int run(const hw_command *command, int argc, char **argv) {
  export_settings settings = {0};
  const char *db;
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, &db, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
  if (!settings.out) return hw_cli_usage(command, "no --out DIR given");
  hw_store *store = NULL;
  drawing d = {.folder = settings.out};
  hw_buffer notes;
  hw_buffer_init(&notes);
  hw_export wanted = {.folder = settings.out, .tables = settings.tables, .certificate = settings.certificate, .figures = settings.figures, .script = draw_or_note, .context = &d, .notes = &notes};
  bool ok = (!settings.prompt || parse_graphs(settings.prompt, &wanted, &err)) && hw_cli_open_read(db, NULL, &store, &err) &&
            hw_store_export(store, &wanted, &err);
  (void)hw_store_close(store, false, NULL);
  free((void *)(uintptr_t)wanted.graphs);
  if (ok && notes.length) (void)fprintf(stderr, "note: %s", notes.data);
  hw_buffer_fini(&notes);
  if (!ok) return hw_cli_fail(&err);
  return d.problem.kind == HW_OK ? 0 : hw_cli_fail(&d.problem);
}

const hw_command hw_cmd_export = {
    .name = "export",
    .usage = "DB --out DIR [--tables A,B] [--figures] [--prompt N,...]",
    .summary = "CSV tables, figures and a manifest for papers",
    .example = "  headwater export ioi.db --out paper/ --figures\n",
    .options = options,
    .run = run,
};
