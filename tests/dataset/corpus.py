# SPDX-License-Identifier: Apache-2.0
"""Odd data sets, each with the rows that should come out.

A case is (file name, bytes, rows, how pandas reads it[, quoting]). A row is {column: value}, without those that are missing, or "!" and
a part of what is said of it; instead of the rows stands a part of the error where the file cannot be read. pandas: the arguments of
read_csv or read_json, or a text: why its rows are not compared.
"""
import gzip
import json


def p(*prompts):
    return [{"prompt": prompt} for prompt in prompts]


def pa(*pairs):
    return [{"prompt": prompt, **({"answer": answer} if answer is not None else {})} for prompt, answer in pairs]


CSV, TSV, LINES = {}, {"sep": "\t"}, {"lines": True}
PLAIN_TSV = {"sep": "\t", "quoting": 3}
STOPS = "pandas reads nothing of it"
FILLS = "pandas fills short rows"
GUESSES = "pandas does not find this out by itself"
MERGES = "pandas makes one row of the two lines"
AB = pa(("A", "x"), ("B", "y"))
HUGE = "long " * 200000
TWO_PARTS = gzip.compress(b"prompt,answer\nA,x\n"), gzip.compress(b"B,y\n")
LARGE_PART = gzip.compress(f"prompt,answer\n{chr(10).join([HUGE[:70000] + ',x'] * 3)}\n".encode())

