// A page that is served: what is new takes the place of what it was; what plays, is chosen or is open stays so.

const asLoaded = new Map(articles().map((article) => [article.id, article.outerHTML]));

function takeOver(fresh) {
  const focus = document.activeElement?.id;
  const chosen = shownArticle()?.id;
  for (const [key, sound] of Object.entries(JSON.parse(fresh.getElementById("data").textContent))) store.set(key, sound);
  const taken = [...fresh.querySelectorAll("article.item")];
  const there = new Set(taken.map((article) => article.id));
  for (const article of taken) {
    const [old, text] = [byId(article.id), article.outerHTML];
    if (old && asLoaded.get(article.id) === text) continue;
    asLoaded.set(article.id, text);
    article.hidden = article.id !== chosen;
    for (const details of article.querySelectorAll("details[id]")) {
      const before = byId(details.id);
      if (before) details.open = before.open;
    }
    if (old) old.replaceWith(article);
    else byId("items").append(article);
  }
  for (const article of articles()) if (!there.has(article.id)) article.remove();
  byId("nothing")?.remove();
  byId("meta").replaceWith(fresh.getElementById("meta"));
  const main = document.querySelector("main");
  takeTable(fresh, main);
  const panels = fresh.querySelector(".overview .panels");
  const overview = byId("overview");
  if (overview && panels) overview.querySelector(".panels").replaceWith(panels);
  else if (panels) byId("items").before(fresh.getElementById("overview"));
  else overview?.remove();
  sortTable();
  filterTable();
  show(byId(chosen) ? chosen : articles()[0]?.id);
  if (focus && document.activeElement?.id !== focus) byId(focus)?.focus({ preventScroll: true });
}

// The table's head and filters are taken anew where there are other columns or choices than before.
function takeTable(fresh, main) {
  const [old, table] = [main.querySelector("section.table"), fresh.querySelector("section.table")];
  if (!old || !table) {
    old?.remove();
    if (table) main.prepend(table);
    return;
  }
  const shape = (section) => section.querySelector("thead").textContent + [...section.querySelectorAll("option")].map((option) => option.textContent).join("|");
  if (shape(old) === shape(table)) {
    old.querySelector("tbody").replaceWith(table.querySelector("tbody"));
    return;
  }
  const kept = [...old.querySelectorAll("select, input")].map((field) => [field.dataset.column, field.value]);
  const [left, top] = [old.querySelector(".scroll").scrollLeft, old.querySelector(".scroll").scrollTop];
  old.replaceWith(table);
  for (const field of table.querySelectorAll("select, input")) field.value = kept.find(([column]) => column === field.dataset.column)?.[1] ?? "";
  table.querySelector(".scroll").scrollTo(left, top);
}

let tag = null;
async function refresh() {
  const sign = byId("live");
  try {
    const answer = await fetch(location.pathname, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
    if (answer.status === 200) {
      tag = answer.headers.get("ETag");
      takeOver(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } else if (answer.status !== 304) throw new Error(answer.statusText);
    sign.textContent = "live";
    sign.classList.remove("lost");
  } catch {
    sign.textContent = "no answer";
    sign.classList.add("lost");
  }
}

const { live } = document.body.dataset;
async function keepUp() {
  if (!document.hidden) await refresh();
  setTimeout(keepUp, 1000 * live);
}
if (live) setTimeout(keepUp, 1000 * live);
