// Asks the library on this machine for the numbers that are quoted; a page without a server has none
// to ask, and says what its own numbers rest on.
"use strict";

const Library = (() => {
  const token = document.querySelector('meta[name="genlab-token"]')?.content ?? null;
  const here = token !== null;
  let asked = 0;

  // What the server answers to a question, or an Error with its sentence. With `keepalive` a page
  // that is being left still asks.
  async function ask(path, body = null, keepalive = false) {
    const answer = await fetch(path, {
      method: body === null ? "GET" : "POST",
      headers: { "X-Genlab-Token": token, ...(body === null ? {} : { "Content-Type": "application/json" }) },
      body: body === null ? undefined : JSON.stringify(body),
      keepalive,
    });
    const value = await answer.json();
    if (!answer.ok) throw new Error(value.error);
    return value;
  }

  // Compares the page's numbers with the library's, and says so; a newer question makes it silent.
  async function check(state, own, element) {
    const question = ++asked;
    if (!here) {
      element.textContent = "Computed in this page, by the formulas of genlab.decompose.";
      return;
    }
    try {
      const { average } = await ask("api/parts", state);
      if (question !== asked) return;
      const worst = Math.max(...Object.entries(average).flatMap(([name, part]) =>
        ["estimate", "low", "high"].map((end) =>
          Math.abs(part[end] - own[name][end]) / Math.max(1, Math.abs(part[end])))));
      element.textContent = worst < 1e-6
        ? "Checked: genlab.decompose gives the same numbers."
        : `genlab.decompose gives other numbers (they differ by ${number(worst)}): please report this.`;
    } catch (error) {
      if (question === asked) element.textContent = `The library could not be asked: ${error.message}`;
    }
  }

  return { here, ask, check };
})();
