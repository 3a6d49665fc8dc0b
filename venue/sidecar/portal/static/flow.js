// The chart of message rates: a point a second, as it comes; three minutes of them are kept.
"use strict";

const SECONDS = 180;
const points = [[], [], [], []];
let chart = null;

function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { text: of("--soft"), line: of("--line"), in: of("--normal-fill"), out: of("--near-fill"), rejected: of("--breached-fill") };
}

function draw() {
  const box = document.getElementById("rates");
  if (!box) return;
  if (chart) chart.destroy();
  const c = colours();
  const axis = { stroke: c.text, grid: { stroke: c.line, width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const line = (label, stroke, dash) => ({ label, stroke, width: 2, dash, points: { show: false } });
  chart = new uPlot({
    width: box.clientWidth, height: 180, padding: [null, 28, null, null], legend: { show: false }, cursor: { show: false },
    scales: { x: { time: true, range: (_, __, last) => last ? [last - SECONDS, last] : [0, 1] }, y: { range: (_, __, most) => [0, Math.max(5, Math.ceil(most * 1.1))] } },
    axes: [{ ...axis, space: 70, values: (_, at) => at.map((time) => points[0].length ? new Date(time * 1000).toISOString().slice(11, 19) : "") }, { ...axis, size: 44 }],
    series: [{}, line("in", c.in), line("out", c.out, [6, 4]), line("rejected", c.rejected, [2, 3])],
  }, points, box);
}

document.addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("rates");
  if (!box) return;
  draw();
  box.addEventListener("portal-data", (event) => {
    const point = event.detail;
    if (points[0].length && point[0] <= points[0][points[0].length - 1]) return;
    point.forEach((value, i) => { points[i].push(value); if (points[i].length > SECONDS) points[i].shift(); });
    ["in", "out", "rejected"].forEach((name, i) => {
      document.getElementById(`rate-${name}`).textContent = point[i + 1].toLocaleString("en-GB");
    });
    chart.setData(points);
  });
  window.addEventListener("resize", draw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
});
