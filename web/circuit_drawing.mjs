/* SPDX-License-Identifier: Apache-2.0
 * A circuit as a picture: roles as columns, layers upward, drawn as graphs are: attention leaves upward and arrives level, an FFN is a square. */
import { itemName, itemParts } from "./lists.mjs";
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
      .sort((a, b) => (a === "END") - (b === "END") || run.roles.indexOf(a) - run.roles.indexOf(b))[0];
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
      at: (t) => ({ x: from.x - 138 * t * (1 - t), y: from.y + (to.y - from.y) * t })
    };
  }
  return {
    d: `M${from.x} ${from.y}Q${from.x} ${to.y} ${to.x} ${to.y}`,
    at: (t) => ({
      x: t * t * (to.x - from.x) + from.x,
      y: (1 - t) ** 2 * (from.y - to.y) + to.y
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
  const start = run.parallel ? 0 : CIRCUIT_ATTENTION; /* of an FFN, within its layer */
  const y = (level) => height - CIRCUIT_BOTTOM - level * CIRCUIT_LAYER; /* level k: before the k-th layer that is drawn */
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "circuit-drawing", role: "img", "aria-label": name });
  layers.forEach((layer, k) =>
    root.append(
      k % 2 ? "" : svg("rect", { x: 40, y: y(k + 1), width: width - 40, height: CIRCUIT_LAYER, class: "band" }),
      svg("text", { x: 30, y: y(k + 0.5) + 4, class: "soft" }, `L${layer}`)
    )
  );
  const nodes = [],
    node = (role, level) => nodes[nodes.push({ x: x(role), y: y(level), role }) - 1];
  const bundles = new Map(); /* heads with one source, one target and one layer are one curve */
  for (const edge of edges) {
    const k = layers.indexOf(edge.layer),
      ffn = edge.kind === "ffn";
    edge.from = node(edge.source, ffn ? k + start : k);
    edge.to = node(edge.target, ffn ? k + 1 : k + CIRCUIT_ATTENTION);
    const key = edge.item & ~(1023 << 12); /* without its head */
    bundles.set(key, [...(bundles.get(key) ?? []), edge]);
  }
  for (const role of roles) {
    const ys = nodes.filter((place) => place.role === role).map((place) => place.y);
    root.append(
      svg("line", { x1: x(role), x2: x(role), y1: Math.max(...ys), y2: Math.min(...ys), class: "residual" }),
      svg("text", { x: x(role), y: height - 10 }, role === "-" ? "(none)" : role)
    );
  }
  const labels = [],
    taken = [];
  for (const bundle of bundles.values()) {
    const [edge] = bundle,
      { from, to } = edge;
    if (edge.kind === "ffn") {
      root.append(
        svg("path.ffn-line", { d: `M${from.x} ${from.y}C${from.x + 24} ${from.y} ${from.x + 24} ${to.y} ${from.x} ${to.y}` }),
        svg(
          "rect.ffn",
          { x: from.x + 12, y: (from.y + to.y) / 2 - 6, width: 12, height: 12 },
          svg("title", itemName(run, edge.item))
        )
      );
      continue;
    }
    const curve = circuitCurve(from, to);
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
            svg("title", itemName(run, one.item))
          )
        )
      )
    );
  }
  for (const place of nodes) root.append(svg("circle", { cx: place.x, cy: place.y, r: 4.5 }));
  root.append(...labels);
  return root;
}
