# SPDX-License-Identifier: Apache-2.0
# What the README shows to users of Python: pandas over the file, with the extension, and over the exported CSVs.
"$PY" -c 'import pandas' 2>/dev/null || skip "python3-pandas is not installed"
"$PY" -c 'import sqlite3; sqlite3.connect(":memory:").enable_load_extension(True)' 2>/dev/null || skip "this python3 cannot load extensions"
. "$LIB/extension.sh"
"$HW" export ioi.db --out paper
loading "$PY" - "$extension" <<'END'
import json, sqlite3, sys
import pandas as pd

db = sqlite3.connect("file:ioi.db?mode=ro", uri=True)
heads = pd.read_sql("SELECT * FROM head_importance", db)
print("heads", heads.shape[0], "best is among them:", heads.loc[heads["mean"].idxmax(), "name"] in set(heads["name"]))
print("matrix", heads.pivot(index="layer", columns="head", values="mean").shape)

db.enable_load_extension(True)
db.load_extension(sys.argv[1])
edges = pd.read_sql("SELECT * FROM edge WHERE prompt_id = 0", db)
flow = edges[edges["layer"] == 0].groupby("source")["flow"].sum()
tokens = pd.read_sql("SELECT p.position, p.token, f.flow FROM prompt_token p JOIN token_flow f USING(prompt_id, position) WHERE prompt_id = 0", db)
print("edges", len(edges) > 5, "flow of the input", round(tokens["flow"].sum(), 6))
lens = pd.read_sql("SELECT * FROM lens", db)
print("lens", lens.groupby("layer")["probability"].mean().shape)

paper = pd.read_csv("paper/head_importance.csv")
print("csv agrees", len(paper) == len(heads), abs(paper["mean"].sum() - heads["mean"].sum()) < 1e-12)
predictions = pd.read_csv("paper/prompt_prediction.csv")
print("tokens read as JSON", all(isinstance(json.loads(t), str) for t in predictions["predicted"]))
END
