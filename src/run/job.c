/* SPDX-License-Identifier: Apache-2.0
 * The options of a job, as a table. */
#include <stddef.h>
#include <string.h>

#include "headwater/dataset.h"
#include "run/job.h"

static const char *const joint_names[] = {"auto", "space", "none", NULL};
static const char *const norm_names[] = {"l1", NULL};
static const char *const project_names[] = {"default", "all", "none", NULL};
static const char *const convention_names[] = {"auto", "alone", "frozen", "both", NULL};
static const char *const gemm_names[] = {"built-in", "openblas", NULL};
static const char *const precision_names[] = {"f32", "bf16", NULL};
static const char *const prefix_names[] = {"yes", "no", NULL};
const char *const hw_relevance_names[] = {"none", "answer", "contrast", "both", NULL};
static const char *const screen_names[] = {"auto", "always", "never", NULL};
static const char *const neuron_projection_names[] = {"used", "all", "none", NULL};

enum { MOST_SHARDS = 1000000 };

#define AT(field) offsetof(hw_job, field)

static const hw_option job_options[] = {
    {"model", HW_OPTION_PATH, AT(model), "DIR", "model folder, or the name of a model in the Hugging Face cache", 0, 0, NULL, false},
    {"architecture", HW_OPTION_PATH, AT(architecture), "FILE", "describes the model, instead of its headwater.json", 0, 0, NULL, false},
    {"data", HW_OPTION_PATH, AT(data), "FILE", "data set: a prompt a row, .gz allowed; - for standard input, with --format", 0, 0, NULL, false},
    {"db", HW_OPTION_PATH, AT(db), "FILE", "database to make, or to continue", 0, 0, NULL, false},
    {"format", HW_OPTION_TEXT, AT(format), "NAME", "txt, csv, tsv, jsonl or json; by the file's name when left out", 0, 0, NULL, true},
    {"quoting", HW_OPTION_CHOICE, AT(quoting), "WHEN", "quotes around the cells of CSV and TSV are taken off: auto (CSV: yes; TSV: if more cells are wrapped in them than have loose ones), never, always", 0, 0, hw_quoting_names, HW_DECIDES_IF_CHOSEN},
    {"max-row", HW_OPTION_COUNT, AT(max_row), "BYTES", "a longer row fails by itself, and one of more than 64 MiB in any case", 1, 1 << 30, NULL, HW_DECIDES_IF_CHOSEN},
    {"prompt-column", HW_OPTION_TEXT, AT(prompt_column), "NAME", "column of the prompt; else prompt, text, clean, ...", 0, 0, NULL, true},
    {"answer-column", HW_OPTION_TEXT, AT(answer_column), "NAME", "column of the right answer; else answer, target, ...", 0, 0, NULL, true},
    {"foil-column", HW_OPTION_TEXT, AT(foil_column), "NAME", "column of the wrong answer; else foil, ...", 0, 0, NULL, true},
    {"answer-joint", HW_OPTION_CHOICE, AT(analysis.answer_joint), "WHAT", "between prompt and answer: auto (a space, but none where one of them brings it, after an opening quote or bracket, and within scripts without spaces), space (but where one of them brings it), none", 0, 0, joint_names, HW_DECIDES_IF_CHOSEN},
    {"counterfactual", HW_OPTION_FLAG, AT(counterfactual), NULL, "trace each row's counterfactual prompt as well, beside the first", 0, 0, NULL, true},
    {"counterfactual-column", HW_OPTION_TEXT, AT(counterfactual_column), "NAME", "column of the paired prompt; else counterfactual, corrupted, ...", 0, 0, NULL, true},
    {"group-by", HW_OPTION_TEXT, AT(group_by), "A,B", "columns that split the aggregates, together and each alone; else those of label, group, template, case that exist; none for no groups", 0, 0, NULL, true},
    {"spans", HW_OPTION_FLAG, AT(spans), NULL, "prompts mark spans with a role: \"When [IO:Mary] and ...\", brackets doubled", 0, 0, NULL, true},
    {"limit", HW_OPTION_COUNT, AT(limit), "N", "only the first N rows; 0 for all", 0, 1e15, NULL, true},
    {"targets", HW_OPTION_TEXT, AT(analysis.targets), "LIST", "positions whose prediction is traced: last, all, or a list like 0,5", 0, 0, NULL, true},
    {"threshold", HW_OPTION_NUMBER, AT(analysis.threshold), "T", "smallest share of a node that an edge of the graph has", 0, 1, NULL, true},
    {"floor", HW_OPTION_NUMBER, AT(analysis.floor), "T", "smallest share that is stored, at most the threshold; any threshold from it on can be applied afterwards, without the model; a quarter of the threshold when left out; a floor equal to the threshold saves about a tenth of the database, and at 0.04, of small models, a quarter of the time", 0, 1, NULL, true},
    {"norm", HW_OPTION_CHOICE, AT(analysis.norm), "NAME", "proximity: l1", 0, 0, norm_names, true},
    {"bos", HW_OPTION_CHOICE, AT(analysis.bos), "WHEN", "prepend the BOS token: auto (as the tokenizer's files say), yes, no", 0, 0, hw_bos_names, true},
    {"top-neurons", HW_OPTION_COUNT, AT(analysis.top_neurons), "K", "neurons kept of each FFN node", 0, 1000, NULL, true},
    {"top-tokens", HW_OPTION_COUNT, AT(analysis.top_tokens), "K", "tokens kept of each projection list", 1, 1000, NULL, true},
    {"project", HW_OPTION_CHOICE, AT(analysis.project), "WHAT", "projections: default (ten heads, and the target's blocks and states), all (every component of the graph), none", 0, 0, project_names, true},
    {"convention", HW_OPTION_CHOICE, AT(analysis.conventions), "NAME", "projections: frozen (share of the target's logits), alone (normalised by itself), both, or auto: components frozen, residual states alone", 0, 0, convention_names, true},
    {"neuron-projections", HW_OPTION_CHOICE, AT(neuron_projections), "WHICH", "what neurons promote, after the last chunk: used (those in a top list), all, none", 0, 0, neuron_projection_names, true},
    {"neuron-threshold", HW_OPTION_NUMBER, AT(neuron_threshold), "T", "share above which a neuron counts as active", 0, 1, NULL, true},
    {"relevance", HW_OPTION_CHOICE, AT(relevance), "WHAT", "what each answer depends on: answer (by itself), contrast (against the row's counterfactual, with --counterfactual), both, none", 0, 0, hw_relevance_names, HW_DECIDES_IF_CHOSEN},
    {"relevance-threshold", HW_OPTION_NUMBER, AT(relevance_threshold), "T", "smallest share of the answer's margin that a part of such a graph has; 0.04 when left out", 0, 1, NULL, HW_DECIDES_IF_CHOSEN},
    {"relevance-floor", HW_OPTION_NUMBER, AT(relevance_floor), "T", "smallest share that is stored, as floor; a quarter of the relevance threshold when left out", 0, 1, NULL, HW_DECIDES_IF_CHOSEN},
    {"chunk-tokens", HW_OPTION_COUNT, AT(chunk_tokens), "N", "tokens of a chunk, the unit of work; 0: from 256 of a small data set to 2048", 0, 1 << 20, NULL, true},
    {"threads", HW_OPTION_COUNT, AT(threads), "N", "threads that compute; 0 for one per core", 0, 1024, NULL, false},
    {"gemm", HW_OPTION_CHOICE, AT(gemm), "WHICH", "matrix products: built-in (the same bits on every processor) or openblas (for comparison)", 0, 0, gemm_names, HW_DECIDES_IF_CHOSEN},
    {"precision", HW_OPTION_CHOICE, AT(precision), "WHICH", "products with the weights of layers: f32, or bf16 (weights and what they multiply rounded to BF16, sums in float32; half the memory, and faster on processors with AVX512_BF16)", 0, 0, precision_names, HW_DECIDES_IF_CHOSEN},
    {"allow-mixed-kernels", HW_OPTION_FLAG, AT(allow_mixed_kernels), NULL, "with --gemm openblas: continue a run that another kernel of OpenBLAS began, whose bits may differ", 0, 0, NULL, false},
    {"share-prefixes", HW_OPTION_CHOICE, AT(share_prefixes), "WHEN", "prompts that begin with the same tokens compute these once: yes or no (the same results); never with --gemm openblas", 0, 0, prefix_names, false},
    {"screen", HW_OPTION_CHOICE, AT(screen), "WHEN", "projections: 8-bit numbers say which tokens can be in a list; the lists are the same: auto (where it saves time and memory allows it), always, never", 0, 0, screen_names, false},
    {"memory", HW_OPTION_COUNT, AT(memory), "MiB", "cap on all workers' memory, packed and 8-bit weights; mapped files, the program and the database come on top (--dry-run says how much); 0 for none", 0, 1 << 24, NULL, false},
    {"shard", HW_OPTION_TEXT, AT(shard), "K/N", "only the chunks of the K-th of N processes, each with a --db of its own; headwater merge joins these", 0, 0, NULL, false},
    {"plan", HW_OPTION_PATH, AT(plan), "FILE", "the data set is measured once: the first process writes the plan there, the others of the same run read it", 0, 0, NULL, false},
    {"commit-seconds", HW_OPTION_COUNT, AT(commit_seconds), "N", "finished chunks wait so many seconds after the last commit for the next, so that small ones share a commit; 0: none wait", 0, 3600, NULL, false},
    HW_LOCK_TIMEOUT_ROW(hw_job),
    {"durable", HW_OPTION_FLAG, AT(durable), NULL, "every commit survives a power failure", 0, 0, NULL, false},
    {"profile", HW_OPTION_FLAG, AT(profile), NULL, "say at the end where the workers' time went, and keep it in the table process_stage", 0, 0, NULL, false},
    {"failed-ok", HW_OPTION_FLAG, AT(failed_ok), NULL, "exit with 0, not 3, when some prompts failed", 0, 0, NULL, false},
    {"dry-run", HW_OPTION_FLAG, AT(dry_run), NULL, "only say what the run would take; --plan FILE is written all the same", 0, 0, NULL, false},
    {"quiet", HW_OPTION_FLAG, AT(quiet), NULL, "no progress, and no lines on columns and answers", 0, 0, NULL, false},
};

