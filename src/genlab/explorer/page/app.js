// The state that the pages share, which page is shown, and the one loop that draws.
"use strict";

const App = (() => {
  const pages = new Map();
  let { page, state } = State.read(location.hash);
  let requested = false, unsettled = false;
  const followers = [];

  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  // The state of the page that is shown: its own values, or the ones that the toy problem's pages share.
  const shown = () => pages.get(page)?.own ?? state;

  // Takes new values. The newest win: however many come, one frame draws what is there then.
  function change(values, settled = true) {
    Object.assign(shown(), values);
    unsettled = !settled;
    request();
  }

  function request() {
    if (requested) return;
    requested = true;
    requestAnimationFrame(() => {
      requested = false;
      Idle.stop();
      if (!unsettled) remember();
      for (const follow of followers) follow(state);
      pages.get(page)?.update(shown(), !unsettled);
    });
  }

  // The hash that restores what is shown.
  function hash() {
    const { values, own } = pages.get(page);
    return values ? State.writeOwn(page, values, own) : State.write(page, state);
  }

  function remember() {
    if (location.hash !== hash()) history.replaceState(null, "", hash());
  }

  function open(link) {
    const read = State.read(link);
    page = pages.has(read.page) ? read.page : pages.keys().next().value;
    if (link.includes("?")) {
      const current = pages.get(page);
      if (current.values) current.own = State.readOwn(link, current.values);
      else state = read.state;
    }
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

  // Adds a page: {name, title, mount(section), update(state, settled)}. One that has `values` has a state of
  // its own, which `App.change` changes and the link holds while it is shown: name -> {start, read, write}.
  function add(definition) {
    const own = definition.values && State.readOwn("", definition.values);
    const section = html("section", { className: "page", hidden: true });
    document.querySelector("main").append(section);
    pages.set(definition.name, { ...definition, own, section });
  }

  return {
    add, start, change, request, calm,
    follow: (follower) => followers.push(follower),
    get state() { return shown(); },
    get page() { return page; },
    get hash() { return hash(); },
  };
})();