TABLES = [
    # ---- marks, line ends, bytes
    ("bom.csv", b"\xef\xbb\xbfprompt,answer\nA,x\nB,y\n", AB, CSV),
    ("bom_twice.csv", b"\xef\xbb\xbf\xef\xbb\xbfprompt,answer\nA,x\nB,y\n", AB, CSV),
    ("bom_quoted.csv", b'\xef\xbb\xbf"prompt","answer"\n"A","x"\n"B","y"\n', AB, CSV),
    ("crlf.csv", b"prompt,answer\r\nA,x\r\nB,y\r\n", AB, CSV),
    ("cr_only.csv", b"prompt,answer\rA,x\rB,y\r", AB, CSV),
    ("cr_only.tsv", b"prompt\tanswer\rA\tx\rB\ty\r", AB, TSV),
    ("mixed_ends.csv", b"prompt,answer\r\nA,x\nB,y\r", AB, CSV),
    ("no_final_newline.csv", b"prompt,answer\nA,x\nB,y", AB, CSV),
    ("empty_lines.csv", b"\n\r\nprompt,answer\n\nA,x\n\r\n  \nB,y\n\n", AB, CSV),
    ("nul.csv", b"prompt,answer\nA\0A,x\nB,y\n", pa(("A\0A", "x"), ("B", "y")), "pandas ends a cell at NUL"),
    ("latin1.csv", b"prompt,answer\ncaf\xe9,x\nB,y\n", ["!not UTF-8", AB[1]], STOPS),
    ("latin1_header.csv", b"prompt,r\xe9ponse\nA,x\n", "name of column 2 is not UTF-8", STOPS),
    ("utf16.tsv", "prompt\tanswer\r\nA\tx\r\n".encode("utf-16"), "UTF-16, want UTF-8", STOPS),
    ("unicode.csv", "prompt,réponse,答え,\U0001f600\nÉté,é,値,\U0001f602\n".encode(), [{"prompt": "Été", "réponse": "é", "答え": "値", "\U0001f600": "\U0001f602"}], CSV),
    ("huge_cell.csv", f'prompt,answer\n"{HUGE}",x\nB,y\n'.encode(), pa((HUGE, "x"), ("B", "y")), CSV),
    ("gz.csv.gz", gzip.compress(b"prompt,answer\nA,x\nB,y\n"), AB, CSV),
    ("gz_two.csv.gz", gzip.compress(b"prompt,answer\nA,x\n") + gzip.compress(b"B,y\n"), AB, CSV),
    ("gz_by_another_name.csv", gzip.compress(b"prompt,answer\nA,x\nB,y\n"), AB, {"compression": "gzip"}),
    ("gz_three.csv.gz", TWO_PARTS[0] + gzip.compress(b"") + TWO_PARTS[1], AB, CSV),
    ("gz_padded.csv.gz", b"".join(TWO_PARTS) + bytes(70000), AB, CSV),
    ("gz_large_parts.csv.gz", LARGE_PART + gzip.compress(b"B,y\n"), pa(*[(HUGE[:70000], "x")] * 3, ("B", "y")), CSV),
    ("gz_other_magic.csv.gz", TWO_PARTS[0] + b"\x1f\x8a" + TWO_PARTS[1][2:], "near line 3 a part of the gzip data ends", STOPS),
    ("gz_one_byte_more.csv.gz", TWO_PARTS[0] + TWO_PARTS[1][:1], "cut off", STOPS),
    ("gz_text_behind.csv.gz", TWO_PARTS[0] + b"B,y\n", "near line 3 a part of the gzip data ends", STOPS),
    ("gz_one_byte_behind.csv.gz", TWO_PARTS[0] + b"B", "near line 3 a part of the gzip data ends", STOPS),
    ("gz_padded_text.csv.gz", TWO_PARTS[0] + bytes(70000) + b"B,y\n", "near line 3 a part of the gzip data ends", STOPS),
    ("gz_member_after_zeros.csv.gz", TWO_PARTS[0] + bytes(3) + TWO_PARTS[1], "near line 3 a part of the gzip data ends", "pandas reads on after zeros"),
    ("gz_damaged_part.csv.gz", TWO_PARTS[0] + TWO_PARTS[1][:-6] + b"AAAAAA", "damaged near line 4", STOPS),
    ("gz_cut.csv.gz", gzip.compress(b"prompt,answer\nA,x\nB,y\n" * 50)[:-12], "cut off", STOPS),
    # ---- quotes
    ("doubled.csv", b'prompt,answer\n"He said ""no"", and left",x\n"""",y\n', pa(('He said "no", and left', "x"), ('"', "y")), CSV),
    ("newlines.csv", b'prompt,answer\n"A\nA\r\n\r\nA",x\nB,y\n', pa(("A\nA\r\n\r\nA", "x"), ("B", "y")), CSV),
    ("quote_inside.csv", b'prompt,answer\nfive" tall,x\n6" "wide",y\n', pa(('five" tall', "x"), ('6" "wide"', "y")), CSV),
    ("text_behind.csv", b'prompt,answer\n"A" B,x\n"B"" "c"",y\n', pa(("A B", "x"), ('B" c""', "y")), CSV),
    ("blank_before_quote.csv", b'prompt,answer\nA, "x"\nB,y\n', pa(("A", ' "x"'), ("B", "y")), CSV),
    ("open_quote.csv", b'prompt,answer\nA,x\n"open,y\nB,y\n', [AB[0], "!never closed", AB[1]], STOPS),
    ("open_at_end.csv", b'prompt,answer\nA,x\nB,y\n"open,z', [*AB, "!never closed"], STOPS),
    ("stray_quote.csv", b'answer,prompt\nx,"A\ny,"B, he said"\nz,C\n',
     ["!text behind it", {"answer": "y", "prompt": "B, he said"}, {"answer": "z", "prompt": "C"}], MERGES),
    ("stray_quote_merged.csv", b'answer,prompt\nx,"A\ny,"B"\nz,C\n',
     ["!text behind it", {"answer": "y", "prompt": "B"}, {"answer": "z", "prompt": "C"}], MERGES),
    ("many_strays.csv", b'prompt,answer\n' + b'"A,x\nB,y\n' * 3, ["!text behind it", AB[1], "!text behind it", AB[1], "!never closed", AB[1]], STOPS),
    ("quoting_never.csv", b'prompt,answer\n"A",x\nB "b,y\n', pa(('"A"', "x"), ('B "b', "y")), {"quoting": 3}, "never"),
    ("excel.tsv", b'prompt\tanswer\r\n"A ""a"""\tx\r\n"B\tb\nb"\ty\r\nC\tz\r\n', pa(('A "a"', "x"), ("B\tb\nb", "y"), ("C", "z")), TSV),
    ("quote_all.tsv", b'"prompt"\t"answer"\n"A"\t"x"\n"B"\t"y"\n', AB, TSV),
    ("glue.tsv", b'index\tsentence\tlabel\n0\t"I went home , " he said\t1\n1\t"open\t0\n2\tsay "no" now\t1\n3\t"whole"\t1\n',
     [{"index": "0", "sentence": '"I went home , " he said', "label": "1"}, {"index": "1", "sentence": '"open', "label": "0"},
      {"index": "2", "sentence": 'say "no" now', "label": "1"}, {"index": "3", "sentence": '"whole"', "label": "1"}], PLAIN_TSV),
    ("glue_one_open.tsv", b'sentence\tlabel\nA\t1\n"open\t0\nB\t1\n',
     [{"sentence": "A", "label": "1"}, {"sentence": '"open', "label": "0"}, {"sentence": "B", "label": "1"}], PLAIN_TSV),
    ("one_stray_among_wrapped.tsv", b'prompt\tanswer\n"A ""a"""\tx\n"B ""b"""\ty\n5" tall\tz\n',
     pa(('A "a"', "x"), ('B "b"', "y"), ('5" tall', "z")), TSV),
    ("quoting_never.tsv", b'prompt\tanswer\n"A"\tx\n', pa(('"A"', "x")), PLAIN_TSV, "never"),
    ("quoting_always.tsv", b'prompt\tanswer\n"A"\tx\nsay "a"\ty\nsay "b"\tz\n', pa(("A", "x"), ('say "a"', "y"), ('say "b"', "z")), TSV, "always"),
    # ---- delimiters
    ("semicolons.csv", b'prompt;answer\n"A; a, b";x\nB;y\n', pa(("A; a, b", "x"), ("B", "y")), {"sep": ";"}),
    ("semicolons_commas.csv", b"prompt;answer, right;n\nA;x;1,5\n", [{"prompt": "A", "answer, right": "x", "n": "1,5"}], {"sep": ";"}),
    ("sep.csv", b"sep=;\r\nprompt;answer\r\nA;x\r\nB;y\r\n", AB, {"sep": ";", "skiprows": 1}),
    ("sep_quoted.csv", b'"sep=|"\nprompt|answer\nA|x\nB|y\n', AB, {"sep": "|", "skiprows": 1}),
    ("sep_comma.csv", b"sep=,\nprompt,answer\nA,x\nB,y\n", AB, {"skiprows": 1}),
    ("tabs.csv", b"prompt\tanswer\nA, a\tx\nB\ty\n", pa(("A, a", "x"), ("B", "y")), TSV),
    ("tabs_in_cells.csv", b"prompt,answer\nA\tA,x\nB,y\n", pa(("A\tA", "x"), ("B", "y")), CSV),
    ("commas.tsv", b"prompt,answer\nA,x\nB,y\n", AB, CSV),
    ("one_column.csv", b"prompt\nA\nB;b\n", p("A", "B;b"), CSV),
    # ---- columns
    ("names.csv", b" Prompt , ANSWER\t,Foil\nA,x,z\n", [{"Prompt": "A", "ANSWER": "x", "Foil": "z"}], CSV),
    ("case_only.csv", b"prompt,Answer,answer\nA,x,y\n", [{"prompt": "A", "Answer": "x", "answer": "y"}], CSV),
    ("blank_only.csv", b"prompt,answer, answer\nA,x,y\n", [{"prompt": "A", "answer": "x", " answer": "y"}], "the test trims names"),
    ("no_break_space.csv", "prompt\u00a0,\u00a0answer\nA,x\nB,y\n".encode(), AB, CSV),
    ("twice.csv", b"prompt,answer,prompt\nA,x,B\n", 'two columns are named "prompt"', "pandas renames the second one"),
    ("trailing_empty.csv", b"prompt,answer,,,\nA,x,,,\nB,y,,,\n", AB, CSV),
    ("trailing_empty_rows.csv", b"prompt,answer\nA,x,,\nB,y\n", AB, STOPS),
    ("trailing_filled.csv", b"prompt,answer,,\nA,x,,note\nB,y,,\n", [{"prompt": "A", "answer": "x", "": "", "column 4": "note"},
                                                                  {"prompt": "B", "answer": "y", "": "", "column 4": ""}], "pandas names them otherwise"),
    ("index.csv", b",prompt\n0,A\n1,B\n", [{"": "0", "prompt": "A"}, {"": "1", "prompt": "B"}], CSV),
    ("ragged.csv", b"prompt,answer\nA,x\nA\nA,x,z\nB,y\n", [AB[0], "!1 field,", "!3 fields", AB[1]], FILLS),
    ("header_only.csv", b"prompt,answer\n", "no prompts", "no rows"),
    ("nothing.csv", b"", "no prompts", STOPS),
    ("comments.csv", b"# made by hand\nprompt,answer\nA,x\n", "no prompt column", {"comment": "#", "rows": pa(("A", "x"))}),
    ("hash_rows.csv", b"prompt,answer\n# A,x\nB,y\n", pa(("# A", "x"), ("B", "y")), CSV),
    ("empty_cells.csv", b'prompt,answer,note\n"",x,\nB,,n\n', [{"prompt": "", "answer": "x", "note": ""}, {"prompt": "B", "note": "n"}], CSV),
    ("numbers.csv", b"prompt,answer\n007,1e5\n1.50,NaN\n", pa(("007", "1e5"), ("1.50", "NaN")), CSV),
]


