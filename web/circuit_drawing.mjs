/* SPDX-License-Identifier: Apache-2.0
 * A circuit as a picture: roles as columns, layers upward, drawn as graphs are: attention leaves upward and arrives level, an FFN is a square. */
import { itemParts } from "./lists.mjs";
import { svg } from "./dom.mjs";
import { addressOf } from "./address.mjs";

const CIRCUIT_COLUMN = 150,
  CIRCUIT_LAYER = 120,
  CIRCUIT_LEFT = 110,
  CIRCUIT_TOP = 24,
  CIRCUIT_BOTTOM = 34,
  CIRCUIT_ATTENTION = 0.64;

/* Roles so that edges lead to the right as far as that can be; else in the order of the run. */
function circuitRoles(run, edges) {
  const left = new Set(edges.flatMap((edge) => [edge.source, edge.target]));
  const order = [];
  while (left.size) {
    const free = [...left].filter((role) => !edges.some((edge) => edge.target === role && edge.source !== role && left.has(edge.source)));
    const next = (free.length ? free : [...left])
      .sort((a, b) => run.roles.indexOf(a) - run.roles.indexOf(b))
      .sort((a, b) => (a === "END") - (b === "END"))[0];
    order.push(next);
    left.delete(next);
  }
  return order;
}

/* The curve of an edge and a point on it. */
function circuitCurve(from, to) {
  if (from.x === to.x) {
    const bow = from.x - 46;
    return {
      d: `M${from.x} ${from.y}C${bow} ${from.y - 8} ${bow} ${to.y + 8} ${to.x} ${to.y}`,
      at: (t) => ({ x: from.x - 34.5 * 4 * t * (1 - t), y: from.y + (to.y - from.y) * t })
    };
  }
  return {
    d: `M${from.x} ${from.y}Q${from.x} ${to.y} ${to.x} ${to.y}`,
    at: (t) => ({
      x: (1 - t) ** 2 * from.x + 2 * t * (1 - t) * from.x + t * t * to.x,
      y: (1 - t) ** 2 * from.y + (2 * t * (1 - t) + t * t) * to.y
    })
  };
}

/* A place on the curve where a label of this width is over no other. */
function circuitPlace(curve, width, taken) {
  const clear = (p) => !taken.some((q) => Math.abs(p.x - q.x) < (width + q.width) / 2 + 4 && Math.abs(p.y - q.y) < 18);
  const points = [0.5, 0.4, 0.6, 0.3, 0.7, 0.8, 0.2, 0.87].map(curve.at);
  const found = points.find(clear) ?? points[0];
  taken.push({ ...found, width });
  return found;
}

/* items: item_ids of the circuit's edges. Heads are links to their pages. */
export function circuitDrawing(run, items, name) {
  const edges = items.map((item) => ({ item, ...itemParts(run, item) }));
  const roles = circuitRoles(run, edges),
    layers = [...new Set(edges.map((edge) => edge.layer))].sort((a, b) => a - b);
  const width = CIRCUIT_LEFT + roles.length * CIRCUIT_COLUMN - 40,
    height = CIRCUIT_TOP + layers.length * CIRCUIT_LAYER + CIRCUIT_BOTTOM;
  const x = (role) => CIRCUIT_LEFT + roles.indexOf(role) * CIRCUIT_COLUMN;
  const y = (level) => height - CIRCUIT_BOTTOM - level * CIRCUIT_LAYER; /* level k: before the k-th layer that is drawn */
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "circuit-drawing", role: "img", "aria-label": name });
  layers.forEach((layer, k) =>
    root.append(
      k % 2 ? "" : svg("rect", { x: 40, y: y(k + 1), width: width - 40, height: CIRCUIT_LAYER, class: "band" }),
      svg("text", { x: 30, y: y(k + 0.5) + 4, class: "soft" }, `L${layer}`)
    )
  );
  const nodes = new Map(),
    note = (role, level) => nodes.set(`${role} ${level}`, { x: x(role), y: y(level), role });
  const bundles = new Map(); /* heads with one source, one target and one layer are one curve */
  for (const edge of edges) {
    const k = layers.indexOf(edge.layer),
      ffn = edge.kind === "ffn";
    note(edge.source, ffn ? k + CIRCUIT_ATTENTION : k);
    note(edge.target, ffn ? k + 1 : k + CIRCUIT_ATTENTION);
    const key = [edge.kind, edge.layer, edge.source, edge.target].join();
    bundles.set(key, [...(bundles.get(key) ?? []), edge]);
  }
  for (const role of roles) {
    const ys = [...nodes.values()].filter((node) => node.role === role).map((node) => node.y);
    root.append(
      svg("line", { x1: x(role), x2: x(role), y1: Math.max(...ys), y2: Math.min(...ys), class: "residual" }),
      svg("text", { x: x(role), y: height - 10 }, role === "-" ? "(none)" : role)
    );
  }
  const labels = [],
    taken = [];
  for (const bundle of bundles.values()) {
    const [edge] = bundle,
      k = layers.indexOf(edge.layer);
    if (edge.kind === "ffn") {
      const at = { x: x(edge.target), y: y(k + (1 + CIRCUIT_ATTENTION) / 2) },
        half = (CIRCUIT_LAYER * (1 - CIRCUIT_ATTENTION)) / 2;
      root.append(
        svg("path.ffn-line", { d: `M${at.x} ${at.y + half}C${at.x + 24} ${at.y + half} ${at.x + 24} ${at.y - half} ${at.x} ${at.y - half}`
         }),
        svg(
          "rect.ffn",
          { x: at.x + 12, y: at.y - 6, width: 12, height: 12 },
          svg("title", `FFN${edge.layer} at ${edge.target}`)
        )
      );
      continue;
    }
    const curve = circuitCurve({ x: x(edge.source), y: y(k) }, { x: x(edge.target), y: y(k + CIRCUIT_ATTENTION) });
    root.append(svg("path", { d: curve.d, class: "edge" }));
    const at = circuitPlace(curve, bundle.length * 26, taken);
    bundle.forEach((one, i) =>
      labels.push(
        svg(
          "a",
          { href: addressOf(["head", one.layer, one.head], { edge: one.item }) },
          svg(
            "text",
            { x: at.x + (i - (bundle.length - 1) / 2) * 26, y: at.y + 4 },
            `H${one.head}`,
            svg("title", `${one.name} ${one.source} → ${one.target}`)
          )
        )
      )
    );
  }
  for (const node of nodes.values()) root.append(svg("circle", { cx: node.x, cy: node.y, r: 4.5 }));
  root.append(...labels);
  return root;
}
