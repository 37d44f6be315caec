// A job of the server under way: how far it is, and a button that stops it. Leaving the page does, too.
"use strict";

class JobBar {
  static EVERY = 250; // ms between two questions

  constructor(label) {
    this.bar = html("progress", { max: 1, value: 0, ariaLabel: label });
    this.said = html("span", { className: "small", role: "status" });
    this.button = Controls.button("Stop", () => this.stop());
    this.meter = html("span", { className: "field", hidden: true }, this.bar, this.button);
    this.element = html("div", { className: "job" }, this.meter, this.said);
    this.job = null;
    addEventListener("pagehide", () => { if (this.job) this.stop(); });
  }

  // Asks for a job and follows it to its end. `tell` gets each state, the last one too, and gives
  // {share, text}: how far it is, from 0 to 1, and in words.
  async run(path, question, tell) {
    let state = { running: true };
    this.began = performance.now();
    this.said.textContent = "";
    try {
      this.job = await Library.ask(path, question);
      this.meter.hidden = false;
      this.bar.value = 0;
      while (state.running) {
        await new Promise((done) => setTimeout(done, JobBar.EVERY));
        state = await Library.ask("api/progress", this.job);
        const { share, text } = tell(state);
        this.bar.value = share;
        this.said.textContent = text;
      }
    } catch (error) {
      state = { running: false, error: error.message };
      this.said.textContent = tell(state).text;
    }
    this.meter.hidden = true;
    this.job = null;
    return state;
  }

  // It ends at what it tells next.
  stop() {
    if (this.job) Library.ask("api/stop", this.job, true).catch((error) => (this.said.textContent = error.message));
    this.said.textContent = "Stopping.";
  }

  // In words, how long the rest takes when a share of it is done.
  left(share) {
    const seconds = (performance.now() - this.began) / 1000;
    return share > 0.02 && share < 1 ? `; about ${duration((seconds / share) * (1 - share))} left` : "";
  }
}

const duration = (seconds) => (seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`);
