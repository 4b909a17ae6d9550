# SPDX-License-Identifier: Apache-2.0
"""Rules of the page's files: python3 tests/rules/web.py
The page takes the modules as one, so imports are one line each at the top, exports a prefix, top-level names unique, and
src/web/CMakeLists.txt lists a module after those that it imports. What the lexer that takes out white space (src/web/script_lexer.c)
does not decide is forbidden. Text of the database reaches the document as text nodes only, and
nothing is fetched from elsewhere. The server compares its token in constant time."""
import pathlib
import re
import sys

IMPORT = re.compile(r'import \{ (\w+(?:, \w+)*) \} from "\./(\w+\.mjs)";')
EXPORT = re.compile(r"export (?:async )?(?:function|const|class) ")
DECLARATION = re.compile(r"(?:export )?(?:(?:async )?(?:function|class)\s*\*?\s*(\w+)|(const|let|var)\s)")
TOKEN = re.compile(r"""(?P<blank>\s+|/\*.*?\*/)|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|[\w$#]+|=>|\+\+|--|//|.""", re.S)
EXPRESSION = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/")
TEMPLATE = re.compile(r"(?:\\.|\$(?!\{)|[^\\`$])*(?:`|(?P<open>\$\{))", re.S)
CONTROLS = {"if", "for", "while", "switch"}
OPERATORS = {"return", "typeof", "case", "in", "of", "else", "throw", "void", "delete", "await", "yield", "instanceof"}  # of script_lexer.c
FORBIDDEN = [
    (r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|srcdoc|createContextualFragment)\b", "text becomes markup"),
    (r"\beval\s*\(|\bnew Function\b|document\.write", "text becomes code"),
    (r"""setAttribute\(\s*["'](?:style|on)""", "an attribute that the Content-Security-Policy refuses"),
    (r"https?://(?!www\.w3\.org/)", "an address elsewhere"),
    (r"</script", "ends the script of a saved page"),
]
failed = False


def complain(text):
    global failed
    failed = True
    print(f"RULE: {text}")


def tokens_of(text):
    """(token, line) of a module. Strings, regular expressions and the texts of templates are "", the code of ${ } is in ( ), and white
    space stays, and a comment is a space, so that all tokens joined are the code alone."""
    at, line, before, braces = 0, 1, "", []  # braces: of each ${ } that is open, how many { are open in it
    while at < len(text):
        value = before in {")", "]", "}", '""', "++", "--"} or (re.fullmatch(r"[\w$#]+", before) and before not in OPERATORS)
        end_of_code = text[at] == "}" and braces and braces[-1] == 0
        if end_of_code or text[at] == "`":
            match = TEMPLATE.match(text, at + 1)
            tokens = [")"] * bool(end_of_code) + ['""'] + ["("] * bool(match["open"])
            braces[len(braces) - bool(end_of_code):] = [0] * bool(match["open"])
        else:
            match = EXPRESSION.match(text, at) if not value and not text.startswith(("//", "/*"), at) else None
            tokens = ['""']
            if not match:
                match = TOKEN.match(text, at)
                tokens = ['""'] if match["text"] else [match[0] if match[0].isspace() else " "] if match["blank"] else [match[0]]
                if braces:
                    braces[-1] += (match[0] == "{") - (match[0] == "}")
        for token in tokens:
            yield token, line
            before = token if not token.isspace() else before
        line += text.count("\n", at, match.end())
        at = match.end()


def code_of(text):
    return "".join(token for token, _ in tokens_of(text))


def opens_value(before):
    """Does { behind this token open an object or the body of an arrow function, not a block?"""
    return before in OPERATORS - {"else"} or not (before in {"", ";", "{", "}", ")"} or re.fullmatch(r"[\w$]+", before))


def check_lexer(path, text):
    """Statements end with a semicolon, none is empty, and "/" divides behind ) and }: src/web/minify_script.c and script_names.c take this for granted."""
    opened, closed = [], ""  # what each bracket that is open is, and what the last one that was closed was
    before, before_that, at_end = "", "", False
    for token, line in tokens_of(text):
        if token.isspace():
            at_end = at_end or "\n" in token
            continue
        where, control = f"{path}:{line}", before == ")" and closed == "control"
        if token == "//":
            complain(f"{where}: a comment is /* */")
        if at_end and before == "}" and closed == "value" and re.match(r"""[\w$"{!~]|\+\+|--""", token):
            complain(f"{where}: the statement before this has no semicolon")
        if token == ";" and (control or before == "else"):
            complain(f"{where}: an empty statement")
        if (token == "/" and before == "}") or (control and token == "/") or (before == "/" and token == '""'):
            complain(f"{where}: a regular expression or a division where the lexer cannot tell them apart")
        if token == "function" and (before_that if before == "async" else before) not in {"", ";", "{", "}", ")", "export"}:
            complain(f"{where}: a function within an expression is an arrow function")
        if token == "{":
            opened.append("value" if opens_value(before) else "block")
        elif token in {"(", "["}:
            opened.append("control" if before in CONTROLS or (before, before_that) == ("await", "for") else "")
        elif token in {")", "]", "}"}:
            closed = opened.pop() if opened else ""
        before_that, before, at_end = before, token, False