hw_option_table hw_job_options(void) { return (hw_option_table){job_options, sizeof job_options / sizeof *job_options}; }

void hw_analysis_defaults(hw_analysis *analysis) {
  *analysis = (hw_analysis){.threshold = 0.04, .targets = "last", .top_neurons = 10, .top_tokens = 10};
}

void hw_job_defaults(hw_job *job) {
  *job = (hw_job){.neuron_threshold = 0.01, .max_row = 1 << 20, .commit_seconds = 5, .lock_timeout = HW_LOCK_SECONDS};
  hw_analysis_defaults(&job->analysis);
}

static bool check_ranges(const hw_job *job, hw_error *err) {
  hw_job usual;
  hw_job_defaults(&usual);
  usual.lock_timeout = 0; /* a caller in C may say this as well, see hw_hooks */
  return hw_options_check(hw_job_options(), job, &usual, err);
}

bool hw_analysis_check(const hw_analysis *analysis, hw_error *err) {
  hw_job job;
  hw_job_defaults(&job);
  job.analysis = *analysis;
  job.threads = analysis->threads;
  job.memory = analysis->memory;
  return check_ranges(&job, err);
}

bool hw_analysis_flow(const hw_analysis *analysis, hw_flow_settings *settings, hw_error *err) {
  if (!hw_analysis_check(analysis, err)) return false;
  double lowest = analysis->floor > 0 ? analysis->floor : analysis->threshold / 4;
  if (lowest > analysis->threshold)
    return hw_fail(err, HW_ERROR_INPUT, "floor %g is above the threshold %g", lowest, analysis->threshold);
  *settings = (hw_flow_settings){.threshold = analysis->threshold, .floor = lowest, .top_neurons = (uint32_t)analysis->top_neurons,
                                 .top_tokens = (uint32_t)analysis->top_tokens, .project = (hw_project)analysis->project,
                                 .conventions = (hw_convention_choice)analysis->conventions, .raw = analysis->raw};
  return hw_targets_check(analysis->targets, err);
}

