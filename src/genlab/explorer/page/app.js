// The state that the pages share, which page is shown, and the one loop that draws.
"use strict";

const App = (() => {
  const pages = new Map();
  let { page, state } = State.read(location.hash);
  let requested = false, unsettled = false;
  const followers = [];

  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  // Takes new values. The newest win: however many come, one frame draws what is there then.
  function change(values, settled = true) {
    Object.assign(state, values);
    unsettled = !settled;
    request();
  }

  function request() {
    if (requested) return;
    requested = true;
    requestAnimationFrame(() => {
      requested = false;
      if (!unsettled) remember();
      for (const follow of followers) follow(state);
      pages.get(page)?.update(state, !unsettled);
    });
  }

  function remember() {
    const hash = pages.get(page).stateless ? `#${page}` : State.write(page, state);
    if (location.hash !== hash) history.replaceState(null, "", hash);
  }

  function open(hash) {
    const read = State.read(hash);
    state = hash.includes("?") ? read.state : state;
    page = pages.has(read.page) ? read.page : pages.keys().next().value;
    for (const [name, { section }] of pages) section.hidden = name !== page;
    for (const link of document.querySelectorAll("nav a"))
      if (link.dataset.page === page) {
        link.setAttribute("aria-current", "page");
        link.scrollIntoView({ block: "nearest", inline: "nearest" });
      } else link.removeAttribute("aria-current");
    const current = pages.get(page);
    document.title = `${current.title} · genlab explorer`;
    if (!current.mounted) {
      current.mounted = true;
      current.mount(current.section);
    }
    unsettled = false;
    current.shown?.();
    request();
  }

  function start() {
    const nav = document.querySelector("nav");
    for (const [name, { title, section }] of pages) {
      const link = html("a", { href: `#${name}`, textContent: title });
      link.dataset.page = name;
      nav.append(link);
      section.setAttribute("aria-label", title);
    }
    addEventListener("hashchange", () => open(location.hash));
    open(location.hash);
  }

  // Adds a page: {name, title, mount(section), update(state, settled)}.
  function add(definition) {
    const section = html("section", { className: "page", hidden: true });
    document.querySelector("main").append(section);
    pages.set(definition.name, { ...definition, section });
  }

  return {
    add, start, change, request, calm,
    follow: (follower) => followers.push(follower),
    get state() { return state; },
    get page() { return page; },
  };
})();
