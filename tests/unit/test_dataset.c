/* SPDX-License-Identifier: Apache-2.0
 * Every test writes small files, reads them with the public reader and compares a transcript of all rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "dataset/reader.h"
#include "headwater/buffer.h"
#include "headwater/dataset.h"

enum { BLOCK = sizeof((hw_stream *)0)->block };

#define TEST(name) static void name(void **state __attribute__((unused)))
#define OPTIONS(...) ((hw_dataset_options){__VA_ARGS__})

static char folder[] = "/tmp/hw_dataset_XXXXXX";
static char path[256];    /* of the file written last */
static hw_buffer printed; /* the transcript of the last read */

static void write_file(const char *name, const char *bytes, size_t length) {
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, length, file), length);
  assert_int_equal(fclose(file), 0);
}

static void write_text(const char *name, const char *text) { write_file(name, text, strlen(text)); }

static void write_gz(const char *name, const char *bytes, size_t length, const char *mode) {
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  gzFile file = gzopen(path, mode);
  assert_non_null(file);
  if (length) assert_int_equal(gzwrite(file, bytes, (unsigned)length), length);
  assert_int_equal(gzclose(file), Z_OK);
}

static void print_field(const char *title, const hw_field *field) {
  if (!field->value) return;
  hw_buffer_printf(&printed, " %s=[", title);
  for (size_t i = 0; i < field->length; i++) {
    unsigned char byte = (unsigned char)field->value[i];
    if (byte < 0x20)
      hw_buffer_printf(&printed, "<%02x>", byte);
    else
      hw_buffer_append_byte(&printed, byte);
  }
  hw_buffer_append_string(&printed, "]");
  assert_int_equal(field->value[field->length], '\0');
  assert_non_null(field->name);
}

/* "index:line prompt=[...] answer=[...] +other=[...]" for every row; "ERROR message" (no folder) where it ends badly. */
static const char *transcript_limited(hw_dataset_options options, size_t row_limit) {
  hw_dataset *dataset = NULL;
  hw_row row;
  hw_error err = {0};
  int got = -1;
  options.path = path;
  hw_buffer_reset(&printed);
  hw_buffer_append_string(&printed, "");
  if (hw_dataset_open_limited(&options, row_limit, &dataset, &err)) {
    while ((got = hw_dataset_next(dataset, &row, &err)) > 0) {
      hw_buffer_printf(&printed, "%" PRId64 ":%" PRId64, row.index, row.line);
      if (row.problem) {
        hw_buffer_printf(&printed, " PROBLEM %s", row.problem);
        assert_null(row.prompt.value);
        assert_int_equal(row.n_others, 0);
      }
      print_field("prompt", &row.prompt);
      print_field("answer", &row.answer);
      print_field("foil", &row.foil);
      print_field("counterfactual", &row.counterfactual);
      for (size_t i = 0; i < row.n_others; i++) {
        char title[64];
        (void)snprintf(title, sizeof title, "+%s", row.others[i].name);
        print_field(title, &row.others[i]);
      }
      hw_buffer_append_string(&printed, "\n");
    }
    hw_error again = {0};
    assert_int_equal(hw_dataset_next(dataset, &row, &again), got); /* the end stays the end */
    if (got < 0) assert_string_equal(again.message, err.message);
  } else {
    assert_null(dataset);
  }
  hw_dataset_close(dataset);
  if (got < 0) {
    assert_true(err.kind == HW_ERROR_INPUT || err.kind == HW_ERROR_ARGUMENT || err.kind == HW_ERROR_IO);
    assert_memory_equal(err.message, folder, strlen(folder)); /* messages name the file */
    hw_buffer_printf(&printed, "ERROR %s\n", err.message + strlen(folder) + 1);
  }
  assert_false(printed.failed);
  return printed.data;
}

static const char *transcript(hw_dataset_options options) { return transcript_limited(options, HW_ROW_LIMIT); }

static const char *read_bytes(const char *name, const char *bytes, size_t length) {
  write_file(name, bytes, length);
  return transcript(OPTIONS(0));
}