bool hw_job_pairs(const hw_job *job) { return job->relevance >= HW_RELEVANCE_CONTRAST; }

double hw_job_relevance_threshold(const hw_job *job) { return job->relevance_threshold > 0 ? job->relevance_threshold : HW_RELEVANCE_THRESHOLD; }
double hw_job_relevance_floor(const hw_job *job) { return job->relevance_floor > 0 ? job->relevance_floor : hw_job_relevance_threshold(job) / 4; }

bool hw_job_shares_prefixes(const hw_job *job) { return job->share_prefixes == HW_PREFIXES_SHARED && job->gemm == HW_GEMM_BUILT_IN; }

bool hw_job_shard(const hw_job *job, hw_shard *shard, hw_error *err) {
  *shard = (hw_shard){1, 1};
  if (!job->shard) return true;
  int64_t numbers[2] = {0};
  const char *at = job->shard;
  bool ok = true;
  for (int i = 0; i < 2; i++) {
    const char *first = at;
    for (; *at >= '0' && *at <= '9' && numbers[i] <= MOST_SHARDS; at++) numbers[i] = 10 * numbers[i] + (*at - '0');
    ok = ok && at > first && *at == (i ? '\0' : '/');
    at += *at != '\0';
  }
  *shard = (hw_shard){numbers[0], numbers[1]};
  if (ok && shard->k >= 1 && shard->k <= shard->n && shard->n <= MOST_SHARDS) return true;
  return hw_fail(err, HW_ERROR_INPUT, "shard is '%.40s', want K/N with K from 1 to N and N at most %d, like 1/4", job->shard, MOST_SHARDS);
}

