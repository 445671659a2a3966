"use strict";

// Without this script the page says all the same; with it tables sort and pictures tell their values.
document.documentElement.classList.add("scripted");

// Tables: a click on a head sorts by its column, a second one the other way. Empty cells stay at the end.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const original = new Map([...body.rows].map((row, at) => [row, at]));
  const words = new Intl.Collator("en", { numeric: true });

  // A number stands in full at the beginning of its cell's title, where the cell itself shows less.
  const keyOf = (cell, isText) => {
    const text = cell.textContent;
    if (isText || text === "") return text;
    return Number.parseFloat((cell.title || text).replaceAll(",", ""));
  };

  const sort = (column, direction) => {
    const isText = heads[column].classList.contains("t");
    const rows = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[column], isText) }));
    rows.sort((a, b) => {
      if (a.key === "" || b.key === "") return (a.key === "") - (b.key === "") || original.get(a.row) - original.get(b.row);
      const order = isText ? words.compare(a.key, b.key) : a.key - b.key;
      return direction * order || original.get(a.row) - original.get(b.row);
    });
    body.append(...rows.map(({ row }) => row));
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const ascending = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      sort(column, ascending ? 1 : -1);
    });
  });
}

// Numbers as in the tables: four significant digits, thousands apart.
const shown = (value) => {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e7) return value.toExponential(3).replace("e+", "e");
  return value.toLocaleString("en-US", { minimumSignificantDigits: 4, maximumSignificantDigits: size < 1000 ? 4 : Math.ceil(Math.log10(size)) });
};

// A part of a picture, which is so many units wide: one whose words would be too small to be read can be made larger, and then
// scrolls in a frame of its own.
const UNITS_LEGIBLE = 1000;
const framed = (view, units) => {
  if (units <= UNITS_LEGIBLE) return view;
  const [part, frame, button] = ["div", "div", "button"].map((name) => document.createElement(name));
  frame.className = "scroll";
  frame.append(view);
  button.type = "button";
  button.textContent = "Larger";
  button.addEventListener("click", () => {
    button.textContent = frame.classList.toggle("larger") ? "Smaller" : "Larger";
  });
  part.append(frame, button);
  return part;
};

