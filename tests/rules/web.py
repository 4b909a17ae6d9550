# SPDX-License-Identifier: Apache-2.0
"""Rules of the page's files: python3 tests/rules/web.py
The saved page takes the modules as one, so imports are one line each at the top, exports a prefix, top-level names unique, and
src/web/CMakeLists.txt lists a module after those that it imports. Text of the database reaches the document as text nodes only, and
nothing is fetched from elsewhere."""
import pathlib
import re
import sys

IMPORT = re.compile(r'import \{ (\w+(?:, \w+)*) \} from "\./(\w+\.mjs)";')
EXPORT = re.compile(r"export (?:async )?(?:function|const|class) ")
DECLARATION = re.compile(r"(?:export )?(?:(?:async )?(?:function|class)\s*\*?\s*(\w+)|(const|let|var)\s)")
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


def skip_quoted(text, i):
    """The index behind the string, template or regular expression that begins at i."""
    end, in_class = text[i], False
    i += 1
    while i < len(text):
        if text[i] == "\\":
            i += 1
        elif end == "`" and text.startswith("${", i):
            i = scan(text, i + 2, [])
            continue
        elif end == "/" and text[i] in "[]":
            in_class = text[i] == "["
        elif text[i] == end and not in_class:
            return i + 1
        i += 1
    return i


def scan(text, i, out):
    """Reads code up to the bracket that closes what began before i, or to the end; returns the index behind it."""
    before, depth = "(", 0
    while i < len(text):
        c = text[i]
        if text.startswith("/*", i):
            i = text.index("*/", i) + 2
        elif text.startswith("//", i):
            i = text.index("\n", i)
        elif c in "\"'`" or (c == "/" and before in "(,=:?!&|{};[>"):
            i = skip_quoted(text, i)
            out.append('""')
            before = '"'
        else:
            depth += (c in "([{") - (c in ")]}")
            i += 1
            if depth < 0:
                return i
            out.append(c)
            before = before if c.isspace() else c
    return i


def strip(text):
    """The code alone: comments, strings, templates and regular expressions are blanked, so that brackets and commas count."""
    out = []
    scan(text, 0, out)
    return "".join(out)


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
            {name for line in re.findall(r"^export const [^=\n]+=.*$", path.read_text(), re.M) for name in names_of(strip(line + ";"))}
            for path in modules}
owners = {}
for path in modules:
    check_module(path, place, exported)
    for name in names_of(strip(path.read_text())):
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
sys.exit(failed)
