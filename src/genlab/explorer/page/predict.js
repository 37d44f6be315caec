// "Predict first": after a slider has moved, the figure shows the setting before until the reader has
// said what will happen.
"use strict";

class Predict {
  // `names`: the values whose change asks. `question(changes)` and `options`, name -> text, are what is asked;
  // `hides`: whether a page that is opened by a link asks before it shows anything.
  constructor({ names, question, options, hides = false }) {
    Object.assign(this, { names, question, hides });
    this.before = null; // what the figure shows
    this.guess = null; // what was said, until it is answered
    this.toggle = Controls.button("Predict first", () => this.turn(), "say what will happen before the figure shows it");
    this.asked = html("p", { ariaLive: "polite" });
    this.buttons = html("div", { className: "buttons", role: "group", ariaLabel: "Your prediction", hidden: true },
      ...Object.entries({ ...options, "": "Just show it" }).map(([name, text]) => Controls.button(text, () => this.take(name, text))));
    this.said = html("p", { role: "status", tabIndex: -1, hidden: true });
    this.element = html("div", { className: `predict${hides ? " hides" : ""}` }, this.toggle, this.asked, this.buttons, this.said);
  }

  turn() {
    this.before = { ...App.state };
    this.say("");
    App.change({ predict: 1 - App.state.predict });
  }

  // The state that the figure shows; null for none yet.
  shown(state) {
    this.toggle.setAttribute("aria-pressed", String(state.predict === 1));
    this.element.classList.toggle("on", state.predict === 1);
    const differs = this.before && this.names.filter((name) => String(state[name]) !== String(this.before[name]));
    const waits = state.predict === 1 && (this.before ? differs.length > 0 : this.hides);
    this.buttons.hidden = !waits;
    this.put(this.asked, waits ? this.question(this.before && this.changes(state, differs))
      : state.predict && this.said.hidden ? "Move a slider. The figure waits for your prediction." : "");
    if (!waits) {
      this.before = { ...state };
      return state;
    }
    if (!this.before) return null;
    this.say("");
    return { ...state, ...Object.fromEntries(this.names.map((name) => [name, this.before[name]])) };
  }

  changes(state, names) {
    return names.map((name) => `${Controls.named(name)} from ${Controls.shown(name, this.before[name])} to ${Controls.shown(name, state[name])}`).join(", ");
  }

  take(name, text) {
    this.guess = { name, text, before: this.before };
    this.before = { ...App.state };
    this.say("…");
    this.said.focus();
    App.request();
  }

  // Called with what happened, once the figure shows it: `answer({name, text, before})` is a sentence.
  answer(answer) {
    if (!this.guess) return;
    this.say(answer(this.guess));
    this.guess = null;
  }

  say(text) {
    this.guess = text ? this.guess : null;
    this.put(this.said, text);
    this.said.hidden = !text;
  }

  put(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  // `right` is what happened, null where it cannot be decided.
  static verdict(guess, right) {
    if (guess.name === "") return "";
    const found = right === null ? "This cannot be decided." : guess.name === right ? "That is right." : "That is not what happened.";
    return ` You predicted: ${guess.text.toLowerCase()}. ${found}`;
  }
}