// Pictures: a line and the values at the point nearest to the pointer, or at the one that the arrow keys have reached.
for (const figure of document.querySelectorAll("figure.picture")) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const canvas = figure.querySelector(".canvas");
  const svg = canvas.querySelector("svg");
  const panels = data.panels.filter((panel) => panel.x.length > 0);
  if (!svg || panels.length === 0) continue;
  if (!svg.hasAttribute("viewBox")) svg.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);

  const element = (name, attributes) => {
    const made = document.createElementNS(svg.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  const art = element("g", { id: `${figure.id}-art` });
  art.append(...svg.childNodes);
  const layer = element("g", {});
  art.append(layer);
  svg.append(art);

  // For a narrow screen: the parts of the picture one below the other, each a view of the same drawing.
  const cells = data.cells ?? [];
  const views = cells.map(([left, top, right, bottom]) => {
    const view = element("svg", { viewBox: `${left} ${top} ${right - left} ${bottom - top}` });
    view.append(element("use", { href: `#${art.id}` }));
    return view;
  });
  const stack = document.createElement("div");
  stack.className = "stack";
  views.forEach((view, at) => stack.append(framed(view, cells[at][2] - cells[at][0])));
  if (views.length > 0) canvas.append(stack);
  const isWithin = (panel, [left, top, right, bottom]) =>
    panel.left >= left && panel.right <= right && panel.top >= top && panel.bottom <= bottom;
  const viewOf = (panel) => (stack.offsetParent ? views[cells.findIndex((cell) => isWithin(panel, cell))] : svg);

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  canvas.append(tip);
  let here = null;

  const draw = (name, attributes) => layer.append(element(name, attributes));

  const hide = () => {
    here = null;
    tip.hidden = true;
    layer.replaceChildren();
  };

  const line = (name, text, unit) => {
    const row = document.createElement("span");
    const value = document.createElement("b");
    value.textContent = text + (unit ? ` ${unit}` : "");
    row.append(name, value);
    return row;
  };

  const show = (panel, at) => {
    here = { panel, at };
    layer.replaceChildren();
    const x = panel.x_px[at];
    if (!panel.plane) draw("line", { class: "cross", x1: x, x2: x, y1: panel.top, y2: panel.bottom });
    const head = document.createElement("strong");
    const name = panel.names?.[at];
    head.textContent = name || `${panel.x_label} ${shown(panel.x[at])}`;
    tip.replaceChildren(head);
    if (name && panel.plane && panel.x_label) tip.append(line(panel.x_label, shown(panel.x[at])));
    if (panel.cell) {
      const [width, height] = panel.cell;
      draw("rect", { class: "frame", x: x - width / 2, y: panel.series[0].y_px[at] - height / 2, width, height });
    }
    for (const series of panel.series) {
      const y = series.y[at];
      if (!Number.isFinite(y)) continue;
      if (!panel.cell && Number.isFinite(series.y_px[at])) draw("circle", { class: "mark", cx: x, cy: series.y_px[at], r: 3.5 });
      tip.append(line(series.name, shown(y), series.unit));
    }
    tip.hidden = false;
    const matrix = viewOf(panel).getScreenCTM();
    const box = canvas.getBoundingClientRect();
    const across = matrix.a * x + matrix.e - box.left;
    const room = canvas.clientWidth - tip.offsetWidth;
    const left = across + 12 <= room ? across + 12 : across - 12 - tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(room, left))}px`;
    const point = panel.plane ? panel.series.map((series) => series.y_px[at]).find(Number.isFinite) : undefined;
    const down = (y) => matrix.d * y + matrix.f - box.top;
    const top = point === undefined ? down(panel.top) + 4 : down(point) + 12;
    tip.style.top = `${Math.max(0, Math.min(canvas.clientHeight - tip.offsetHeight, top))}px`;
  };

  // The nearest point along x that any series has a value at; among equals the nearest in height. In a panel that is a plane
  // the nearest of all.
  const nearest = (panel, x, y) => {
    let best = -1;
    let bestAcross = Infinity;
    let bestUp = Infinity;
    panel.x_px.forEach((px, at) => {
      let across = Math.abs(px - x);
      if (across > bestAcross) return;
      let up = Infinity;
      for (const series of panel.series) {
        const py = series.y_px[at];
        if (Number.isFinite(py)) up = Math.min(up, Math.abs(py - y));
      }
      if (up === Infinity) return;
      // Beside a cell there is nothing to tell of it.
      if (panel.cell && (across > panel.cell[0] / 2 + 1 || up > panel.cell[1] / 2 + 1)) return;
      if (panel.plane) [across, up] = [Math.hypot(across, up), 0];
      if (across > bestAcross || (across === bestAcross && up >= bestUp)) return;
      [best, bestAcross, bestUp] = [at, across, up];
    });
    return best;
  };

  const follow = (event) => {
    const matrix = event.currentTarget.getScreenCTM();
    const x = (event.clientX - matrix.e) / matrix.a;
    const y = (event.clientY - matrix.f) / matrix.d;
    const panel = panels.find((panel) => x >= panel.left && x <= panel.right && y >= panel.top && y <= panel.bottom);
    const at = panel ? nearest(panel, x, y) : -1;
    if (at < 0) hide();
    else if (!here || here.panel !== panel || here.at !== at) show(panel, at);
  };
  for (const view of [svg, ...views]) {
    view.addEventListener("pointermove", follow);
    view.addEventListener("pointerdown", follow);
    view.addEventListener("pointerleave", (event) => {
      // A finger that is lifted leaves the values to be read.
      if (event.pointerType !== "touch") hide();
    });
  }

  canvas.tabIndex = 0;
  canvas.setAttribute("role", "group");
  canvas.setAttribute("aria-label", `${figure.querySelector("figcaption").textContent}: arrow keys tell the values`);
  canvas.addEventListener("blur", hide);
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity, ArrowUp: 0, ArrowDown: 0 }[event.key];
    if (event.key === "Escape") hide();
    if (move === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const upDown = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (upDown !== 0 && panels.length === 1) return;
    event.preventDefault();
    const from = here ? panels.indexOf(here.panel) : 0;
    const panel = panels[(from + upDown + panels.length) % panels.length];
    const last = panel.x.length - 1;
    const at = here && upDown === 0 ? here.at + move : move === Infinity ? last : 0;
    show(panel, Math.max(0, Math.min(last, at)));
  });
}

// On paper nothing is folded away.
const folded = [];
window.addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details:not([open])")) {
    details.open = true;
    folded.push(details);
  }
});
window.addEventListener("afterprint", () => {
  for (const details of folded.splice(0)) details.open = false;
});