static const char *read_text(const char *name, const char *text) { return read_bytes(name, text, strlen(text)); }

/* The transcript of the file written last; of a file with this text. Macros, so that a failure names its line. */
#define GIVES(options, expected) assert_string_equal(transcript(options), expected)
#define READS(name, text, expected) assert_string_equal(read_text(name, text), expected)

/* The same rows from the plain file and from the gzipped one. */
static void check(const char *name, const char *text, const char *expected) {
  READS(name, text, expected);
  char gz_name[64];
  (void)snprintf(gz_name, sizeof gz_name, "%s.gz", name);
  write_gz(gz_name, text, strlen(text), "wb");
  GIVES(OPTIONS(0), expected);
}

TEST(txt_is_a_prompt_a_line) {
  check(
      "a.txt", "One day\n\n  two spaces, \"quotes\"\tand a tab \r\nlast",
      "0:1 prompt=[One day]\n1:2 prompt=[]\n2:3 prompt=[  two spaces, \"quotes\"<09>and a tab ]\n3:4 prompt=[last]\n");
  check("b.txt", "x\n", "0:1 prompt=[x]\n");
  check("c.txt", "\n", "0:1 prompt=[]\n");
  check("d.txt", "a\rb\r\n", "0:1 prompt=[a]\n1:1 prompt=[b]\n"); /* lines are counted by LF */
}

TEST(csv_follows_rfc_4180) {
  check("gt.csv", "clean,corrupted,label\nThe war lasted from 1352 to 13,The war lasted from 1301 to 13,52\n",
        "0:2 prompt=[The war lasted from 1352 to 13] counterfactual=[The war lasted from 1301 to 13] +label=[52]\n");
  check("quoted.csv",
        "answer,prompt,foil\r\n has,\"He said \"\"no\"\",\nand\r\nleft\", have\r\n\r\n\"\",plain,\"\"\r\nx,\"end\",",
        "0:2 prompt=[He said \"no\",<0a>and<0d><0a>left] answer=[ has] foil=[ have]\n"
        "1:6 prompt=[plain]\n"
        "2:7 prompt=[end] answer=[x]\n");
  check("spaces.csv", "text,target\n  padded  , b \n", "0:2 prompt=[  padded  ] answer=[ b ]\n");
  check("ragged.csv", "group,prompt,label\ng,p\ng\ng,p,l,x,y\ng,q,l\n",
        "0:2 PROBLEM 2 fields, but the header has 3\n"
        "1:3 PROBLEM 1 field, but the header has 3\n"
        "2:4 PROBLEM 5 fields, but the header has 3\n"
        "3:5 prompt=[q] +group=[g] +label=[l]\n");
  check("index.csv", ",prompt\n0,p\n", "0:2 prompt=[p] +=[0]\n");
  check("mac.csv", "prompt,n\rp,1\rq,2", "0:2 prompt=[p] +n=[1]\n1:3 prompt=[q] +n=[2]\n");
}

TEST(a_stray_quote_costs_its_line) {
  READS("open.csv", "prompt,label\np,1\nq,2\n\"never\nclosed,3\nr,4\n",
        "0:2 prompt=[p] +label=[1]\n1:3 prompt=[q] +label=[2]\n"
        "2:4 PROBLEM a quote is opened in this line and never closed\n3:5 prompt=[closed] +label=[3]\n4:6 prompt=[r] +label=[4]\n");
  READS("first.csv", "prompt\n\"p\n", "0:2 PROBLEM a quote is opened in this line and never closed\n");
  READS("header.csv", "\"prompt\np\n", "ERROR header.csv: line 1: a quote is opened in this line and never closed\n");
  READS("inside.csv", "prompt\n\"a\n\nb\"\nfive\" tall\n", "0:2 prompt=[a<0a><0a>b]\n1:5 prompt=[five\" tall]\n");
  READS("after.csv", "prompt,n\np,1\n\"q\" ,2\n", "0:2 prompt=[p] +n=[1]\n1:3 prompt=[q ] +n=[2]\n");
  READS("later.csv", "n,prompt\n1,\"He said\n2,\"Hello, there\"\n3,x\n",
        "0:2 PROBLEM a quote is opened in this line, and closed in a later one with text behind it\n"
        "1:3 prompt=[Hello, there] +n=[2]\n2:4 prompt=[x] +n=[3]\n");
}

