"use strict";

// The page: takes files, sends each to this computer's own server, and shows the report it answers with.

const data = JSON.parse(document.getElementById("data").textContent);
const token = new URLSearchParams(location.search).get("token");
const results = document.getElementById("results");
const status = document.getElementById("status");
const drop = document.getElementById("drop");
const waiting = [];
const checked = [];
let language = data.language;
let busy = false;
let said = () => "";

function sentence(code, values = {}) {
  return data.sentences[language][code].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

// Says what happens, for the eyes and for screen readers; said again when the language changes.
function say(text) {
  said = text;
  status.textContent = text();
}

function showTexts() {
  status.textContent = said();
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  document.title = sentence("page.title");
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = sentence(element.dataset.text);
  }
}

async function send(address, body, headers = {}) {
  const answer = await fetch(address, {
    method: "POST",
    body,
    headers: { Authorization: `Bearer ${token}`, ...headers },
  });
  if (!answer.ok) {
    throw new Error((await answer.json()).error);
  }
  return answer;
}

function add(files) {
  waiting.push(...files);
  work();
}

// One file after another: the server checks one at a time anyway.
async function work() {
  if (busy) {
    return;
  }
  busy = true;
  while (waiting.length > 0) {
    await check(waiting.shift());
  }
  busy = false;
}

async function check(file) {
  const name = file.webkitRelativePath || file.name;
  if (file.size > data.most) {
    fail(name, () => sentence("page.too_large", { name, megabytes: Math.round(data.most / 2 ** 20) }));
    return;
  }
  const begin = performance.now();
  const seconds = () => Math.round((performance.now() - begin) / 1000);
  const checking = () => say(() => sentence("page.checking", { name, seconds: seconds() }));
  checking();
  const timer = setInterval(checking, 5000);
  try {
    const answer = await send(`/api/v1/verify?pictures=1&name=${encodeURIComponent(file.name)}`, file);
    await show(name, await answer.json());
  } catch (error) {
    fail(name, () => sentence("page.failed", { name, reason: error.message }));
  } finally {
    clearInterval(timer);
  }
}

function element(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  return made;
}

function fail(name, text) {
  const item = element("li", "", { class: "failed" });
  item.append(element("h3", name), element("p", text(), { class: "verdict" }));
  results.prepend(item);
  say(text);
}

async function show(name, content) {
  const item = element("li");
  results.prepend(item);
  const entry = { name, content, item };
  checked.push(entry);
  await draw(entry);
  say(() => sentence("page.done", { name, verdict: verdict(content.report) }));
}

function verdict(report) {
  if (report.error) {
    const code = `unchecked.${report.error.kind}`;
    return sentence(code in data.sentences[language] ? code : "unchecked.other");
  }
  const intact = report.layers.some((layer) => layer.integrity === "intact");
  const alone = report.verdict === "labelled" && !intact;
  return sentence(alone ? "verdict.labelled_alone" : `verdict.${report.verdict}`);
}

// Draws an entry in the language of the page; the report itself is the server's, so that it is the same everywhere.
async function draw(entry) {
  const { name, content, item } = entry;
  const body = JSON.stringify(content);
  const json = { "Content-Type": "application/json" };
  const html = await (await send(`/api/v1/report?form=html&language=${language}`, body, json)).text();
  item.className = content.report.verdict;
  const details = element("details", "", { open: "" });
  const frame = element("iframe", "", { sandbox: "allow-same-origin", title: `${sentence("page.download")}: ${name}` });
  frame.addEventListener("load", () => {
    frame.style.height = `${frame.contentDocument.documentElement.scrollHeight + 24}px`;
  });
  frame.srcdoc = html;
  details.append(element("summary", sentence("page.download")), frame);
  const links = element("p", "", { class: "downloads" });
  links.append(
    link(`${name}.html`, "page.download_html", async () => new Blob([html], { type: "text/html" })),
    link(`${name}.pdf`, "page.download_pdf", async () =>
      (await send(`/api/v1/report?form=pdf&language=${language}`, body, json)).blob()),
    link(`${name}.json`, "page.download_json", async () =>
      new Blob([JSON.stringify(content.report, null, 1)], { type: "application/json" })),
  );
  item.replaceChildren(
    element("h3", name),
    element("p", verdict(content.report), { class: "verdict" }),
    links,
    details,
  );
}

function link(name, code, blob) {
  const button = element("button", sentence(code), { type: "button" });
  button.addEventListener("click", async () => {
    const address = URL.createObjectURL(await blob());
    const anchor = element("a", "", { href: address, download: name.replace(/[/\\]/g, "_") });
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  });
  return button;
}

// All files below what was dropped: a file, or a folder with folders.
async function filesBelow(entry) {
  if (entry.isFile) {
    return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) {
      return found;
    }
    for (const inner of some) {
      found.push(...(await filesBelow(inner)));
    }
  }
}

for (const id of ["files", "folder"]) {
  const input = document.getElementById(id);
  const label = document.querySelector(`label[for="${id}"]`);
  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = "";
  });
  input.addEventListener("focus", () => label.classList.add("focused"));
  input.addEventListener("blur", () => label.classList.remove("focused"));
}

document.getElementById("language").addEventListener("click", async () => {
  language = language === "zh" ? "en" : "zh";
  showTexts();
  for (const entry of checked) {
    await draw(entry);
  }
});

window.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
window.addEventListener("dragleave", () => drop.classList.remove("over"));
window.addEventListener("drop", async (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
  const dropped = [...event.dataTransfer.files];
  for (const [number, entry] of entries.entries()) {
    add(entry ? await filesBelow(entry) : dropped.slice(number, number + 1));
  }
});

showTexts();
