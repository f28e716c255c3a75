// Active time by the monotonic clock: the page visible, and the member acting or media playing. Claims only: the server
// credits at most what it saw pass.

const SLEPT_MS = 5000; // ticks come each second; after a longer gap the machine slept, and the gap was not studied

export class Clock {
  /**
   * @param {number} idleMs input older than this is not activity
   * @param {(ms: number) => void} spend hears of each active piece
   */
  constructor(idleMs, spend) {
    this.idleMs = idleMs;
    this.spend = spend;
    this.visible = document.visibilityState === "visible";
    this.running = false; // a session is open and holds the lease
    this.ready = false; // nothing counts before there is content
    this.playing = false;
    this.since = performance.now();
    this.inputAt = this.since;
    this.startedAt = this.since;
    this.activeMs = 0;
    this.visibleMs = 0;
    this.holding = false; // asked whether someone is there: what passes now counts only if they answer
    this.heldMs = 0;
  }

  /** A new session: its totals begin at 0. */
  begin() {
    this.settle();
    this.startedAt = this.since;
    this.activeMs = 0;
    this.visibleMs = 0;
    this.running = true;
  }

  /** Counts what has passed since the last call. */
  settle() {
    const from = this.since;
    const now = performance.now();
    this.since = now;
    if (!this.running || !this.ready || !this.visible || now - from > SLEPT_MS) return;
    this.visibleMs += now - from;
    const until = this.playing ? now : Math.min(now, this.inputAt + this.idleMs);
    const active = Math.max(0, until - from);
    if (this.holding) {
      this.heldMs += active;
      return;
    }
    this.activeMs += active;
    if (active > 0) this.spend(active);
  }

  get elapsedMs() {
    return performance.now() - this.startedAt;
  }

  /** Whether the counter stands still for want of input. */
  get idle() {
    return this.running && this.visible && !this.playing && performance.now() - this.inputAt >= this.idleMs;
  }

  input() {
    this.settle(); // what passed before the input was idle
    this.inputAt = performance.now();
  }

  /** @param {"running" | "ready" | "visible" | "playing"} name @param {boolean} value */
  set(name, value) {
    if (this[name] === value) return;
    this.settle();
    if (name === "playing") this.inputAt = performance.now(); // media that ends leaves a reader, not an absentee
    this[name] = value;
  }

  hold() {
    this.settle();
    this.holding = true;
    this.heldMs = 0;
  }

  /** @param {boolean} keep whether the question was answered */
  release(keep) {
    this.settle();
    this.holding = false;
    if (keep) this.activeMs += this.heldMs;
    this.heldMs = 0;
  }
}
