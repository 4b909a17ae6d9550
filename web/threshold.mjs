/* SPDX-License-Identifier: Apache-2.0
 * The slider of the threshold: logarithmic from the floor, below which nothing is stored, to 0.5, or to the run's threshold or the one
 * that is shown at first, where that is higher. */
import { element } from "./dom.mjs";

const THRESHOLD_HIGHEST = 0.5, THRESHOLD_STEPS = 400, THRESHOLD_KEY_STEPS = 10;

/* floor, threshold (of the run), value; onChange(threshold, dragging). -> {node, value, set(threshold), step(-1 | 1)} */
export function thresholdSlider({ floor, threshold, value, onChange }) {
  const highest = Math.max(THRESHOLD_HIGHEST, floor * 2, threshold, value);
  const stepOf = (t) => Math.round(THRESHOLD_STEPS * Math.log(t / floor) / Math.log(highest / floor));
  /* The floor and the run's threshold are met exactly, other values have three digits. */
  const valueOf = (step) => (step <= 0 ? floor : step === stepOf(threshold) ? threshold :
    Number((floor * (highest / floor) ** (step / THRESHOLD_STEPS)).toPrecision(3)));
  const output = element("output");
  const input = element("input", { type: "range", min: 0, max: THRESHOLD_STEPS, step: 1, id: "threshold", list: "threshold-run",
    oninput: () => change(valueOf(Number(input.value)), true), onchange: () => change(slider.value, false) });
  const slider = {
    value,
    highest,
    node: element("div.threshold", element("label", { for: "threshold" }, "Threshold"),
      element("span.soft", { title: "the floor: parts below it are not stored" }, String(floor)), input, output,
      element("datalist", { id: "threshold-run" }, element("option", { value: stepOf(threshold) }))),
    set(t) {
      slider.value = t;
      input.value = stepOf(t);
      output.textContent = String(t);
      input.setAttribute("aria-valuetext", String(t));
    },
    step(direction) {
      change(valueOf(Math.max(0, Math.min(THRESHOLD_STEPS, stepOf(slider.value) + direction * THRESHOLD_KEY_STEPS))), false);
    },
  };
  function change(t, dragging) {
    slider.set(t);
    onChange(t, dragging);
  }
  slider.set(value);
  return slider;
}