TEST(tsv_splits_at_tabs_alone) {
  check("w.tsv", "sentid\tsentence\r\na.1\tThe \"cook\", he said.\r\n\r\nb.2\t\"open\nc.3\n",
        "0:2 prompt=[The \"cook\", he said.] +sentid=[a.1]\n1:4 prompt=[\"open] +sentid=[b.2]\n"
        "2:5 PROBLEM 1 field, but the header has 2\n");
  check("more.tsv", "prompt\tn\n\t\np\t1\t2\n", "0:2 prompt=[] +n=[]\n1:3 PROBLEM 3 fields, but the header has 2\n");
}

TEST(jsonl_is_an_object_a_line) {
  check("sva.jsonl",
        "{\"clean_prefix\": \"The friends\", \"patch_prefix\": \"The friend\", \"clean_answer\": \" have\", "
        "\"patch_answer\": \" has\", \"case\": \"plural\"}\n",
        "0:1 prompt=[The friends] answer=[ have] foil=[ has] counterfactual=[The friend] +case=[plural]\n");
  check("values.jsonl",
        "{\"prompt\":\"a\\u0000b\\n\\u00e9\\ud83d\\ude00\",\"x\":0.10,\"big\":123456789012345678901,\"t\":true,\"n\":"
        "null,"
        "\"nest\": { \"k\" : [ 1, \"a b\\\"}\" ] } , \"s\":\"\",\"answer\":52}\r\n",
        "0:1 prompt=[a<00>b<0a>\xC3\xA9\xF0\x9F\x98\x80] answer=[52] +x=[0.10] +big=[123456789012345678901] +t=[true] "
        "+nest=[{\"k\":[1,\"a b\\\"}\"]}] +s=[]\n");
  check("later.jsonl",
        "{\"text\":\"p\"}\n\n \t\n{\"answer\":\"A\",\"new\":1,\"text\":\"q\"}\n\"bare\"\n{\"text\":null}\n",
        "0:1 prompt=[p]\n1:4 prompt=[q] answer=[A] +new=[1]\n2:5 prompt=[bare]\n"
        "3:6 PROBLEM no prompt: column \"text\" of this row is null, NaN or []\n");
}

TEST(one_broken_json_row_does_not_end_the_file) {
  check(
      "broken.jsonl",
      "{\"prompt\":\"a\"}\n{\"prompt\":\n[1]\n{\"prompt\":\"b\",\"prompt\":\"c\"}\n7\n{\"prompt\":\"d\"}",
      "0:1 prompt=[a]\n1:2 PROBLEM not a JSON object: unexpected token near end of file\n"
      "2:3 PROBLEM not a JSON object: an array\n3:4 PROBLEM not a JSON object: duplicate object key near '\"prompt\"'\n"
      "4:5 PROBLEM not a JSON object: a number\n5:6 prompt=[d]\n");
  check("first.jsonl", "nonsense\n{\n{\"clean\":\"a\"}\n{\"clean\":\"b\"}\n",
        "0:1 PROBLEM not a JSON object: invalid token near 'nonsense'\n"
        "1:2 PROBLEM not a JSON object: string or '}' expected near end of file\n2:3 prompt=[a]\n3:4 prompt=[b]\n");
  check("broken.json", "[{\"prompt\":\"a\"}, {\"prompt\" \"b\"}, tru[e], {\"prompt\":\"c\"}]",
        "0:1 prompt=[a]\n1:2 PROBLEM not a JSON object: ':' expected near '\"b\"'\n"
        "2:3 PROBLEM not a JSON object: invalid token near 'tru'\n3:4 prompt=[c]\n");
}

