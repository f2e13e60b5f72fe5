"use strict";
// Keeps an open page current: fragments come rendered from the server and are put in by their id.

const formats = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });
const link = document.getElementById("link");
let stream = null;

function dress(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const local = formats.format(new Date(time.dateTime));
    const utc = "absolute" in time.dataset ? time.textContent : time.title;
    time.title = `${local} (${utc})`;
    if ("absolute" in time.dataset) time.textContent = local;
  }
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("button[data-copy]")) button.hidden = false;
}

// What a person was using is found again by its id, its address or its words.
const key = (part) => part.id || part.getAttribute("href") || part.textContent;
const again = (root, part) => [...root.querySelectorAll(part.tagName)].find((each) => key(each) === key(part));

function put(id, html) {
  const old = document.getElementById(id);
  const next = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
  if (!old || !next) return;
  dress(next);
  for (const box of next.querySelectorAll("details")) box.open = again(old, box)?.open ?? box.open;
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const scrolled = [...old.querySelectorAll(".scroll")].map((box) => [box, box.scrollLeft, box.scrollTop]);
  old.replaceWith(next);
  for (const [box, left, top] of scrolled) again(next, box)?.scrollTo(left, top);
  if (focused) again(next, focused)?.focus({ preventScroll: true });
  if (next.dataset.say && next.dataset.say !== old.dataset.say) document.getElementById("news").textContent = next.dataset.say;
}

function close(word) {
  stream?.close();
  stream = null;
  link.textContent = word;
}

function follow() {
  // A hidden page gives its connection back: browsers open only a few to one host.
  if (document.hidden || !link.dataset.live) return close("");
  stream ??= new EventSource(link.dataset.live);
  stream.onopen = () => { link.textContent = "live"; };
  stream.onerror = () => { link.textContent = "reconnecting"; };
  stream.addEventListener("fragment", ({ data }) => put(...Object.values(JSON.parse(data))));
  stream.addEventListener("end", () => { link.dataset.live = ""; close("ended"); });
}

document.addEventListener("click", async ({ target }) => {
  if (!(target instanceof HTMLButtonElement) || !("copy" in target.dataset)) return;
  await navigator.clipboard.writeText(target.dataset.copy);
  target.textContent = "Copied";
});
document.addEventListener("visibilitychange", follow);
dress(document);
follow();
