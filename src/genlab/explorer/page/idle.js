// Work that can wait: done in short slices while the page is seen and nothing else is to do, and given up
// at the next change of what is shown.
"use strict";

const Idle = (() => {
  const REST_MS = 150, SLICE_MS = 8;
  const LATEST = { timeout: 100 }; // a browser may find no idle moment for as long as nothing is drawn
  const whenIdle = window.requestIdleCallback ?? ((slice) => setTimeout(slice, 20)); // none in Safari
  let jobs = [];

  // Calls `step`, which takes a few milliseconds, until it returns false; after the jobs before it.
  function run(step) {
    jobs.push(step);
    if (jobs.length === 1) later(jobs, REST_MS);
  }

  function stop() {
    jobs = [];
  }

  function later(mine, pause) {
    setTimeout(() => {
      if (document.hidden) document.addEventListener("visibilitychange", () => later(mine, REST_MS), { once: true });
      else if (mine === jobs) whenIdle(() => slice(mine), LATEST);
    }, pause);
  }

  function slice(mine) {
    const began = performance.now();
    while (mine === jobs && mine.length && performance.now() - began < SLICE_MS) if (!mine[0]()) mine.shift();
    // A pause as long: half of a core is left to others.
    if (mine === jobs && mine.length) later(mine, SLICE_MS);
  }

  return { run, stop };
})();