TEST(json_is_an_array) {
  check("ioi.json",
        "[\n  {\n    \"case_id\": 0,\n    \"prompt\": \"Then, [A] and {B\\\\\\\" went\",\n    \"answer\": \"A\",\n"
        "    \"org/model\": false\n  },\n  { \"prompt\":\"q\" , \"pos\" : [ 1 ,\n 2 ] }\n]\n",
        "0:1 prompt=[Then, [A] and {B\\\" went] answer=[A] +case_id=[0] +org/model=[false]\n1:2 prompt=[q] "
        "+pos=[[1,2]]\n");
  check("strings.json", " [\"one\",\"two \\\"2\\\"\" , \"\"]",
        "0:1 prompt=[one]\n1:2 prompt=[two \"2\"]\n2:3 prompt=[]\n");
}

TEST(broken_json_says_where) {
  const char *early = "ERROR x.json: line 2: the file ends before the array does, after 1 elements\n";
  READS("x.json", "[\"a\",\n", early);
  READS("x.json", "[\"a\"\n", early);
  READS("x.json", "[\"a\",\n{\"prompt\":\"cut", early);
  READS("x.json", "[\"a\",\n12", early);
  READS("x.json", "[\"a\" \"b\"]",
        "ERROR x.json: line 1: found \" after 1 elements of the array, want ',' or ']'\n");
  READS("x.json", "[\"a\",]",
        "ERROR x.json: line 1: found ] after 1 elements of the array, want a value\n");
  READS("x.json", "[\"a\"]\n]",
        "ERROR x.json: line 2: found ] after 1 elements of "
        "the array, want nothing after its closing bracket\n");
  READS("x.json", "[\x01]",
        "ERROR x.json: no prompts: none of the rows can be read; line 1: not a JSON object: invalid token near '?'\n");
  READS("x.json", "{\n\"prompt\": \"a\"\n}\n{\n\"prompt\"", "ERROR x.json: line 5: the file ends before a value does, after 1 elements\n");
  READS("x.jsonl", "a,b\n1,2\n",
        "ERROR x.jsonl: no prompts: none of the rows can be read; line 1: "
        "not a JSON object: invalid token near 'a'\n");
}

TEST(a_nested_value_is_no_prompt) {
  const char *text = "{\"prompt\":\"p\",\"answer\":[\" x\",\" y\"]}\n{\"prompt\":[{\"role\":\"user\"}]}\n";
  check("nested.jsonl", text,
        "0:1 PROBLEM the answer is a JSON array, want one string\n1:2 PROBLEM the prompt is a JSON object, want one string\n");
  write_text("n.jsonl", "{\"prompt\":\"p\",\"answer\":{}}\n");
  GIVES(OPTIONS(.answer_column = "answer"), "0:1 PROBLEM the answer is a JSON object, want one string\n");
}

TEST(marks_at_the_start) {
  check("bom.csv", "\xEF\xBB\xBFprompt,n\np,1\n", "0:2 prompt=[p] +n=[1]\n");
  check("bom.tsv", "\xEF\xBB\xBFprompt\tn\np\t1\n", "0:2 prompt=[p] +n=[1]\n");
  check("bom.txt", "\xEF\xBB\xBFp\n\xEF\xBB\xBFq\n", "0:1 prompt=[p]\n1:2 prompt=[\xEF\xBB\xBFq]\n");
  check("bom.jsonl", "\xEF\xBB\xBF{\"prompt\":\"p\"}\n", "0:1 prompt=[p]\n");
  check("bom.json", "\xEF\xBB\xBF[{\"prompt\":\"p\"}]\n", "0:1 prompt=[p]\n");
  assert_string_equal(read_bytes("u.txt", "\xFF\xFEp\0", 4), "ERROR u.txt: the text is UTF-16, want UTF-8 (iconv -f UTF-16 -t UTF-8)\n");
}

