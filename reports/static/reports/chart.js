// Draws the charts of a report from the options beside them (reports/charts.py). Colours come from the page's style,
// texts from the options; without this script the tables say the same.

/** @typedef {{option: any, height: number, series: number}} Drawn */

/** @param {HTMLElement} place @param {string} name @returns {string} */
function token(place, name) {
  return getComputedStyle(place).getPropertyValue(name).trim();
}

/** Told apart without their colours: plain, dots, strokes, triangles, squares, lines. In the order of the series. */
const DECALS = [
  { symbol: "none" },
  { symbol: "circle", dashArrayX: [[8, 8], [0, 8, 8, 0]], dashArrayY: [6, 0], symbolSize: 0.8 },
  { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 },
  { symbol: "triangle", dashArrayX: [[9, 9], [0, 9, 9, 0]], dashArrayY: [9, 2], symbolSize: 0.75 },
  { symbol: "rect", dashArrayX: [[5, 5], [0, 5, 5, 0]], dashArrayY: [5, 0], symbolSize: 0.7 },
  { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [4, 3] },
];
const MOST_SHADE = 0.55; // of the first colour in a heat map, so that the ink is read on it
const LEAST_CELL_PX = 34; // of a heat map, for a number in it
const LETTER_PX = 12;
const LEAST_NAME_PX = 120;
const NAMES_SHARE = 0.38; // of the width, for the names beside lying bars

/** A colour that the page knows, as the red, green and blue that are painted for it: a heat map mixes them, and ECharts
 * does not read every notation. @param {string} colour @param {string} below @returns {number[]} */
function painted(colour, below) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const brush = canvas.getContext("2d");
  if (!brush) return [0, 0, 0];
  for (const each of ["#fff", below, colour]) {
    brush.fillStyle = each;
    brush.fillRect(0, 0, 1, 1);
  }
  return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

/** From the ground to a part of the colour. @param {string} ground @param {string} colour @returns {string[]} */
function shades(ground, colour) {
  const from = painted(ground, ground);
  const to = painted(colour, ground).map((part, n) => Math.round(from[n] + (part - from[n]) * MOST_SHADE));
  return [from, to].map((parts) => `rgb(${parts.join(",")})`);
}

/** @param {any} params @returns {string} */
function wordsOf(params) {
  return (params.data && params.data.words) || "";
}

/** Numbers on a heat map in the page's ink, boxes filled with its ground. @param {any} one @param {string} ink
 * @param {string} pale @param {number} cell The width of a cell in px, 0 where there are none. @returns {any} */
function toned(one, ink, pale, cell) {
  if (one.type === "heatmap") return { ...one, label: { ...one.label, color: ink, ...(cell && cell < LEAST_CELL_PX && { show: false }) } };
  if (one.type === "boxplot") return { ...one, itemStyle: { color: pale, borderWidth: 2 } };
  return one;
}

/** ECharts paints on a canvas, which knows no custom properties: they are read where they apply.
 * @param {HTMLElement} place @param {Drawn} drawn @returns {any} */
function dressed(place, drawn) {
  const style = getComputedStyle(place);
  const ink = style.color;
  const line = token(place, "--line") || "#ccc";
  const colours = [1, 2, 3, 4, 5, 6].map((n) => token(place, `--chart-${n}`)).filter(Boolean);
  const option = drawn.option;
  const beside = Math.max(LEAST_NAME_PX, Math.round(place.clientWidth * NAMES_SHARE));
  const room = (/** @type {any} */ one) =>
    one.inverse ? { width: beside, overflow: "break", height: 30, lineOverflow: "truncate" } : { width: 140, overflow: "truncate" };
  const heads = /** @type {string[]} */ (option.xAxis && option.xAxis.position === "top" ? option.xAxis.data : []);
  const cell = heads.length && (place.clientWidth - beside) / heads.length;
  const longest = Math.max(0, ...heads.map((name) => name.length));
  // The names above a heat map stand upright where they do not fit beside each other.
  const upright = { interval: 0, ...(cell < longest * LETTER_PX && { rotate: 90, width: 100 }) };
  const axis = (/** @type {any} */ one, /** @type {string | undefined} */ align) => ({
    ...one,
    axisLabel: { color: ink, hideOverlap: true, ...room(one), ...(one.position === "top" && upright), ...one.axisLabel },
    axisLine: { lineStyle: { color: line } },
    splitLine: { show: one.type === "value", lineStyle: { color: line } },
    nameTextStyle: { color: ink, ...(align && { align }) },
  });
  const across = (/** @type {any} */ some) => (Array.isArray(some) ? some.map((one) => axis(one, undefined)) : axis(some, undefined));
  const pale = token(place, "--paper") || style.backgroundColor;
  return {
    ...option,
    color: colours,
    textStyle: { color: ink, fontFamily: style.fontFamily },
    aria: { enabled: true, label: { enabled: false }, decal: { show: drawn.series > 1, decals: DECALS } },
    tooltip: { ...option.tooltip, renderMode: "richText", formatter: wordsOf },
    ...(option.series && { series: option.series.map((/** @type {any} */ one) => toned(one, ink, pale, cell)) }),
    ...(option.legend && { legend: { ...option.legend, textStyle: { color: ink } } }),
    ...(option.xAxis && { xAxis: across(option.xAxis) }),
    ...(option.yAxis && { yAxis: axis(option.yAxis, option.yAxis.type === "value" ? "left" : undefined) }),
    ...(option.radar && { radar: { ...option.radar, axisName: { color: ink } } }),
    ...(option.visualMap && {
      visualMap: { ...option.visualMap, textStyle: { color: ink }, inRange: { color: shades(pale, colours[0]) } },
    }),
    ...(option.calendar && {
      calendar: {
        ...option.calendar,
        itemStyle: { color: "transparent", borderColor: line },
        splitLine: { lineStyle: { color: ink } },
        monthLabel: { ...option.calendar.monthLabel, color: ink },
        dayLabel: { ...option.calendar.dayLabel, color: ink },
      },
    }),
  };
}

/** @param {HTMLElement} place */
function draw(place) {
  const echarts = /** @type {any} */ (window).echarts;
  const source = document.getElementById(place.dataset.chart || "");
  if (!echarts || !source || !source.textContent) return;
  const drawn = /** @type {Drawn} */ (JSON.parse(source.textContent));
  place.hidden = false;
  place.style.height = `${drawn.height}px`;
  const chart = echarts.init(place, null, { renderer: "canvas" });
  chart.setOption(dressed(place, drawn));
  let width = place.clientWidth;
  window.addEventListener("resize", () => {
    if (place.clientWidth === width) return; // a phone's address bar changes the height only
    width = place.clientWidth;
    chart.resize();
    chart.setOption(dressed(place, drawn));
  });
  window.matchMedia("(prefers-color-scheme: dark)").addListener(() => chart.setOption(dressed(place, drawn)));
}

document.querySelectorAll("[data-chart]").forEach((place) => draw(/** @type {HTMLElement} */ (place)));
