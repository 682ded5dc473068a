// The page: which run is shown, what the keys and buttons do, and how a page that is served stays up to date.

const byId = (id) => document.getElementById(id);
const articles = () => [...document.querySelectorAll("article.item")];
const shownArticle = () => articles().find((article) => !article.hidden);
const figureOf = (article, name) => [...(article?.querySelectorAll("figure.sound") ?? [])].find((figure) => figure.dataset.name === name);
const say = (text) => { byId("said").textContent = text; };

let lastAttempt = null; // the name of the attempt last played: what A/B goes back to

function show(key, { play = false, address = true } = {}) {
  const article = byId(key);
  if (!article?.matches("article.item")) return;
  for (const other of articles()) other.hidden = other !== article;
  for (const row of rows()) row.ariaCurrent = row.dataset.of === key ? "true" : null;
  for (const line of document.querySelectorAll(".overview .line")) line.classList.toggle("chosen", line.dataset.of === key);
  if (address && location.hash.slice(1) !== key && articles().length > 1) history.replaceState(null, "", `#${key}`);
  draw(article);
  update();
  if (play && player.current) {
    const figure = figureOf(article, player.current.name) ?? firstAttempt(article);
    if (figure) start(figure, player.position());
  }
}

const firstAttempt = (article) => article?.querySelector('figure.sound:not([data-against=""])') ?? article?.querySelector("figure.sound");

function start(figure, offset = 0) {
  if (figure.dataset.against) lastAttempt = figure.dataset.name;
  return player.play(figure.closest("article").id, figure.dataset.name, figure.dataset.sound, offset);
}

function isPlaying(figure) {
  return player.current?.item === figure.closest("article").id && player.current.name === figure.dataset.name;
}

const toggle = (figure) => (isPlaying(figure) ? player.stop() : start(figure));

// The target in the place of the attempt that plays, or the other way round; where nothing plays, the other from its start.
let lastPlayed = null;
function switchSides() {
  const article = shownArticle();
  const now = player.current?.name ?? lastPlayed;
  const figure = figureOf(article, now) ?? firstAttempt(article);
  if (!figure) return;
  const attempts = [...article.querySelectorAll("figure.sound")].filter((one) => one.dataset.against === figure.dataset.name);
  const other = figure.dataset.against
    ? figureOf(article, figure.dataset.against)
    : attempts.find((one) => one.dataset.name === lastAttempt) ?? attempts[0];
  if (other) start(other, player.current ? player.position() : 0);
}

// Buttons and playheads say what plays.
function update() {
  for (const figure of shownArticle()?.querySelectorAll("figure.sound") ?? []) {
    const playing = isPlaying(figure);
    figure.classList.toggle("playing", playing);
    const button = figure.querySelector(".play");
    button.ariaPressed = String(playing);
    button.ariaLabel = `${playing ? "Stop" : "Play"} ${figure.dataset.name}`;
    figure.querySelector(".playhead").hidden = !playing;
  }
  for (const row of rows()) {
    const playing = player.current?.item === row.dataset.of;
    row.classList.toggle("playing", playing);
    const button = row.querySelector(".play");
    if (button) button.ariaPressed = String(playing);
  }
  for (const button of document.querySelectorAll("button.loop")) button.ariaPressed = String(player.loop);
}

function follow() {
  if (!player.current) return;
  const figure = figureOf(byId(player.current.item), player.current.name);
  if (figure) figure.querySelector(".playhead").style.left = `${(100 * player.position()) / (figure.dataset.span || player.current.seconds)}%`;
  requestAnimationFrame(follow);
}

player.changed = () => {
  if (player.current) {
    lastPlayed = player.current.name;
    say(`playing ${player.current.name}`);
    requestAnimationFrame(follow);
  }
  update();
};

async function copy(program) {
  const text = program.querySelector("code").textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Where the clipboard is not given to a page, its selection is.
    getSelection().selectAllChildren(program.querySelector("code"));
    document.execCommand("copy");
  }
  const button = program.querySelector(".copy");
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), 1500);
  say("copied");
}

function step(by) {
  const shown = visibleRows();
  if (!shown.length) return;
  const at = shown.findIndex((row) => row.dataset.of === shownArticle()?.id);
  const next = shown[at < 0 ? 0 : Math.min(Math.max(at + by, 0), shown.length - 1)];
  show(next.dataset.of, { play: true });
  next.scrollIntoView({ block: "nearest" });
  say(next.querySelector("a").textContent);
}

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  const row = at("#table tbody tr");
  if (at(".play") && row) {
    const playing = player.current?.item === row.dataset.of;
    if (playing) player.stop();
    show(row.dataset.of);
    if (!playing) start(firstAttempt(byId(row.dataset.of)));
  } else if (at(".play")) toggle(at("figure.sound"));
  else if (row && !getSelection().toString()) {
    show(row.dataset.of, { play: true });
    if (at("a")) event.preventDefault();
  } else if (at(".pictures")) {
    const figure = at("figure.sound");
    const box = at(".pictures").getBoundingClientRect();
    start(figure, ((event.clientX - box.left) / box.width) * Number(figure.dataset.span || 0));
  } else if (at(".ab")) switchSides();
  else if (at(".loop")) player.setLoop(!player.loop);
  else if (at(".copy") || at(".site")) copy(at(".program"));
  else if (at("#help-button")) byId("help").showModal();
  else if (at("#table thead button")) {
    const { column } = at("button").dataset;
    Object.assign(order, { column, descending: order.column === column ? !order.descending : false });
    sortTable();
  }
});

document.addEventListener("input", (event) => {
  if (event.target.closest(".filters")) filterTable();
});

const KEYS = {
  " ": () => (player.current ? player.stop() : start(figureOf(shownArticle(), lastPlayed) ?? firstAttempt(shownArticle()))),
  x: switchSides,
  l: () => player.setLoop(!player.loop),
  j: () => step(1),
  k: () => step(-1),
  c: () => { const program = shownArticle()?.querySelector(".program[open]"); if (program) copy(program); },
  "/": () => byId("filter")?.focus(),
  "?": () => byId("help").showModal(),
  Escape: () => player.stop(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  const field = event.target.closest("input, select, textarea");
  if (field) {
    if (event.key === "Escape") field.blur();
    return;
  }
  // Space presses the button that has the focus.
  if (event.key === " " && event.target.closest("button, a, summary")) return;
  const sounds = shownArticle()?.querySelectorAll("figure.sound") ?? [];
  const action = /^[1-9]$/.test(event.key) ? sounds[event.key - 1] && (() => toggle(sounds[event.key - 1])) : KEYS[event.key];
  if (!action) return;
  if (event.key === " " && !sounds.length) return;
  event.preventDefault();
  action();
});

window.addEventListener("hashchange", () => show(location.hash.slice(1)));

let resized = 0;
new ResizeObserver(() => {
  clearTimeout(resized);
  resized = setTimeout(() => shownArticle() && draw(shownArticle()), 120);
}).observe(document.body);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shownArticle() && draw(shownArticle()));

sortTable();
filterTable();
// The first run is shown without being addressed: the browser would scroll down to it, past the table.
if (byId(location.hash.slice(1))) show(location.hash.slice(1));
else show(articles()[0]?.id, { address: false });