TEST(what_is_not_utf8_is_a_problem_of_its_row) {
  check("bad.txt", "caf\xC3\xA9\ncaf\xE9\nok\n",
        "0:1 prompt=[caf\xC3\xA9]\n1:2 PROBLEM the prompt is not UTF-8 (byte 4)\n2:3 prompt=[ok]\n");
  check("bad.csv", "prompt,note,answer\np,\xFF,a\np,n,b\xC0\xAF\np,n,a\n",
        "0:2 PROBLEM column \"note\" is not UTF-8 (byte 1)\n1:3 PROBLEM the answer is not UTF-8 (byte 2)\n"
        "2:4 prompt=[p] answer=[a] +note=[n]\n");
  check("bad.tsv", "prompt\tn\n\xED\xA0\x80\t1\n", "0:2 PROBLEM the prompt is not UTF-8 (byte 1)\n");
  check("bad.jsonl", "{\"prompt\":\"p\"}\n{\"prompt\":\"\xE9\"}\n{\"prompt\":\"\\ud800\"}\n",
        "0:1 prompt=[p]\n1:2 PROBLEM the row is not UTF-8 (byte 12)\n"
        "2:3 PROBLEM not a JSON object: invalid Unicode '\\uD800' near '\"\\ud800\"'\n");
  READS("h.csv", "prompt,n\xE9\np,1\n", "ERROR h.csv: the name of column 2 is not UTF-8 text\n");
  assert_string_equal(read_bytes("h.csv", "prompt,a\0b\np,1\n", 15),
                      "ERROR h.csv: the name of column 2 is not UTF-8 text\n");
  assert_string_equal(read_bytes("nul.csv", "prompt\na\0b\n", 11), "0:2 prompt=[a<00>b]\n");
}

TEST(columns_are_found_or_named) {
  check("first.csv", "sentence,clean_prefix,text,clean_answer,target\nS,P,T,c,t\n",
        "0:2 prompt=[T] answer=[t] +sentence=[S] +clean_prefix=[P] +clean_answer=[c]\n");
  write_text("named.csv", "prompt,question,right,wrong\np,q,r,w\n");
  GIVES(OPTIONS(.prompt_column = "question", .answer_column = "right", .foil_column = "wrong"),
        "0:2 prompt=[q] answer=[r] foil=[w] +prompt=[p]\n");
  GIVES(OPTIONS(.prompt_column = "qestion"),
        "ERROR named.csv: no column \"qestion\" for the prompt (did you mean question?); there are: "
        "prompt, question, right, wrong\n");
  GIVES(OPTIONS(.foil_column = "xyzzy"),
        "ERROR named.csv: no column \"xyzzy\" for the foil; there are: prompt, question, right, wrong\n");
  GIVES(OPTIONS(.prompt_column = "right", .answer_column = "right"),
        "ERROR named.csv: column \"right\" is asked for twice, the second time as the answer\n");
  write_text("swap.csv", "answer,text\na,t\n");
  GIVES(OPTIONS(.prompt_column = "answer"), "0:2 prompt=[a] +text=[t]\n");
  write_text("swap.csv", "answer,target\na,t\n");
  GIVES(OPTIONS(.prompt_column = "answer"), "0:2 prompt=[a] answer=[t]\n");
  READS("none.jsonl", "{\"a\":\"x\",\"b\":\"y\"}\n",
        "ERROR none.jsonl: no prompt column: want one of prompt, text, clean, clean_prefix, sentence, or name "
        "it; there are: a, b\n");
  READS("twice.csv", "prompt,a,prompt\np,q,r\n", "ERROR twice.csv: two columns are named \"prompt\"\n");
  READS("x.txt", "a\n", "0:1 prompt=[a]\n");
  GIVES(OPTIONS(.answer_column = "answer"), "ERROR x.txt: no column \"answer\" for the answer; there are: prompt\n");
}

TEST(names_of_columns_are_known_after_open) {
  write_text("n.jsonl", "bad\n{\"z\":null,\"prompt\":\"p\",\"a\":1}\n");
  hw_dataset *dataset;
  const char *const *names;
  assert_true(hw_dataset_open(&OPTIONS(.path = path), &dataset, NULL));
  assert_int_equal(hw_dataset_columns(dataset, &names), 3);
  assert_string_equal(names[0], "z");
  assert_string_equal(names[1], "prompt");
  assert_string_equal(names[2], "a");
  hw_dataset_close(dataset);
  hw_dataset_close(NULL);
}