static bool check_relevance(const hw_job *job, hw_error *err) {
  if (job->relevance == HW_RELEVANCE_NONE) {
    if (!(job->relevance_threshold > 0) && !(job->relevance_floor > 0)) return true;
    return hw_fail(err, HW_ERROR_INPUT, "--relevance-threshold and --relevance-floor need --relevance answer, contrast or both");
  }
  if (job->relevance != HW_RELEVANCE_ANSWER && !job->counterfactual)
    return hw_fail(err, HW_ERROR_INPUT, "--relevance %s needs --counterfactual", hw_relevance_names[job->relevance]);
  double threshold = hw_job_relevance_threshold(job);
  return !(job->relevance_floor > threshold) || hw_fail(err, HW_ERROR_INPUT, "relevance floor %g is above the relevance threshold %g", job->relevance_floor, threshold);
}

bool hw_job_check(const hw_job *job, hw_error *err) {
  hw_flow_settings settings;
  hw_shard shard;
  if (!job->model) return hw_fail(err, HW_ERROR_INPUT, "no --model DIR given");
  if (!job->data) return hw_fail(err, HW_ERROR_INPUT, "no --data FILE given");
  if (strcmp(job->data, "-") == 0 && !job->format) return hw_fail(err, HW_ERROR_INPUT, "--data - has no name that tells the format: give --format");
  if (!job->db && !job->dry_run) return hw_fail(err, HW_ERROR_INPUT, "no --db FILE given");
  if (job->db && strcmp(job->db, ":memory:") == 0)
    return hw_fail(err, HW_ERROR_INPUT, "--db :memory: would be lost when the program ends, want a file (./:memory: is one)");
  if (!check_ranges(job, err)) return false;
  if (job->gemm == HW_GEMM_OPENBLAS && job->precision == HW_PRECISION_BF16)
    return hw_fail(err, HW_ERROR_INPUT, "--precision bf16 wants the built-in products, not --gemm openblas");
  if (job->counterfactual_column && !job->counterfactual) return hw_fail(err, HW_ERROR_INPUT, "--counterfactual-column needs --counterfactual");
  if (job->allow_mixed_kernels && job->gemm != HW_GEMM_OPENBLAS) return hw_fail(err, HW_ERROR_INPUT, "--allow-mixed-kernels needs --gemm openblas");
  return hw_job_shard(job, &shard, err) && check_relevance(job, err) && hw_analysis_flow(&job->analysis, &settings, err);
}
