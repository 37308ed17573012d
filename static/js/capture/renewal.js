// Whether a renewal was proposed in this browser lately: a proposal is made once a week, not at every sign-in.

const KEY = "visor.renewal-proposed";
const WEEK_MS = 7 * 24 * 3600 * 1000;

export function proposedLately(now = Date.now()) {
  try {
    const last = Number(localStorage.getItem(KEY));
    const lately = last <= now && now - last < WEEK_MS;
    if (!lately) {
      localStorage.setItem(KEY, String(now));
    }
    return lately;
  } catch {
    return false; // a browser that keeps nothing
  }
}