TEST(an_empty_data_set_is_an_error) {
  const char *const names[] = {"e.txt", "e.csv", "e.tsv", "e.jsonl", "e.json"};
  const char *const hollow[] = {"", "prompt,answer\r\n\r\n", "prompt\tanswer\n\n", "\n \n", " [ ] \n"};
  for (size_t i = 0; i < 5; i++) {
    char expected[100], gz_name[16];
    (void)snprintf(expected, sizeof expected, "ERROR %s: no prompts: the data set is empty\n", names[i]);
    READS(names[i], "", expected);
    READS(names[i], hollow[i], expected);
    READS(names[i], "\xEF\xBB\xBF", expected);
    (void)snprintf(gz_name, sizeof gz_name, "%s.gz", names[i]);
    (void)snprintf(expected, sizeof expected, "ERROR %s: no prompts: the data set is empty\n", gz_name);
    write_gz(gz_name, hollow[i], strlen(hollow[i]), "wb");
    GIVES(OPTIONS(0), expected);
    READS(gz_name, "", expected);
  }
}

TEST(files_that_cannot_be_opened) {
  write_text("x.parquet", "a\n");
  GIVES(OPTIONS(0),
        "ERROR x.parquet: the name does not tell the format, so want --format; known: txt, csv, tsv, jsonl, "
        "json (each also gzipped)\n");
  GIVES(OPTIONS(.format = "txt"), "0:1 prompt=[a]\n");
  GIVES(OPTIONS(.format = "jsnl"),
        "ERROR x.parquet: unknown data set format \"jsnl\" (did you mean jsonl?); known: txt, csv, tsv, "
        "jsonl, json\n");
  (void)snprintf(path, sizeof path, "%s/missing.csv", folder);
  GIVES(OPTIONS(0), "ERROR missing.csv: No such file or directory\n");
  (void)snprintf(path, sizeof path, "%s/", folder);
  GIVES(OPTIONS(.format = "csv"), "ERROR : a folder, want a data set file\n");
  READS("UPPER.CSV", "prompt\np\n", "0:2 prompt=[p]\n");
}

TEST(gzip_is_told_by_its_bytes) {
  write_gz("really_gz.txt", "a\nb\n", 4, "wb");
  GIVES(OPTIONS(0), "0:1 prompt=[a]\n1:2 prompt=[b]\n");
  READS("plain.txt.gz", "a\nb\n", "ERROR plain.txt.gz: named .gz, but not gzip data\n");
  write_gz("two.txt.gz", "a\nb", 3, "wb");
  write_gz("two.txt.gz", "c\nd\n", 4, "ab"); /* two members, as `cat` makes them */
  GIVES(OPTIONS(0), "0:1 prompt=[a]\n1:2 prompt=[bc]\n2:3 prompt=[d]\n");
}

/* A .gz cut at any byte, or with any byte of its data turned over, never ends as if it were whole. */
TEST(damaged_gzip_is_an_error) {
  char text[2000], whole[4096];
  size_t n = 0;
  for (int i = 0; n < sizeof text - 40; i++)
    n += (size_t)snprintf(text + n, 40, "The year %d is %d\n", i * 7919, i % 13);
  write_gz("whole.txt.gz", text, n, "wb");
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  size_t length = fread(whole, 1, sizeof whole, file);
  (void)fclose(file);
  assert_in_range(length, 100, sizeof whole - 1);
  assert_null(strstr(transcript(OPTIONS(0)), "ERROR"));
  for (size_t cut = 1; cut < length; cut++) {
    const char *read = read_bytes("cut.txt.gz", whole, cut);
    assert_non_null(strstr(read, cut == 1 ? "ERROR cut.txt.gz: named .gz, but not gzip data\n"
                                          : "ERROR cut.txt.gz: the gzip data ends early: the file is cut off\n"));
  }
  for (size_t i = 20; i < length; i++) {
    whole[i] = (char)~whole[i];
    assert_non_null(strstr(read_bytes("flip.txt.gz", whole, length), "ERROR flip.txt.gz: the gzip data "));
    whole[i] = (char)~whole[i];
  }
}

