"use strict";
// click on a head sorts its column: numbers from the best guess (large first), then the other way
const valueOf = (cell) => {
  const text = cell.dataset.value ?? cell.textContent.trim();
  const number = Number(text);
  return cell.dataset.value === undefined ? text : Number.isNaN(number) ? null : number;
};
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const numeric = head.classList.contains("number");
      const first = numeric && !/rank|^p|second|seed/.test(head.textContent) ? "descending" : "ascending";
      const other = first === "descending" ? "ascending" : "descending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      const rows = [...table.tBodies[0].rows].map((row) => [valueOf(row.cells[column]), row]);
      rows.sort(([a], [b]) => {
        if (a === null || b === null) return (a === null) - (b === null); // gaps always last
        const by = typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true });
        return order === "ascending" ? by : -by;
      });
      table.tBodies[0].append(...rows.map(([, row]) => row));
    });
  });
}
const large = document.getElementById("large");
for (const button of document.querySelectorAll("button.enlarge")) {
  button.addEventListener("click", () => {
    const picture = large.firstElementChild;
    picture.src = button.firstElementChild.src;
    picture.alt = button.firstElementChild.alt;
    large.showModal();
  });
}
large.addEventListener("click", () => large.close());