def dump(*rows, **options):
    return "\n".join(json.dumps(row, **options) for row in rows).encode()


JSON = [
    ("plain.jsonl", dump(*AB) + b"\n", AB, LINES),
    ("bom.jsonl", b"\xef\xbb\xbf" + dump(*AB), AB, "pandas wants utf-8-sig"),
    ("crlf.jsonl", dump(*AB).replace(b"\n", b"\r\n\r\n"), AB, LINES),
    ("cr_only.jsonl", dump(*AB).replace(b"\n", b"\r"), AB, STOPS),
    ("named_json.json", dump(*AB), AB, LINES),
    ("named_jsonl.jsonl", json.dumps(AB, indent=1).encode(), AB, {}),
    ("array_of_strings.json", b'["A", "B \\"b\\""]', p("A", 'B "b"'), "pandas has no columns here"),
    ("strings.jsonl", b'"A"\n"B"\n', p("A", "B"), STOPS),
    ("wrapper.json", json.dumps({"prompts": AB}).encode(), AB, GUESSES),
    ("wrapper_pretty.json", json.dumps({"data": AB}, indent=2).encode(), AB, GUESSES),
    ("wrapper_strings.json", b'{"prompts": ["A", "B"]}', p("A", "B"), GUESSES),
    ("wrapper_passengers.json", json.dumps({"made": {"by": ["x"]}, "prompts": AB, "n": 2}).encode(), AB, GUESSES),
    ("one_object.json", b'{"prompt": "A", "answer": "x"}', AB[:1], LINES),
    ("concatenated.json", dump(*AB, indent=2), AB, STOPS),
    ("on_one_line.jsonl", dump(*AB).replace(b"\n", b""), AB, STOPS),
    ("escapes.jsonl", b'{"prompt": "\\u00e9\\n\\t\\"\\\\\\/\\ud83d\\ude00"}\n', p('é\n\t"\\/\U0001f600'), LINES),
    ("lone_surrogate.jsonl", b'{"prompt": "\\ud83d"}\n{"prompt": "B"}\n', ["!invalid Unicode", {"prompt": "B"}], STOPS),
    ("nul.jsonl", b'{"prompt": "A\\u0000A"}\n', p("A\0A"), "pandas ends a string at NUL"),
    ("nested.jsonl", b'{"prompt": "A", "m": {"a": [1, {"b": "x, y"}]}, "t": true, "f": false, "n": null}\n',
     [{"prompt": "A", "m": '{"a":[1,{"b":"x, y"}]}', "t": "true", "f": "false"}], LINES),
    ("numbers.jsonl", b'{"prompt": "A", "i": 9223372036854775808, "big": 123456789012345678901234567890, "x": 0.10, "e": -1E-7}\n',
     [{"prompt": "A", "i": "9223372036854775808", "big": "123456789012345678901234567890", "x": "0.10", "e": "-1E-7"}], STOPS),
    ("too_large.jsonl", b'{"prompt": "A", "x": 1e999, "y": -' + b"9" * 400 + b'}\n{"prompt": "B"}\n',
     [{"prompt": "A", "x": "1e999", "y": "-" + "9" * 400}, {"prompt": "B"}], STOPS),
    ("nan.jsonl", b'{"prompt": "A", "answer": NaN, "x": NaN, "y": -Infinity, "z": [NaN, "NaN"]}\n{"prompt": "B", "answer": "y", "x": 1}\n',
     [{"prompt": "A", "y": "-Infinity", "z": '[NaN,"NaN"]'}, {"prompt": "B", "answer": "y", "x": "1"}], "pandas differs between its versions"),
    ("no_number.jsonl", b'{"prompt": "A", "x": 01}\n{"prompt": "A", "x": Nan}\n{"prompt": "B"}\n', ["!not a JSON", "!not a JSON", {"prompt": "B"}], STOPS),
    ("later_columns.jsonl", b'{"prompt": "A", "target": "t"}\n{"prompt": "B", "target": "u", "answer": "y", "label": 1}\n',
     [{"prompt": "A", "target": "t"}, {"prompt": "B", "target": "u", "answer": "y", "label": "1"}], LINES),
    ("later_prompt.jsonl", b'{"note": 1}\n{"prompt": "B", "answer": "y"}\n', ["!no prompt", AB[1]], "a row of ours is broken"),
    ("lists.jsonl", b'{"prompt": ["A"], "answer": ["x"]}\n{"prompt": "A", "answer": ["x", "y"]}\n{"prompt": "A", "answer": {"a": 1}}\n'
     b'{"prompt": "A", "answer": []}\n{"prompt": "B", "answer": [ 12 ], "n": ["x"]}\n',
     [AB[0], "!JSON array, want one string", "!JSON object, want one string", {"prompt": "A"}, {"prompt": "B", "answer": "12", "n": '["x"]'}], "pandas keeps lists"),
    ("names.jsonl", b'{" Prompt": "A", "ANSWER ": "x"}\n{" Prompt": "B", "ANSWER ": "y"}\n',
     [{"Prompt": "A", "ANSWER": "x"}, {"Prompt": "B", "ANSWER": "y"}], LINES),
    ("broken_first.jsonl", b'{"prompt": "A\n{"prompt": "B"}\n', ["!not a JSON object", {"prompt": "B"}], STOPS),
    ("broken_line.jsonl", b'{"prompt": "A"}\n{"prompt":\n{"prompt": "B"}\n', [{"prompt": "A"}, "!not a JSON object", {"prompt": "B"}], STOPS),
    ("trailing_commas.jsonl", b'{"prompt": "A"},\n{"prompt": "B"}\n', ["!not a JSON object", {"prompt": "B"}], STOPS),
    ("trailing_comma.json", b'[{"prompt": "A"},]', "found ]", STOPS),
    ("cut.json", b'[{"prompt": "A"}, {"prom', "file ends before the array does", STOPS),
    ("duplicate_keys.jsonl", b'{"prompt": "A", "prompt": "B"}\n{"prompt": "B"}\n', ["!duplicate", {"prompt": "B"}], "pandas takes the last one"),
    ("latin1.jsonl", b'{"prompt": "caf\xe9"}\n{"prompt": "B"}\n', ["!not UTF-8", {"prompt": "B"}], STOPS),
    ("gz.jsonl.gz", gzip.compress(dump(*AB)), AB, LINES),
]

TEXT = [
    ("plain.txt", b"A\nB", p("A", "B"), "no table"),
    ("crlf.txt", b"\xef\xbb\xbfA\r\n\r\nB\r\n", p("A", "", "B"), "no table"),
    ("cr_only.txt", b"A\rB\r", p("A", "B"), "no table"),
    ("mixed_ends.txt", b"A\rB\r\n\nC\r\r\nD", p("A", "B", "", "C", "", "D"), "no table"),
    ("cr_between_blocks.txt", b"A" * 65535 + b"\r\nB" + b"C" * 65532 + b"\rD\n", p("A" * 65535, "B" + "C" * 65532, "D"), "no table"),
    ("quotes.txt", b'"A", a\tb\n', p('"A", a\tb'), "no table"),
]

CASES = [case if len(case) == 5 else (*case, None) for case in TABLES + JSON + TEXT]