#include "dataset_choice_tests.h"
#include "dataset_size_tests.h"

/* The data sets of others, where they are at hand. */
TEST(real_data_sets) {
  static const struct {
    const char *name;
    int64_t n_rows;
    bool answers;
  } cases[] = {{"greater_than.csv", 1000, false},
               {"ioi.json", 841, true},
               {"sva_simple.jsonl", 480, true},
               {"winogender.tsv", 720, false}};
  const char *shared = getenv("HEADWATER_REAL_DATA");
  if (!shared) skip(); /* CMocka prints it */
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    char file[512];
    (void)snprintf(file, sizeof file, "%s/datasets/%s", shared, cases[c].name);
    hw_dataset *dataset;
    hw_row row;
    assert_true(hw_dataset_open(&OPTIONS(.path = file), &dataset, NULL));
    int64_t n = 0;
    int got;
    while ((got = hw_dataset_next(dataset, &row, NULL)) > 0) {
      assert_null(row.problem);
      assert_true(row.prompt.length >= 5 && !row.answer.value == !cases[c].answers);
      n++;
    }
    assert_int_equal(got, 0);
    assert_int_equal(n, cases[c].n_rows);
    hw_dataset_close(dataset);
  }
}

static int make_folder(void **state) {
  (void)state;
  hw_buffer_init(&printed);
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_entry(const char *entry, const struct stat *status, int kind, struct FTW *walk) {
  (void)status, (void)kind, (void)walk;
  return remove(entry);
}

static int remove_folder(void **state) {
  (void)state;
  hw_buffer_fini(&printed);
  return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(txt_is_a_prompt_a_line),
      cmocka_unit_test(csv_follows_rfc_4180),
      cmocka_unit_test(a_stray_quote_costs_its_line),
      cmocka_unit_test(tsv_splits_at_tabs_alone),
      cmocka_unit_test(jsonl_is_an_object_a_line),
      cmocka_unit_test(one_broken_json_row_does_not_end_the_file),
      cmocka_unit_test(json_is_an_array),
      cmocka_unit_test(broken_json_says_where),
      cmocka_unit_test(a_nested_value_is_no_prompt),
      cmocka_unit_test(marks_at_the_start),
      cmocka_unit_test(what_is_not_utf8_is_a_problem_of_its_row),
      cmocka_unit_test(columns_are_found_or_named),
      cmocka_unit_test(names_of_columns_are_known_after_open),
      cmocka_unit_test(an_empty_data_set_is_an_error),
      cmocka_unit_test(files_that_cannot_be_opened),
      cmocka_unit_test(gzip_is_told_by_its_bytes),
      cmocka_unit_test(damaged_gzip_is_an_error),
      cmocka_unit_test(an_object_with_two_lists_of_prompts_is_refused),
      cmocka_unit_test(the_first_known_name_wins_in_any_case),
      cmocka_unit_test(blocks_meet_anywhere),
      cmocka_unit_test(utf16_without_a_mark_is_refused),
      cmocka_unit_test(a_wrong_end_of_gzip_is_damage),
      cmocka_unit_test(rows_with_open_quotes_are_those_of_a_look_at_each),
      cmocka_unit_test(open_quotes_take_no_more_time_a_line_in_a_long_file),
      cmocka_unit_test(a_row_has_a_limit),
      cmocka_unit_test(the_limit_is_on_the_row_and_not_on_its_lines),
      cmocka_unit_test(too_many_columns_are_refused),
      cmocka_unit_test(open_quotes_take_memory_for_the_limit_alone),
      cmocka_unit_test(many_rows_take_constant_memory),
      cmocka_unit_test(real_data_sets),
  };
  return cmocka_run_group_tests_name("dataset", tests, make_folder, remove_folder);
}