def names_of(text):
    """Names that are declared at the top level: each declaration begins its line."""
    for match in re.finditer(r"^" + DECLARATION.pattern, text, re.M):
        if match[1]:
            yield match[1]
            continue
        depth, part = 0, ""
        for c in text[match.end():] + ";":
            depth += (c in "([{") - (c in ")]}")
            if depth == 0 and c in ",;":
                yield from re.findall(r"\w+", part.split("=")[0])
                part = ""
                if c == ";":
                    break
            else:
                part += c


def check_module(path, place, exported):
    lines = path.read_text().split("\n")
    at_top = True
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        if line.startswith("import "):
            match = IMPORT.fullmatch(line)
            if not match:
                complain(f'{where}: want import {{ a, b }} from "./module.mjs"; in one line')
                continue
            if not at_top:
                complain(f"{where}: imports stand at the top")
            if match[2] not in exported:
                complain(f"{where}: there is no {match[2]}")
                continue
            for name in match[1].split(", "):
                if name not in exported[match[2]]:
                    complain(f"{where}: {match[2]} exports no {name}")
            if place.get(match[2], 999) > place.get(path.name, -1):
                complain(f"{where}: src/web/CMakeLists.txt has to list {match[2]} before {path.name}")
        elif line.startswith("export ") and not EXPORT.match(line):
            complain(f"{where}: an export is a prefix of a function, class or const")
        elif line and not line.startswith(("/*", " *")):
            at_top = False
        if re.search(r"\bimport\s*\(", line) and path.name != "main.mjs":
            complain(f"{where}: only main.mjs imports when it is wanted")


web = pathlib.Path("web")
listed = re.search(r"set\(HW_WEB_FILES\n(.*?)\)", pathlib.Path("src/web/CMakeLists.txt").read_text(), re.S)[1].split()
files = sorted(path for path in web.iterdir() if path.is_file())
place = {name: i for i, name in enumerate(listed)}
for name in sorted(set(listed) ^ {path.name for path in files}):
    complain(f"web/{name}: src/web/CMakeLists.txt lists what is there, and all of it")
modules = [path for path in files if path.suffix == ".mjs"]
exported = {path.name: set(re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", path.read_text(), re.M)) |
            {name for line in re.findall(r"^export const [^=\n]+=.*$", path.read_text(), re.M) for name in names_of(code_of(line + ";"))}
            for path in modules}
owners = {}
for path in modules:
    check_module(path, place, exported)
    check_lexer(path, path.read_text())
    for name in names_of(code_of(path.read_text())):
        if name in owners:
            complain(f"{path}: {name} is a top-level name of {owners[name]} too")
        owners[name] = path
for path in files:
    text = path.read_text()
    for pattern, why in FORBIDDEN[:-1] if path.suffix == ".html" else FORBIDDEN:
        for match in re.finditer(pattern, text):
            complain(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}: {why}")
    if path.suffix == ".css" and re.search(r"@import|url\(|</style", text):
        complain(f"{path}: a style sheet refers to nothing outside")
    if path.suffix == ".html" and re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=", text):
        complain(f"{path}: no script, style or handler within HTML")
# The token is compared in constant time: one loop over all digits, nothing in it or behind it depends on a digit but the last return.
server = pathlib.Path("src/web")
found = re.search(r"static bool is_token\(.*?\n}\n", (server / "guard.c").read_text(), re.S)
loop = found[0][found[0].find("for ("):] if found else ""
if not loop.startswith("for (") or loop.count("return") != 1 or re.search(r"\b(?:if|while|break|goto|\w+cmp)\b|&&|\|\||\?", loop):
    complain("src/web/guard.c: is_token ends earlier for some tokens than for others")
for path in server.glob("*.c"):
    if re.search(r"\w+cmp\([^;]*->token\b", path.read_text().replace("is_token(given + sizeof scheme - 1, guard->token)", "")):
        complain(f"{path}: the token is compared by is_token alone")
sys.exit(failed)
